# SPDX-License-Identifier: BSD-3-Clause
"""A source file with \\r\\n at its line ends, but for one with a lone \\r."""


def f(n):
    if n:        return 1
    return 2


print(f(0), f(1))
