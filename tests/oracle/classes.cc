// SPDX-License-Identifier: GPL-3.0-or-later
// Classes with everything that ptype shows: labels, methods, typedefs, templates, bases, enums with a type.
#include <cstddef>
#include <cstdint>

namespace ns {
enum class Color : unsigned char { Red, Green = 5 };
enum Old { A, B = 7 };
enum class Wide { X };
struct Base {
	virtual ~Base();
	virtual int f(int) const;
	int a;
	static int s;
};
struct Other {
	uint32_t o;
};
} // namespace ns
ns::Base::~Base() {}
int ns::Base::f(int x) const { return x + a; }
int ns::Base::s = 3;

template <typename T, int N> struct Buf {
	typedef T value_type;
	typedef T *iterator;
	T v[N];
	T get(int i) const { return v[i]; }
	iterator begin() { return v; }
};
template <typename K, class V = Buf<K, 2>> class Pair : Buf<V, 1> {
	K key;
	V value;

      public:
	Pair(K k) : key(k), value() {}
	Pair<K, V> &self() { return *this; }
	bool is(const V &) const { return true; }
};

class Thing : public ns::Base, protected virtual ns::Other {
      public:
	Thing(int x);
	explicit Thing(const char *);
	Thing(const Thing &) = delete;
	Thing &operator=(const Thing &) = default;
	~Thing() override;
	int f(int) const override;
	static Thing *make(int, ...);
	int operator()(int a, char b) const;
	operator bool() const;
	void *operator new(size_t n);
	typedef Buf<int, 2> ints;
	using self = Thing;
	ints list;
	void take(ints const &, self *) noexcept;
	template <typename T> T tmpl(T x) { return x; }
	void (*cb)(int, void *);
	int (ns::Base::*pm)(int) const;

      protected:
	uint32_t bits : 3, more : 5;
	volatile int vol;
	struct Inner {
		int z;
	} in;
	union {
		int u1;
		float u2;
	};

      private:
	ns::Color color;
	ns::Old old;
	ns::Wide wide;
	std::byte by;
	static const int K = 4;
	int arr[3][4];
	int priv();
	virtual void pure() {}
};
void *Thing::operator new(size_t n) { return ::operator new(n); }
Thing::Thing(int x) { color = ns::Color::Green, old = ns::B; }
Thing::Thing(const char *) {}
Thing::~Thing() {}
int Thing::f(int x) const { return x; }
Thing *Thing::make(int x, ...) { return new Thing(x); }
int Thing::operator()(int a, char b) const { return a + b; }
Thing::operator bool() const { return true; }
void Thing::take(ints const &i, self *s) noexcept { list = i, s->vol = 1; }
int Thing::priv() { return 1; }

class AllPrivate {
	int a;
	void m() {}
};
struct AllPublic {
	int a;
	AllPublic() : a(1) {}
	int m() const & { return a; }
};
class Public {
      public:
	int a;
};
struct Hidden {
      private:
	int a;

      public:
	int g() { return a; }
};
struct Empty {};
struct Methods {
	int m();
};
int Methods::m() { return 1; }
struct Final final : Empty {
	int x;
};
union U {
	int a;
	float b;
	U() : a(0) {}
};

Thing *thing;
Buf<int, 3> buf;
Buf<const char *, 1> texts;
Pair<long> pair(3L);
AllPrivate all_private;
AllPublic all_public;
Public all_shown;
Hidden hidden;
Empty empty;
Methods methods;
Final final_;
U u;
std::byte a_byte{ 3 };
ns::Color color = ns::Color::Green;
ns::Wide wide;
ns::Old old;
auto lambda = [x = 3](int y) { return x + y; };

int main() {
	thing = Thing::make(3);
	thing->take({ 1, 2 }, thing);
	texts.get(0);
	pair.self().is({ 1, 2 });
	return hidden.g() + all_public.m() + thing->tmpl(3L) + thing->tmpl('c') + buf.get(1) + *buf.begin() +
	       lambda(2) + methods.m() + *(volatile int *)0;
}
