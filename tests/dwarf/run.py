#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""run.py CINSPECT FOLDER: makes the program and the core of every point, asks cinspect and gdb, prints TAP.

What cinspect has to print stands in points.py.  gdb's answer is compared with what is recorded of it there, so that
docs/variables.md, which --table prints, stays true; without gdb those tests are left out.  --show prints both answers
instead of judging them.
"""
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import writer  # noqa: E402
from points import POINTS, SP  # noqa: E402

OPTIONS = {"cinspect": ["--batch", "-q", "-n", "--no-debuginfod"], "gdb": ["-nx", "-q", "-batch", "-iex", "set auto-load off",
           "-iex", "set debuginfod enabled off", "-iex", "set width 0"]}


def make(point, path):
    point.program.build(path)
    at = writer.symbols(path)
    registers = dict(rip=at["f_pc"], rsp=SP, rbp=SP + 0x90)
    registers.update({k: at[v] if isinstance(v, str) else v for k, v in point.registers.items()})
    memory = point.memory(at)
    writer.core(path + ".core", path, registers, memory,
                point.xmm, point.st, mapped=point.mapped, cut=point.cut)


def ask(tool, options, path, point):
    """The answer to each row, in order."""
    command = [tool] + options + [path, path + ".core"]
    for i, row in enumerate(point.rows):
        frame, text = re.match(r"(?:(\d+) )?(.*)", row[0]).groups()
        command += ["-ex", "frame %s" % (frame or 0), "-ex", "echo @@%d\\n" % i, "-ex", text, "-ex", "echo \\n@@end\\n"]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                         env=dict(os.environ, LC_ALL="C.UTF-8", DEBUGINFOD_URLS="", NO_COLOR="1"), timeout=120)
    answers = dict(re.findall(r"^@@(\d+)\n(.*?)\n@@end$", run.stdout, re.S | re.M))
    if len(answers) != len(point.rows):
        answers[str(len(answers))] = "(ended) " + run.stdout[-300:]
    return [re.sub(r"^\$\d+ =", "$ =", answers.get(str(i), "(nothing)").strip()) for i in range(len(point.rows))]


def check_absent(tool, path, point, tap):
    """What JSON says of the locals: the reason of each that is not known, or of the last part of it."""
    run = subprocess.run([tool] + OPTIONS["cinspect"] + ["--json", "-ex", "locals -children", path, path + ".core"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=120)
    found = {v["name"]: v for v in json.loads(run.stdout)["result"]["variables"]}
    for name, want in point.absent.items():
        v = found.get(name, {})
        what = "point %d, %s: JSON of %s" % (point.number, point.title, name)
        if not want:
            tap.ok("absent" not in v, what + ": a part of it is known", str(v))
            if not v.get("children"):
                continue
            v, want = v["children"][-1], name.split("_", 1)[1]
        tap.ok(v.get("absent") == want.replace("_", "-") and v.get("why"), what + ": the reason", str(v))


def matches(answer, want):
    if want is None:
        return True
    return answer == want or fnmatch.fnmatchcase(answer, want.replace("[", "[[]"))


class Tap:
    n = failed = 0

    def ok(self, good, what, *details):
        self.n += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.n, what))
        if not good:
            print("".join("#  %s\n" % line for d in details for line in d.split("\n")), end="")


def gdb_says(row):
    """What gdb is known to print, and why that is not what it should."""
    return (row[2], row[3]) if len(row) > 3 else (row[1], None)


ABOUT = """# Variables: where readers of debug info go wrong, and what is tried

Written by `tests/dwarf/run.py --table`; `tests/oracle/points.t` runs all of it in cinspect and in gdb 13.1, and holds this
page to what they print.  The programs are assembled from debug info that is written by hand (`tests/dwarf/points.py`), and
their cores from registers and memory that are chosen (`tests/dwarf/writer.py`), so that each point is met for certain
and alone, in forms too that gcc and clang write once in a million lines.  `tests/oracle/compare.py` does the same with what
compilers write, in real programs: [oracle.md](oracle.md).

| point | what is tried | asked | other than gdb |
|---|---|---|---|
"""
ELSEWHERE = """
Points 28 (mapped files: no list of them, deleted, replaced) and 29 (who wrote the core) are about files, 30 about signals:
`tests/unit/module.c`, `tests/unit/core.c`, `tests/unit/note.c`, `tests/cli/cinspect-files.t`, `tests/live`.

## Where gdb 13.1 prints something else

`N x` is asked in frame N.  An asterisk stands for an address or the rest of a line.

"""


def code(text):
    return "`%s`" % text.replace("\n", " ⏎ ").replace("|", "\\|").replace("$ = ", "")


def differs(row):
    return len(row) > 3 and row[1] != row[2]


def table():
    text = ABOUT
    points = sorted(POINTS, key=lambda p: p.number)
    for p in points:
        other = sum(differs(row) for row in p.rows)
        text += "| %d | %s | %d | %s |\n" % (p.number, p.title, len(p.rows), other or "" if p.gdb is True else "not asked: " + p.gdb)
    text += ELSEWHERE + "| point | asked | cinspect | gdb | why |\n|---|---|---|---|---|\n"
    for p in points:
        for row in p.rows:
            if differs(row):
                text += "| %d | %s | %s | %s | %s |\n" % (p.number, code(row[0]), code(row[1]), code(row[2]), row[3])
    return text


def main():
    if "--table" in sys.argv:
        print(table(), end="")
        return 0
    show = "--show" in sys.argv
    args = [a for a in sys.argv[1:] if a[0] != "-"]
    cinspect, folder = args[:2]
    only = [int(a) for a in args[2:]]
    gdb = shutil.which("gdb")
    tap = Tap()
    for i, point in enumerate(POINTS):
        if only and point.number not in only:
            continue
        path = "%s/point%d-%d" % (folder, point.number, i)
        make(point, path)
        ours = ask(cinspect, OPTIONS["cinspect"], path, point)
        theirs = ask(gdb, OPTIONS["gdb"], path, point) if gdb and point.gdb is True else None
        for k, row in enumerate(point.rows):
            what = "point %d, %s: %s" % (point.number, point.title, row[0])
            if show:
                other = theirs[k] if theirs else ours[k]
                wrong = not matches(ours[k], row[1]) or (theirs and not matches(other, gdb_says(row)[0]))
                print("%s %d %-18s %s%s" % ("!!" if wrong else "??" if row[1] is None else "  ", point.number, row[0], ours[k].replace("\n", "\n      "),
                                         "" if other == ours[k] else "\n        gdb: " + other.replace("\n", "\n      ")))
                if wrong:
                    print("       want: %s / %s" % (row[1], gdb_says(row)[0]))
                continue
            tap.ok(matches(ours[k], row[1]), what, "got:  " + ours[k], "want: %s" % row[1])
            if theirs:
                tap.ok(matches(theirs[k], gdb_says(row)[0]), "gdb: " + what, "got:  " + theirs[k], "known: %s" % gdb_says(row)[0])
        if not show:
            check_absent(cinspect, path, point, tap)
    if not show:
        tap.ok(open("docs/variables.md").read() == table(), "docs/variables.md is what run.py --table prints")
        print("1..%d" % tap.n)
    return tap.failed > 0


sys.exit(main())
