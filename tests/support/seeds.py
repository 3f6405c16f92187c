# SPDX-License-Identifier: BSD-3-Clause
"""The seed of a test's random numbers."""

import os
import random


def choose():
    """Return a fixed one, so that what passed goes on to pass; with TRACKEXEC_FULL=1, or `random` in TRACKEXEC_SEED, another at
    each run. TRACKEXEC_SEED may also give one that was printed."""
    given = os.environ.get("TRACKEXEC_SEED", "random" if os.environ.get("TRACKEXEC_FULL") == "1" else "1")
    return random.randrange(1 << 32) if given == "random" else int(given)
