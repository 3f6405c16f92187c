# SPDX-License-Identifier: BSD-3-Clause
"""What the soak test records: functions whose number of steps a round is always the same.

Loops, calls, exceptions, generators, coroutines and recursion, with turns that differ, so that it does not
compress to nothing.
"""

N_KINDS = 16
numbers = [(i * 7919) % 101 for i in range(64)]


def add(a, b):
    c = a + b
    return c & 0xFFFF


def branch(kind, n):
    if kind % 4 == 0:
        n += 1
        n ^= kind
    elif kind % 4 == 1:
        n -= 1
    elif kind % 4 == 2:
        n = add(n, kind)
        n = add(n, 3)
        n = n or 1
    else:
        n = n * 2
        n &= 0xFF
        n = add(n, 1)
    return n


def raises(kind):
    try:
        if kind % 2:
            raise ValueError(kind)
        return kind
    except ValueError as error:
        return error.args[0]
    finally:
        kind = 0


def generate(n):
    for i in range(n):
        yield i
        i = None


def fall(n):
    if n == 0:
        return 0
    return fall(n - 1) + 1


async def await_one(n):
    n = n + 1
    return n


async def await_all(kind):
    total = 0
    for i in range(3):
        total += await await_one(kind)
    return total


def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value


def round_of_all():
    """One turn of each kind: always the same number of steps."""
    total = 0
    for kind in range(N_KINDS):
        for i in numbers:
            total = branch(kind, total)
            total = add(total, i)
            if i % 3:
                total += 1
            else:
                total = add(total, kind)
        total += raises(kind)
        for value in generate(kind):
            total += value
        total += fall(kind)
        total += run(await_all(kind))
    return total
