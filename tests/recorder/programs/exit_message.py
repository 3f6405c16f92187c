# SPDX-License-Identifier: BSD-3-Clause
"""sys.exit with a text, which goes to stderr, and status 1."""
import sys


def fail():
    sys.exit("failed: as it should")


fail()
