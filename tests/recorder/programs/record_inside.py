# SPDX-License-Identifier: BSD-3-Clause
# api: yes
"""Recording that begins with frames on the stack, ends, and leaves them."""
import sys

import trackexec


def generate(n):
    for i in range(n):
        yield i


def before(n):
    return n + 1


def work(n):
    before(n)
    total = 0
    for i in generate(n):
        total += before(i)
    return total


def start(directory, running):
    total = next(running)
    trackexec.record("__main__", directory)
    total += work(3)
    total += next(running)
    return total


def middle(directory):
    running = generate(5)
    next(running)
    total = start(directory, running)
    total += before(total)
    return total


def main(directory):
    print(middle(directory))
    before(1)
    trackexec.stop()
    before(2)


main(sys.argv[1])
