# SPDX-License-Identifier: BSD-3-Clause
"""Not run by itself: a module for the programs that import one."""

CONSTANT = sum(
    n for n in range(4)
)


def helper(n):
    return n * 2


def apply(function, value):
    value = helper(value) // 2
    return function(value)


def each(function, items):
    for item in items:
        yield function(item)


if __name__ == "__main__":
    print("run by itself")
