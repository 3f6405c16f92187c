# SPDX-License-Identifier: BSD-3-Clause
"""One program gives the same trace on every Python, but for a list of known changes.

TRACKEXEC_PYTHONS names the interpreters (separated by colons or spaces); PYTHONPATH names
the built package, and TRACKEXEC_DUMP the program trackexec-dump. With TRACKEXEC_ACROSS set
to `oracle` it is the oracle's steps that are compared, without any recorder.
"""

import concurrent.futures
import os
import re
import shutil
import sys
import tempfile
import unittest

import generated
import harness
from interpreter_differences import ACROSS, REASONS

WORKERS = max(2, os.cpu_count() or 1)
IS_ORACLE = os.environ.get("TRACKEXEC_ACROSS") == "oracle"


def find_pythons():
    """[(version, path)], oldest first, one for each minor version."""
    found = {}
    for path in re.split(r"[:\s]+", os.environ.get("TRACKEXEC_PYTHONS", "")):
        if path:
            version = harness.version_of(path)
            found.setdefault(version[:2], (version, path))
    return sorted(found.values())


class AcrossTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.pythons = find_pythons()
        cls.directory = tempfile.mkdtemp(prefix="trackexec-across-")
        paths = generated.write(cls.directory)
        programs = harness.find_programs() + [harness.Program(path) for path in paths]
        chosen = re.compile(os.environ.get("TRACKEXEC_PROGRAMS", ""))
        cls.programs = [program for program in programs if chosen.search(program.name)]

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.directory)

    def record(self, pool, program):
        """[(version, future of the result)] of the Pythons that can run the program."""
        jobs = []
        run = harness.run_oracle if IS_ORACLE else harness.run_recorder
        requires = max(program.requires, program.oracle_requires if IS_ORACLE else program.requires)
        for version, path in self.pythons:
            if version >= requires:
                directory = tempfile.mkdtemp(prefix=program.name + "-", dir=self.directory)
                jobs.append((version, pool.submit(run, path, program, directory)))
        return jobs

    def check(self, program, jobs):
        listed = ACROSS.get(program.name, {})
        earlier = None
        for version, job in jobs:
            steps = harness.shape(job.result().steps, program.compare, simple=True)
            if earlier is not None:
                names = tuple("%d.%d.%d" % v for v in (earlier[0], version))
                difference = harness.difference(earlier[1], steps, names)
                changes = [v for v in listed if earlier[0][:2] < v <= version[:2]]
                if changes:
                    reasons = [REASONS[listed[v]] for v in changes]
                    self.assertIsNotNone(difference, "%s: equal, but listed: %s" % (names, reasons))
                else:
                    self.assertIsNone(difference, "\n%s" % difference)
            earlier = (version, steps)

    def test_traces_are_the_same(self):
        if len(self.pythons) < 2:
            self.skipTest("fewer than two Pythons in TRACKEXEC_PYTHONS")
        print("Pythons:", *(path for _, path in self.pythons))
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            jobs = [(program, self.record(pool, program)) for program in self.programs]
            for program, runs in jobs:
                with self.subTest(program=program.name):
                    self.check(program, runs)
        print("%d programs compared" % len(jobs))

    def test_list_names_programs_that_exist(self):
        names = {program.name for program in self.programs}
        if "TRACKEXEC_PROGRAMS" not in os.environ:
            self.assertEqual(set(ACROSS) - names, set())
        self.assertEqual({key for changes in ACROSS.values() for key in changes.values()}, set(REASONS))


if __name__ == "__main__":
    unittest.main()
