# SPDX-License-Identifier: BSD-3-Clause
"""Generators run to their end, left in the middle, and never started."""


def count(n):
    i = 0
    while i < n:
        yield i
        i += 1


def two():
    yield 1
    yield 2
    return 3


for value in count(3):
    print(value)
half = count(5)
print(next(half), next(half))
unused = count(1)
del unused
print(list(two()), sum(count(4)))
a, b = two()
print(a, b)
half.close()
print(next(half, "closed"))
