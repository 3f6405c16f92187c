# SPDX-License-Identifier: BSD-3-Clause
"""super() along a diamond, class methods, and __slots__."""


class Root:
    __slots__ = ("log",)

    def __init__(self):
        self.log = ["root"]

    @classmethod
    def make(cls):
        return cls()


class Left(Root):
    __slots__ = ()

    def __init__(self):
        super().__init__()
        self.log.append("left")


class Right(Root):
    __slots__ = ()

    def __init__(self):
        super().__init__()
        self.log.append("right")


class Both(Left, Right):
    __slots__ = ()

    def __init__(self):
        super().__init__()
        self.log.append("both")


print(Both.make().log)
print([cls.__name__ for cls in Both.__mro__])
