# SPDX-License-Identifier: BSD-3-Clause
"""Functions that end in many ways: none, implicit, in branches, in loops."""


def nothing(): pass


def document():
    """Only a docstring."""


def dots():
    ...


def branches(n):
    if n:
        if n > 1:
            n = 5
    else:
        n = 7


def loops(n):
    for i in range(n):
        if i == 2:
            return i


def early(n):
    if n: return
    print("late")


print(nothing(), document(), dots(), branches(0), branches(1), branches(2))
print(loops(1), loops(5), early(0), early(1))
