# SPDX-License-Identifier: BSD-3-Clause
# packages: neighbour
"""A second module in scope: its body, its functions, and calls back to us."""
import neighbour
from neighbour import helper as renamed


def callback(n):
    return n + 1


print(neighbour.apply(callback, 4))
print(renamed(3), neighbour.CONSTANT)
import neighbour
