# SPDX-License-Identifier: BSD-3-Clause
"""An exception out of a comprehension, caught around it and outside."""


def check(n):
    if n == 2:
        raise ValueError(n)
    return n


def inside(n):
    try:
        return [check(i) for i in range(n)]
    except ValueError as error:
        return str(error)


def outside(n):
    return {
        i: check(i)
        for i in range(n)
    }


print(inside(2), inside(5))
try:
    outside(4)
except ValueError as error:
    print("outside", error)
