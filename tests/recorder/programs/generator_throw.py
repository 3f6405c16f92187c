# SPDX-License-Identifier: BSD-3-Clause
"""throw: caught inside, passed through, and thrown before the start."""


def patient():
    n = 0
    while True:
        try:
            yield n
        except KeyError as error:
            n += 10
            print("inside", error)
        else:
            n += 1


def fragile():
    yield 1
    yield 2


g = patient()
print(next(g), g.throw(KeyError("k")), next(g))
try:
    g.throw(ValueError("v"))
except ValueError as error:
    print("out", error)
h = fragile()
next(h)
try:
    h.throw(TypeError("t"))
except TypeError:
    print("type")
early = fragile()
try:
    early.throw(IndexError("early"))
except IndexError:
    print("never ran")
print(list(early), list(h))
