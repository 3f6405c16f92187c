# SPDX-License-Identifier: BSD-3-Clause
"""Plain recursion: factorial, Fibonacci, a tree walk, the Ackermann function."""


def factorial(n):
    if n < 2:
        return 1
    return n * factorial(n - 1)


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def walk(tree):
    if isinstance(tree, tuple):
        for child in tree:
            yield from walk(child)
    else:
        yield tree


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


print(factorial(10))
print(fibonacci(9))
print(list(walk((1, (2, (3, 4), 5), (6,)))))
print(ackermann(2, 2))
