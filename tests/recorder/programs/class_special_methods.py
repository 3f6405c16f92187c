# SPDX-License-Identifier: BSD-3-Clause
"""Operators, comparison, indexing, calling, iteration and conversion in Python."""


class Vector:
    def __init__(self, *values):
        self.values = list(values)

    def __add__(self, other):
        return Vector(*(a + b for a, b in zip(self.values, other.values)))

    def __radd__(self, other):
        return self

    def __eq__(self, other):
        return self.values == other.values

    def __lt__(self, other):
        return self.values < other.values

    def __getitem__(self, index):
        return self.values[index]

    def __setitem__(self, index, value):
        self.values[index] = value

    def __len__(self):
        return len(self.values)

    def __contains__(self, value):
        return any(value == one for one in self.values)

    def __call__(self, factor):
        return Vector(*[factor * value for value in self.values])

    def __repr__(self):
        return "V" + ",".join(map(str, self.values))

    def __hash__(self):
        return hash(tuple(self.values))

    def __bool__(self):
        return bool(self.values)


a = Vector(1, 2)
b = Vector(3, 4)
print(a + b, a == b, a < b, sum([a, b]))
a[0] = 7
print(a[0], len(a), 7 in a, 9 in a, a(2), {a: 1}[Vector(7, 2)])
print(sorted([b, a]), not Vector(), [*a], max(a, b))
