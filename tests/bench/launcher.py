"""Runs a program and writes what it took: launcher.py RESULT PROGRAM ARGUMENT...

Linux counts what a process held before it began the program into the program's peak. This one holds little: it imports next to
nothing.
"""
import os
import sys
import time

begin = time.perf_counter()
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - begin
with open(sys.argv[1], "w", encoding="ascii") as result:
    result.write(f"{os.waitstatus_to_exitcode(status)} {seconds} {usage.ru_maxrss * 1024}")
