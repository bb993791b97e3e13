# SPDX-License-Identifier: GPL-3.0-or-later
"""What gdb says of a core, as JSON in the shape of cinspect's `bt -a -full`: run inside gdb with its Python.

gdb is an oracle here: the product never calls it.  $GDB_FRAMES_OUT names the file to write.
"""
import json
import os

import gdb

MAX_FRAMES = int(os.environ.get("GDB_FRAMES_MAX", "200"))


def text(value):
    try:
        return value.format_string(styling=False)
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
            if not (s.is_argument or s.is_variable):
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


def one_thread(thread):
    thread.switch()
    frames = []
    frame = gdb.newest_frame()
    while frame is not None and len(frames) < MAX_FRAMES:
        frame.select()
        frames.append(one_frame(len(frames), frame))
        try:
            frame = frame.older()
        except gdb.error as e:
            frames[-1]["stop"] = str(e)
            break
    return {"lwp": thread.ptid[1] or thread.ptid[0], "frames": frames}


gdb.execute("set pagination off")
gdb.execute("set backtrace past-main on")
gdb.execute("set print frame-arguments none")
threads = [one_thread(t) for t in sorted(gdb.selected_inferior().threads(), key=lambda t: t.num)]
with open(os.environ["GDB_FRAMES_OUT"], "w") as f:
    json.dump({"threads": threads}, f)
