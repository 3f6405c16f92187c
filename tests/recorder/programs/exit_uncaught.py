# SPDX-License-Identifier: BSD-3-Clause
"""An uncaught exception: the traceback and the status are the program's own."""


def bottom():
    raise ValueError("nobody catches this")


def top():
    try:
        bottom()
    finally:
        print("on the way out")


top()
