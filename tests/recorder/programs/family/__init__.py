# SPDX-License-Identifier: BSD-3-Clause
"""Not run by itself: a package for the programs that import one."""


def name():
    return __name__


def through(function):
    return function()
