# SPDX-License-Identifier: BSD-3-Clause
"""Exceptions out of operators, conversions, iteration and attribute access."""


class Odd:
    def __getattr__(self, name):
        raise AttributeError(name)

    def __add__(self, other):
        if other is None:
            return NotImplemented
        raise OverflowError("add")

    def __iter__(self):
        yield 1
        raise StopAsyncIteration("strange")

    def __bool__(self):
        raise ValueError("bool")

    def __len__(self):
        return -1


def check(function):
    try:
        return function()
    except Exception as error:
        return type(error).__name__


odd = Odd()
print(check(lambda: odd.missing))
print(check(lambda: odd + 1))
print(check(lambda: odd + None))
print(check(lambda: list(odd)))
print(check(lambda: 1 if odd else 2))
print(check(lambda: len(odd)))
print(hasattr(odd, "x"))
