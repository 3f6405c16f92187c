# SPDX-License-Identifier: BSD-3-Clause
"""Several generators suspended at once and resumed in turn."""


def ticks(name, n):
    for i in range(n):
        yield name + str(i)


def round_robin(*generators):
    pending = list(generators)
    while pending:
        generator = pending.pop(0)
        try:
            yield next(generator)
        except StopIteration:
            continue
        pending.append(generator)


print(list(round_robin(ticks("a", 3), ticks("b", 1), ticks("c", 2))))
print(list(zip(ticks("x", 3), ticks("y", 2))))
