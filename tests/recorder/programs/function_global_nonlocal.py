# SPDX-License-Identifier: BSD-3-Clause
"""global and nonlocal, shadowing, and names that are not bound yet."""

counter = 0


def bump():
    global counter
    counter += 1
    return counter


def shadow():
    counter = 100
    counter += bump()
    return counter


def layers():
    value = "a"

    def second():
        nonlocal value
        value += "b"

        def third():
            nonlocal value
            value += "c"

        third()
        return value

    return second()


def unbound(flag):
    if flag:
        name = 1
    return name


print(bump(), shadow(), counter)
print(layers())
print(unbound(True))
try:
    unbound(False)
except UnboundLocalError:
    print("unbound")
