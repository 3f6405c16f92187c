# SPDX-License-Identifier: BSD-3-Clause
# requires: 3.10
"""match: literals, sequences, mappings, classes, guards, captures, or-patterns."""


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


def positive(n):
    return n > 0


def describe(value):
    match value:
        case 0:
            return "zero"
        case 1 | 2:
            return "small"
        case int() as n if positive(n):
            return "positive"
        case []:
            return "empty"
        case [first]:
            return "one " + str(first)
        case [first, *rest]:
            return "many " + str(len(rest))
        case {"kind": kind, **others}:
            return kind + str(len(others))
        case Point(x=0, y=0):
            return "origin"
        case Point(x, y) if x == y:
            return "diagonal"
        case Point():
            return "point"
        case "text":
            return "text"
        case _:
            return "other"


for value in (
    0, 2, 7, -7, [], [1], (1, 2, 3), {"kind": "k", "a": 1},
    Point(0, 0), Point(1, 1), Point(1, 2), "text", None,
):
    print(describe(value))
