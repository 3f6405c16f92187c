#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measures how many lines of the readers the tests run.

    tests/coverage.py [--build DIRECTORY] [--no-run] [--lines] [--limit PERCENT]

Builds with gcov in DIRECTORY (build-coverage), without recorder and windows, runs TESTS there and prints a table by file of what
decodes bytes that nobody vouches for: the library's reader, sealing what dead processes left, conversion, and the reader of WalT's
recordings. --lines: also the lines that no test ran. --no-run: of what was measured before. Exit status 1 when a file is below
the limit, or a test failed.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIMIT = 95.0
# Those that read, and that do not measure time: gcov takes much of it, and writes files, which `hostile` would see.
TESTS = (
    *(f"trace-{name}" for name in ("block", "convert", "digest", "error", "golden", "hostile", "info", "memory", "predictor",
                                   "process", "reader", "recover", "refusals", "stream-random", "writer")),
    *(f"walt-{name}" for name in ("cache", "damage", "hostile", "memory", "refusals", "samples")),
    *(f"replay-{name}" for name in ("hotspots", "moves", "spans", "trace")),
    *(f"fuzz-{name}" for name in ("block", "catalog", "digest", "info", "predictor", "reader", "replay", "ring", "segment", "walt")),
)
# Of the objects in the build directory, and of the headers.
MEASURED = re.compile(r"/lib(trace-reader|trace-common|walt)\.a\.p/|/tx-(recover|convert)[^/]*$")
SOURCES = re.compile(r"src/(trace|walt)/(?!tx-(os|stream))")
OPTIONS = ("-Dbuildtype=debug", "-Db_coverage=true", "-Dtests=true", "-Drecorder=disabled", "-Dviewer=disabled")


def build(directory):
    if not os.path.exists(os.path.join(directory, "build.ninja")):
        subprocess.run(["meson", "setup", directory, ROOT, *OPTIONS], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", directory], check=True, stdout=subprocess.DEVNULL)


def find_counts(directory, suffix):
    for parent, _, names in os.walk(directory):
        for name in names:
            if name.endswith(suffix):
                yield os.path.join(parent, name)


def run_tests(directory):
    """Return whether all passed."""
    for path in list(find_counts(directory, ".gcda")):
        os.unlink(path)
    command = ["meson", "test", "-C", directory, "--no-rebuild", "--timeout-multiplier", "10", *TESTS]
    # What a test's program says is compared: gcov must not say anything of a disk that is full on purpose.
    environment = dict(os.environ, GCOV_ERROR_FILE="/dev/null")
    return subprocess.run(command, check=False, env=environment).returncode == 0


def measure(directory):
    """Return {file: {line: how often it ran}} of the measured objects and of the headers beside them."""
    counts = collections.defaultdict(lambda: collections.defaultdict(int))
    for path in find_counts(directory, ".gcda"):
        if not MEASURED.search(path):
            continue
        output = subprocess.run(["gcov", "--json-format", "--stdout", path], check=True, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, cwd=directory).stdout
        for file in json.loads(output)["files"]:
            name = os.path.relpath(os.path.join(directory, file["file"]), ROOT)
            if not SOURCES.match(name):
                continue
            for line in file["lines"]:
                counts[name][line["line_number"]] += line["count"]
    return counts


def print_missing(name, lines):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        text = file.read().splitlines()
    for number, count in sorted(lines.items()):
        if count == 0:
            print(f"    {name}:{number}: {text[number - 1].strip()}")


def print_table(counts, limit, shows_lines):
    """Return the files that are below the limit."""
    below = []
    total = covered = 0
    for name, lines in sorted(counts.items()):
        n_covered = sum(count > 0 for count in lines.values())
        total += len(lines)
        covered += n_covered
        percent = 100 * n_covered / len(lines)
        print(f"{percent:6.1f} %  {n_covered:5} of {len(lines):5}  {name}{'' if percent >= limit else '  below the limit'}")
        if percent < limit:
            below.append(name)
        if shows_lines:
            print_missing(name, lines)
    if total == 0:
        sys.exit("coverage.py: nothing was measured: no test ran")
    print(f"T20: {100 * covered / total:.1f} % of {total} lines of {len(counts)} files of the readers run by tests, "
          f"{len(below)} files below {limit:g} % (limit 0)")
    return below


def main():
    parser = argparse.ArgumentParser(description="Measures how many lines of the readers the tests run.")
    parser.add_argument("--build", default=os.path.join(ROOT, "build-coverage"), help="build directory (%(default)s)")
    parser.add_argument("--no-run", action="store_true", help="show what was measured before")
    parser.add_argument("--lines", action="store_true", help="list the lines that no test ran")
    parser.add_argument("--limit", type=float, default=LIMIT, metavar="PERCENT", help="of each file (%(default)s)")
    arguments = parser.parse_args()
    directory = os.path.abspath(arguments.build)
    has_passed = True

    if not arguments.no_run:
        build(directory)
        has_passed = run_tests(directory)
    below = print_table(measure(directory), arguments.limit, arguments.lines)
    return 0 if has_passed and not below else 1


if __name__ == "__main__":
    sys.exit(main())
