# SPDX-License-Identifier: BSD-3-Clause
"""A suspended generator that is dropped: its finally runs at the del."""


def holder(log, name):
    try:
        yield name
    finally:
        log.append(name)


def plain():
    yield 1
    yield 2


def scope(log):
    generator = holder(log, "scope")
    next(generator)
    return "left"


log = []
g = holder(log, "del")
next(g)
del g
log.append("after del")
print(scope(log), log)
p = plain()
next(p)
p = None
print("end")
