# SPDX-License-Identifier: BSD-3-Clause
# compare: threads
"""A thread that is still at work when the main module has ended."""
import threading


def work(gate):
    gate.wait()
    total = 0
    for i in range(20):
        total += i
    print("total", total)


gate = threading.Event()
threading.Thread(target=work, args=(gate,)).start()
gate.set()
