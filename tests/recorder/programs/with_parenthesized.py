# SPDX-License-Identifier: BSD-3-Clause
# requires: 3.10
"""with over several lines, in parentheses."""


class Manager:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        return self.name

    def __exit__(self, *exc):
        return self.name == "x"


def run(raising):
    with (
        Manager("x") as x,
        Manager(
            "y"
        ) as y,
    ):
        print(x, y)
        if raising:
            raise KeyError
    return raising


print(run(False))
print(run(True))
