# SPDX-License-Identifier: BSD-3-Clause
"""Classes as decorators, decorated classes, and a caching decorator."""
import functools


class Counted:
    def __init__(self, function):
        self.function = function
        self.calls = 0

    def __call__(self, *args):
        self.calls += 1
        return self.function(*args)


def registered(registry):
    def decorate(cls):
        registry.append(cls.__name__)
        cls.tag = "registered"
        return cls

    return decorate


registry = []


@Counted
def add(a, b):
    return a + b


@registered(registry)
@registered(registry)
class Thing:
    size = add(1, 2)

    def get(self):
        return self.tag


@functools.lru_cache(maxsize=None)
def fibonacci(n):
    if n < 2:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)


print(add(1, 2), add.calls, registry)
print(Thing().get(), Thing.size)
print(fibonacci(20), fibonacci(20))
