# SPDX-License-Identifier: BSD-3-Clause
"""sys._getframe, inspect and traceback see the same frames, recorded or not."""
import inspect
import sys
import traceback


def own_frames():
    names = []
    frame = sys._getframe(1)
    while names[-1:] != ["<module>"]:
        names.append(frame.f_code.co_name)
        print(frame.f_lineno)
        frame = frame.f_back
    return names


def outer():
    return inner()


def inner():
    return own_frames()


def fail():
    raise KeyError("k")


print(outer())
print(inspect.stack()[0].function, inspect.currentframe().f_lineno)
try:
    fail()
except KeyError:
    lines = traceback.format_exc().splitlines()
    print(lines[0], lines[-1])
