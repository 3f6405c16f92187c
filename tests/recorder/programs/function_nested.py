# SPDX-License-Identifier: BSD-3-Clause
"""Functions in functions in functions, called at once and later."""


def outer(a):
    def middle(b):
        def inner(c):
            return a + b + c

        return inner(1) + inner(2)

    first = middle(10)
    second = middle(20)
    return first, second, middle


first, second, middle = outer(100)
print(first, second, middle(5))
