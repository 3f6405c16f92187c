# SPDX-License-Identifier: BSD-3-Clause
"""Decorators stacked, with arguments, on functions and methods."""
import functools


def loud(function):
    @functools.wraps(function)
    def wrapper(*args):
        print("calling", function.__name__)
        return function(*args)

    return wrapper


def times(n):
    def decorate(function):
        def wrapper(*args):
            result = None
            for _ in range(n):
                result = function(*args)
            return result

        return wrapper

    return decorate


@loud
@times(
    2
)
@loud
def greet(name):
    print("hello", name)
    return name


class Thing:
    @times(2)
    @loud
    def method(self):
        return self

    @staticmethod
    @loud
    def static():
        return "static"


print(greet("you"))
Thing().method()
print(Thing.static())
