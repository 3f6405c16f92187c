# SPDX-License-Identifier: BSD-3-Clause
"""stdin, stdout and stderr are the program's own, and flushed at the end."""
import sys


def copy():
    count = 0
    for line in sys.stdin:
        sys.stdout.write(line.upper())
        count += 1
    return count


print(copy(), file=sys.stderr)
sys.stdout.write("no newline at the end")
