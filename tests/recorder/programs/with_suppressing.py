# SPDX-License-Identifier: BSD-3-Clause
"""A context manager that swallows the exception, and one that lets it pass."""


class Swallow:
    def __init__(self, *kinds):
        self.kinds = kinds

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            return False
        return issubclass(kind, self.kinds)


def work(n):
    with Swallow(KeyError):
        if n == 0:
            raise KeyError(n)
        if n == 1:
            raise ValueError(n)
        return "fine"
    return "swallowed"


for n in range(3):
    try:
        print(work(n))
    except ValueError as error:
        print("passed", error)
