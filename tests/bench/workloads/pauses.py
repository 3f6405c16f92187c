# SPDX-License-Identifier: BSD-3-Clause
"""How long the program's thread is held up: gaps between clock readings a few lines apart.

Two clocks: the thread's CPU time, which a scheduler that runs somebody else does not move, and the
wall's, for waiting. Not one of NAMES: run(scale) returns the gaps.
"""
import time

SCALE = 400000
LIMIT_NS = 100000


def step(gaps, gap):
    if gap > LIMIT_NS:
        gaps.append(gap)
        return 0
    return gap


def watch(clock, count):
    """(longest gap, how many were over the limit) of so many."""
    gaps = []
    longest = 0
    last = clock()
    for i in range(count):
        now = clock()
        gap = step(gaps, now - last)
        if gap > longest:
            longest = gap
        last = now
    return max([longest, *gaps]), len(gaps)


def run(scale):
    cpu, n_cpu = watch(time.thread_time_ns, scale)
    wall, n_wall = watch(time.perf_counter_ns, scale)
    return {"gaps": 2 * scale, "cpu_ns": cpu, "cpu_over": n_cpu, "wall_ns": wall, "wall_over": n_wall}
