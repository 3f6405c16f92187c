# SPDX-License-Identifier: BSD-3-Clause
"""os._exit: no finally, no atexit; everything executed is in the trace."""
import os
import sys


def leave():
    try:
        print("leaving")
        sys.stdout.flush()
        os._exit(3)
    finally:
        print("never")


leave()
