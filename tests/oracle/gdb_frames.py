# SPDX-License-Identifier: GPL-3.0-or-later
"""What gdb says of a core, as JSON in the shape of cinspect's `bt -a -full`: run inside gdb with its Python.

gdb is an oracle here: the product never calls it.  $GDB_FRAMES_OUT names the file to write.
"""
import json
import os
import re

import gdb

MAX_FRAMES = int(os.environ.get("GDB_FRAMES_MAX", "200"))


def text(value):
    try:
        return value.format_string(styling=False, deref_refs=True)
    except gdb.error as e:
        return "<error: %s>" % e
    except (MemoryError, RuntimeError) as e:
        return "<error: %s>" % e


def variables(frame):
    """Arguments and locals of every enclosing block, innermost first; shadowed ones included."""
    args, local = [], []
    try:
        block = frame.block()
    except RuntimeError:
        return args, local
    while block is not None:
        for s in block:
            # Not types and labels; a variable of which only a constant is left is one, an enumerator is not.
            constant = s.is_constant and s.type.strip_typedefs().code != gdb.TYPE_CODE_ENUM
            if not (s.is_argument or s.is_variable or constant) or str(s.type) == "__CORE_ADDR":
                continue
            try:
                value = text(s.value(frame))
            except (gdb.error, RuntimeError) as e:
                value = "<error: %s>" % e
            (args if s.is_argument else local).append(
                {"name": s.print_name, "value": value, "type": str(s.type)})
        if block.function is not None:
            break
        block = block.superblock
    return args, local


def one_frame(level, frame):
    sal = frame.find_sal()
    name = frame.name()
    out = {"level": level, "pc": hex(frame.pc()), "function": name,
           "file": sal.symtab.filename if sal.symtab else None,
           "line": sal.line if sal.symtab else None,
           "signal": frame.type() == gdb.SIGTRAMP_FRAME,
           "inlined": frame.type() == gdb.INLINE_FRAME,
           "tailcall": frame.type() == gdb.TAILCALL_FRAME}
    if out["signal"]:
        out["function"] = None
    out["args"], out["locals"] = variables(frame)
    return out


def language(frame):
    """Of the source of its function."""
    frame.select()
    return re.search(r'currently (.*?)"', gdb.execute("show language", to_string=True)).group(1)


def one_thread(thread):
    thread.switch()
    walk = []
    frame = gdb.newest_frame()
    while frame is not None and len(walk) < MAX_FRAMES:
        walk.append(frame)
        if frame.name() == "main":
            break
        try:
            frame = frame.older()
        except gdb.error:
            break
    # The frame below main is looked at too: gdb needs it for the CFA of a main that other calls were inlined into.
    walk[-1].older()
    # Outermost first: gdb 13 calls the locals of an inlined call optimized out while it has not yet looked at the
    # function that it was inlined into.
    frames = []
    gdb.execute("set language auto")
    # Rust's values in C's notation, which is the one that cinspect has.
    if any(language(f) == "rust" for f in walk):
        gdb.execute("set language c")
    for level in reversed(range(len(walk))):
        walk[level].select()
        frames.insert(0, one_frame(level, walk[level]))
    return {"lwp": thread.ptid[1] or thread.ptid[0], "frames": frames}


gdb.execute("set pagination off")
# Past what a language calls main (Rust's is below the C library's), to the C library's.
gdb.execute("set backtrace past-main on")
gdb.execute("set print frame-arguments none")
threads = [one_thread(t) for t in sorted(gdb.selected_inferior().threads(), key=lambda t: t.num)]
with open(os.environ["GDB_FRAMES_OUT"], "w") as f:
    json.dump({"threads": threads}, f)
