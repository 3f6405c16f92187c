# SPDX-License-Identifier: BSD-3-Clause
"""__iter__ and __next__, __getitem__ iteration, iter with a sentinel, reversed."""


class Range:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return Iterator(self.n)

    def __reversed__(self):
        i = self.n
        while i:
            i -= 1
            yield i


class Iterator:
    def __init__(self, n):
        self.i = -1
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        self.i += 1
        if self.i >= self.n:
            raise StopIteration
        return self.i


class Old:
    def __getitem__(self, index):
        if index == 2:
            raise IndexError
        return index * 10


for a in Range(2):
    for b in Range(2):
        print(a, b)
print(list(Old()), 10 in Old(), list(reversed(Range(3))))
stream = iter([1, 2, 0, 3])
print(list(iter(lambda: next(stream), 0)))
first, second = Range(2)
print({*Range(3)}, [*Range(1), *Old()])
