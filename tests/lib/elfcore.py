#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second opinion on ELF cores, for tests: knows nothing of our code.

elfcore.py headers CORE             p_type vaddr filesz memsz flags align, a line each; PT_NOTE without its size
elfcore.py notes CORE               owner:type, in order
elfcore.py pages CORE ADDR N        one hex digit pair a page: its first byte, or -- when it is not in the core
elfcore.py same A B                 pages of B that A has otherwise, as ranges; nothing when equal
elfcore.py live CORE PID            pages of CORE that the process has otherwise; what is not in the core is not asked for
elfcore.py thread-ids CORE          the thread of each PRSTATUS
"""
import struct
import sys

PAGE = 4096


class Core:
    def __init__(self, path):
        self.file = open(path, "rb")
        head = self.file.read(64)
        phoff, shoff = struct.unpack_from("<QQ", head, 32)
        count = struct.unpack_from("<H", head, 56)[0]
        if count == 0xFFFF:
            self.file.seek(shoff + 44)
            count = struct.unpack("<I", self.file.read(4))[0]
        self.file.seek(phoff)
        table = self.file.read(56 * count)
        self.headers = [struct.unpack_from("<IIQQQQQQ", table, 56 * i) for i in range(count)]
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


{"headers": headers, "notes": notes, "pages": pages, "same": same, "live": live, "thread-ids": thread_ids}[sys.argv[1]](*sys.argv[2:])
