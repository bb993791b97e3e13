# SPDX-License-Identifier: GPL-3.0-or-later
# A C file of n types and functions: big.sh links copies of it until there is as much debug info as is wanted.
BEGIN {
	print "struct s0 { int a; };"
	for (i = 1; i <= n; i++) {
		printf "struct s%d { int a%d; struct s%d *before; double d[%d]; unsigned bits : %d; " \
		       "union { long l; char c[%d]; } u; enum { e%d_a, e%d_b = %d } e; };\n",
			i, i, i - 1, i % 7 + 1, i % 31 + 1, i % 16 + 1, i, i, i
		printf "typedef struct s%d t%d;\n", i, i
		printf "static int f%d(t%d *x, int k)\n{\n\tint t = 0;\n\tfor (int i = 0; i < k; i++) {\n" \
		       "\t\tlong sum = x->u.l + i;\n\t\tt += (int)sum * x->a%d;\n\t}\n\treturn t + (x->before != 0);\n}\n", i, i, i
	}
	print "typedef int fn(void *, int);\nstatic fn *const table[] = {"
	for (i = 1; i <= n; i++)
		printf "\t(fn *)f%d,\n", i
	print "};\nint unit_entry(int i, void *p)\n{\n\treturn table[i](p, i);\n}"
}
