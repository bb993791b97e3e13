#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second opinion on ELF cores, for tests: knows nothing of our code.

elfcore.py headers CORE             p_type vaddr filesz memsz flags align, a line each; PT_NOTE without its size
elfcore.py notes CORE               owner:type, in order
elfcore.py pages CORE ADDR N        one hex digit pair a page: its first byte, or -- when it is not in the core
elfcore.py same A B                 pages of B that A has otherwise, as ranges; nothing when equal
elfcore.py live CORE PID            pages of CORE that the process has otherwise; what is not in the core is not asked for
elfcore.py lost CORE                how many ranges the core says are lost
elfcore.py thread-ids CORE          the thread of each PRSTATUS
elfcore.py kernels CORE             the notes that a kernel writes, but for signals, times, and the state of the process; the
                                    extended registers by their layout, each by itself
"""
import struct
import sys

PAGE = 4096
PRSTATUS, PRPSINFO, SIGINFO, XSTATE, XSAVE_LAYOUT = 1, 3, 0x53494749, 0x202, 0x205


class Core:
    def __init__(self, path):
        self.file = open(path, "rb")
        head = self.file.read(64)
        self.narrow = narrow = head[4] == 1
        phoff, shoff = struct.unpack_from("<II", head, 28) if narrow else struct.unpack_from("<QQ", head, 32)
        count = struct.unpack_from("<H", head, 44 if narrow else 56)[0]
        if count == 0xFFFF:
            self.file.seek(shoff + (28 if narrow else 44))
            count = struct.unpack("<I", self.file.read(4))[0]
        self.file.seek(phoff)
        if narrow:
            rows = struct.iter_unpack("<IIIIIIII", self.file.read(32 * count))
            self.headers = [(r[0], r[6], *r[1:6], r[7]) for r in rows]
        else:
            self.headers = list(struct.iter_unpack("<IIQQQQQQ", self.file.read(56 * count)))
        self.loads = [h for h in self.headers if h[0] == 1]

    def read(self, offset, size):
        self.file.seek(offset)
        return self.file.read(size)

    def page(self, address):
        for _, _, offset, vaddr, _, filesz, _, _ in self.loads:
            if vaddr <= address < vaddr + filesz:
                return self.read(offset + address - vaddr, PAGE)
        return None

    def notes(self):
        for header in self.headers:
            if header[0] != 4:
                continue
            data = self.read(header[2], header[5])
            at = 0
            while at < len(data):
                namesz, descsz, kind = struct.unpack_from("<III", data, at)
                at += 12
                name = data[at:at + namesz - 1].decode()
                at += (namesz + 3) & ~3
                yield name, kind, data[at:at + descsz]
                at += (descsz + 3) & ~3


def headers(path):
    for kind, flags, _, vaddr, _, filesz, memsz, align in Core(path).headers:
        size = "-" if kind == 4 else f"{filesz:x}"
        print(f"{kind} {vaddr:x} {size} {memsz:x} {flags:x} {align:x}")


def notes(path):
    for name, kind, _ in Core(path).notes():
        print(f"{name}:{kind:x}")


def thread_ids(path):
    for name, kind, data in Core(path).notes():
        if (name, kind) == ("CORE", 1):
            print(struct.unpack_from("<i", data, 32)[0])


def lost(path):
    ranges = b""
    for name, kind, data in Core(path).notes():
        if (name, kind) == ("crashd", 0x10003):
            ranges = data
    print(sum(start > 0 for start, _ in struct.iter_unpack("<QQ", ranges)))


def pages(path, address, count):
    core = Core(path)
    first = int(address, 0)
    print(" ".join("--" if page is None else f"{page[0]:02x}"
                   for page in (core.page(first + i * PAGE) for i in range(int(count)))))


def same(one, other):
    a, b = Core(one), Core(other)
    for _, _, offset, vaddr, _, filesz, _, _ in b.loads:
        for at in range(0, filesz, PAGE):
            if a.page(vaddr + at) != b.read(offset + at, PAGE):
                print(f"{vaddr + at:x}")


def live(path, pid):
    core = Core(path)
    memory = open(f"/proc/{pid}/mem", "rb", buffering=0)
    for _, _, offset, vaddr, _, filesz, _, _ in core.loads:
        for at in range(0, filesz, PAGE):
            if vaddr >> 63:
                continue  # the vsyscall page is nobody's
            memory.seek(vaddr + at)
            try:
                now = memory.read(PAGE)
            except OSError:
                now = bytes(PAGE)
            if now != core.read(offset + at, PAGE):
                print(f"{vaddr + at:x}")


def without(data, *ranges):
    data = bytearray(data)
    for start, end in ranges:
        data[start:end] = bytes(end - start)
    return bytes(data)


def extended(data, layout):
    parts = [data[:576].hex()]
    for number, size, offset, _ in struct.iter_unpack("<IIII", layout):
        parts.append(f"{number}:{data[offset:offset + size].hex()}")
    return " ".join(parts)


def kernels(path):
    core = Core(path)
    notes = [note for note in core.notes() if note[0] != "crashd"]
    layout = next((data for _, kind, data in notes if kind == XSAVE_LAYOUT), b"")
    threads = []
    for name, kind, data in notes:
        if kind == PRSTATUS:
            threads.append([])
            data = without(data, (0, 20), (40, 72)) if core.narrow else without(data, (0, 24), (48, 112))
        if kind == PRPSINFO:
            data = without(data, (0, 2), (4, 8) if core.narrow else (8, 16))
        if kind == SIGINFO:
            if len(threads) > 1:
                continue
            data = bytes(len(data))
        if kind == XSAVE_LAYOUT:
            threads.append([])
            data = b"".join(data[at:at + 8] for at in range(0, len(data), 16))
        text = extended(data, layout) if kind == XSTATE else data.hex()
        threads[-1].append(f"{name}:{kind:x} {text}")
    # in what order the kernel has the others is by chance
    for thread in threads[:1] + sorted(threads[1:-1]) + threads[-1:]:
        print("\n".join(thread))


{"headers": headers, "notes": notes, "pages": pages, "same": same, "live": live, "thread-ids": thread_ids,
 "kernels": kernels, "lost": lost}[sys.argv[1]](*sys.argv[2:])
