# SPDX-License-Identifier: BSD-3-Clause
"""yield from: three deep, with return values, over lists, with an exception."""


def leaf(n):
    got = yield n
    return got or n


def branch(n):
    first = yield from leaf(n)
    second = yield from leaf(n + 1)
    return first + second


def tree():
    total = yield from branch(1)
    total += yield from branch(10)
    yield from [7, 8]
    yield from range(2)
    return total


def run(generator):
    seen = []
    while True:
        try:
            seen.append(next(generator))
        except StopIteration as stop:
            return seen, stop.value


def failing():
    yield 1
    raise KeyError("leaf")


def guarded():
    try:
        yield from failing()
    except KeyError as error:
        yield str(error)


print(run(tree()))
print(list(guarded()))
