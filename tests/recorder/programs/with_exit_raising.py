# SPDX-License-Identifier: BSD-3-Clause
"""Managers that raise on the way in or out, and replace an exception."""


class Bad:
    def __init__(self, at):
        self.at = at

    def __enter__(self):
        if self.at == "enter":
            raise RuntimeError("enter")
        return self.at

    def __exit__(self, kind, error, trace):
        if self.at == "exit":
            raise RuntimeError("exit")


def use(at, inner):
    with Bad("none"):
        with Bad(at) as name:
            if inner:
                raise KeyError(name)
    return name


for at in ("enter", "exit", "never"):
    for inner in (False, True):
        try:
            print(use(at, inner))
        except Exception as error:
            print(at, inner, repr(error), repr(error.__context__))
