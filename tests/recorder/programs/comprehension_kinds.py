# SPDX-License-Identifier: BSD-3-Clause
"""List, set, dict and generator comprehensions, on one line and on several."""


def double(n):
    return n * 2


def kinds(n):
    a = [double(i) for i in range(n)]
    b = {double(i) for i in range(n)}
    c = {i: double(i) for i in range(n)}
    d = list(double(i) for i in range(n))
    return a, b, c, d


def spread(n):
    return [
        double(i)
        for i in range(n)
        if i % 2
        if i > 1
    ]


print(kinds(3))
print(spread(6))
print([double(i) for i in []])
