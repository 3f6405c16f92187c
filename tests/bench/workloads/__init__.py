# SPDX-License-Identifier: BSD-3-Clause
"""CPU-bound programs for the benchmark, all in scope of the recording.

Each module has run(scale), which returns a number that does not depend on the Python,
and SCALE, with which it takes some tenths of a second untraced.
"""

NAMES = (
    "scheduler",
    "constraints",
    "chaos",
    "playout",
    "raytrace",
    "planner",
    "async_tree",
    "coroutines",
    "pickler",
)
