# SPDX-License-Identifier: BSD-3-Clause
"""throw and close through a chain of yield from."""


def inner(log):
    try:
        yield "a"
        yield "b"
    except KeyError:
        log.append("inner caught")
        yield "recovered"
    finally:
        log.append("inner finally")


def middle(log):
    try:
        yield from inner(log)
    finally:
        log.append("middle finally")


def outer(log):
    yield "start"
    yield from middle(log)
    yield "end"


log = []
g = outer(log)
print(next(g), next(g))
print(g.throw(KeyError("k")))
print(next(g), log)
log.clear()
g = outer(log)
next(g)
next(g)
g.close()
print(log)
log.clear()
g = outer(log)
next(g)
next(g)
try:
    g.throw(ValueError("v"))
except ValueError:
    print(log)
