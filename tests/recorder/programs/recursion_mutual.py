# SPDX-License-Identifier: BSD-3-Clause
"""Mutual recursion of two and of three functions, 600 deep."""
import sys


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    if n == 0:
        return False
    return even(n - 1)


def a(n):
    return b(n - 1) if n else "a"


def b(n):
    return c(n - 1) if n else "b"


def c(n):
    return a(n - 1) if n else "c"


sys.setrecursionlimit(5000)
print(even(600), odd(601), even(7))
print(a(100), a(101), a(102))
