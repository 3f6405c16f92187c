# SPDX-License-Identifier: BSD-3-Clause
"""Calls back out of modules that are not in scope: the depth leaves them out."""
import neighbour


def callback(n):
    if n == 0:
        return 0
    return neighbour.apply(callback, n - 1) + 1


print(callback(3))
print(neighbour.helper(1), neighbour.apply(neighbour.helper, 1))
print(list(neighbour.each(callback, [1, 2])))
