# SPDX-License-Identifier: BSD-3-Clause
"""Lambdas: as keys, nested, over several lines, called where they stand."""

print(sorted(["bb", "a", "ccc"], key=lambda s: -len(s)))
print((lambda x: (lambda y: x + y))(1)(2))
compose = lambda f, g: (
    lambda x:
        f(
            g(x)
        )
)
print(compose(lambda x: x + 1, lambda x: x * 2)(5))
print(list(map(lambda pair: pair[0]
               if pair[1]
               else -pair[0], [(1, True), (2, False)])))
