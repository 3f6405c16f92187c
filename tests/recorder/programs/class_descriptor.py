# SPDX-License-Identifier: BSD-3-Clause
"""Descriptors: __get__, __set__, __set_name__, and a plain one."""


class Typed:
    def __init__(self, kind):
        self.kind = kind

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        if instance is None:
            return self
        return instance.__dict__[self.name]

    def __set__(self, instance, value):
        if not isinstance(value, self.kind):
            raise TypeError(self.name)
        instance.__dict__[self.name] = value


class Point:
    x = Typed(int)
    y = Typed(int)

    def __init__(self, x, y):
        self.x = x
        self.y = y


point = Point(1, 2)
point.x += 10
print(point.x, point.y, Point.x.name)
try:
    Point(1, "2")
except TypeError as error:
    print(error)
