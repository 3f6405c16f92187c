# SPDX-License-Identifier: BSD-3-Clause
"""break and continue, through nested loops and out of try and with."""
import contextlib


def search(rows, wanted):
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            if value < 0:
                continue
            if value == wanted:
                break
        else:
            continue
        return x, y
    return None


def through_finally(n):
    log = []
    for i in range(n):
        try:
            if i == 1:
                continue
            if i == 3:
                break
            log.append(i)
        finally:
            log.append("f")
    return log


def through_with(n):
    log = []
    while n:
        n -= 1
        with contextlib.suppress(KeyError):
            if n == 2:
                continue
            if n == 0:
                break
            log.append(n)
    return log


print(search([[1, -1, 2], [3, 4], [5]], 4), search([[]], 1))
print(through_finally(6))
print(through_with(5))
