# SPDX-License-Identifier: BSD-3-Clause
"""Generator expressions: lazy, nested, chained, closed over, passed on."""

squares = (n * n for n in range(5))
print(next(squares), next(squares), sum(squares))
nested = (
    (x, y)
    for x in range(3)
    for y in range(x)
    if (x + y) % 2
)
print(list(nested))
chain = (a + 1 for a in (b * 2 for b in range(3)))
print(list(chain))


def first(predicate, items):
    return next((item for item in items if predicate(item)), None)


print(first(lambda n: n > 2, range(10)), first(lambda n: n > 20, range(10)))
print(any(n == 3 for n in range(10)), all(n < 3 for n in range(10)))
