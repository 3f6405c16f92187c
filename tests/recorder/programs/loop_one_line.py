# SPDX-License-Identifier: BSD-3-Clause
"""Loops whole on one line: one step, however often they turn."""


def step():
    return 1


def run(n):
    for i in range(n): pass
    while n > 0: n -= 1
    total = 0
    for i in range(3): total += step()
    for i in range(3): total += (lambda: i)()
    return total


for i in range(100): x = i
print(run(50), x)
for i in range(2): print(run(2))
