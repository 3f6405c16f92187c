# SPDX-License-Identifier: BSD-3-Clause
"""1,500 frames deep, and back."""
import sys


def down(n):
    if n == 0:
        return 0
    value = down(n - 1)
    return value + 1


sys.setrecursionlimit(10000)
print(down(1500))
print(down(3))
