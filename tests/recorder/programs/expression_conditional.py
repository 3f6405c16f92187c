# SPDX-License-Identifier: BSD-3-Clause
"""Conditional expressions, and, or, not: short circuits over lines."""


def yes(name):
    print("yes", name)
    return True


def no(name):
    print("no", name)
    return False


def choose(flag):
    return (
        yes("a")
        if flag
        else no("b")
    )


def logic(flag):
    if (
        yes("c")
        and (flag or no("d"))
        and not no("e")
    ):
        return 1
    elif no("f") or \
            yes("g"):
        return 2
    else:
        return 3


print(choose(True), choose(False))
print(logic(True), logic(False))
value = None or "" or 0 or "default"
print(value, 1 if value else 2 if yes("x") else 3)
