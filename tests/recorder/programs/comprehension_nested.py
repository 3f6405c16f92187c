# SPDX-License-Identifier: BSD-3-Clause
"""Comprehensions in comprehensions, in their conditions and in lambdas."""


def table(n):
    return [
        [
            x * y
            for x in range(n)
        ]
        for y in range(n)
    ]


def flatten(rows):
    return [value for row in rows for value in row]


def closures(n):
    return [[lambda: (x, y) for x in range(n)] for y in range(n)]


print(table(3))
print(flatten(table(2)))
print([f() for row in closures(2) for f in row])
print({k: [v for v in range(k)] for k in range(3) if any(j == 1 for j in range(k + 1))})
