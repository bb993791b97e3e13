# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside gdb: makes expressions over what a core has, or writes gdb's answer to each of a list.

Names come from the frames' blocks and from the global symbols of their files; from each name the types lead to
members, elements, targets of pointers, addresses, casts, arithmetic and formats.  The same seed gives the same list.
"""
import json
import os
import random
import re

import gdb

LIST = os.environ["GDB_EXPRESSIONS_LIST"]  # made when it is not there yet
ANSWERS = os.environ["GDB_EXPRESSIONS_ANSWERS"]  # one JSON string a line, appended to
COUNT = int(os.environ.get("GDB_EXPRESSIONS_COUNT", "3000"))
FRAMES = int(os.environ.get("GDB_EXPRESSIONS_FRAMES", "8"))
pick = random.Random(int(os.environ.get("GDB_EXPRESSIONS_SEED", "1")))

SCALARS = {gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL}
RECORDS = {gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION}


def names_of(frame):
    """The names a user could type in this frame: locals, then globals of the file."""
    names = []
    block = frame.block()
    while block:
        for symbol in block:
            if symbol.is_variable or symbol.is_argument or symbol.addr_class == gdb.SYMBOL_LOC_BLOCK:
                names.append((symbol.name, symbol.type))
        block = block.superblock
    seen, unique = set(), []
    for name, type_ in names:
        if name not in seen and re.fullmatch(r"\w+", name):
            seen.add(name)
            unique.append((name, type_))
    return unique


def walk(expr, type_, depth, out):
    """Adds (expression, its type) for expr and for a random choice of its parts."""
    out.append((expr, type_))
    if depth == 0:
        return
    t = type_.strip_typedefs()
    if t.code == gdb.TYPE_CODE_PTR:
        target = t.target().strip_typedefs()
        if target.code in RECORDS and target.fields():
            for field in pick.sample(target.fields(), min(3, len(target.fields()))):
                if field.name:
                    walk("%s->%s" % (expr, field.name), field.type, depth - 1, out)
            walk("*%s" % expr, target, 0, out)
        elif target.code not in (gdb.TYPE_CODE_VOID, gdb.TYPE_CODE_FUNC):
            walk("*%s" % expr, t.target(), depth - 1, out)
            walk("%s[1]" % expr, t.target(), 0, out)
    elif t.code in RECORDS:
        for field in pick.sample(t.fields(), min(4, len(t.fields()))):
            if field.name:
                walk("%s.%s" % (expr, field.name), field.type, depth - 1, out)
    elif t.code == gdb.TYPE_CODE_ARRAY:
        try:
            low, high = t.range()
        except gdb.error:
            return
        if high >= low:
            walk("%s[%d]" % (expr, pick.randint(low, min(high, low + 20))), t.target(), depth - 1, out)


def commands(expr, type_):
    """What a user would ask about one expression."""
    t = type_.strip_typedefs()
    simple = re.fullmatch(r"\w+", expr)
    some = ["p %s" % expr, "whatis %s" % expr, "p &%s" % (expr if simple else "(%s)" % expr), "p/x %s" % expr]
    if t.code in SCALARS:
        n = pick.randint(1, 9)
        some += ["p %s + %d" % (expr, n), "p %s * 2 - 1" % expr, "p/d %s" % expr, "p/c %s" % expr, "p/t %s" % expr,
                 "p %s == %d" % (expr, n), "p (char)%s" % expr, "p -%s" % expr, "p ~%s" % expr, "p !%s" % expr,
                 "p %s >> 1" % expr, "p (unsigned long)%s & 0xff" % expr, "p %s ? 1 : 2" % expr, "p %s / 3.0" % expr,
                 "whatis %s + 1" % expr, "p/o %s" % expr, "p/u %s" % expr, "p/z %s" % expr, "p %s < %d" % (expr, n)]
    elif t.code == gdb.TYPE_CODE_PTR:
        some += ["p %s + 1" % expr, "p %s == 0" % expr, "p !%s" % expr, "p (long)%s" % expr, "p/a %s" % expr,
                 "p (void *)%s" % expr, "whatis *%s" % expr, "p/s %s" % expr, "p (char *)%s - (char *)%s" % (expr, expr),
                 "ptype %s" % expr, "p %s && 1" % expr]
        target = t.target().strip_typedefs()
        if target.code not in (gdb.TYPE_CODE_VOID, gdb.TYPE_CODE_FUNC):
            some += ["p *%s" % expr, "p %s[0]" % expr, "p *%s@2" % expr, "p &*%s" % expr]
    elif t.code in RECORDS:
        some += ["ptype %s" % expr, "p sizeof(%s)" % expr, "p/x %s" % expr, "p/d %s" % expr]
        if not simple:
            some.append("ptype/o %s" % expr)
    elif t.code == gdb.TYPE_CODE_ARRAY:
        some += ["p sizeof(%s)" % expr, "p *%s" % expr, "p %s + 1" % expr, "p &%s[0]" % expr, "p/x %s" % expr, "ptype %s" % expr]
    elif t.code == gdb.TYPE_CODE_FLT:
        some += ["p %s + 1" % expr, "p %s * 3" % expr, "p (int)%s" % expr, "p %s > 1" % expr, "p -%s" % expr]
    elif t.code == gdb.TYPE_CODE_FUNC:
        some += ["p *%s" % expr, "ptype %s" % expr, "p/x (long)%s" % expr, "x/%di %s" % (pick.randint(1, 3), expr)]
    if t.code in RECORDS or t.code == gdb.TYPE_CODE_ARRAY:
        size = t.sizeof
        if 0 < size <= 4096:
            some += ["x/%dxb &%s" % (min(size, 16), expr), "x/%dxw &%s" % (max(1, min(size // 4, 8)), expr),
                     "x/%ddg &%s" % (max(1, min(size // 8, 4)), expr), "output %s" % expr]
    if t.code == gdb.TYPE_CODE_PTR:
        letter = t.target().strip_typedefs()
        if letter.code == gdb.TYPE_CODE_INT and letter.sizeof == 1:
            some += ["x/s %s" % expr, "x/%dcb %s" % (pick.randint(1, 5), expr), "p *%s@%d" % (expr, pick.randint(1, 12))]
        else:
            some += ["x/%dxg %s" % (pick.randint(1, 4), expr), "x/a %s" % expr, "ptype/o *%s" % expr]
    named = str(type_.unqualified())
    if re.fullmatch(r"(struct |union |enum )?\w+", named):
        some += ["ptype %s" % named, "whatis %s" % named, "p sizeof(%s)" % named, "whatis (%s *)0" % named]
        if t.code in RECORDS:
            some += ["ptype/o %s" % named, "p (long)&((%s *)0)->%s" % (named, t.fields()[-1].name) if t.fields() and t.fields()[-1].name else "p 1"]
    return pick.sample(some, min(len(some), 6))


def ask(command):
    try:
        return gdb.execute(command, to_string=True).rstrip("\n")
    except gdb.error as e:
        return str(e)


def make():
    """A list of [frame, command]."""
    work = []
    frame, level = gdb.newest_frame(), 0
    while frame and level < FRAMES:
        try:
            names = names_of(frame)
        except RuntimeError:  # no debug info
            names = []
        for name, type_ in pick.sample(names, min(len(names), 120)):
            found = []
            walk(name, type_, 3, found)
            for expr, t in pick.sample(found, min(len(found), 6)):
                work += [(level, c) for c in commands(expr, t)]
        frame, level = frame.older(), level + 1
    pick.shuffle(work)
    return sorted(work[:COUNT], key=lambda w: w[0])


def answer(work):
    """Goes on after the answers that are there: gdb may have died of the one after them."""
    with open(ANSWERS, "a+") as f:
        f.seek(0)
        done, at = len(f.readlines()), -1
        for level, command in work[done:]:
            if level != at:
                gdb.execute("frame %d" % level, to_string=True)
                at = level
            f.write(json.dumps(ask(command)) + "\n")
            f.flush()


gdb.execute("set style enabled off")
gdb.execute("set width 0")
gdb.execute("set height 0")
for fatal in "quit", "corefile", "backtrace":
    gdb.execute("maint set internal-error %s %s" % (fatal, "yes" if fatal == "quit" else "no" if fatal == "corefile" else "off"))
if not os.path.exists(LIST):
    with open(LIST, "w") as out:
        json.dump(make(), out)
else:
    answer(json.load(open(LIST)))
