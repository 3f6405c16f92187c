# SPDX-License-Identifier: BSD-3-Clause
"""raise ... from, with a cause, with None, and chains that are walked."""


def low():
    return 1 // 0


def middle():
    try:
        return low()
    except ZeroDivisionError as error:
        raise ValueError("middle") from error


def high():
    try:
        return middle()
    except ValueError:
        raise RuntimeError("high") from None


for function in (middle, high):
    try:
        function()
    except Exception as error:
        chain = []
        while error is not None:
            chain.append(type(error).__name__)
            error = error.__cause__
        print(chain)
