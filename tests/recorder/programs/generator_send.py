# SPDX-License-Identifier: BSD-3-Clause
"""send: values given back at the yield, also through a wrapper."""


def average():
    total = 0
    count = 0
    value = None
    while True:
        got = yield value
        if got is None:
            break
        total += got
        count += 1
        value = total / count
    return count


def wrap(generator):
    result = yield from generator
    yield ("result", result)


g = wrap(average())
next(g)
for number in (1, 2, 6):
    print(g.send(number))
print(g.send(None))
