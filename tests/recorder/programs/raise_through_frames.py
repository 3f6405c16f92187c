# SPDX-License-Identifier: BSD-3-Clause
"""An exception that crosses several frames, some with cleanup, some without."""


def bottom(n):
    raise LookupError(n)


def plain(n):
    return bottom(n) + 1


def cleaning(n):
    try:
        return plain(n)
    finally:
        print("cleaning", n)


def filtering(n):
    try:
        return cleaning(n)
    except KeyError:
        print("never")


def top(n):
    try:
        filtering(n)
    except LookupError as error:
        print("caught", error)
        return n
    return None


for n in range(3):
    print(top(n))
