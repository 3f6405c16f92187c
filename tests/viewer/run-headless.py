# SPDX-License-Identifier: BSD-3-Clause
"""Runs a command on a display and a session bus of its own: run-headless.py COMMAND [ARGUMENT]...

Exit status is the command's; 77 (skipped) with the reason where what it takes is not installed.
"""
import subprocess
import sys

import headless


def main():
    absent = [name for name in headless.missing() if name != "python3-pyatspi"]
    if absent:
        print(f"1..0 # SKIP not installed: {', '.join(absent)}")
        return 77
    display = headless.Display()
    try:
        return subprocess.call(sys.argv[1:], env=display.environment)
    finally:
        display.close()


if __name__ == "__main__":
    sys.exit(main())
