# SPDX-License-Identifier: BSD-3-Clause
"""namedtuple, typing.NamedTuple and enum: foreign code with our methods in it."""
import collections
import enum
import typing

Pair = collections.namedtuple("Pair", "left right")


class Named(typing.NamedTuple):
    left: int
    right: int = 4

    def total(self):
        return self.left + self.right


class Colour(enum.Enum):
    RED = 1
    BLUE = 2

    @property
    def lower(self):
        return self.name.lower()

    @classmethod
    def _missing_(cls, value):
        return cls.RED


print(Pair(1, 2)._replace(left=5), Named(3).total())
print(Colour.BLUE.lower, Colour(9))
