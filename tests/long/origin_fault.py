# SPDX-License-Identifier: GPL-3.0-or-later
# gdb -x: at the entry of one function after the other, chosen by a fixed seed, a pointer member of what an argument
# points to is overwritten; the program runs on into its fault, and the core is kept with the address of that member:
# OUT/N.core, and a line "N ADDRESS FUNCTION MEMBER" in OUT/list.
import os
import random

import gdb

out, want, seed = os.environ["OUT"], int(os.environ["WANT"]), int(os.environ["SEED"])
BAD = 0xBAD0


def pointer_member(symbol):
    """ARG->MEMBER of an argument that points to a struct with a pointer in it."""
    target = symbol.type.strip_typedefs()
    if target.code != gdb.TYPE_CODE_PTR:
        return None
    struct = target.target().strip_typedefs()
    if struct.code != gdb.TYPE_CODE_STRUCT:
        return None
    names = [f.name for f in struct.fields()
             if f.name and not f.bitsize and f.type.strip_typedefs().code == gdb.TYPE_CODE_PTR
             and f.type.strip_typedefs().target().strip_typedefs().code != gdb.TYPE_CODE_FUNC]
    return ["%s->%s" % (symbol.name, n) for n in names]


class Stop(gdb.Breakpoint):
    met = 0

    def stop(self):
        self.met += 1
        return self.met == self.at


def functions():
    text = gdb.execute("info functions -n " + os.environ["FUNCTIONS"], to_string=True)
    names = []
    for line in text.splitlines():
        if "(" in line and line.endswith(");") and ":" in line:
            names.append(line.split("(")[0].split()[-1].lstrip("*"))
    return sorted(set(names))


def one(n, name, rng):
    breakpoint = Stop(name)
    breakpoint.at = rng.choice([1, 1, 2, 5])
    gdb.execute("run", to_string=True)
    if not gdb.selected_inferior().pid:
        return False
    candidates = []
    for s in gdb.selected_frame().block():
        if s.is_argument:
            candidates += pointer_member(s) or []
    breakpoint.delete()
    if not candidates:
        return False
    member = rng.choice(candidates)
    try:
        address = int(gdb.parse_and_eval("&(%s)" % member))
        gdb.execute("set var %s = (void *)%d" % (member, BAD))
    except gdb.error:
        return False
    gdb.execute("continue", to_string=True)
    if not gdb.selected_inferior().pid:
        return False
    if str(gdb.parse_and_eval("$_siginfo.si_signo")) != "11":
        return False
    fault = int(gdb.parse_and_eval("(long)$_siginfo._sifields._sigfault.si_addr"))
    if abs(fault - BAD) > 4096:
        return False
    gdb.execute("gcore %s/%d.core" % (out, n), to_string=True)
    with open(out + "/list", "a") as f:
        f.write("%d 0x%x %s %s\n" % (n, address, name, member))
    return True


gdb.execute("set pagination off")
gdb.execute("set confirm off")
gdb.execute("handle SIGALRM stop nopass")
rng = random.Random(seed)
names = functions()
rng.shuffle(names)
found = 0
for name in names:
    if found == want:
        break
    try:
        found += one(found, name, rng)
    except gdb.error as e:
        print(name, e)
    if gdb.selected_inferior().pid:
        gdb.execute("kill")
    gdb.execute("delete")
