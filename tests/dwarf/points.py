# SPDX-License-Identifier: GPL-3.0-or-later
"""One program for each point at which naive readers of debug info go wrong.

Every row is (expression or command, what cinspect has to print, what gdb 13 prints where that is something else, and who
is right then).  The program is the same in most: _start calls main, main calls f, f stops at f_pc.  What differs is what
the debug info says about it.
"""
import struct

from writer import Addr, DW, Die, Expr, Form, List, Program, Ranges, Ref

STACK, SIZE, SP = 0x7FFE00000000, 4096, 0x7FFE00000200
CFA = SP + 0x50           # f's
MAIN_CFA = SP + 0x90 + 16  # main's
RBX, SAVED_RBX = 0x1122334455667788, 0x42

TEXT = """
.file 1 "fixture.c"
.text
.globl _start
_start: .cfi_startproc
 .cfi_undefined rip
 call main
start_ret: hlt
 .cfi_endproc
.globl main
.type main,@function
main: .cfi_startproc
 push %rbp
 .cfi_def_cfa_offset 16
 .cfi_offset rbp, -16
 mov %rsp, %rbp
 .cfi_def_cfa_register rbp
 sub $0x40, %rsp
main_block:
 .loc 1 11
 nop
 .loc 1 13
main_call: call f
 .loc 1 14
main_ret: nop
 leave
 ret
 .cfi_endproc
main_end:
.globl f
.type f,@function
f: .cfi_startproc
 push %rbx
 .cfi_def_cfa_offset 16
 .cfi_offset rbx, -16
 sub $0x40, %rsp
 .cfi_def_cfa_offset 0x50
f_mid: nop
 .loc 1 30
f_pc: ud2
 .loc 1 31
f_rest: add $0x40, %rsp
 .cfi_def_cfa_offset 16
 pop %rbx
 .cfi_def_cfa_offset 8
 ret
 .cfi_endproc
f_end:
"""


def base(label, name, size, encoding, **more):
    return Die("base_type", label=label, name=name, byte_size=size, encoding=DW["DW_ATE_" + encoding], **more)


def types():
    return [
        base("int", "int", 4, "signed"), base("uint", "unsigned int", 4, "unsigned"), base("char", "char", 1, "signed_char"),
        base("uchar", "unsigned char", 1, "unsigned_char"), base("short", "short", 2, "signed"),
        base("long", "long", 8, "signed"), base("ulong", "unsigned long", 8, "unsigned"), base("bool", "_Bool", 1, "boolean"),
        base("float", "float", 4, "float"), base("double", "double", 8, "float"),
        base("ldouble", "long double", 16, "float"), base("f128", "_Float128", 16, "float"),
        base("int128", "__int128", 16, "signed"),
        Die("pointer_type", label="intp", byte_size=8, type=Ref("int")),
        Die("pointer_type", label="intpp", byte_size=8, type=Ref("intp")),
        Die("reference_type", label="intref", byte_size=8, type=Ref("int")),
        Die("pointer_type", label="voidp", byte_size=8),
        Die("structure_type", member("a", "int", 0), member("b", "int", 4), label="pair", name="pair", byte_size=8),
        Die("structure_type", member("a", "int", 0), member("b", "int", 4), member("c", "long", 8), label="triple",
            name="triple", byte_size=16),
        Die("pointer_type", label="pairp", byte_size=8, type=Ref("pair")),
    ]


def member(name, type, offset, **more):
    return Die("member", name=name, type=Ref(type), data_member_location=offset, **more)


def var(name, type, place=None, tag="variable", label=None, **more):
    if place is not None:
        more["location"] = place
    return Die(tag, label=label, name=name, type=Ref(type), **more)


def arg(name, type, place=None, **more):
    return var(name, type, place, "formal_parameter", **more)


def f(*children, **more):
    more.setdefault("frame_base", Expr(["call_frame_cfa"]))
    return Die("subprogram", *children, label="f", name="f", external=True, low_pc=Addr("f"), high_pc=Addr("f_end"), **more)


def main(*children, **more):
    more.setdefault("frame_base", Expr(["call_frame_cfa"]))
    return Die("subprogram", *children, label="main", name="main", external=True, low_pc=Addr("main"),
               high_pc=Addr("main_end"), **more)


def words(*values):
    return struct.pack("<%di" % len(values), *values)


POINTS = []


class Point:
    """number and title as in the table of docs/variables.md."""

    def __init__(self, number, title, *dies, rows, version=5, text=TEXT, data="", registers=None, stack=None, xmm=(), st=(),
                 units=None, lines=False, gdb=True, absent=None, memory=(), mapped=(), cut=0, **unit):
        self.number, self.title, self.rows = number, title, rows
        self.program = Program(text, data)
        if units:
            units(self.program)
        else:
            for name, value in (("low_pc", Addr("main")), ("high_pc", Addr("f_end"))):
                unit.setdefault(name, value)
            if lines:
                unit["stmt_list"] = Form("sec_offset", ".debug_line")
            self.program.unit(*types(), *dies, version=version, name="fixture.c", comp_dir="/nowhere", **unit)
        self.registers = dict({"rbx": RBX, "rax": 0xAAAA, "rcx": 0xCCCC, "rdi": 7, "rsi": 8, "r12": 0x1212}, **(registers or {}))
        self.stack = stack or {}
        self.xmm, self.st, self.gdb = xmm, st, gdb
        self.absent = absent or {}  # of the locals: the word of JSON, "" for a part of it
        self.more, self.mapped, self.cut = list(memory), mapped, cut
        POINTS.append(self)

    def memory(self, at):
        """The stack: each 4 bytes hold their number, except for what the frames need and the point wants."""
        stack = bytearray(struct.pack("<1024I", *range(1024)))
        put = {SP + 0x40: struct.pack("<Q", SAVED_RBX), SP + 0x48: struct.pack("<Q", at["main_ret"]),
               SP + 0x90: bytes(8), SP + 0x98: struct.pack("<Q", at["start_ret"])}
        put.update(self.stack)
        for address, data in put.items():
            stack[address - STACK:address - STACK + len(data)] = data
        return [(STACK, bytes(stack), SIZE)] + self.more


OUT = "<optimized out>"

# ---- 1. location lists -----------------------------------------------------------------------------------------------

Point(1, "location lists: by pc, by the call and not the return address in a caller, holes, overlaps, base entries, views, "
      "default",
      f(var("here", "int", List(("f", "f_pc", Expr(["lit1", "stack_value"])),
                                ("f_pc", "f_rest", Expr(["lit2", "stack_value"])))),
        var("hole", "int", List(("f", "f_pc", Expr(["lit1", "stack_value"])), ("f_rest", "f_end", Expr(["lit3", "stack_value"])))),
        var("based", "int", List(("base", "f"), ("offsets", "f_pc - f", "f_rest - f", Expr(["lit4", "stack_value"])))),
        var("viewed", "int", List(("views",), ("f", "f_end", Expr(["lit5", "stack_value"])))),
        var("other", "int", List(("f", "f_mid", Expr(["lit1", "stack_value"])), (None, None, Expr(["lit6", "stack_value"])))),
        var("empty_range", "int", List(("f_pc", "f_pc", Expr(["lit1", "stack_value"])), ("f", "f_end", Expr(["lit7", "stack_value"]))))),
      main(var("before", "int", List(("main", "main_ret", Expr(["lit8", "stack_value"])),
                                     ("main_ret", "main_end", Expr(["lit9", "stack_value"])))),
           var("after", "int", List(("main_ret", "main_end", Expr(["lit9", "stack_value"]))))),
      rows=[("p here", "$ = 2"), ("p hole", "$ = " + OUT), ("p based", "$ = 4"), ("p viewed", "$ = 5", "*Corrupted DWARF*", "gdb knows view pairs in DWARF 4 alone"),
            ("p other", "$ = 6", "*Corrupted DWARF*", "gdb does not know default locations"),
            ("p empty_range", "$ = 7"), ("1 p before", "$ = 8"), ("1 p after", "$ = " + OUT)])

Point(1, "location lists of DWARF 4",
      f(var("here", "int", List(("f - main", "f_pc - main", Expr(["lit1"])), ("f_pc - main", "f_rest - main", Expr([("breg3", 1), "stack_value"])))),
        var("hole", "int", List(("f - main", "f_pc - main", Expr(["reg3"]))))),
      main(var("before", "int", List(("0", "main_ret - main", Expr(["lit8", "stack_value"]))))),
      version=4, rows=[("p/x here", "$ = 0x55667789"), ("p hole", "$ = " + OUT), ("1 p before", "$ = 8")])

# ---- 2. the call's own address -----------------------------------------------------------------------------------------

Point(2, "scopes and inlined calls of a caller: where the call is, not where it returns to; lines likewise",
      f(),
      Die("subprogram", label="helper", name="helper", inline=1),
      main(Die("lexical_block", var("inner", "int", Expr([("fbreg", -40)])),
               Die("inlined_subroutine", abstract_origin=Ref("helper"), low_pc=Addr("main_call"), high_pc=Addr("main_ret"),
                   call_file=1, call_line=12),
               low_pc=Addr("main_block"), high_pc=Addr("main_ret")),
           Die("lexical_block", var("later", "int", Expr([("fbreg", -40)])), low_pc=Addr("main_ret"), high_pc=Addr("main_end"))),
      lines=True,
      rows=[("bt", "#0  f () at fixture.c:30\n#1  0x* in helper () at fixture.c:13\n#2  main () at fixture.c:12"),
            ("2 p inner", "$ = %d" % ((MAIN_CFA - 40 - STACK) // 4)),
            ("2 p later", 'No symbol "later" in current context.')])

# ---- 3. pieces -------------------------------------------------------------------------------------------------------

Point(3, "pieces: register, memory, nothing; less than a byte; less than the value",
      f(var("mixed", "triple", Expr(["reg3", ("piece", 4), ("fbreg", -48), ("piece", 4), ("piece", 8)])),
        var("gone", "pair", Expr([("piece", 4), "lit5", "stack_value", ("piece", 4)])),
        var("bits", "int", Expr(["lit5", "stack_value", ("bit_piece", 3, 0), ("const1u", 0xF5), "stack_value", ("bit_piece", 29, 4)])),
        var("shifted", "int", Expr(["reg3", ("bit_piece", 32, 12)])),
        var("halves", "long", Expr(["reg12", ("piece", 4), "reg3", ("piece", 4)])),
        var("short_of_it", "triple", Expr(["reg3", ("piece", 8)])),
        var("uninit", "pair", Expr(["reg3", "GNU_uninit", ("piece", 4), ("piece", 4)])),
        var("lists", "triple", List(("f", "f_end", Expr(["reg3", ("piece", 8), "lit9", "stack_value", ("piece", 8)]))))),
      rows=[("p mixed", "$ = {a = 1432778632, b = 136, c = <optimized out>}"), ("p mixed.b", "$ = 136"),
            ("p mixed.c", "$ = " + OUT), ("p &mixed.b", "$ = (int *) 0x7ffe00000220", "Attempt to take address of value not located in memory.", "this piece is in memory"),
            ("p gone", "$ = {a = <optimized out>, b = 5}"), ("p bits", "$ = 125"), ("p/x shifted", "$ = 0x34455667"),
            ("p/x halves", "$ = 0x5566778800001212"), ("p short_of_it", "$ = {a = 1432778632, b = 287454020, c = <optimized out>}",
             "$ = {a = 1432778632, b = 287454020, c = <synthetic pointer>}", "c is no pointer; asked to follow it gdb ends"),
            ("p uninit", "$ = {a = 1432778632, b = <optimized out>}", "*GNU_uninit must always be the very last op*", "gcc writes it there"), ("p lists", "$ = {a = 1432778632, b = 287454020, c = 9}")])

# ---- 4. values that are nowhere -----------------------------------------------------------------------------------------

Point(4, "values without a place: bytes, results cut to the type, typed operations, floats",
      f(var("bytes", "pair", Expr([("implicit_value", words(3, -4))])),
        var("small", "char", Expr([("const2u", 0x1FF), "stack_value"])), var("smaller", "uchar", Expr([("const2u", 0x1FF), "stack_value"])),
        var("negative", "long", Expr([("const1s", -5), "stack_value"])), var("wide", "int128", Expr([("const1s", -5), "stack_value"])),
        var("one", "float", Expr([("const4u", 0x3F800000), "stack_value"])),
        var("sum", "double", Expr([("const_type", "double", struct.pack("<d", 1.5)), ("regval_type", 17, "double"), "plus", "stack_value"])),
        var("rounded", "int", Expr([("const_type", "double", struct.pack("<d", -2.75)), ("convert", "int"), "stack_value"])),
        var("wider", "long", Expr([("const_type", "int", words(-1)), ("convert", "long"), "stack_value"])),
        var("unsigned_wider", "long", Expr([("const_type", "uint", words(-1)), ("convert", "ulong"), "stack_value"])),
        var("same_bits", "int", Expr([("const_type", "float", struct.pack("<f", 1)), ("reinterpret", "int"), "stack_value"])),
        var("from_memory", "long", Expr([("fbreg", -48), ("deref_type", 1, "char"), ("convert", "long"), "stack_value"])),
        var("untyped", "long", Expr([("const_type", "int", words(-1)), ("convert", 0), "stack_value"])),
        var("divided", "int", Expr([("const_type", "uint", words(-7)), ("const_type", "uint", words(2)), "div", "stack_value"])),
        var("gnu_sum", "double", Expr([("GNU_const_type", "double", struct.pack("<d", 1.5)), ("GNU_regval_type", 17, "double"), "plus", "stack_value"])),
        var("unknown", "int", Expr([("breg12", 0), "stack_value"]))),
      xmm=[struct.pack("<d", 2.25)],
      rows=[("p bytes", "$ = {a = 3, b = -4}"), ("p small", "$ = -1 '\\377'"), ("p smaller", "$ = 255 '\\377'"),
            ("p negative", "$ = -5"),
            ("p wide", "$ = -5", "$ = 18446744073709551611", "the value on DWARF's stack has 8 bytes and is -5; gdb adds zeros"),
            ("p one", "$ = 1"), ("p sum", "$ = 3.75"), ("p rounded", "$ = -2"), ("p wider", "$ = -1"),
            ("p unsigned_wider", "$ = 4294967295"), ("p same_bits", "$ = 1065353216"), ("p from_memory", "$ = -120"),
            ("p untyped", "$ = -1"), ("p divided", "$ = 2147483644"), ("p gnu_sum", "$ = 3.75"),
            ("p unknown", "$ = 4626"), ("p &bytes", 'Can\'t take address of "bytes" which isn\'t an lvalue.'),
            ("p bytes.b + 1", "$ = -3")])

def indexed(p):
    p.addresses = ["numbers", "0x1234", "f"]
    p.unit(*types(), f(var("local", "long", Expr([("constx", 1), "stack_value"]))), main(), Die("variable", name="by_index", type=Ref("int"), location=Expr([("addrx", 0)])), Die("variable", name="moved", type=Ref("int"), location=Expr([("addrx", 0), ("plus_uconst", 4)])),
           name="one.c", comp_dir="/nowhere", addr_base=Form("sec_offset", "addr_base"), low_pc=Form("addrx", 2), high_pc=Addr("f_end"), ranges=Ranges([("main", "f_end")]))


Point(4, "addresses and constants by their index in .debug_addr", units=indexed, data="numbers: .4byte 5, 6\n",
      rows=[("p by_index", "$ = 5"), ("p moved", "$ = 6"), ("p/x local", "$ = 0x1234", "Unhandled DWARF expression opcode 0xa2", "gdb does not know DW_OP_constx"), ("p &by_index", "$ = (int *) 0x*")])

Point(4, "branches in expressions",
      f(var("branch", "int", Expr(["lit1", ("bra", 1), "lit9", "lit4", "stack_value"])),
        var("skips", "int", Expr([("skip", 1), "lit9", "lit3", "stack_value"]))), main(), gdb="an assertion of its own fails",
      rows=[("p branch", "$ = 4"), ("p skips", "$ = 3")])

# ---- 5. implicit pointers ----------------------------------------------------------------------------------------------

Point(5, "pointers that were never made: *, ->, a chain of them, into a struct, to nothing",
      f(var("target", "int", Expr(["lit17", "stack_value"]), label="target"),
        var("whole", "pair", Expr(["reg3", ("piece", 4), "lit6", "stack_value", ("piece", 4)]), label="whole"),
        var("p", "intp", Expr([("implicit_pointer", "target", 0)]), label="p"),
        var("pp", "intpp", Expr([("implicit_pointer", "p", 0)])),
        var("ref", "intref", Expr([("implicit_pointer", "target", 0)])),
        var("into", "intp", Expr([("implicit_pointer", "whole", 4)])),
        var("ps", "pairp", Expr([("implicit_pointer", "whole", 0)])),
        var("lost", "int", label="lost"), var("to_lost", "intp", Expr([("implicit_pointer", "lost", 0)])),
        var("memory", "int", Expr([("fbreg", -48)]), label="memory"), var("to_memory", "intp", Expr([("implicit_pointer", "memory", 0)])),
        var("itself", "intp", Expr([("implicit_pointer", "itself", 0)]), label="itself"),
        var("gnu", "intp", Expr([("GNU_implicit_pointer", "target", 0)])),
        var("in_struct", "triple", Expr(["lit1", "stack_value", ("piece", 8), ("implicit_pointer", "target", 0), ("piece", 8)]))),
      rows=[("p p", "$ = (int *) <synthetic pointer>"), ("p *p", "$ = 17"), ("p **pp", "$ = 17"), ("p *into", "$ = 6"),
            ("p ref", "$ = (int &) <synthetic pointer>: 17"), ("p ref + 1", "$ = 18"),
            ("p *ps", "$ = {a = 1432778632, b = 6}"), ("p ps->b", "$ = 6"), ("p *to_lost", "$ = " + OUT),
            ("p *to_memory", "$ = 136"), ("p p + 1", "value has been optimized out", "$ = (int *) <synthetic pointer>", "a pointer past what has no address"), ("p *gnu", "$ = 17"), ("p itself", "$ = (int *) <synthetic pointer>"),
            ("p in_struct", "$ = {a = 1, b = 0, c = <optimized out>}", "$ = {a = 1, b = 0, c = <synthetic pointer>}", "c is a long"), ("p p[0]", "$ = 17")])

# ---- 6. entry values ---------------------------------------------------------------------------------------------------


def call(*parameters, **more):
    more.setdefault("call_return_pc", Addr("main_ret"))
    if "call_origin" not in more and "call_target" not in more:
        more["call_origin"] = Ref("f")
    return Die("call_site", *parameters, **more)


def passed(register, value, **more):
    return Die("call_site_parameter", location=Expr(register if isinstance(register, list) else [register]),
               call_value=Expr(value), **more)


ENTRY = [arg("n", "int", List(("f", "f_mid", Expr(["reg5"])), ("f_mid", "f_end", Expr([("entry_value", ["reg5"]), "stack_value"])))),
         arg("plus", "int", List(("f", "f_end", Expr([("entry_value", ["reg4"]), ("plus_uconst", 5), "stack_value"])))),
         arg("gnu", "int", List(("f", "f_end", Expr([("GNU_entry_value", ["reg5"]), "stack_value"])))),
         arg("unsaid", "int", List(("f", "f_end", Expr([("entry_value", ["reg1"]), "stack_value"])))),
         arg("pointee", "int", List(("f", "f_end", Expr([("entry_value", [("breg2", 0), ("deref_size", 4)]), "stack_value"]))))]
SITE = [passed("reg5", ["lit30"]), passed("reg4", [("fbreg", -40), ("deref_size", 4)]),
        Die("call_site_parameter", location=Expr(["reg2"]), call_value=Expr([("const2u", 0x1000)]), call_data_value=Expr([("const1u", 77)]))]

Point(6, "entry values: both operations, what a pointer pointed at, name@entry",
      f(*ENTRY, call_all_calls=True), main(call(*SITE), call_all_calls=True),
      rows=[("p n", "$ = 30"), ("p plus", "$ = %d" % ((MAIN_CFA - 40 - STACK) // 4 + 5)), ("p gnu", "$ = 30"),
            ("p unsaid", "$ = " + OUT), ("p pointee", "$ = 77"), ("p n@entry", "$ = 30"),
            ("frame", "#0  0x* in f (n=n@entry=30, plus=163, gnu=30, unsaid=<optimized out>, pointee=77)")])

Point(6, "entry values: refused where the call was through a pointer that said nothing, or to another function",
      f(*ENTRY, call_all_calls=True), main(call(*SITE, call_target=Expr(["reg1"])), call_all_calls=True),
      rows=[("p n", "$ = " + OUT), ("p pointee", "$ = " + OUT)])

Point(6, "entry values: believed where the pointer is still known",
      f(*ENTRY, call_all_calls=True), main(call(*SITE, call_target=Expr([("addr", "f")])), call_all_calls=True),
      rows=[("p n", "$ = 30"), ("p unsaid", "$ = " + OUT)])

Point(6, "entry values: refused where a function may have called itself by tail calls since",
      f(*ENTRY, Die("call_site", call_pc=Addr("f_rest"), call_return_pc=Addr("f_end"), call_tail_call=True, call_origin=Ref("f")), call_all_calls=True),
      main(call(*SITE), call_all_calls=True), rows=[("p n", "$ = " + OUT)])

Point(6, "entry values of DWARF 4, with GNU's tags",
      f(arg("n", "int", Expr([("GNU_entry_value", ["reg5"]), "stack_value"])), GNU_all_call_sites=True),
      main(Die("GNU_call_site", Die("GNU_call_site_parameter", location=Expr(["reg5"]), GNU_call_site_value=Expr(["lit30"])),
               low_pc=Addr("main_ret"), abstract_origin=Ref("f")), GNU_all_call_sites=True),
      version=4, rows=[("p n", "$ = 30")])

# ---- 7. the frame's base -----------------------------------------------------------------------------------------------

Point(7, "frame base: the CFA, a register, a list, memory; a nested function's static link",
      f(var("x", "int", Expr([("fbreg", 0x20)])), frame_base=Expr(["reg7"])),
      main(var("y", "int", Expr([("fbreg", -24)])), frame_base=List(("main", "main_block", Expr([("breg7", 8)])), ("main_block", "main_end", Expr([("breg6", 0)])))),
      rows=[("p x", "$ = 136"), ("p &x", "$ = (int *) 0x%x" % (SP + 0x20)), ("1 p y", "$ = %d" % ((SP + 0x90 - 24 - STACK) // 4))])

# ---- 8, 9. registers of callers ------------------------------------------------------------------------------------------

Point(8, "registers that a callee may clobber are not known in its caller; saved ones are",
      f(var("mine", "long", Expr(["reg3"])), var("scratch", "int", Expr(["reg0"]))),
      main(var("kept", "long", Expr(["reg3"])), var("clobbered", "int", Expr(["reg0"])), var("half", "pair", Expr(["reg0", ("piece", 4), "reg3", ("piece", 4)])),
           var("computed", "int", Expr([("breg2", 4), "stack_value"])), var("r12", "int", Expr(["reg12"]))),
      rows=[("p/x mine", "$ = 0x1122334455667788"), ("p/x scratch", "$ = 0xaaaa"), ("1 p/x kept", "$ = 0x42"),
            ("1 p clobbered", "$ = <not saved>", "$ = 43690", "gdb shows what the callee has in rax"),
            ("1 p half", "$ = {a = <not saved>, b = 66}", "$ = {a = 43690, b = 66}", "as above"),
            ("1 p computed", "$ = <not saved>", "$ = 52432", "as above"), ("1 p/x r12", "$ = 0x1212")])

Point(8, "a callee-saved register that the callee does not touch",
      f(), main(var("kept", "long", Expr(["reg3"])), var("r12", "long", Expr(["reg12"]))),
      text=TEXT.replace(" push %rbx\n .cfi_def_cfa_offset 16\n .cfi_offset rbx, -16\n sub $0x40, %rsp", " sub $0x48, %rsp"),
      rows=[("1 p/x kept", "$ = 0x1122334455667788"), ("1 p/x r12", "$ = 0x1212"), ("p/x $rbx", "$ = 0x1122334455667788")])

Point(9, "vector and x87 registers: of the innermost frame only",
      f(var("d", "double", Expr(["reg17"])), var("x87", "ldouble", Expr([("regx", 33)])), var("v", "v4", Expr(["reg18"]))),
      main(var("d1", "double", Expr(["reg17"]))),
      Die("array_type", Die("subrange_type", type=Ref("long"), upper_bound=3), label="v4", type=Ref("float"), GNU_vector=True),
      xmm=[struct.pack("<d", 2.25), struct.pack("<4f", 1, 2, 3, 4)], st=[bytes.fromhex("0000000000000080ff3f")],
      rows=[("p d", "$ = 2.25"), ("p x87", "$ = 1"), ("p v", "$ = {1, 2, 3, 4}"),
            ("1 p d1", "$ = <not saved>", "$ = 2.25", "psABI: no vector register survives a call")])

# ---- 11. statics of functions that were only inlined --------------------------------------------------------------------

Point(11, "static locals and constants of a function that exists only inlined",
      Die("subprogram", var("calls", "int", Expr([("addr", "counter")])), var("limit", "int", const_value=99),
          arg("n", "int", label="abstract_n"), var("lost", "int"), label="small", name="small", inline=3),
      f(Die("inlined_subroutine", Die("formal_parameter", abstract_origin=Ref("abstract_n"), location=Expr(["reg3"])),
            abstract_origin=Ref("small"), low_pc=Addr("f_mid"), high_pc=Addr("f_rest"), call_file=1, call_line=20)), main(),
      data="counter: .4byte 123\n",
      rows=[("p calls", "$ = 123"), ("p limit", "$ = 99"), ("p n", "$ = 1432778632"), ("p lost", "$ = " + OUT),
            ("1 p small::calls", "$ = 123", 'No symbol "small" in current context.', "the function has no code of its own, its static is there")])

# ---- 12. constants -----------------------------------------------------------------------------------------------------

Point(12, "DW_AT_const_value: of every form, negative, of 16 bytes, of structs and strings",
      f(var("s", "int", const_value=-3), var("u", "uint", const_value=Form("udata", 4294967295)), var("d1", "int", const_value=Form("data1", 255)),
        var("d4", "int", const_value=Form("data4", "-2")), var("d8", "long", const_value=Form("data8", "-9")), var("d16", "int128", const_value=Form("data16", bytes(8) + b"\1" + bytes(7))),
        var("ic", "int", const_value=Form("implicit_const", -77)), var("block", "pair", const_value=words(1, 2)), var("half", "float", const_value=struct.pack("<f", 0.5)),
        var("text", "text", const_value="hello"), var("p", "voidp", const_value=0)),
      Die("array_type", Die("subrange_type", type=Ref("long"), upper_bound=5), label="text", type=Ref("char")), main(),
      rows=[("p s", "$ = -3"), ("p u", "$ = 4294967295"), ("p d1", "$ = 255"), ("p d4", "$ = -2"), ("p d8", "$ = -9"), ("p/x d16", "$ = 0x10000000000000000"),
            ("p ic", "$ = -77"), ("p block", "$ = {a = 1, b = 2}"), ("p half", "$ = 0.5"), ("p text", '$ = "hello"'), ("p p", "$ = (void *) 0x0")])

# ---- 13. origins -------------------------------------------------------------------------------------------------------

Point(13, "chains of abstract origins and specifications; parameters that were removed",
      Die("structure_type", Die("subprogram", arg("self", "intp", label="self0"), label="declared", name="method", declaration=True, external=True), name="holder", label="holder", byte_size=1),
      Die("subprogram", Die("formal_parameter", label="self1", name="self", type=Ref("intp")), arg("removed", "int", label="removed"), specification=Ref("declared"), label="abstract", inline=1),
      Die("subprogram", Die("formal_parameter", abstract_origin=Ref("self1"), location=Expr(["reg3"])),
          Die("formal_parameter", abstract_origin=Ref("removed"), location=Expr([("GNU_parameter_ref", "removed"), "stack_value"])),
          abstract_origin=Ref("abstract"), low_pc=Addr("f"), high_pc=Addr("f_end"), frame_base=Expr(["call_frame_cfa"]), call_all_calls=True, label="f"),
      main(call(Die("call_site_parameter", call_parameter=Ref("removed"), call_value=Expr(["lit21"])), call_origin=Ref("f")), call_all_calls=True),
      rows=[("p/x self", "$ = 0x1122334455667788"), ("p removed", "$ = 21"), ("frame", "#0  0x* in method (self=0x1122334455667788, removed=21)")])

# ---- 14. declarations --------------------------------------------------------------------------------------------------


def two_units(p):
    p.unit(*types(), Die("structure_type", label="opaque", name="opaque", declaration=True), Die("pointer_type", label="opaquep", byte_size=8, type=Ref("opaque")),
           var("handle", "opaquep", Expr([("addr", "handle")]), external=True), var("shared", "int", declaration=True, external=True),
           var("same", "int", Expr([("addr", "same1")])),
           f(var("shared", "int", declaration=True, external=True), var("local", "int", Expr(["reg3"]))), main(), name="one.c", comp_dir="/nowhere", low_pc=Addr("main"), high_pc=Addr("f_end"))
    p.unit(Die("base_type", label="int2", name="int", byte_size=4, encoding=5), Die("structure_type", member("x", "int2", 0), label="full", name="opaque", byte_size=4),
           var("shared", "int2", Expr([("addr", "shared")]), external=True), var("same", "int2", Expr([("addr", "same2")])), var("other", "int2", Expr([("addr", "same2")])), name="two.c", comp_dir="/nowhere")


Point(14, "declarations: an opaque struct and an extern found in another unit; statics of the same name", units=two_units,
      data="handle: .8byte shared\nshared: .4byte 5\nsame1: .4byte 1\nsame2: .4byte 2\n",
      rows=[("p *handle", "$ = {x = 5}"), ("p shared", "$ = 5"), ("p same", "$ = 1"), ("p 'two.c'::same", "$ = 2"), ("whatis handle", "type = struct opaque *"), ("p other", "$ = 2")])

# ---- 15. bit-fields ----------------------------------------------------------------------------------------------------


def bits(name, type, **more):
    return Die("member", name=name, type=Ref(type), **more)


BITS = Die("structure_type", bits("a", "int", data_bit_offset=0, bit_size=3), bits("b", "int", data_bit_offset=3, bit_size=5),
           bits("flag", "bool", data_bit_offset=8, bit_size=1), bits("c", "uint", data_bit_offset=9, bit_size=23), bits("wide", "ulong", data_bit_offset=32, bit_size=40),
           label="bits", name="bits", byte_size=16)
OLD = Die("structure_type", bits("a", "int", data_member_location=0, byte_size=4, bit_offset=29, bit_size=3), bits("b", "int", data_member_location=0, byte_size=4, bit_offset=24, bit_size=5),
          bits("flag", "bool", data_member_location=0, byte_size=4, bit_offset=23, bit_size=1), bits("c", "uint", data_member_location=0, byte_size=4, bit_offset=0, bit_size=23),
          bits("wide", "ulong", data_member_location=4, byte_size=8, bit_offset=24, bit_size=40), label="old", name="old", byte_size=16)
BIT_DATA = "bits: .4byte 0x%x, 0x%x, 0x%x, 0\n" % ((5 | 9 << 3 | 1 << 8 | 0x612345 << 9) & 0xFFFFFFFF, 0x89ABCDEF, 0xFF)
BIT_ROWS = [("p/d %s.a", "$ = -3"), ("p %s.b", "$ = 9"), ("p %s.flag", "$ = true"), ("p/x %s.c", "$ = 0x612345"), ("p/x %s.wide", "$ = 0xff89abcdef")]

Point(15, "bit-fields by DW_AT_data_bit_offset and by DW_AT_bit_offset; in memory, in registers, in pieces",
      BITS, OLD, f(var("in_pieces", "bits", Expr(["reg3", ("piece", 8), "reg12", ("piece", 8)]))), main(),
      var("now", "bits", Expr([("addr", "bits")])), var("then", "old", Expr([("addr", "bits")])),
      data=BIT_DATA,
      rows=[(a % name, b) for name in ("now", "then") for a, b in BIT_ROWS] +
      [("p then", "$ = {a = -3, b = 9, flag = true, c = 6366021, wide = 1097526398447}"), ("p/x in_pieces.c", "$ = 0x2ab33b"), ("p in_pieces.a", "$ = 0"),
       ("p/x in_pieces.wide", "$ = 0x1211223344"), ("p &now.a", "Attempt to take address of value not located in memory.", "$ = (int *) 0x*", "C11 6.5.3.2: no address of a bit-field")])

Point(15, "bit-fields and numbers of the other byte order (scalar_storage_order)",
      base("be", "int", 4, "signed", endianity=1), base("beu", "unsigned int", 4, "unsigned", endianity=1), base("bed", "double", 8, "float", endianity=1),
      Die("structure_type", bits("a", "beu", data_bit_offset=0, bit_size=3), bits("b", "beu", data_bit_offset=3, bit_size=5), bits("c", "be", data_bit_offset=8, bit_size=24),
          member("n", "be", 4), member("d", "bed", 8), label="big", name="big", byte_size=16),
      var("g", "big", Expr([("addr", "big")])), f(), main(),
      data="big: .byte 0xb1, 0xff, 0xff, 0xfe, 0, 0, 1, 2, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0\n",
      rows=[("p g", "$ = {a = 5, b = 17, c = -2, n = 258, d = 1.5}"), ("p g.c", "$ = -2"), ("p g.n + 1", "$ = 259"), ("p g.d * 2", "$ = 3")])

# ---- 16. arrays --------------------------------------------------------------------------------------------------------


def array(label, type, *subranges):
    return Die("array_type", *[Die("subrange_type", type=Ref("long"), **s) for s in subranges], label=label, type=Ref(type))


Point(16, "arrays: counts and bounds, computed, from variables, of several dimensions, strided, without an end, empty",
      array("count", "int", {"count": 3}), array("upper", "int", {"upper_bound": 2}), array("two", "int", {"upper_bound": 1}, {"count": 3}),
      array("from_one", "int", {"lower_bound": 1, "upper_bound": 3}), array("empty", "int", {"count": 0}), array("minus", "int", {"upper_bound": -1}), array("open", "int", {}),
      Die("structure_type", member("n", "int", 0), member("v", "open", 4), label="flex", name="flex", byte_size=4),
      Die("structure_type", member("n", "int", 0), member("v", "empty", 4), label="zero", name="zero", byte_size=4),
      array("huge", "int", {"upper_bound": Form("udata", 1 << 40)}), Die("array_type", Die("subrange_type", type=Ref("long"), count=3), label="strided", type=Ref("int"), byte_stride=8),
      f(var("n", "long", Expr(["lit3", "stack_value"]), label="n"), var("lost", "long", label="lost"),
        Die("array_type", Die("subrange_type", type=Ref("long"), upper_bound=Expr([("GNU_variable_value", "n"), "lit1", "minus"])), label="vla1", type=Ref("int")),
        Die("array_type", Die("subrange_type", type=Ref("long"), count=Ref("n")), label="vla2", type=Ref("int")),
        Die("array_type", Die("subrange_type", type=Ref("long"), upper_bound=Ref("lost")), label="vla3", type=Ref("int")),
        var("a", "vla1", Expr([("addr", "numbers")])), var("b", "vla2", Expr([("addr", "numbers")])), var("c", "vla3", Expr([("addr", "numbers")]))), main(),
      *[var("g_" + t, t, Expr([("addr", "numbers")])) for t in ("count", "upper", "two", "from_one", "empty", "minus", "open", "flex", "zero", "strided", "huge")],
      data="numbers: .4byte 1, 2, 3, 4, 5, 6, 7, 8\n",
      rows=[("p g_count", "$ = {1, 2, 3}"), ("p g_upper", "$ = {1, 2, 3}"), ("p g_two", "$ = {{1, 2, 3}, {4, 5, 6}}"), ("p g_two[1][2]", "$ = 6"), ("p g_from_one", "$ = {1, 2, 3}"),
            ("p g_from_one[1]", "$ = 1"), ("p sizeof(g_from_one)", "$ = 12"), ("p g_empty", "$ = 0x*"), ("p g_minus", "$ = 0x*"), ("p g_open", "$ = 0x*"), ("p g_flex", "$ = {n = 1, v = 0x*}"), ("p g_flex.v[1]", "$ = 3"),
            ("p g_zero", "$ = {n = 1, v = 0x*}"), ("p g_strided", "$ = {1, 3, 5}"), ("p a", "$ = {1, 2, 3}"), ("p b", "$ = {1, 2, 3}"), ("p c", "$ = 0x*"), ("p sizeof(a)", "$ = 12"), ("whatis a", "type = int [3]"),
            ("p c[1]", "$ = 2"), ("p g_huge[2]", "$ = 3", "no such vector element", "gdb takes it for a vector: the size overflows"), ("p sizeof(g_two)", "$ = 24")])

# ---- 17, 18. members and numbers -----------------------------------------------------------------------------------------

Point(17, "unnamed structs, unions and bit-fields",
      Die("union_type", member("i", "int", 0), member("c", "char", 0), label="un", byte_size=4),
      Die("structure_type", member("deep", "int", 0), label="st", byte_size=4),
      Die("structure_type", Die("member", type=Ref("un"), data_member_location=0), Die("member", type=Ref("st"), data_member_location=4), Die("member", type=Ref("int"), data_bit_offset=64, bit_size=3),
          bits("x", "int", data_bit_offset=67, bit_size=5), label="outer", name="outer", byte_size=12),
      var("g", "outer", Expr([("addr", "numbers")])), f(), main(), data="numbers: .4byte 65, 2, 0x58, 4\n",
      rows=[("p g", "$ = {{i = 65, c = 65 'A'}, {deep = 2}, 0, x = 11}"), ("p g.i", "$ = 65"), ("p g.c", "$ = 65 'A'"), ("p g.deep", "$ = 2"), ("p g.x", "$ = 11")])

Point(18, "enums as flags, negative, forward; odd truth values; characters wide and narrow",
      Die("enumeration_type", Die("enumerator", name="A", const_value=1), Die("enumerator", name="B", const_value=2), Die("enumerator", name="C", const_value=8), label="flags", name="flags", byte_size=4, type=Ref("uint")),
      Die("enumeration_type", Die("enumerator", name="NEG", const_value=-1), Die("enumerator", name="ZERO", const_value=0), label="neg", name="neg", byte_size=4, type=Ref("int")),
      Die("enumeration_type", label="fwd", name="fwd", declaration=True, byte_size=4),
      base("c16", "char16_t", 2, "UTF"), base("c32", "char32_t", 4, "UTF"), base("c8", "char8_t", 1, "UTF"), base("wchar", "wchar_t_base", 4, "signed"), Die("typedef", label="w", name="wchar_t", type=Ref("int")),
      array("s16", "c16", {"count": 3}), array("s32", "c32", {"count": 3}), array("sw", "w", {"count": 3}), array("sc", "char", {"count": 5}), array("su", "uchar", {"count": 5}), array("s8", "c8", {"count": 5}),
      *[var("v%d" % i, t, Expr([("const1s", v), "stack_value"])) for i, (t, v) in enumerate([("flags", 3), ("flags", 11), ("flags", 64), ("flags", 65), ("flags", 0), ("neg", -1), ("neg", 5), ("fwd", 3), ("bool", 2), ("bool", 1), ("char", -1), ("c16", 65), ("w", 65)])],
      *[var("t_" + t, t, Expr([("addr", d)])) for t, d in (("s16", "wide16"), ("s32", "wide32"), ("sw", "wide32"), ("sc", "narrow"), ("su", "narrow"), ("s8", "narrow"))],
      f(), main(), data='wide16: .2byte 65, 0xe9, 0\nwide32: .4byte 65, 0x1f600, 0\nnarrow: .ascii "ab\\377c"\n.byte 0\n',
      rows=[("p v0", "$ = (A | B)"), ("p v1", "$ = (A | B | C)"), ("p v2", "$ = (unknown: 0x40)"), ("p v3", "$ = (A | unknown: 0x40)"), ("p v4", "$ = 0"), ("p v5", "$ = NEG"), ("p v6", "$ = 5"), ("p v7", "$ = 3", "$ = <incomplete type>", "its size is known"),
            ("p v8", "$ = 2"), ("p v9", "$ = true"), ("p v10", "$ = -1 '\\377'"), ("p v11", "$ = 65 u'A'"), ("p v12", "$ = 65 L'A'"),
            ("p t_s16", '$ = u"A\u00e9"'), ("p t_s32", '$ = U"A\U0001f600"'), ("p t_sw", '$ = L"A\U0001f600"'), ("p t_sc", '$ = "ab\\377c"'), ("p t_su", '$ = "ab\\377c"'), ("p t_s8", '$ = "ab\\377c"')])

# ---- 19. numbers of unusual types ----------------------------------------------------------------------------------------

Point(19, "complex, 128 bits, both 16-byte floats, half, bfloat16, decimal, NaN and denormals",
      base("cf", "complex float", 8, "complex_float"), base("cd", "complex double", 16, "complex_float"), base("ci", "complex int", 8, "lo_user"), base("half", "_Float16", 2, "float"), base("bf", "__bf16", 2, "float"),
      base("uint128", "unsigned __int128", 16, "unsigned"), base("d64", "_Decimal64", 8, "decimal_float"), base("d128", "_Decimal128", 16, "decimal_float"), base("d32", "_Decimal32", 4, "decimal_float"), base("cld", "complex long double", 32, "complex_float"),
      *[var("g_" + t, t, Expr([("addr", "x_" + t)])) for t in ("cf", "cd", "half", "bf", "uint128", "int128", "ldouble", "f128", "d64", "d32", "d128", "cld", "float", "double")], f(), main(), var("nan", "double", Expr([("addr", "x_nan")])), var("denormal", "float", Expr([("addr", "x_denormal")])), var("minus_zero", "double", Expr([("addr", "x_minus_zero")])), var("infinity", "float", Expr([("addr", "x_infinity")])), var("payload", "float", Expr([("addr", "x_payload")])),
      data="""x_cf: .float 1.5, -2
x_cd: .double 1.5, -2
x_cld: .byte 0,0,0,0,0,0,0,0x80,0xff,0x3f,0,0,0,0,0,0, 0,0,0,0,0,0,0,0x80,0,0x40,0,0,0,0,0,0
x_half: .2byte 0x3e00
x_bf: .2byte 0x3fc0
x_uint128: .8byte 0, 1
x_int128: .8byte -1, -1
x_ldouble: .byte 0,0,0,0,0,0,0,0xc0,0xff,0x3f,0,0,0,0,0,0
x_f128: .8byte 0, 0x3fff800000000000
x_d64: .8byte 0x31a000000000007b
x_d32: .4byte 0x3200007b
x_d128: .8byte 0x7b, 0x303c000000000000
x_float: .float 0.1
x_double: .double 0.1
x_nan: .8byte 0x7ff8000000000000
x_denormal: .4byte 1
x_minus_zero: .8byte 0x8000000000000000
x_infinity: .4byte 0xff800000
x_payload: .4byte 0x7fc12345
""",
      rows=[("p g_cf", "$ = 1.5 + -2i"), ("p g_cd", "$ = 1.5 + -2i"), ("p g_cld", "$ = 1 + 2i"), ("p g_half", "$ = 1.5"), ("p g_bf", "$ = 1.5"), ("p g_uint128", "$ = 18446744073709551616"), ("p g_int128", "$ = -1"), ("p/x g_uint128", "$ = 0x10000000000000000"),
            ("p g_ldouble", "$ = 1.5"), ("p g_f128", "$ = 1.5"), ("p g_d64", "$ = 12.3"), ("p g_d32", "$ = 12.3"), ("p g_d128", "$ = 1.23"), ("p g_float", "$ = 0.100000001"), ("p g_double", "$ = 0.10000000000000001"), ("p nan", "$ = nan(0x8000000000000)"),
            ("p denormal", "$ = 1.40129846e-45"), ("p minus_zero", "$ = -0"), ("p infinity", "$ = -inf"), ("p payload", "$ = nan(0x412345)")])

# ---- 20, 21. pointers and typedefs ------------------------------------------------------------------------------------------

Point(20, "pointers: to functions, into objects, to text, to nothing, to what is only declared, tagged",
      Die("subroutine_type", Die("formal_parameter", type=Ref("int")), label="fn", type=Ref("int"), prototyped=True), Die("pointer_type", label="fnp", byte_size=8, type=Ref("fn")),
      Die("pointer_type", label="charp", byte_size=8, type=Ref("char")), Die("structure_type", label="decl", name="decl", declaration=True), Die("pointer_type", label="declp", byte_size=8, type=Ref("decl")),
      *[var(n, t, Expr([("addr", "x_" + n)])) for n, t in (("function", "fnp"), ("inside", "intp"), ("text", "charp"), ("null", "voidp"), ("unknown", "declp"), ("tagged", "charp"), ("bad", "charp"), ("end", "charp"))],
      var("numbers", "int", Expr([("addr", "numbers")]), external=True), f(), main(),
      data="""x_function: .8byte f
x_inside: .8byte numbers + 4
x_text: .8byte words
x_null: .8byte 0
x_unknown: .8byte numbers
x_tagged: .8byte 0x4200000000000000 + words
x_bad: .8byte 16
x_end: .8byte 0x7ffe00000ffc
.globl numbers
.type numbers,@object
.size numbers, 8
numbers: .4byte 1, 2
words: .asciz "some words"
.type words,@object
.size words, 11
""",
      rows=[("p function", "$ = (int (*)(int)) 0x* <f>"), ("p inside", "$ = (int *) 0x* <numbers+4>"), ("p text", '$ = 0x* "some words"'), ("p null", "$ = (void *) 0x0"), ("p unknown", "$ = (struct decl *) 0x* <numbers>"), ("p *unknown", "$ = <incomplete type>"),
            ("p bad", "$ = 0x10 <error: Cannot access memory at address 0x10>"), ("p end", '$ = 0x7ffe00000ffc "\\377\\003"'),
            ("p tagged", "$ = 0x4200* <error: Cannot access memory at address 0x4200*>"), ("p *function", "$ = {int (int)} 0x* <f>"), ("p *null", "Attempt to dereference a generic pointer.")])

Point(21, "typedefs and qualifiers in any order; debug info that goes in circles",
      Die("const_type", label="cint", type=Ref("int")), Die("volatile_type", label="vcint", type=Ref("cint")), Die("atomic_type", label="aint", type=Ref("int")), Die("typedef", label="t1", name="number", type=Ref("vcint")), Die("typedef", label="t2", name="counter", type=Ref("t1")),
      Die("restrict_type", label="rp", type=Ref("cintp")), Die("pointer_type", label="cintp", byte_size=8, type=Ref("cint")), array("carr", "cint", {"count": 2}), Die("const_type", label="carr2", type=Ref("carr")),
      Die("typedef", label="loop1", name="loop1", type=Ref("loop2")), Die("typedef", label="loop2", name="loop2", type=Ref("loop1")), Die("structure_type", member("self", "self", 0), label="self", name="self", byte_size=4),
      *[var("g_" + t, t, Expr([("addr", "numbers")])) for t in ("t2", "aint", "rp", "carr2", "loop1", "self")], f(), main(), data="numbers: .4byte 1, 2\n",
      rows=[("p g_t2", "$ = 1"), ("whatis g_t2", "type = counter"), ("ptype g_t2", "type = const volatile int"), ("p g_aint", "$ = 1"), ("whatis g_aint", "type = _Atomic int"), ("whatis g_rp", "type = const int * restrict"), ("p g_carr2", "$ = {1, 2}"),
            ("whatis g_carr2", "type = const int [2]"), ("p g_loop1", "*"), ("p g_self", "*"), ("whatis g_loop1", "*")], gdb="it does not end")

# ---- 10. thread-local ----------------------------------------------------------------------------------------------------

TLS = """.section .tdata,"awT",@progbits
.globl initial
initial: .4byte 5
second: .4byte 6
.data
numbers: .4byte 1
"""

Point(10, "thread-local variables of a static program, by fs_base, without libthread_db; no thread pointer",
      var("initial", "int", Expr([("const8u", "0"), "form_tls_address"])),
      var("second", "int", Expr([("const8u", "4"), "GNU_push_tls_address"])), f(), main(), data=TLS, registers={"fs_base": STACK + 0x808},
      stack={STACK + 0x800: words(77, 78)},
      rows=[("p initial", "$ = 77", "Cannot find thread-local storage*", "as below"), ("p second", "$ = 78", "Cannot find thread-local storage*", "gdb 13 has thread-local variables by libthread_db alone")])

# ---- 22. what C has not ----------------------------------------------------------------------------------------------------

Point(22, "inheritance with a virtual base, nullptr_t, data_location, variants, Fortran's common block and entry",
      Die("unspecified_type", label="nullptr", name="decltype(nullptr)"),
      Die("structure_type", member("b", "int", 0), label="base", name="base", byte_size=4),
      Die("structure_type", Die("inheritance", type=Ref("base"), data_member_location=4), member("d", "int", 0), label="derived", name="derived", byte_size=8),
      Die("structure_type", member("v", "int", 0), label="vbase", name="vbase", byte_size=4),
      Die("structure_type", Die("inheritance", type=Ref("vbase"), virtuality=1, data_member_location=Expr(["dup", "deref", ("const1u", 24), "minus", "deref", "plus"])),
          member("_vptr.x", "voidp", 0), member("own", "int", 8), label="virtual", name="virtual", byte_size=16),
      Die("structure_type", Die("variant_part", Die("member", label="discr", type=Ref("uint"), data_member_location=0, artificial=True),
                               Die("variant", member("__0", "int", 4), discr_value=0), Die("variant", member("__1", "short", 4), discr_value=1), discr=Ref("discr")), label="enum", name="enum", byte_size=8),
      Die("array_type", Die("subrange_type", type=Ref("long"), count=2), label="data_array", type=Ref("int"), data_location=Expr(["push_object_address", "deref"])),
      Die("subprogram", Die("common_block", var("shared", "int", Expr([("addr", "numbers")])), name="block", location=Expr([("addr", "numbers")])),
          Die("entry_point", name="second_entry", low_pc=Addr("f_mid")), label="f", name="f", low_pc=Addr("f"), high_pc=Addr("f_end"), frame_base=Expr(["call_frame_cfa"])), main(),
      *[var("g_" + t, t, Expr([("addr", d)])) for t, d in (("nullptr", "numbers"), ("derived", "numbers"), ("virtual", "object"), ("enum", "variant"), ("data_array", "pointer"))], language=DW["DW_LANG_C_plus_plus_14"],
      data="""numbers: .4byte 3, 4, 5, 6
 .8byte 12
 .8byte 0, 0
vtable: .8byte 0
object: .8byte vtable
 .4byte 9, 10
variant: .4byte 1, 0x20007
pointer: .8byte numbers
""",
      rows=[("p g_derived", "$ = {<base> = {b = 4}, d = 3}"), ("p g_derived.b", "$ = 4"), ("p g_virtual.own", "$ = 9"), ("p g_virtual.v", "$ = 10"), ("p g_enum", "$ = {__1 = 7}", "$ = {1, __1 = 7}", "the number that tells the variants apart is shown by its variant"), ("p g_data_array", "$ = {3, 4}"), ("p shared", "$ = 3"), ("whatis g_nullptr", "type = decltype(nullptr)", "type = int", "gdb takes a type without a size for int")])

# ---- 23, 24. units of other kinds ----------------------------------------------------------------------------------------------


def partial_units(p):
    p.unit(Die("base_type", label="pint", name="int", byte_size=4, encoding=5), Die("structure_type", Die("member", name="x", type=Ref("pint"), data_member_location=0), label="ps", name="shared", byte_size=4), kind="partial", label="partial")
    p.unit(Die("imported_unit", **{"import": Form("ref_addr", "partial")}), f(Die("variable", name="local", type=Form("ref_addr", "pint"), location=Expr(["reg3"]))), main(), Die("variable", name="g", type=Form("ref_addr", "ps"), location=Expr([("addr", "numbers")])),
           name="one.c", comp_dir="/nowhere", low_pc=Addr("main"), high_pc=Addr("f_end"))
    p.unit(Die("imported_unit", **{"import": Form("ref_addr", "partial")}), Die("variable", name="h", type=Form("ref_addr", "ps"), location=Expr([("addr", "numbers + 4")])), name="two.c", comp_dir="/nowhere")


Point(23, "partial units, imported twice; types and origins in other units", units=partial_units, data="numbers: .4byte 5, 6\n",
      rows=[("p g", "$ = {x = 5}"), ("p h", "$ = {x = 6}"), ("p local", "$ = 1432778632"), ("p sizeof(struct shared)", "$ = 4"), ("p *(struct shared *)&h", "$ = {x = 6}")])


def type_units(version, section):
    def units(p):
        p.unit(Die("base_type", label="tint", name="int", byte_size=4, encoding=5), Die("structure_type", Die("member", name="x", type=Ref("tint"), data_member_location=0), Die("member", name="next", type=Ref("tp"), data_member_location=8), label="ts", name="typed", byte_size=16),
               Die("pointer_type", label="tp", byte_size=8, type=Form("ref_sig8", 0x1234567812345678)), kind="type", signature=0x1234567812345678, type_label="ts", version=version, section=section)
        p.unit(f(), main(), Die("structure_type", label="skeleton", declaration=True, signature=Form("ref_sig8", 0x1234567812345678)), var("g", "skeleton", Expr([("addr", "numbers")])), Die("variable", name="direct", type=Form("ref_sig8", 0x1234567812345678), location=Expr([("addr", "numbers")])),
               name="one.c", comp_dir="/nowhere", low_pc=Addr("main"), high_pc=Addr("f_end"), version=version)
    return units


for _version, _section in ((5, ".debug_info"), (4, ".debug_types")):
    Point(24, "type units of DWARF %d, by signature and through a skeleton" % _version, units=type_units(_version, _section), data="numbers: .8byte 5, numbers\n.type numbers,@object\n.size numbers,16\n",
          rows=[("p direct", "$ = {x = 5, next = 0x* <numbers>}"), ("p g.next->x", "$ = 5"), ("whatis direct", "type = struct typed"), ("whatis g", "type = struct typed"), ("p sizeof(struct typed)", "$ = 16")])

# ---- 25. scope -----------------------------------------------------------------------------------------------------------------

Point(25, "shadowing, blocks of several ranges, what is declared further down",
      f(var("x", "int", Expr(["lit1", "stack_value"]), decl_file=1, decl_line=20),
        Die("lexical_block", var("x", "int", Expr(["lit2", "stack_value"]), decl_file=1, decl_line=21),
            Die("lexical_block", var("x", "int", Expr(["lit3", "stack_value"]), decl_file=1, decl_line=22), var("y", "int", Expr(["lit4", "stack_value"]), decl_file=1, decl_line=40), low_pc=Addr("f_pc"), high_pc=Addr("f_rest")),
            ranges=Ranges([("f", "f_mid"), ("f_pc", "f_rest")])),
        Die("lexical_block", var("x", "int", Expr(["lit9", "stack_value"])), ranges=Ranges([("f", "f_pc"), ("f_rest", "f_end")])), decl_file=1, decl_line=19),
      main(), lines=True, producer="GNU C17 12.2.0 -O0",
      rows=[("p x", "$ = 3"), ("info locals", "x = 3\ny = 4\nx = 2\nx = 1"), ("p y", "$ = 4 (not yet in scope)", "$ = 4", "its line was not reached: cinspect says so")])

# ---- 26. tail calls --------------------------------------------------------------------------------------------------------------

TAIL = TEXT.replace("main_call: call f", "main_call: call g") + """
.globl g
.type g,@function
g: .cfi_startproc
 nop
g_jmp: jmp f
g_end: .cfi_endproc
.globl h
.type h,@function
h: .cfi_startproc
 nop
h_jmp: jmp f
h_end: .cfi_endproc
"""


def tail(name, *sites):
    return Die("subprogram", *sites, label=name, name=name, external=True, low_pc=Addr(name), high_pc=Addr(name + "_end"), call_all_calls=True)


def jump(at, end, origin):
    return Die("call_site", call_pc=Addr(at), call_return_pc=Addr(end), call_tail_call=True, call_origin=Ref(origin))


Point(26, "frames of functions that ended in a jump: put in where there is one way, noted where there are several",
      f(call_all_calls=True), main(call(call_origin=Ref("g")), call_all_calls=True), tail("g", jump("g_jmp", "g_end", "f")), text=TAIL, high_pc=Addr("h_end"),
      rows=[("bt", "#0  0x* in f ()\n#1  0x* in g () [tailcall]\n#2  0x* in main ()", "#0  0x* in f ()\n#1  0x* in g ()\n#2  0x* in main ()", "the same; cinspect says how")])

TAIL2 = TAIL + """
.globl k
.type k,@function
k: .cfi_startproc
 nop
k_j1: jmp g
k_a1: nop
k_j2: jmp h
k_end: .cfi_endproc
"""
Point(26, "frames of functions that ended in a jump, by one of two ways",
      f(call_all_calls=True), main(call(call_origin=Ref("k")), call_all_calls=True), tail("g", jump("g_jmp", "g_end", "f")), tail("h", jump("h_jmp", "h_end", "f")),
      tail("k", jump("k_j1", "k_a1", "g"), jump("k_j2", "k_end", "h")), text=TAIL2.replace("main_call: call g", "main_call: call k"), high_pc=Addr("k_end"),
      rows=[("bt", "#0  0x* in f ()\n#1  0x* in main () [called k, which ended in a jump: the calls between are not all known]", "#0  0x* in f ()\n#1  0x* in main ()", "gdb says nothing")])

# ---- 27. why a value is missing ------------------------------------------------------------------------------------------------------

# Where the absent memory of each kind begins; a page of pointers and text is before it.
PLACES = {"not_in_core": 0x510000, "no_file": 0x520000, "truncated": 0x530000, "unmapped": 0x540000}


def page(base):
    return struct.pack("<QQ", base, base - 4) + bytes(4096 - 20) + b"text"


def shapes(kind, base):
    at = {"scalar": ("int", base), "record": ("pair", base - 4), "array": ("four", base - 8), "text": ("charp", base - 4096 + 8),
          "pointer": ("intp", base - 4096), "letters": ("eight", base - 4)}
    return [var("%s_%s" % (name, kind), type, Expr([("addr", "0x%x" % address)])) for name, (type, address) in at.items()]


# What stands in place of a part, and what gdb puts there: zeros for what was left out of the core.
WORDS = {"not_in_core": "<not in core>", "no_file": "<file missing>", "truncated": "<core truncated>", "unmapped": None}
ZEROS = "gdb takes what the core leaves out for zeros"
WHOLE = "gdb gives up all of it"


def absent_rows(kind):
    at = PLACES[kind]
    refused = "Cannot access memory at address 0x%x" % at
    word = WORDS[kind] or "<error: %s>" % refused
    scalar = refused if kind == "unmapped" else "$ = " + word
    whole = "Cannot access memory at address 0x*"
    zeros = kind in ("not_in_core", "no_file")
    why = ZEROS if zeros else WHOLE
    return [("p scalar_" + kind, scalar, "$ = 0" if zeros else refused, ZEROS if zeros else "cinspect says why"),
            ("p record_" + kind, "$ = {a = 1954047348, b = %s}" % word, "$ = {a = 1954047348, b = 0}" if zeros else whole, why),
            ("p record_%s.a" % kind, "$ = 1954047348"),
            ("p array_" + kind, "$ = {0, 1954047348, %s, %s}" % (word, word.replace(hex(at), hex(at + 4))), "$ = {0, 1954047348, 0, 0}" if zeros else whole, why),
            ("p text_" + kind, '$ = 0x%x "text"%s' % (at - 4, word), '$ = 0x%x "text"%s' % (at - 4, "" if zeros else "<error: %s>" % refused), why),
            ("p letters_" + kind, '$ = "text"...%s' % word, '$ = "text\\000\\000\\000"' if zeros else whole, why),
            ("p *pointer_" + kind, scalar, "$ = 0" if zeros else refused, ZEROS if zeros else "cinspect says why"),
            ("p pointer_" + kind, "$ = (int *) 0x%x" % at)]


CLOBBERED = "gdb shows what the callee has in the register"

Point(27, "six reasons why a scalar, a part of a struct or an array, a text, the target of a pointer are not known",
      array("four", "int", {"count": 4}), array("eight", "char", {"count": 8}), Die("pointer_type", label="charp", byte_size=8, type=Ref("char")),
      f(*[die for kind, base_ in PLACES.items() for die in shapes(kind, base_)],
        var("scalar_optimized_out", "int"), var("record_optimized_out", "pair", Expr(["reg3", ("piece", 4), ("piece", 4)])), var("array_optimized_out", "four", Expr(["reg3", ("piece", 8), ("piece", 8)])),
        var("letters_optimized_out", "eight", Expr([("const4u", 0x74786574), "stack_value", ("piece", 4), ("piece", 4)])), var("pointer_optimized_out", "intp", Expr([("implicit_pointer", "gone", 0)])), var("gone", "int", label="gone")),
      main(var("scalar_not_saved", "int", Expr(["reg0"])), var("record_not_saved", "pair", Expr(["reg3", ("piece", 4), "reg0", ("piece", 4)])), var("array_not_saved", "four", Expr(["reg3", ("piece", 8), "reg0", ("piece", 8)])),
           var("letters_not_saved", "eight", Expr([("const4u", 0x74786574), "stack_value", ("piece", 4), "reg0", ("piece", 4)])), var("pointer_not_saved", "intp", Expr(["reg0"]))),
      memory=[(0x50F000, page(0x510000), 8192), (0x51F000, page(0x520000), 4096), (0x520000, b"", 4096), (0x53F000, page(0x540000), 4096), (0x52F000, page(0x530000) + bytes(4096), 8192)],
      mapped=[(0x520000, 4096, "/nowhere/lib.so")], cut=4096,
      absent={"%s_%s" % (shape, kind): part for kind in PLACES for shape, part in (("scalar", kind), ("record", ""), ("array", ""), ("letters", ""))} |
      {"scalar_optimized_out": "optimized_out", "record_optimized_out": "", "array_optimized_out": "", "letters_optimized_out": ""},
      rows=[row for kind in PLACES for row in absent_rows(kind)] +
      [("p scalar_optimized_out", "$ = " + OUT), ("p record_optimized_out", "$ = {a = 1432778632, b = <optimized out>}"),
       ("p array_optimized_out", "$ = {1432778632, 287454020, <optimized out>, <optimized out>}"),
       ("p letters_optimized_out", "$ = {116 't', 101 'e', 120 'x', 116 't', <optimized out>, <optimized out>, <optimized out>, <optimized out>}"), ("p *pointer_optimized_out", "$ = " + OUT),
       ("1 p scalar_not_saved", "$ = <not saved>", "$ = 43690", CLOBBERED), ("1 p record_not_saved", "$ = {a = 66, b = <not saved>}", "$ = {a = 66, b = 43690}", CLOBBERED),
       ("1 p array_not_saved", "$ = {66, 0, <not saved>, <not saved>}", "$ = {66, 0, 43690, 0}", CLOBBERED),
       ("1 p letters_not_saved", "$ = {116 't', 101 'e', 120 'x', 116 't', <not saved>, <not saved>, <not saved>, <not saved>}", '$ = "text\\252\\252\\000"', CLOBBERED),
       ("1 p *pointer_not_saved", "value is not saved in this frame", "Cannot access memory at address 0xaaaa", CLOBBERED)])
