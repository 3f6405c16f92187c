# SPDX-License-Identifier: BSD-3-Clause
"""while loops, with else, with the test at the end and in the middle."""


def countdown(n):
    while n > 0:
        n -= 1
    else:
        n = -1
    return n


def middle(n):
    while True:
        n += 1
        if n % 5 == 0:
            break
        n += 1
    return n


print(countdown(4), countdown(0))
print(middle(1), middle(2))
