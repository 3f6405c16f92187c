# SPDX-License-Identifier: BSD-3-Clause
"""The trace printed back equals what the slow oracle saw, program by program.

Run under each Python, with PYTHONPATH naming the built package and TRACKEXEC_DUMP the
program trackexec-dump. TRACKEXEC_PROGRAMS, a regular expression, chooses some programs.
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
import random_programs
import real_programs
from interpreter_differences import FROM_ORACLE

# Others can be tried by hand: TRACKEXEC_SEEDS=100-200.
RANDOM_SEEDS = range(*map(int, os.environ.get("TRACKEXEC_SEEDS", "1-17").split("-")))
WORKERS = max(2, os.cpu_count() or 1)


def is_listed(name):
    """Whether this Python is known to differ from its own oracle on this program."""
    if name not in FROM_ORACLE:
        return False
    first, after, _ = FROM_ORACLE[name]
    return sys.version_info[:2] >= first and (after is None or sys.version_info[:2] < after)


class OracleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="trackexec-oracle-")
        cls.pool = concurrent.futures.ThreadPoolExecutor(WORKERS)
        harness.find_dump()

    @classmethod
    def tearDownClass(cls):
        cls.pool.shutdown()
        shutil.rmtree(cls.directory)

    def start(self, run, program):
        directory = tempfile.mkdtemp(prefix=program.name + "-", dir=self.directory)
        return self.pool.submit(run, sys.executable, program, directory)

    def check_all(self, programs):
        chosen = re.compile(os.environ.get("TRACKEXEC_PROGRAMS", ""))
        jobs = []
        for program in programs:
            if sys.version_info < program.requires or not chosen.search(program.name):
                continue
            runs = {"recorder": self.start(harness.run_recorder, program)}
            if sys.version_info >= program.oracle_requires:
                runs["oracle"] = self.start(harness.run_oracle, program)
            if not program.has_api:
                runs["plain"] = self.start(harness.run_plain, program)
            jobs.append((program, runs))
        for program, runs in jobs:
            with self.subTest(program=program.name):
                self.check(program, {name: run.result() for name, run in runs.items()})
        return len(jobs)

    def check(self, program, results):
        recorder = results["recorder"]
        other = results.get("plain") or results.get("oracle")
        if other is not None and not is_listed(program.name):
            self.assertEqual(recorder.stderr.decode(), other.stderr.decode())
            self.assertEqual(recorder.stdout, other.stdout)
            self.assertEqual(recorder.status, other.status)
        if "oracle" not in results:
            return
        if not is_listed(program.name):
            self.assertEqual(results["oracle"].stdout, recorder.stdout, "the oracle went otherwise")
        expected = harness.shape(results["oracle"].steps, program.compare)
        self.assertTrue(expected, "the oracle saw nothing")
        difference = harness.difference(expected, harness.shape(recorder.steps, program.compare))
        if is_listed(program.name):
            self.assertIsNotNone(difference, "listed as the interpreter's own, but equal")
        else:
            self.assertIsNone(difference, "\n%s" % difference)

    def test_hand_written_programs(self):
        count = self.check_all(harness.find_programs())
        print("%d hand-written programs" % count)

    def test_generated_programs(self):
        paths = generated.write(self.directory)
        count = self.check_all([harness.Program(path) for path in paths])
        print("%d generated programs" % count)

    def test_random_programs(self):
        paths = random_programs.write(self.directory, RANDOM_SEEDS)
        count = self.check_all([harness.Program(path) for path in paths])
        print("%d random programs" % count)

    def test_real_programs(self):
        programs, reasons = real_programs.find(real_programs.stage(self.directory))
        for reason in reasons:
            print("not recorded:", reason)
        count = self.check_all(programs)
        print("%d real programs: %s" % (count, " ".join(program.name for program in programs)))

    def test_recursion_error(self):
        """The one thing that sys.settrace can not see: the program counts its lines itself."""
        path = os.path.join(self.directory, "recursion_error.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(RECURSION_ERROR)
        program = harness.Program(path)
        result = self.start(harness.run_recorder, program).result()
        self.assertEqual(result.status, 0, result.stderr)
        lines = [step.line for step in result.steps]
        for said in result.stdout.split():
            line, count = map(int, said.split(b":"))
            self.assertEqual(lines.count(line), count, "line %d" % line)
        self.assertEqual(result.steps[-1].depth, 1)
        self.assertEqual(max(step.depth for step in result.steps), 1 + lines.count(4) // 2)


RECURSION_ERROR = """\
count = 0
def fall():
    global count
    count += 1
    fall()

for turn in range(2):
    try:
        fall()
    except RecursionError:
        caught = turn
print("4:%d" % count, "5:%d" % count, "10:2", "11:2", "12:1")
"""


if __name__ == "__main__":
    print(harness.describe_python())
    unittest.main()
