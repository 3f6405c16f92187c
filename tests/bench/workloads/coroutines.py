# SPDX-License-Identifier: BSD-3-Clause
"""Native coroutines that await one another, driven by hand; and generators that delegate."""

SCALE = 26


async def fibonacci(n):
    if n < 2:
        return n
    return await fibonacci(n - 1) + await fibonacci(n - 2)


class Ready:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        yield
        return self.value


async def gather(n):
    total = 0
    for i in range(n):
        total += await Ready(i)
    return total


def count(n):
    for i in range(n):
        yield i


def delegate(n, depth):
    if depth == 0:
        yield from count(n)
    else:
        yield from delegate(n, depth - 1)


def drive(coroutine):
    while True:
        try:
            coroutine.send(None)
        except StopIteration as stop:
            return stop.value


def run(scale):
    result = drive(fibonacci(scale))
    result += drive(gather(scale * 1500))
    for value in delegate(scale * 200, 5):
        result += value
    return result
