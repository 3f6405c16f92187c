# SPDX-License-Identifier: BSD-3-Clause
"""Closures that keep state, made in loops, changed by nonlocal."""


def counter(start):
    value = start

    def up(step=1):
        nonlocal value
        value += step
        return value

    def down():
        nonlocal value
        value -= 1
        return value

    return up, down


def late():
    return [lambda: i for i in range(3)]


def early():
    return [lambda i=i: i for i in range(3)]


up, down = counter(10)
print(up(), up(5), down())
print([f() for f in late()], [f() for f in early()])
