# SPDX-License-Identifier: BSD-3-Clause
"""A forked child that leaves by sys.exit, after an exception of its own."""
import os
import sys


def child():
    try:
        raise KeyError("child")
    except KeyError:
        sys.exit(5)


def main():
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        child()
    _, status = os.waitpid(pid, 0)
    print("child left with", os.WEXITSTATUS(status))


main()
