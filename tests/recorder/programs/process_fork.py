# SPDX-License-Identifier: BSD-3-Clause
"""os.fork: what the child runs is not in the parent's trace."""
import os


def child():
    total = 0
    for i in range(50):
        total += i
    return total % 256


def parent(pid):
    _, status = os.waitpid(pid, 0)
    return os.WEXITSTATUS(status)


for turn in range(2):
    pid = os.fork()
    if pid == 0:
        os._exit(child())
    print(turn, parent(pid))
