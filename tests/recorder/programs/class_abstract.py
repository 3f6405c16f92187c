# SPDX-License-Identifier: BSD-3-Clause
"""Abstract base classes, a subclass hook, and singledispatch."""
import abc
import functools


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self):
        return 0

    @classmethod
    def __subclasshook__(cls, other):
        if cls is Shape:
            return hasattr(other, "area") or NotImplemented
        return NotImplemented


class Square(Shape):
    def __init__(self, side):
        self.side = side

    def area(self):
        return super().area() + self.side ** 2


class Duck:
    def area(self):
        return -1


@functools.singledispatch
def describe(value):
    return "any"


@describe.register(int)
def describe_int(value):
    return "int"


print(Square(3).area(), isinstance(Duck(), Shape))
try:
    Shape()
except TypeError:
    print("abstract")
print(describe(1), describe("x"))
