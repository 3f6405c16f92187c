# SPDX-License-Identifier: BSD-3-Clause
"""Promise 6 on programs that were made at random, many in a process, under the oracle and the recorder.

TRACKEXEC_FULL=1: 2,000 of them, else a few; TRACKEXEC_SEEDS=100-200 tries others by hand. Needs what
test_oracle.py needs. The seed of a program that fails goes into FAILED_ONCE, with what it found.
"""

import concurrent.futures
import os
import subprocess
import sys
import tempfile
import time
import unittest

import harness
import random_programs
from interpreter_differences import DEPTH_FROM_ORACLE

FULL = bool(os.environ.get("TRACKEXEC_FULL"))
SEEDS = range(*map(int, os.environ.get("TRACKEXEC_SEEDS", "1000-3000" if FULL else "1000-1040").split("-")))
# Always run.
FAILED_ONCE = ()
BATCH = 20
HAS_MATCH = sys.version_info >= (3, 10)

# Runs the modules beside it. The collector comes when it is called, else it would come at other moments
# under the oracle, whose own objects count.
MAIN = """\
# packages: {packages}
import gc, importlib, sys
gc.disable()
for name in {names}:
    try:
        importlib.import_module(name)
    except Exception as error:
        print(name, type(error).__name__)
    sys.modules.pop(name, None)
    gc.collect()
"""


def write_batch(directory, seeds):
    """Write the programs and what runs them; return the latter as a harness.Program."""
    paths = random_programs.write(directory, seeds, HAS_MATCH)
    for path in paths:
        with open(path, encoding="utf-8") as file:
            compile(file.read(), path, "exec")  # or it would raise the same SyntaxError everywhere
    names = [os.path.basename(path)[:-3] for path in paths]
    path = os.path.join(directory, "batch.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(MAIN.format(names=names, packages=""))
    return harness.Program(path, packages=names)


def is_depth_wrong(seeds):
    """Whether this Python's oracle is known to tell wrong depths for a program."""
    first, after, listed, _ = DEPTH_FROM_ORACLE
    return first <= sys.version_info[:2] < after and listed.issuperset(seeds)


def compare_steps(seeds, oracle, recorder):
    """Return None, or what differs, of two lists of steps."""
    difference = harness.difference(oracle, recorder)
    if not is_depth_wrong(seeds):
        return difference
    if difference is None:
        return "listed as the interpreter's own, but equal"
    return harness.difference(*([step._replace(depth=0) for step in steps] for steps in (oracle, recorder)))


def make_batches(seeds):
    """Return lists of seeds; what is listed as different stands alone."""
    alone = [[seed] for seed in seeds if is_depth_wrong([seed])]
    others = [seed for seed in seeds if not is_depth_wrong([seed])]
    return alone + [others[at : at + BATCH] for at in range(0, len(others), BATCH)]


def compare(seeds):
    """Run a batch of programs; return (number of steps, None or what differs)."""
    with tempfile.TemporaryDirectory(prefix="trackexec-random-") as directory:
        program = write_batch(directory, seeds)
        results = []
        for run in (harness.run_plain, harness.run_oracle, harness.run_recorder):
            try:
                results.append(run(sys.executable, program, tempfile.mkdtemp(dir=directory)))
            except subprocess.TimeoutExpired as error:
                return 0, "%s: %s" % (run.__name__, error)
        plain, oracle, recorder = results
        for result, name in ((oracle, "the oracle"), (recorder, "the recorder")):
            for what in ("status", "stdout", "stderr"):
                expected, got = getattr(plain, what), getattr(result, what)
                if expected != got:
                    return 0, "under %s the %s is\n%r, not\n%r" % (name, what, got, expected)
        steps = harness.shape(oracle.steps, "order")
        return len(steps), compare_steps(seeds, steps, harness.shape(recorder.steps, "order"))


def find_culprits(seeds, difference):
    """Return what differs, by seed, of a batch in which something does; all of it where none does alone."""
    found = {seed: compare([seed])[1] for seed in seeds} if len(seeds) > 1 else {}
    found = {seed: alone for seed, alone in found.items() if alone}
    return found or {"together %s" % list(seeds): difference}


class RandomTest(unittest.TestCase):
    def test_random_programs(self):
        began = time.monotonic()
        seeds = [*FAILED_ONCE, *SEEDS]
        batches = make_batches(seeds)
        n_steps = 0
        differing = {}
        with concurrent.futures.ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2)) as pool:
            for batch, (steps, difference) in zip(batches, pool.map(compare, batches)):
                n_steps += steps
                if difference:
                    differing.update(find_culprits(batch, difference))
        print(
            "T6: %d generated programs under %s, %d steps, %d differ from the oracle (limit 0), %.0f s"
            % (len(seeds), sys.version.split()[0], n_steps, len(differing), time.monotonic() - began)
        )
        for seed, difference in differing.items():
            with self.subTest(seed=seed):
                self.fail("\n%s" % difference)
        self.assertGreater(n_steps, 500 * len(seeds))


if __name__ == "__main__":
    unittest.main()
