#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""compare.py [--values] CINSPECT EXE CORE...: do cinspect and gdb say the same of these cores?

Compares, thread by thread and frame by frame, function, file and line; with --values also the name, and the value as
text, of every argument and local of every frame.  Prints each difference and a line of counts; exits 1 when frames or
lines differ, or when fewer than --min percent of the values are equal.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))


def ask_cinspect(args, exe, core, *options):
    run = subprocess.run([args.cinspect, "--json", "--batch", "-q", "-n", *(["--debug-dir", args.debug_dir] if args.debug_dir else []),
                          *options, "-ex", "bt -a -full -n 200", exe, core],
                         capture_output=True, text=True, timeout=300)
    for line in run.stdout.splitlines():
        answer = json.loads(line)
        if not answer["ok"]:
            sys.exit("cinspect: %s" % answer["error"]["message"])
        return answer["result"]["threads"]
    sys.exit("cinspect printed nothing: %s" % run.stderr)


def ask_gdb(args, core):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        env = dict(os.environ, GDB_FRAMES_OUT=out.name, DEBUGINFOD_URLS="", LC_ALL="C.UTF-8")
        run = subprocess.run(["gdb", "-nx", "-batch", "-iex", "set auto-load off",
                              "-iex", "set debug-file-directory %s:/usr/lib/debug" % args.debug_dir, "-x", HERE + "/gdb_frames.py",
                              args.gdb_exe or args.exe, core],
                             capture_output=True, text=True, timeout=300, env=env)
        text = open(out.name).read()
        if not text:
            sys.exit("gdb wrote nothing: %s" % run.stderr)
        return json.loads(text)["threads"]


def where(frame):
    name = frame["function"]
    if name:
        name = re.sub(r"@.*$", "", name)
    file = frame.get("file")
    return name, os.path.basename(file) if file else None, frame.get("line") or None


def same_place(theirs, ours):
    """gdb keeps the line of a call that was inlined in 16 bits: sqlite3.c has more.  And it takes a symbol without
    debug info for Ada, where a final .0 is no part of the name."""
    name, file, line = ours
    if line and line > 0xffff and theirs == (name, file, line & 0xffff):
        return True
    # C++ that gdb's parser does not understand keeps its parameters.
    if name and theirs[0] and theirs[0].startswith(name + "(") and theirs[1:] == (file, line):
        return True
    if name and file is None and theirs == (re.sub(r"\.\d+$", "", name), file, line):
        return True
    return theirs == ours


def nothing_left(value):
    """<optimized out>, or a struct of such members."""
    value = value.replace("{<No data fields>}", "").replace("<No data fields>", "")
    members = re.sub(r"[A-Za-z_]\w* = |<(?!optimized out>)[^=]*?> = |[{}, ]|<repeats \d+ times>", "", value)
    return bool(members) and not members.replace("<optimizedout>", "")


def as_gdb_cuts(text):
    """gdb drops the character before an incomplete sequence."""
    return re.sub(r'(\\[0-7]{3}|\\.|[^"\\])", <incomplete', '", <incomplete', text).replace('"", <incomplete', "<incomplete")


def without_escapes(text):
    """\\366 begins no character, which only some decoders say at once: the end of a string either way; and gdb drops the
    character before it."""
    text = re.sub(r'(\\[0-7]{3}|\\.|[^"\\])((\\3[67][0-7](\\2[0-7]{2})*)+)("|$)', r"\2\5", text)
    return re.sub(r"\\[0-7]{3}|\\[abefnrtv]|<incomplete sequence |>|[\", ]", "", text)


def private_use(text):
    """gdb prints characters for private use, of which a terminal shows nothing; we print their bytes."""
    return re.sub("[\ue000-\uf8ff]", lambda m: "".join("\\%o" % b for b in m[0].encode()), text)


def collapsed(text):
    """With {a = <optimized out>, b = <optimized out>} as <optimized out>."""
    text = text.replace("<synthetic pointer>", "<optimized out>")
    # Nor has it what has no members at all: Rust's PhantomData.
    text = text.replace("{<No data fields>}", "<optimized out>")
    before = None
    while before != text:
        before = text
        text = re.sub(r"\{((([\w.$]+|<(?!optimized out>)[^=]*?>) = )?<optimized out>( <repeats \d+ times>)?(, )?)+\}", "<optimized out>", text)
    return text


def plain_symbols(text):
    """What is before a function's start by its block is in its cold part by its symbols; gdb drops the final .13 of a
    static variable, as it does with functions, and writes clang's f.variable as f[variable]."""
    text = re.sub(r"\[(\w+)\](?=>)", r".\1", text)
    text = re.sub(r"<([\w:~]+)(\.lto_priv\.\d+)?(\.cold[.\d]*\+\d+|-\d+)>", r"<\1 cold>", text)
    return re.sub(r"(<[\w.]+?)\.\d+((\+\d+)?>)", r"\1\2", text)


def same_value(ours, theirs):
    """Texts are compared as they are; the wording of what cannot be read is each tool's own."""
    theirs = private_use(theirs)
    if ours == theirs:
        return True
    # gdb's Python prints the members of a struct of which nothing is left; its command line does not, nor do we.
    if ours == "<optimized out>" and nothing_left(theirs):
        return True
    if "<incomplete sequence" in theirs and (
            as_gdb_cuts(ours) == theirs or without_escapes(ours) == without_escapes(theirs)):
        return True
    # A place that covers less than the struct: gdb takes the rest, a double too, for a pointer without a place, and
    # fails an assertion when asked to follow it.
    if ("<synthetic pointer>" in theirs or "<optimized out>" in theirs) and collapsed(ours) == collapsed(theirs):
        return True
    if "<" in theirs and ours != "<optimized out>" and plain_symbols(ours) == plain_symbols(theirs):
        return True
    # Of data gdb 13 leaves Rust's newer names as they are.
    if "<_R" in theirs and re.fullmatch(re.sub(r"<_R\w+", "<[^<>]+", re.escape(theirs)), ours):
        return True
    # What the core does not hold gdb takes for zeros.
    if " <not in core>" in ours and ours.replace(" <not in core>", ' ""') == theirs:
        return True
    unread = re.compile(r"<(error: )?[^<>]*(annot access memory|not in core|unmapped|file missing|core truncated)[^<>]*>")
    return bool(unread.search(ours)) and unread.sub("<unread>", ours) == unread.sub("<unread>", theirs)


def from_caller(frame, kind, name, passed):
    """Whether the argument still has, or had no other than, the value that the call site says was passed; passed: to
    the function that this call was inlined into."""
    return any(v["name"] == name and v["value"] in passed | {v.get("entry")} for v in frame.get(kind, []))


def passed_to(frames, level):
    """What the call site says was passed to the function that has the code of a frame; is it in an inlined call?"""
    while level < len(frames) - 1 and frames[level]["inlined"]:
        level += 1
    passed = {v["entry"] for v in frames[level].get("args", []) if "entry" in v}
    return passed, level + 1 < len(frames) and frames[level + 1]["inlined"]


def around(text, other, width):
    """Where it first differs from the other."""
    at = next((i for i, (a, b) in enumerate(zip(text, other)) if a != b), min(len(text), len(other)))
    start = max(0, at - width // 3)
    return ("..." if start else "") + text[start:start + width]


def only_ours(ours, theirs, outer):
    """A C function that C++ code called, and that ended in a jump: gdb looks for "f(int)" and finds no such function, so
    it has no frame of it (set debug entry-values 1)."""
    return (ours["how"] == "tailcall" and outer is not None and int(theirs["pc"], 16) == int(outer["pc"], 16) and
            theirs["function"] and where(theirs) == where(outer) and re.search(r"\.(cc|cpp|cxx|hh|hpp|h)$", outer.get("file") or ""))


def compare_values(args, at, ours, theirs, same, passed, from_inlined, count, differences):
    for kind in ("args", "locals"):
        left = [(v["name"], v["value"]) for v in theirs[kind]]
        mine = [(v["name"], v["value"]) for v in ours.get(kind, [])]
        count["values"] += len(left)
        for name, value in mine:
            match = next((t for t in left if t[0] == name and same_value(value, t[1])), None)
            error = next((t for t in left if t[0] == name and t[1].startswith("<error: ")), None)
            if not match and error and "annot access memory" not in value:
                left.remove(error)
                count["values"] -= 1
                count["errors"] += 1
            elif match:
                left.remove(match)
                count["equal"] += 1
            elif "<not saved>" in value and any(t[0] == name for t in left):
                # gdb shows what a callee was free to clobber; nobody knows it, and cinspect says so.
                left.remove(next(t for t in left if t[0] == name))
                count["values"] -= 1
                count["withheld"] += 1
            elif not any(t[0] == name for t in left):
                differences.append("%s %s %s: only cinspect has it: %s" % (at, kind, name, value[:args.width]))
        for name, value in left[:]:
            # gdb adds to an inlined call each variable of the function that is not its direct child.  gcc puts them
            # into a block in between: gdb lists them twice, the second time without a place.
            twice = nothing_left(value) and any(n == name for n, _ in mine)
            # Of an inlined call gdb looks up what was passed to the function around it in another place.
            mistaken = (ours["inlined"] or from_inlined) and any(n == name and v in passed for n, v in mine)
            if value.startswith("<error: ") and any(n == name for n, _ in mine):
                left.remove((name, value))
                count["values"] -= 1
                count["errors"] += 1
            elif mistaken or (twice and sum(n == name for n, _ in mine) < sum(v["name"] == name for v in theirs[kind])):
                left.remove((name, value))
                count["values"] -= 1
                count["mistaken" if mistaken else "twice"] += 1
            elif value == "<optimized out>" and (from_caller(ours, kind, name, passed) or (
                    ours["how"] == "tailcall" and any(n == name for n, _ in mine))):
                # What the caller passed, by its call site; gdb gives up on more of them.
                left.remove((name, value))
                count["values"] -= 1
                count["more"] += 1
            elif any(v["name"] == name and v["value"] == "<optimized out>" and "by a tail call since" in v.get("why", "")
                     for v in ours.get(kind, [])):
                # A jump through a pointer, which gdb does not see where clang wrote DW_AT_call_pc (entry.t).
                left.remove((name, value))
                count["values"] -= 1
                count["believed"] += 1
            elif same and any(v["name"] == name and same_value(v["value"], value) for v in same.get(kind, [])):
                # With the debug info that gdb was given we say what it says.
                left.remove((name, value))
                count["values"] -= 1
                count["described"] += 1
        for name, value in left:
            got = next((v for n, v in mine if n == name), None)
            differences.append("%s %s %s:\n    gdb      %s\n    cinspect %s" % (
                at, kind, name, around(value, got or "", args.width), around(got or "(absent)", value, args.width)))


def compare_thread(args, lwp, frames, mine, same, count, bad, values):
    # A thread that was just made has nothing on its stack, and nobody called it: gdb takes a zero for a caller.
    if len(frames) == len(mine) + 1 and int(frames[-1]["pc"], 16) == 0:
        frames = frames[:-1]
    extra = 0
    for i, g in enumerate(frames):
        while i + extra + 1 < len(mine) and only_ours(mine[i + extra], g, mine[i + extra + 1]):
            extra += 1
            count["jumped"] += 1
        if i + extra >= len(mine):
            break
        c = mine[i + extra]
        count["frames"] += 1
        at = "thread %d #%d" % (lwp, g["level"])
        if int(g["pc"], 16) != int(c["pc"], 16):
            bad.append("%s: pc %s in gdb, %s in cinspect" % (at, g["pc"], c["pc"]))
        elif g["signal"] != c["signal"] or (not g["signal"] and not same_place(where(g), where(c))):
            bad.append("%s: %s in gdb, %s in cinspect" % (at, where(g), where(c)))
        else:
            count["same"] += 1
            if args.values:
                other = same[i + extra] if same and len(same) == len(mine) else None
                compare_values(args, at, c, g, other, *passed_to(mine, c["level"]), count, values)
    if len(mine) != len(frames) + extra:
        bad.append("thread %d: %d frames in gdb, %d in cinspect" % (lwp, len(frames), len(mine)))


def compare_core(args, core, count, bad, values):
    ours = {t["lwp"]: t["frames"] for t in ask_cinspect(args, args.exe, core)}
    theirs = {t["lwp"]: t["frames"] for t in ask_gdb(args, core)}
    same = {}
    if args.gdb_exe:
        same = {t["lwp"]: t["frames"] for t in ask_cinspect(args, args.gdb_exe, core, "--force")}
    count["threads"] += len(theirs)
    for lwp, frames in theirs.items():
        if lwp in ours:
            compare_thread(args, lwp, frames, ours[lwp], same.get(lwp), count, bad, values)
        else:
            bad.append("thread %d: cinspect does not have it" % lwp)
    for lwp in ours.keys() - theirs.keys():
        bad.append("thread %d: gdb does not have it" % lwp)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--values", action="store_true")
    parser.add_argument("--min", type=float, default=99.5)
    parser.add_argument("--show", type=int, default=40)
    parser.add_argument("--width", type=int, default=300)
    parser.add_argument("--debug-dir", default="")
    parser.add_argument("--gdb-exe", help="for gdb: the same code, with debug info that it reads")
    parser.add_argument("cinspect")
    parser.add_argument("exe")
    parser.add_argument("core", nargs="+")
    args = parser.parse_args()
    count, bad, values = Counter(), [], []
    for core in args.core:
        compare_core(args, core, count, bad, values)
    for line in (bad + values)[:args.show]:
        print(line)
    percent = 100.0 * count["equal"] / count["values"] if count["values"] else 100.0
    print("%d threads, %d of %d frames equal, %d of %d values equal (%.2f %%), %d not saved where gdb guesses, "
          "%d by call sites where gdb has none, %d listed twice by gdb, %d wrong in gdb's inlined calls, %d that gdb fails at, "
          "%d described otherwise to gdb, %d that gdb believes behind a jump through a pointer, %d frames of C called from C++ that gdb has not" % (
              count["threads"], count["same"], count["frames"], count["equal"], count["values"], percent,
              count["withheld"], count["more"], count["twice"], count["mistaken"], count["errors"], count["described"], count["believed"],
              count["jumped"]))
    sys.exit(1 if bad or (args.values and percent < args.min) else 0)


main()
