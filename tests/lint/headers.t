#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every header compiles on its own, and every source names its licence.
. tests/lib/tap.sh

bad=
for h in $(find crashd inspect demo -name '*.h' | sort); do
	printf '#include "%s"\n' "$h" >"$T/one.c"
	${CC:-gcc} -std=gnu2x -I. -D_GNU_SOURCE -fsyntax-only "$T/one.c" || bad="$bad $h"
done
is "$bad" "" "every header is self-contained"

# Each .h has its .c where it declares functions with bodies elsewhere; data-only headers are listed here.
lonely=$(find crashd inspect demo -name '*.h' | sort | while read -r h; do
	[ -e "${h%.h}.c" ] || echo "$h"
done | grep -vxE 'crashd/(crashd|note)\.h|crashd/safe/sys\.h|inspect/base/(bytes|cleanup|hash|limits)\.h|inspect/cmd/cmd\.h|inspect/arch/arch\.h|inspect/dwarf/frame\.h' | tr '\n' ' ')
is "$lonely" "" "one header per source, with the same name"

unmarked=$(find crashd inspect demo tests packaging .ci -type f \( -name '*.[ch]' -o -name '*.t' -o -name '*.sh' -o -name '*.py' -o -name run -o -name install-deps \) |
	sort | while read -r f; do head -n 3 "$f" | grep -q 'SPDX-License-Identifier' || echo "$f"; done | tr '\n' ' ')
is "$unmarked" "" "every source has its SPDX line"

wrong=$( (grep -L 'SPDX-License-Identifier: Apache-2.0' crashd/*.h crashd/lib/*.[ch] crashd/safe/*.[ch]
	grep -rL 'SPDX-License-Identifier: GPL-3.0-or-later' --include='*.[ch]' inspect demo crashd/report crashd/snap) | tr '\n' ' ')
is "$wrong" "" "libcrashd is Apache-2.0, the rest GPL-3.0-or-later"
done_testing
