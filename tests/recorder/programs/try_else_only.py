# SPDX-License-Identifier: BSD-3-Clause
"""The else of a try that raises by itself, and an except that returns."""


def parse(text):
    try:
        number = int(text)
    except ValueError:
        return None
    else:
        if number < 0:
            raise ArithmeticError(text)
        return number


for text in ("4", "x", "-1"):
    try:
        print(parse(text))
    except ArithmeticError as error:
        print("no", error)
