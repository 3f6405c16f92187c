# SPDX-License-Identifier: BSD-3-Clause
"""Generators that suspend and resume within one line: the line stays current."""


def pair():
    yield 1; yield 2
    yield 3


def loop(n):
    for i in range(n): yield i


def expression():
    x = (yield 1) + (yield 2)
    yield x


print(list(pair()))
print(list(loop(5)))
g = expression()
print(next(g), g.send(10), g.send(20))
for value in loop(3): print(value)
