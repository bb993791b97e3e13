#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""expressions.py CINSPECT EXE CORE: do cinspect and gdb answer the same to generated expressions?

Prints each difference and a line of counts; exits 1 when fewer than --min percent are equal.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MARK = "@@%d@@"


def ask_gdb(args):
    with tempfile.TemporaryDirectory() as tmp:
        work, answers = tmp + "/list", tmp + "/answers"
        env = dict(os.environ, GDB_EXPRESSIONS_LIST=work, GDB_EXPRESSIONS_ANSWERS=answers, GDB_EXPRESSIONS_COUNT=str(args.count),
                   GDB_EXPRESSIONS_SEED=str(args.seed), DEBUGINFOD_URLS="", LC_ALL="C.UTF-8")

        def gdb():
            return subprocess.run(["gdb", "-nx", "-batch", "-iex", "set auto-load off", "-x", HERE + "/gdb_expressions.py",
                                   args.exe, args.core], capture_output=True, text=True, timeout=900, env=env,
                                  stdin=subprocess.DEVNULL)

        run = gdb()
        if not os.path.exists(work):
            sys.exit("gdb wrote nothing: %s" % run.stderr)
        commands = json.load(open(work))
        lines = []
        while len(lines) < len(commands):
            gdb()
            lines = open(answers).read().splitlines()
            if len(lines) < len(commands):  # an internal error of gdb's
                open(answers, "a").write("null\n")
                lines.append("null")
        return [c + [json.loads(a)] for c, a in zip(commands, lines)]


def ask_cinspect(args, work):
    script, at = [], -1
    for i, (level, command, _) in enumerate(work):
        if level != at:
            script.append("echo \\n@@999999@@\\n")
            script.append("frame %d" % level)
            at = level
        script.append("echo \\n%s\\n" % (MARK % i))
        script.append(command)
    script.append("echo \\n%s\\n" % (MARK % len(work)))
    run = subprocess.run([args.cinspect, "-q", "-n", args.exe, args.core], input="\n".join(script) + "\n",
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900, encoding="utf-8", errors="replace")
    parts = re.split(r"@@(\d+)@@\n", run.stdout)
    return {int(parts[i]): parts[i + 1] for i in range(1, len(parts) - 1, 2)}


def plain(text):
    """Without the history's number, which errors make differ."""
    text = "\n".join(line for line in text.split("\n") if not line.startswith("warning: "))
    return re.sub(r"^\$\d+ = ", "", text.strip("\n"))


def family(command, ours, theirs):
    """Differences that are meant, each with its reason."""
    if ours.startswith("It has unknown type") and "unknown type" in theirs:
        return "same refusal in other words"
    if ours == "/* offset      |    size */  " + theirs:
        return "gdb leaves the heading out for a typedef"
    if re.match(r"No (struct|union|enum) type named", theirs) and re.match(r"type = |The size of ", ours):
        return "gdb does not find a type that is only declared"
    if command.startswith("x/") and theirs == "Value can't be converted to integer.":
        return "cinspect takes a struct's place for its address"
    unread = re.fullmatch(r"0x[0-9a-f]+:\t<error: (.*)>", theirs)
    if unread and ours.startswith(unread[1]):
        return "cinspect refuses to print text that is not there"
    if ours == theirs + ": nothing is mapped there":
        return "cinspect says why it cannot read"
    if "const void" in ours and ours.replace("const void", "void") == theirs and command.startswith("ptype"):
        return "gdb's ptype drops the const of void"
    if re.sub(r"@[A-Z]+_[\d.]+>", ">", theirs) == ours:
        return "gdb shows the version of a symbol"
    if command.startswith("p (long)&") and "not located in memory" in ours and theirs.isdigit():
        return "gdb gives a bit-field an address"
    name = re.search(r"\w+$", command.rstrip(")"))
    if name and "<%s>" % name[0] in ours and re.search(r"<(?!%s\b)\w+\+\d+>" % name[0], theirs):
        return "gdb takes an inlined copy for the function"
    if command.startswith("p &") and "not located in memory" in ours and re.match(r"\(.* \*\) 0x", theirs):
        return "gdb gives a bit-field an address"
    if "address of value" in ours and re.match("Can't take address|Address requested", theirs):
        return "the same in other words"
    if (command.startswith("p/") and len(theirs) > len(ours) > 2 and theirs.endswith(ours[2:])):
        return "gdb shows the padding of a long double"
    if command.startswith("p !") and "optimized out" in ours:
        return "gdb negates zeros for what is not known"
    if re.search(r" (>>|<<) |~|p -", command) and re.match(r"[A-Z_]+$|\(.* \| ", theirs):
        return "gdb does not promote an enum"
    if re.match(r"(whatis|ptype\S*|p sizeof)", command) and re.match("Cannot access|value has been|cannot", theirs):
        return "gdb reads to know a type"
    if "<not saved>" in ours or "not saved" in ours:
        return "gdb takes what is in a register that callees may clobber"
    if command.startswith("p sizeof"):
        if ours.startswith("The size of") and theirs == "0":
            return "gdb gives an incomplete type a size"
        if theirs.isdigit() and ours.isdigit() and int(theirs) < int(ours):
            return "gdb leaves out the padding of a struct with a flexible array"
    no_memory = [re.fullmatch(r"Cannot access memory at address 0x([0-9a-f]+)", t) for t in (ours, theirs)]
    if all(no_memory) and 0 <= int(no_memory[0][1], 16) - int(no_memory[1][1], 16) < 65536:
        return "gdb reads a whole struct for a bit-field"
    if "DWARF-2 expression error" in theirs:
        return "gdb cannot read the location"
    if "optimized out" in theirs and "optimized out" not in ours:
        return "gdb does not know the value; entry values are in tests/oracle/bt"
    if theirs == "0" and ours == "-0":
        return "gdb computes 0 - x for -x"
    if "incomplete sequence" in theirs:
        return "gdb drops the character before a cut one"
    if "not_in_core" in ours or "<not in core>" in ours:
        return "gdb reads what the core does not have"
    if theirs.startswith("Structure has no component named operator"):
        return "gdb answers as for C++"
    if theirs.startswith("That operation is not available on integers of more than 8 bytes"):
        return "gdb cannot do 128 bits"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cinspect")
    parser.add_argument("exe")
    parser.add_argument("core")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--min", type=float, default=99.5)
    parser.add_argument("--show", type=int, default=40)
    args = parser.parse_args()
    work = ask_gdb(args)
    answers = ask_cinspect(args, work)
    equal = shown = explained = died = 0
    for i, (level, command, theirs) in enumerate(work):
        if theirs is None:
            died += 1
            continue
        ours, theirs = plain(answers.get(i, "<no answer>")), plain(theirs)
        if ours == theirs:
            equal += 1
            continue
        if family(command, ours, theirs):
            explained += 1
            continue
        shown += 1
        if shown <= args.show:
            print("frame %d: %s\n  gdb      %s\n  cinspect %s" % (level, command, theirs[:400], ours[:400]))
    total = max(len(work) - died, 1)
    percent = 100.0 * (equal + explained) / total
    print("%d expressions: %d equal, %d differ with a reason, %d differ: %.2f %% (gdb died of %d)" %
          (len(work), equal, explained, shown, percent, died))
    sys.exit(percent < args.min)


main()
