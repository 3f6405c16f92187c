# SPDX-License-Identifier: BSD-3-Clause
"""sys.exit with a number, out of nested calls with a finally."""
import sys


def leave(status):
    try:
        sys.exit(status)
    finally:
        print("leaving")


def guarded():
    try:
        leave(1)
    except SystemExit as exit:
        return exit.code


print(guarded())
leave(7)
print("never")
