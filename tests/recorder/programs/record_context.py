# SPDX-License-Identifier: BSD-3-Clause
# api: yes
"""trackexec.recording() as a context manager around a part of the program."""
import sys

import trackexec


def work(n):
    total = 0
    for i in range(n):
        total += i
    return total


def main(directory):
    work(2)
    with trackexec.recording("__main__", directory):
        print(work(3))
    work(4)


main(sys.argv[1])
print("after")
