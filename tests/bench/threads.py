# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer of victim.c: threads.py THREADS TOUCHED, each thread a few calls deep, with faulthandler for SIGSEGV."""
import faulthandler
import sys
import threading

faulthandler.enable(all_threads=True)
threading.stack_size(256 << 10)
waiting = threading.Semaphore(0)
never = threading.Event()


def park(number):
    waiting.release()
    never.wait()
    return number


def work(number, depth):
    return (work(number, depth - 1) if depth else park(number)) + depth


memory = bytearray(int(sys.argv[2]) << 20)
memory[::4096] = b"x" * len(memory[::4096])
for i in range(1, int(sys.argv[1])):
    threading.Thread(target=work, args=(i, 4), daemon=True).start()
for _ in range(1, int(sys.argv[1])):
    waiting.acquire()
print("ready", flush=True)
sys.stdin.read()
