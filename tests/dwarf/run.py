#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""run.py CINSPECT FOLDER: makes the program and the core of every point, asks cinspect and gdb, prints TAP.

What cinspect has to print stands in points.py.  gdb's answer is compared with what is recorded of it there, so that the
table in docs/variables.md, which --table prints, stays true; without gdb those tests are skipped.  --show prints both
answers instead of judging them.
"""
import fnmatch
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
    writer.core(path + ".core", path, registers, memory, point.xmm, point.st)


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


def main():
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
        theirs = ask(gdb, OPTIONS["gdb"], path, point) if gdb and point.gdb else None
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
        print("1..%d" % tap.n)
    return tap.failed > 0


sys.exit(main())
