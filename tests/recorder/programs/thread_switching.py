# SPDX-License-Identifier: BSD-3-Clause
# compare: threads
"""Many switches: a switch interval of a few microseconds, generators on both sides."""
import sys
import threading


def numbers(n):
    i = 0
    while i < n:
        yield i
        i += 1


def collatz(n):
    steps = 0
    while n != 1:
        if n % 2:
            n = 3 * n + 1
        else:
            n //= 2
        steps += 1
    return steps


def work(me, out):
    for n in numbers(60):
        out.append(collatz(n + me))


sys.setswitchinterval(0.000005)
outs = [[], [], []]
threads = [threading.Thread(target=work, args=(me + 1, out)) for me, out in enumerate(outs)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print([sum(out) for out in outs])
