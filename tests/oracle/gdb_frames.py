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


def rust(value):
    try:
        return rust_text(value)
    except (gdb.error, MemoryError, RuntimeError) as e:
        return "<error: %s>" % e


REPEATS, ELEMENTS = 10, 200


def elements(value):
    """Of an array, in gdb's notation: what repeats is folded, what is long is cut."""
    low, high = value.type.range()
    out, i, shown = [], low, 0
    while i <= high and shown < ELEMENTS:
        one, n = rust_text(value[i]), 1
        while i + n <= high and rust_text(value[i + n]) == one:
            n += 1
        fold = n > REPEATS
        out += ["%s <repeats %d times>" % (one, n)] if fold else [one] * min(n, ELEMENTS - shown)
        shown += REPEATS if fold else n
        i += n
    return "{" + ", ".join(out) + ("..." if i <= high else "") + "}"


def rust_text(value):
    """Rust's values in C's notation, which is the one that cinspect has: without the names of types, numbers of one byte
    as numbers, of an enum the variant that there is."""
    t = value.type.strip_typedefs()
    if t.code == gdb.TYPE_CODE_STRUCT or t.code == gdb.TYPE_CODE_UNION:
        fields = [f for f in t.fields() if not f.artificial and f.name]
        if len(fields) < len(t.fields()) and len(fields) > 1:
            raise gdb.error("gdb does not know which variant it is")
        if not fields:
            return "{<No data fields>}"
        return "{" + ", ".join("%s = %s" % (f.name, rust_text(value[f])) for f in fields) + "}"
    if t.code == gdb.TYPE_CODE_ARRAY:
        return elements(value)
    if t.sizeof == 0:
        return "()"
    if value.is_optimized_out:
        return "<optimized out>"
    if t.code == gdb.TYPE_CODE_INT:
        return str(int(value))
    if t.code == gdb.TYPE_CODE_PTR and t.target().code != gdb.TYPE_CODE_FUNC:
        if "<synthetic pointer>" in value.format_string(styling=False):
            return "<synthetic pointer>"
        return re.sub(r"^0x0+(?=[0-9a-f])", "0x", gdb.format_address(int(value)))
    return value.format_string(styling=False)


def variables(frame, text):
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
    out["args"], out["locals"] = variables(frame, rust if language(frame) == "rust" else text)
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
