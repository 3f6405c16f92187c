# SPDX-License-Identifier: BSD-3-Clause
"""Expressions and calls over many lines, evaluated forwards and backwards."""


def f(*args, **keywords):
    return len(args) + len(keywords)


def g(x):
    return x


result = f(
    g(1),
    g(
        f(
            2,
            g(3),
        )
    ),
    key=g(
        4
    ),
)
print(result)
total = (
    g(1)
    + g(2)
    * g(3)
    - f(
        g(4)
    )
)
print(total)
print([
    g(1),
    {
        "a": g(2),
        "b":
            g(3),
    },
])
a, b, \
    c = g(1), \
    g(2), \
    g(3)
print(
    a,
    b, c,
)
text = ("one "
        "two "
        + str(g(3)))
print(text
      .upper()
      .split()
      [0]
      .lower())
x = [0, 1, 2]
x[
    g(0)
] = g(
    5
)
x[g(1)
  ] += g(
    7)
print(x)
