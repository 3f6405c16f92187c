# SPDX-License-Identifier: BSD-3-Clause
"""Index arithmetic in nested while and for loops: a small prime sieve."""


def sieve(n):
    flags = [True] * n
    flags[0:2] = [False, False]
    i = 2
    while i * i < n:
        if flags[i]:
            for j in range(i * i, n, i):
                flags[j] = False
        i += 1
    return [
        i
        for i, flag in enumerate(flags)
        if flag
    ]


print(sieve(40))
