# SPDX-License-Identifier: BSD-3-Clause
"""A program's own excepthook runs, in scope, after the program has failed."""
import sys


def hook(kind, error, trace):
    print("hook:", kind.__name__, error)
    depth = 0
    while trace is not None:
        depth += trace.tb_frame.f_code.co_filename == __file__
        trace = trace.tb_next
    print("own frames:", depth)


def fail(n):
    if n:
        fail(n - 1)
    raise KeyError("hooked")


sys.excepthook = hook
fail(2)
