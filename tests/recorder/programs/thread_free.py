# SPDX-License-Identifier: BSD-3-Clause
# compare: threads
"""Threads that run as they like: each one's lines are compared alone."""
import threading


def work(me):
    total = 0
    for i in range(200):
        if i % (me + 2) == 0:
            total += helper(i, me)
    results[me] = total


def helper(i, me):
    if me % 2:
        return i
    return -i


results = {}
threads = [threading.Thread(target=work, args=(me,)) for me in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(results.items()))
