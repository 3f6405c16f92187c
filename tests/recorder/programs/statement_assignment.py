# SPDX-License-Identifier: BSD-3-Clause
"""Unpacking, starred, augmented and chained assignments with side effects."""


class Target:
    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
        print("set", name, value)

    def __getattr__(self, name):
        print("get", name)
        return 10


def values():
    yield from (1, 2, 3, 4)


target = Target()
target.a = target.b = 5
target.a += 1
target.c += 1
first, *middle, last = values()
print(first, middle, last)
(x, (y, z)), w = (1, (2, 3)), 4
[target.x, target.y] = x, y
print(x, y, z, w)
annotated: int = 4
bare: str
print(annotated)
try:
    p, q = values()
except ValueError:
    print("too many")
