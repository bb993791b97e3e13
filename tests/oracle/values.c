/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Something of every kind of C type, in globals, locals and arguments of a few
 * frames; then an invalid write. */
#include <complex.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>
#include <wchar.h>

enum color { RED, GREEN = 5, BLUE };
enum flags { FLAG_A = 1, FLAG_B = 2, FLAG_C = 4, FLAG_D = 0x100 };
enum sparse { SPARSE_TWO_BITS = 3, SPARSE_HIGH = 1 << 30 };
enum negative { NEG = -1, POS = 1 };
typedef int (*function)(int, char *);
typedef unsigned char byte;
typedef char *string;
typedef int triple[3];

struct point {
	int x;
	char c;
};
typedef struct point point_t;

struct list {
	struct list *next, **prev;
	const char *name;
	union {
		int number;
		float real;
	};
};

struct everything {
	int i;
	unsigned u : 3;
	signed s : 4;
	bool b : 1;
	long long wide : 40;
	enum color color;
	enum flags flags;
	double d;
	float f;
	long double ld;
	char name[16];
	char *p;
	const char *const cp;
	volatile void *v;
	struct point in;
	struct point *ip;
	point_t arr[3];
	union {
		long l;
		char bytes[8];
		struct {
			short low, high;
		} half;
	} un;
	struct {
		int q;
		struct {
			int r;
			bool flags[3];
		} deep;
	} anon;
	function fp;
	int *ap[3];
	int (*pa)[3];
	int (*fns[2])(int, char *);
	uint8_t u8[4];
	int8_t i8;
	unsigned long ul;
	int m[2][3];
	triple t;
	int flexible[];
};

struct opaque;

static int add(int a, char *b)
{
	return a + (b != NULL);
}

char hello[] = "hello",
     escapes[] = "a\"b\\c\n\t\033\1"
		 "1\177\377'q",
     no_nul[4] = { 'a', 'b', 'c', 'd' }, zeros[100], middle[40] = "abc\0def",
     runs[40] = "aaaaaaaaaaaaaaaaaaaabcccccccccccccd", utf8[] = "h\xc3\xa9llo",
     names[3][8] = { "ab", "cd" };
int g = 42, sequence[250], same[300],
    few[20] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3 },
    matrix[3][4] = { { 1, 2, 3, 4 }, { 1, 2, 3, 4 }, { 5 } };
double doubles[] = { 0, 1, -0.0, 1.5, 1e10, 1e100, 0.1, 1e17, 1e-5, DBL_MIN,
	DBL_MAX },
       nans[4];
float floats[] = { 0.1f, 1, 3e38f, 1e-40f };
long double long_doubles[] = { 1.1L, 0.1L, LDBL_MAX };
float complex cf = 1 + 2 * I;
double complex cd = 1.5 - 2.5 * I;
float vector __attribute__((vector_size(16))) = { 1, 2, 3, 4 };
wchar_t wide[] = L"wide\x20ac", *wide_p = wide;
char16_t utf16[] = u"u16";
char32_t utf32[] = U"u32";
enum color color = BLUE, color_bad = 7;
enum flags flags = FLAG_A | FLAG_C, flags_more = FLAG_B | 0x40, flags_none = 0;
enum sparse sparse = SPARSE_TWO_BITS | SPARSE_HIGH;
enum negative negative = NEG;
bool yes = true, no;
char ch = 'a', ch_minus = -1, ch_nul;
unsigned char uch = 200;
signed char sch = -5;
short sh = -3;
unsigned short ush = 65535;
long l = -1;
unsigned long ul = -1UL;
long long ll = 1LL << 62;
int *pi = &g, **ppi = &pi, *null_int, *bad_int = (int *)8;
char *pc = hello, *bad_pc = (char *)0x10, *null_pc, **ppc = &pc;
string alias = hello;
byte *bytes = (byte *)hello;
void *pv = &g;
function fp = add, fp_null, fps[2] = { add };
struct opaque *opaque = (struct opaque *)&g;
const volatile int cvi = 3;
int *const cpi = &g;
_Atomic int atomic = 4;
struct list first, second = { &first, &first.next, "second", { 2 } },
		   first = { &second, &second.next, "first", { 1 } };
static struct everything everything = { .i = -7,
	.u = 5,
	.s = -3,
	.b = 1,
	.wide = -5,
	.color = GREEN,
	.flags = FLAG_B,
	.d = 2.5,
	.name = "name",
	.p = hello,
	.in = { 3, 'z' },
	.ip = &everything.in,
	.fp = add,
	.ap = { 0, &g },
	.pa = &everything.m[1],
	.un = { -2 },
	.ul = 9 };
static int counter;

__attribute__((noinline)) static int fault(
	struct list *head, int depth, const char *why)
{
	char local[12] = "local";
	struct point here = { depth, why[0] };
	int *nothing = bad_int;

	counter += here.x + local[depth & 3] + head->number;
	*nothing = counter;
	return here.c + local[1];
}

__attribute__((noinline)) static int descend(struct list *head, int depth,
	double scale, long double scale_more, enum color c)
{
	int array[4] = { depth, depth * 2, depth * 3, c };
	point_t points[2] = { { array[1], 'p' }, { array[2], 'q' } };
	double scaled = scale * depth + (double)scale_more;
	unsigned mask = 1u << depth | 0x80000000u;

	if (depth > 2)
		return fault(head, depth, "deep") + array[depth & 3] +
		       points[1].x + (int)mask;
	return descend(head->next, depth + 1, scaled, scale_more, BLUE) +
	       array[1] + points[0].x + (int)scaled;
}

int main(int argc, char **argv)
{
	for (int i = 0; i < 250; i++)
		sequence[i] = i;
	nans[0] = NAN;
	nans[1] = INFINITY;
	nans[2] = -INFINITY;
	nans[3] = -NAN;
	return descend(&first, argc - 1, 0.5, 1.25L, everything.color) +
	       (argv[0] == NULL) + wide_p[0];
}
