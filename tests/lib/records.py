#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records as systemd-coredump 252 writes them, in the journal's export format (systemd.io/JOURNAL_EXPORT_FORMATS):
records.py COUNT [HOST [FIRST_PID]] | systemd-journal-remote -o x.journal -

One of eight programs a record, each with three places to die in; one record in ten has its core in the journal, the
others name files that are not there.
"""
import sys
import uuid

COREDUMP = "fc2e22bc6ee647b6b90729ab34a250b1"
START = 1700000000
PROGRAMS = ["sleep", "nginx", "postgres", "coworkingapp", "python3.11", "java", "redis-server", "a-program-with-a-long-name"]
PLACES = ["parse_header", "cache_lookup", "free_request"]


def stack(pid, program, place):
    lines = [f"Process {pid} ({program[:15]}) of user 1000 dumped core.", "", f"Stack trace of thread {pid}:"]
    for level, name in enumerate([place, "serve_one", "serve_all", "main"]):
        lines.append(f"#{level}  0x{0x55e0b0001000 + 0x1234 * level + pid % 4096 * 4096:016x} {name} "
                     f"({program} + 0x{0x1000 + 0x1234 * level:x})")
    lines.append("#4  0x00007f1d2e44624a __libc_start_call_main (libc.so.6 + 0x2724a)")
    lines.append("#5  0x00007f1d2e446305 __libc_start_main (libc.so.6 + 0x27305)")
    lines.append(f"#6  0x000055e0b00010c1 _start ({program} + 0x10c1)")
    for thread in range(1, 4):
        lines += ["", f"Stack trace of thread {pid + thread}:",
                  "#0  0x00007f1d2e4f7d36 epoll_wait (libc.so.6 + 0x108d36)",
                  "#1  0x00007f1d2e4a8134 start_thread (libc.so.6 + 0x89134)"]
    return "\n".join(lines + ["ELF object binary architecture: AMD x86-64"])


def maps(pid):
    return "".join(f"{0x7f0000000000 + (pid * 77 + i) * 8192:x}-{0x7f0000001000 + (pid * 77 + i) * 8192:x} r-xp 00000000 "
                   f"fe:00 {1000 + i} /usr/lib/x86_64-linux-gnu/lib{i}.so.6\n" for i in range(150))


def fields(i, host, first_pid):
    pid = first_pid + i
    program = PROGRAMS[i % len(PROGRAMS)]
    place = PLACES[i // len(PROGRAMS) % len(PLACES)]
    time = (START + 30 * i) * 1000000
    boot = uuid.uuid5(uuid.NAMESPACE_DNS, host).hex
    yield "__REALTIME_TIMESTAMP", time + 1500000
    yield "__MONOTONIC_TIMESTAMP", 30000000 * (i + 1)
    yield "_BOOT_ID", boot
    yield "_HOSTNAME", host
    yield "_TRANSPORT", "journal"
    yield "_UID", 0
    yield "_COMM", "systemd-coredum"
    yield "PRIORITY", 2
    yield "SYSLOG_FACILITY", 3
    yield "SYSLOG_IDENTIFIER", "systemd-coredump"
    yield "MESSAGE_ID", COREDUMP
    yield "MESSAGE", stack(pid, program, place)
    yield "COREDUMP_PID", pid
    yield "COREDUMP_UID", 1000
    yield "COREDUMP_GID", 1000
    yield "COREDUMP_SIGNAL", 11
    yield "COREDUMP_SIGNAL_NAME", "SIGSEGV"
    yield "COREDUMP_TIMESTAMP", time
    yield "COREDUMP_RLIMIT", 18446744073709551615
    yield "COREDUMP_HOSTNAME", host
    yield "COREDUMP_COMM", program[:15]
    yield "COREDUMP_EXE", f"/usr/bin/{program}"
    yield "COREDUMP_CMDLINE", f"{program} --worker {i}"
    yield "COREDUMP_UNIT", f"{program}.service"
    yield "COREDUMP_SLICE", "system.slice"
    yield "COREDUMP_CGROUP", f"/system.slice/{program}.service"
    yield "COREDUMP_CWD", "/"
    yield "COREDUMP_ROOT", "/"
    yield "COREDUMP_OPEN_FDS", "".join(f"{fd}:/dev/null\npos:\t0\nflags:\t0100002\nmnt_id:\t25\nino:\t4\n\n" for fd in range(12))
    yield "COREDUMP_PROC_MAPS", maps(pid)
    yield "COREDUMP_PROC_STATUS", f"Name:\t{program[:15]}\nPid:\t{pid}\nThreads:\t4\n" + "".join(
        f"VmField{k}:\t{pid * k:8d} kB\n" for k in range(40))
    yield "COREDUMP_PROC_LIMITS", "Limit                     Soft Limit           Hard Limit           Units     \n" + \
        "Max open files            1024                 524288               files     \n" * 16
    yield "COREDUMP_ENVIRON", f"HOME=/\nPATH=/usr/bin\nINVOCATION_ID={uuid.uuid5(uuid.NAMESPACE_DNS, str(pid)).hex}\n"
    if i % 10 == 9:
        yield "COREDUMP", "no real core\n" + "x" * 1000
    else:
        yield "COREDUMP_FILENAME", f"/var/lib/systemd/coredump/core.{program[:15]}.1000.{boot}.{pid}.{time}.zst"


def main():
    host = sys.argv[2] if len(sys.argv) > 2 else "alpha"
    first_pid = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    out = sys.stdout.buffer
    for i in range(int(sys.argv[1])):
        for name, value in fields(i, host, first_pid):
            data = str(value).encode()
            if b"\n" in data:
                out.write(name.encode() + b"\n" + len(data).to_bytes(8, "little") + data + b"\n")
            else:
                out.write(name.encode() + b"=" + data + b"\n")
        out.write(b"\n")


main()
