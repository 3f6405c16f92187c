#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the tests of the promises in docs/promises.md and prints what each of them measured.

    tests/promises.py [--full] [--build DIRECTORY] [--log FILE] [NUMBER]...

--full: full sizes (hours), else those of the gate. NUMBER: of some promises only. --log: print the figures of a test log
(meson-logs/testlog.json) without running anything. The test of a promise prints lines that begin with its number,
`T10: 2000 forks, 0 deadlocks ...`. Exit status 1 when a test failed or a promise has no figure.
"""

import argparse
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(ROOT, "docs", "promises.md")
FIGURE = re.compile(r"\b(T(?:\d+))(?: \([^)]*\))?: (.*)")
# A full size is given so many times the time of the reduced one.
TIMEOUT_MULTIPLIER = 40


class Row:
    """A promise of the table."""

    def __init__(self, number, text, command, limit):
        self.number, self.text, self.command, self.limit = number, text, command, limit
        self.figures = []

    def get_wanted(self):
        """Return (suites, names, parts of names) of the tests that the row's command tells of."""
        suites, names, parts = [], [], []
        prose = re.sub(r"`[^`]*`", "", self.command)
        for quoted in re.findall(r"`([^`]*)`", self.command):
            words = quoted.split()
            if words[:2] != ["meson", "test"]:
                parts.append(quoted)
                continue
            words = words[2:]
            while words:
                word = words.pop(0)
                if word == "--suite" and words:
                    suites.append(words.pop(0))
                elif word == "-C" and words:
                    words.pop(0)
                elif not word.startswith("-"):
                    names.append(word)
        if "tests named" not in prose:
            parts = []
        return suites, names, parts

    def has_test(self, suite, name):
        suites, names, parts = self.get_wanted()
        if name in names or any(part in name for part in parts):
            return True
        return suite in suites and not parts


def read_table():
    rows = []
    with open(TABLE, encoding="utf-8") as file:
        for line in file:
            found = re.match(r"\| (\d+) \| (.*) \|$", line)
            if found:
                text, command, limit, _ = re.split(r" \| ", found.group(2), maxsplit=3)
                rows.append(Row(int(found.group(1)), text, command, limit))
    return rows


def list_tests(build):
    """Return (suite, name) of each test."""
    out = subprocess.run(["meson", "test", "-C", build, "--list"], stdout=subprocess.PIPE, check=True).stdout
    found = re.findall(r"^\w+:(\S+) / (.*)$", out.decode(), re.MULTILINE)
    return [(suite, name) for suite, name in found]


def run_tests(build, names, is_full):
    """Run tests by name; return the log's path."""
    environment = dict(os.environ)
    command = ["meson", "test", "-C", build, "--logbase", "promises"]
    if is_full:
        environment["TRACKEXEC_FULL"] = "1"
        # One at a time: what is measured is not to be disturbed.
        command += ["--timeout-multiplier", str(TIMEOUT_MULTIPLIER), "--num-processes", "1"]
    subprocess.run(command + sorted(set(names)), env=environment)
    return os.path.join(build, "meson-logs", "promises.json")


def read_log(path, rows):
    """Fill in the rows' figures; return the names of the tests that failed."""
    by_number = {row.number: row for row in rows}
    failed = []
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            test = json.loads(line)
            if test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL"):
                failed.append("%s: %s" % (test["name"], test["result"]))
            for said in (test.get("stdout") or "").splitlines() + (test.get("stderr") or "").splitlines():
                found = FIGURE.search(said)
                row = by_number.get(int(found.group(1)[1:])) if found else None
                if row is not None:
                    row.figures.append(found.group(2).strip())
    return failed


def print_table(rows):
    for row in rows:
        print("%2d  %s" % (row.number, row.text))
        print("    limit: %s" % row.limit)
        for figure in row.figures or ["no figure"]:
            print("    %s" % figure)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--log")
    parser.add_argument("numbers", nargs="*", type=int)
    options = parser.parse_args()
    rows = read_table()
    if options.numbers:
        rows = [row for row in rows if row.number in options.numbers]
    log = options.log
    if log is None:
        chosen = [name for suite, name in list_tests(options.build) if any(row.has_test(suite, name) for row in rows)]
        if not chosen:
            sys.exit("promises.py: no test of these promises in %s" % options.build)
        log = run_tests(options.build, chosen, options.full)
    failed = read_log(log, rows)
    print_table(rows)
    missing = [row.number for row in rows if not row.figures]
    print()
    for name in failed:
        print("failed: %s" % name)
    if missing:
        print("without a figure: %s" % " ".join(map(str, missing)))
    print("%d promises, %d with figures, %d tests failed" % (len(rows), len(rows) - len(missing), len(failed)))
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
