# SPDX-License-Identifier: BSD-3-Clause
"""An exception that unwinds 1,200 frames, every hundredth with a finally."""
import sys


def fall(n, log):
    if n == 0:
        raise LookupError("bottom")
    if n % 100:
        return fall(n - 1, log)
    try:
        return fall(n - 1, log)
    finally:
        log.append(n)


sys.setrecursionlimit(10000)
log = []
try:
    fall(1200, log)
except LookupError as error:
    print(error, log)
