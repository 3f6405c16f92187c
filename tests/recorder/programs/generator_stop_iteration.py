# SPDX-License-Identifier: BSD-3-Clause
"""StopIteration raised inside a generator becomes RuntimeError; return ends it."""


def leaking():
    yield 1
    raise StopIteration("leak")


def ending():
    yield 1
    return "value"


def recursive(n):
    if n:
        yield n
        yield from recursive(n - 1)


try:
    print(list(leaking()))
except RuntimeError as error:
    print(type(error.__cause__).__name__)
g = ending()
next(g)
try:
    next(g)
except StopIteration as stop:
    print(stop.value)
print(list(recursive(4)))
