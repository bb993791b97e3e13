# SPDX-License-Identifier: GPL-3.0-or-later
"""Debug info and cores written by hand, for what no compiler can be made to write on demand.

Program: units of DIEs, turned into assembly (the assembler lays out labels and LEBs), assembled and linked without libc.
A DIE's attributes take their form from the Python type of the value; Form() gives another.  core() writes a core of it
whose registers and stack are what the test says: no process ever ran.
"""
import re
import struct
import subprocess


def _numbers():
    """The names of /usr/include/dwarf.h; some values are expressions of others."""
    found = {}
    for line in open("/usr/include/dwarf.h"):
        match = re.match(r"\s*(DW_\w+) = (0x[0-9a-f]+|\d+)", line)
        if match:
            found[match[1]] = int(match[2], 0)
    return found


DW = _numbers()
DW.update(DW_AT_scalar_storage_order=0x6B)


class Form:
    def __init__(self, form, value):
        self.form, self.value = form, value


class Ref(str):
    """The label of another DIE."""


class Addr(str):
    """A symbol of the program."""


class Expr(list):
    """Operations: tuples of the name without DW_OP_, and operands."""


class List:
    """A location list: (start symbol, end symbol, Expr); None, None: the default location."""

    def __init__(self, *entries):
        self.entries = entries


class Ranges(list):
    """(start symbol, end symbol) each."""


class Die:
    def __init__(self, tag, *children, label=None, **attributes):
        self.tag, self.children, self.label, self.attributes = tag, list(children), label, attributes


# What follows the opcode: u uleb, s sleb, 1 2 4 8 bytes, a address, d CU offset as uleb, o CU offset of 4 bytes,
# r section offset of 4 bytes, b uleb length and bytes, c one byte of length and bytes, e uleb length and expression.
OPERANDS = {
    "addr": "a", "const1u": "1", "const1s": "1", "const2u": "2", "const2s": "2", "const4u": "4", "const4s": "4",
    "const8u": "8", "const8s": "8", "constu": "u", "consts": "s", "pick": "1", "plus_uconst": "u", "bra": "2",
    "skip": "2", "regx": "u", "fbreg": "s", "bregx": "us", "piece": "u", "deref_size": "1", "call2": "2", "call4": "o",
    "call_ref": "r", "bit_piece": "uu", "implicit_value": "b", "implicit_pointer": "rs", "addrx": "u", "constx": "u",
    "entry_value": "e", "const_type": "dc", "regval_type": "ud", "deref_type": "1d", "convert": "d", "reinterpret": "d",
    "GNU_entry_value": "e", "GNU_const_type": "dc", "GNU_regval_type": "ud", "GNU_deref_type": "1d", "GNU_convert": "d",
    "GNU_reinterpret": "d", "GNU_parameter_ref": "o", "GNU_variable_value": "r", "GNU_implicit_pointer": "rs",
}


class Program:
    def __init__(self, text, data=""):
        self.text, self.data = text, data
        self.units = []
        self.addresses = []  # of .debug_addr
        self.labels = 0

    def unit(self, *children, version=5, kind="compile", signature=0, type_label=None, section=".debug_info",
             label=None, **attributes):
        """Each of them with its own abbreviations.  kind: compile, partial, type."""
        tag = {"compile": "compile_unit", "partial": "partial_unit", "type": "type_unit"}[kind]
        attributes.setdefault("producer", "a test")
        attributes.setdefault("language", DW["DW_LANG_C99"])
        self.units.append((Die(tag, *children, label=label, **attributes), version, kind, signature, type_label, section))

    def new(self, prefix="L"):
        self.labels += 1
        return ".L%s%d" % (prefix, self.labels)

    # -- expressions

    def operand(self, kind, value, out):
        if kind == "u":
            out.append(".uleb128 %s" % value)
        elif kind == "s":
            out.append(".sleb128 %s" % value)
        elif kind in "1248":
            out.append({"1": ".byte", "2": ".2byte", "4": ".4byte", "8": ".8byte"}[kind] + " %s" % value)
        elif kind == "a":
            out.append(".8byte %s" % value)
        elif kind == "d":
            out.append(".uleb128 %s" % (0 if value == 0 else "D%s - %s" % (value, self.start)))
        elif kind == "o":
            out.append(".4byte D%s - %s" % (value, self.start))
        elif kind == "r":
            out.append(".4byte D%s" % value)
        elif kind in "bc":
            out.append((".uleb128 %d" if kind == "b" else ".byte %d") % len(value))
            out.extend(".byte %d" % b for b in value)
        elif kind == "e":
            self.sized(value, ".uleb128", out)

    def expression(self, ops, out):
        for op in ops:
            name, operands = (op, ()) if isinstance(op, str) else (op[0], op[1:])
            kinds = "s" if re.fullmatch(r"breg\d+", name) else OPERANDS.get(name, "")
            assert len(kinds) == len(operands), name
            out.append(".byte %d" % DW["DW_OP_" + name])
            for kind, value in zip(kinds, operands):
                self.operand(kind, value, out)

    def sized(self, ops, length, out):
        a, b = self.new(), self.new()
        out.append("%s %s - %s" % (length, b, a))
        out.append(a + ":")
        self.expression(ops, out)
        out.append(b + ":")

    # -- attributes

    def form_of(self, value):
        if isinstance(value, Form):
            return value.form
        if value is True:
            return "flag_present"
        if isinstance(value, Ref):
            return "ref4"
        if isinstance(value, Addr):
            return "addr"
        if isinstance(value, (List, Ranges)):
            return "sec_offset"
        if isinstance(value, Expr):
            return "exprloc"
        if isinstance(value, bytes):
            return "block"
        return "string" if isinstance(value, str) else "sdata"

    def attribute(self, value, out):
        form = self.form_of(value)
        if isinstance(value, Form):
            value = value.value
        if form in ("flag_present", "implicit_const"):
            pass
        elif form == "ref4":
            out.append(".4byte D%s - %s" % (value, self.start))
        elif form == "ref_addr":
            out.append(".4byte D%s" % value)
        elif form in ("ref_sig8", "data8"):
            out.append(".8byte %s" % value)
        elif form == "addr":
            out.append(".8byte %s" % value)
        elif form == "sec_offset":
            out.append(".4byte %s" % (value if isinstance(value, str) else self.list(value)))
        elif form == "exprloc":
            self.sized(value, ".uleb128", out)
        elif form in ("block", "data16"):
            if form == "block":
                out.append(".uleb128 %d" % len(value))
            out.extend(".byte %d" % b for b in value)
        elif form == "string":
            out.append('.asciz "%s"' % value)
        elif form == "sdata":
            out.append(".sleb128 %d" % value)
        elif form in ("udata", "addrx"):
            out.append(".uleb128 %d" % value)
        else:
            out.append({"data1": ".byte", "data2": ".2byte", "data4": ".4byte", "flag": ".byte"}[form] + " %s" % value)

    def list(self, value):
        label = self.new("list")
        out = [label + ":"]
        ranges = isinstance(value, Ranges)
        if self.version < 5:
            for entry in value if ranges else value.entries:
                out.append(".8byte %s, %s" % entry[:2])
                if not ranges:
                    self.sized(entry[2], ".2byte", out)
            out.append(".8byte 0, 0")
            (self.ranges if ranges else self.loc).extend(out)
            return label
        for entry in value if ranges else value.entries:
            if entry[0] == "base":  # what follows is relative to it
                out.append(".byte %d\n.8byte %s" % (DW["DW_LLE_base_address"], entry[1]))
                continue
            if entry[0] == "offsets":
                out.append(".byte %d\n.uleb128 %s\n.uleb128 %s" % (DW["DW_LLE_offset_pair"], entry[1], entry[2]))
                self.sized(entry[3], ".uleb128", out)
                continue
            if entry[0] == "views":
                out.append(".byte 9\n.uleb128 1\n.uleb128 2")
                continue
            if entry[0] is None:
                out.append(".byte %d" % DW["DW_LLE_default_location"])
            else:
                out.append(".byte %d\n.8byte %s, %s" % (
                    DW["DW_RLE_start_end" if ranges else "DW_LLE_start_end"], entry[0], entry[1]))
            if not ranges:
                self.sized(entry[2], ".uleb128", out)
        out.append(".byte 0")
        (self.rnglists if ranges else self.loclists).extend(out)
        return label

    # -- DIEs and units

    def die(self, die, info, abbrev):
        self.code += 1
        abbrev += [".uleb128 %d" % self.code, ".uleb128 %d" % DW["DW_TAG_" + die.tag], ".byte %d" % bool(die.children)]
        if die.label:
            info.append("D%s:" % die.label)
        info.append(".uleb128 %d" % self.code)
        for name, value in die.attributes.items():
            form = self.form_of(value)
            abbrev.append(".uleb128 %d, %d" % (DW["DW_AT_" + name], DW["DW_FORM_" + form]))
            if form == "implicit_const":
                abbrev.append(".sleb128 %d" % value.value)
            self.attribute(value, info)
        abbrev.append(".byte 0, 0")
        for child in die.children:
            self.die(child, info, abbrev)
        if die.children:
            info.append(".byte 0")

    def assembly(self):
        self.loc, self.ranges, self.loclists, self.rnglists = [], [], [], []
        info, abbrev = {".debug_info": [], ".debug_types": []}, []
        for root, version, kind, signature, type_label, section in self.units:
            self.version, self.code = version, 0
            self.start, end, after, ab = self.new("cu"), self.new("end"), self.new("after"), self.new("abbrev")
            out = info[section]
            abbrev.append(ab + ":")
            out += [self.start + ":", ".4byte %s - %s" % (end, after), after + ":", ".2byte %d" % version]
            if version >= 5:
                out += [".byte %d, 8" % DW["DW_UT_" + kind], ".4byte %s" % ab]
            else:
                out += [".4byte %s" % ab, ".byte 8"]
            if kind == "type":
                out += [".8byte %d" % signature, ".4byte D%s - %s" % (type_label, self.start)]
            self.die(root, out, abbrev)
            out.append(end + ":")
            abbrev.append(".byte 0")

        def section(name, lines):
            return ['.section %s,"",@progbits' % name] + lines if lines else []

        def table(name, lines):
            if not lines:
                return []
            a, b = self.new(), self.new()
            return section(name, [".4byte %s - %s" % (b, a), a + ":", ".2byte 5", ".byte 8, 0", ".4byte 0"] + lines + [b + ":"])

        addr = []
        if self.addresses:
            a, b = self.new(), self.new()
            addr = section(".debug_addr", [".4byte %s - %s" % (b, a), a + ":", ".2byte 5", ".byte 8, 0", "addr_base:"] +
                           [".8byte %s" % s for s in self.addresses] + [b + ":"])
        return "\n".join([self.text, ".data", self.data] +
                         section(".debug_abbrev", abbrev) +
                         [line for name, lines in info.items() for line in section(name, lines)] +
                         section(".debug_loc", self.loc) + section(".debug_ranges", self.ranges) +
                         table(".debug_loclists", self.loclists) + table(".debug_rnglists", self.rnglists) + addr +
                         ['.section .note.GNU-stack,"",@progbits', ""])

    def build(self, path):
        with open(path + ".s", "w") as f:
            f.write(self.assembly())
        subprocess.run(["as", "-o", path + ".o", path + ".s"], check=True)
        subprocess.run(["ld", "-static", "--build-id", "-o", path, path + ".o"], check=True)


# -- cores

REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base "
             "ds es fs gs").split()


def symbols(path):
    out = subprocess.run(["nm", path], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1]: int(line.split()[0], 16) for line in out.splitlines() if line[0] != " "}


def loads(path):
    data = open(path, "rb").read()
    phoff, = struct.unpack_from("<Q", data, 32)
    count, = struct.unpack_from("<H", data, 56)
    for i in range(count):
        kind, flags, offset, vaddr, _, filesz, memsz, _ = struct.unpack_from("<IIQQQQQQ", data, phoff + 56 * i)
        if kind == 1:
            yield vaddr, flags, data[offset:offset + filesz] + bytes(memsz - filesz), offset


def note(kind, desc, owner=b"CORE\0"):
    return struct.pack("<III", len(owner), len(desc), kind) + owner + bytes(-len(owner) % 4) + desc + bytes(-len(desc) % 4)


def core(path, program, registers, memory, xmm=(), st=(), signal=11, mapped=(), cut=0):
    """memory: (address, bytes, size in memory) besides what the program's file has; fewer bytes than the size: the rest
    was not dumped.  mapped: (address, size, file) for NT_FILE.  cut: so many bytes are missing at the end of the file."""
    regs = dict.fromkeys(REGISTERS, 0)
    regs.update(cs=0x33, ss=0x2B, eflags=0x246, **registers)
    prstatus = bytearray(336)
    struct.pack_into("<iiih", prstatus, 0, signal, 0, 0, signal)
    struct.pack_into("<i", prstatus, 32, 4711)
    struct.pack_into("<27Q", prstatus, 112, *(regs[r] & (1 << 64) - 1 for r in REGISTERS))
    fpregs = bytearray(512)
    struct.pack_into("<HHH", fpregs, 0, 0x37F, 0, 0)
    fpregs[4] = 0xFF if st else 0
    for i, value in enumerate(st):
        fpregs[32 + 16 * i:32 + 16 * i + len(value)] = value
    for i, value in enumerate(xmm):
        fpregs[160 + 16 * i:160 + 16 * i + len(value)] = value
    segments = [(a, flags, data, len(data)) for a, flags, data, _ in loads(program)]
    entry, = struct.unpack_from("<Q", open(program, "rb").read(), 24)
    base = min(a for a, _, _, _ in segments)
    auxv = struct.pack("<12Q", 3, base + 64, 4, 56, 5, struct.unpack_from("<H", open(program, "rb").read(), 56)[0],
                       9, entry, 6, 4096, 0, 0)
    notes = note(1, prstatus)
    notes += note(3, struct.pack("<4BQIIiiii16s80s", 0, 0, 0, 0, 0, 0, 0, 4711, 1, 1, 1, b"fixture", b"fixture"))
    notes += note(6, auxv) + note(2, bytes(fpregs))
    rows = [(a & -4096, (a + len(data) + 4095) & -4096, offset // 4096, program) for a, _, data, offset in loads(program)]
    rows += [(a, a + size, 0, name) for a, size, name in mapped]
    notes += note(0x46494C45, struct.pack("<QQ", len(rows), 4096) + b"".join(struct.pack("<QQQ", *r[:3]) for r in rows) +
                  b"".join(r[3].encode() + b"\0" for r in rows))
    segments += [(a, 6, data, size) for a, data, size in memory]
    count = len(segments) + 1
    at = 64 + 56 * count
    headers = struct.pack("<IIQQQQQQ", 4, 0, at, 0, 0, len(notes), 0, 1)
    at += len(notes)
    for a, flags, data, size in segments:
        headers += struct.pack("<IIQQQQQQ", 1, flags, at, a, 0, len(data), size, 1)
        at += len(data)
    ident = b"\x7fELF\2\1\1" + bytes(9)
    with open(path, "wb") as f:
        f.write(struct.pack("<16sHHIQQQIHHHHHH", ident, 4, 62, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0))
        f.write(headers + notes + b"".join(data for _, _, data, _ in segments))
        f.truncate(f.tell() - cut)
