# SPDX-License-Identifier: BSD-3-Clause
"""What recordings take on disk: G5, G6 and G8 of the benchmark. Nothing here depends on time.

The whole trace counts: events, digests, index, catalog, sources. WalT's size is that of the very
same steps in its blocks of 8 KiB, 32 of them a file, compressed by gzip as Python's gzip module
does it (level 9), with its index; see walt-stream.c.
"""

import gzip
import os
import shutil
import statistics
import subprocess
import tempfile

GOAL_MEDIAN = 0.05
GOAL_WORST = 0.3
GOAL_WALT_MEDIAN = 1.0
GOAL_RAW_MEDIAN = 1.7
WALT_FILE = 32 * 8192
WALT_INDEX_RECORD = 10


def read_end(directory):
    with open(os.path.join(directory, "end"), encoding="utf-8") as file:
        return dict(line.split("=", 1) for line in file.read().splitlines())


def size_of(directory):
    return sum(os.path.getsize(os.path.join(directory, name)) for name in os.listdir(directory))


def walt_size(walt_stream, directory):
    """Bytes that WalT would need for it."""
    done = subprocess.run([walt_stream, directory], stdout=subprocess.PIPE, check=True)
    blocks = done.stdout
    parts = range(0, len(blocks), WALT_FILE)
    files = sum(len(gzip.compress(blocks[at : at + WALT_FILE])) for at in parts)
    return files + len(blocks) // 8192 * WALT_INDEX_RECORD


def measure_one(bench, workload, walt_stream):
    base = tempfile.mkdtemp(prefix="trackexec-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    directory = os.path.join(base, "trace")
    try:
        bench.child("keep", workload, extra=[directory])
        end = read_end(directory)
        steps = int(end["steps"])
        row = {
            "workload": workload,
            "steps": steps,
            "blocks": int(end["blocks"]),
            "bytes_per_step": size_of(directory) / steps,
            "raw_per_step": int(end["event_bytes"]) / steps,
            "stamps_per_block": int(end["stamps"]) / int(end["blocks"]),
            "lost": int(end["events_lost"]),
            "native_ns_per_event": float(end["native_ns_per_event"]),
            "encode_ns_per_event": float(end["encode_ns_per_event"]),
        }
        if walt_stream:
            row["walt_per_step"] = walt_size(walt_stream, directory) / steps
        return row
    finally:
        shutil.rmtree(base)


def print_rows(rows):
    print("  disk        %10s %10s %10s %10s %10s %10s %10s" % (
        "steps", "B/step", "WalT gzip", "of WalT's", "ring B", "clocks/blk", "native ns"))
    for row in rows:
        walt = row.get("walt_per_step")
        print("  %-12s%10d %10.4f %10s %10s %10.2f %10.1f %10.1f" % (
            row["workload"], row["steps"], row["bytes_per_step"],
            "%.4f" % walt if walt else "-",
            "%.2f" % (row["bytes_per_step"] / walt) if walt else "-",
            row["raw_per_step"], row["stamps_per_block"], row["native_ns_per_event"]))


def judge(rows, problems):
    sizes = [row["bytes_per_step"] for row in rows]
    said = [
        ("%.4f bytes a step in median", statistics.median(sizes), GOAL_MEDIAN),
        ("%.4f bytes a step at worst", max(sizes), GOAL_WORST),
        ("%.2f bytes a step in the ring in median", statistics.median(row["raw_per_step"] for row in rows),
         GOAL_RAW_MEDIAN),
    ]
    if all("walt_per_step" in row for row in rows):
        walt = statistics.median(row["walt_per_step"] for row in rows)
        said.append(("%.2f of WalT's median", statistics.median(sizes) / walt, GOAL_WALT_MEDIAN))
    for text, value, goal in said:
        print("  disk: " + text % value, "(goal %g)" % goal)
        if value > goal:
            problems.append("disk: " + text % value)


def measure(bench, workloads, walt_stream, problems):
    rows = [measure_one(bench, workload, walt_stream) for workload in workloads]
    print_rows(rows)
    judge(rows, problems)
    return rows
