# SPDX-License-Identifier: BSD-3-Clause
"""Class bodies: statements, loops, conditions and nested classes in them."""


def base():
    class Base:
        level = 1

    return Base


class Outer(base()):
    """Documented."""

    names = []
    for letter in "abc":
        names.append(letter)
    if len(names) > 2:

        def method(self):
            return self.names

    else:
        method = None

    class Inner:
        value = 5

        def get(self):
            return self.value

    try:
        broken = names[10]
    except IndexError:
        broken = None
    squares = [n * n for n in range(3)]
    annotated: int = 3


print(Outer().method(), Outer.Inner().get(), Outer.broken, Outer.level, Outer.squares)
