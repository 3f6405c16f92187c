# SPDX-License-Identifier: BSD-3-Clause
"""For the recorder's unit tests: runs small programs in processes of their own, reads traces back.

A test needs TRACKEXEC_DUMP in its environment (the program trackexec-dump) and the built package
on PYTHONPATH; it runs under the Python that is tested.
"""

import collections
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

Step = collections.namedtuple("Step", "thread depth file line function")
Event = collections.namedtuple("Event", "thread depth kind file line function detail")

HAS_MONITORING = sys.version_info >= (3, 12)
TIMEOUT_S = 120


def make_environment(**changes):
    """This process's environment without what would steer the recorder, with changes."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("RUNTIME_DIRECTORY", "PYTHONWARNINGS")
        and (not name.startswith("TRACKEXEC") or name in ("TRACKEXEC_DUMP", "TRACKEXEC_FULL"))
    }
    environment.update(changes)
    return environment


def spawn(command, directory, **changes):
    """Run a command; return it completed, with text output."""
    return subprocess.run(
        command,
        cwd=directory,
        env=make_environment(**changes),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=TIMEOUT_S,
    )


def dump(directory, what, n_columns=6):
    """Return the lines, split at tabs, that trackexec-dump prints behind its header."""
    done = spawn([os.environ["TRACKEXEC_DUMP"], what, directory], directory)
    if done.returncode == 1 and "nothing was recorded" in done.stderr:
        return []
    if done.returncode:
        raise AssertionError(f"trackexec-dump: exit {done.returncode}: {done.stderr}")
    rows = [line.split("\t") for line in done.stdout.split("\n")[1:] if line]
    odd = [row for row in rows if len(row) < n_columns]
    if odd:
        raise AssertionError(f"the trace is not whole: {odd[:3]}")
    return rows


def read_steps(directory):
    """Return the steps of a trace."""
    return [
        Step(int(thread), int(depth), os.path.basename(file), int(line), function)
        for _, thread, depth, file, line, function in dump(directory, "--steps")
    ]


def count_steps(directory, function):
    """Return how many of a trace's steps are a function's; quicker than read_steps()."""
    done = spawn([os.environ["TRACKEXEC_DUMP"], "--steps", directory], directory)
    if done.returncode:
        raise AssertionError(f"trackexec-dump: exit {done.returncode}: {done.stderr}")
    return done.stdout.count(f"\t{function}\n")


def read_events(directory):
    """Return all events of a trace."""
    return [
        Event(int(row[2]), int(row[3]), row[4], os.path.basename(row[5]), int(row[6]), row[7], row[8])
        for row in dump(directory, "--events")
    ]


def read_info(directory):
    """Return the `info` file of a trace as a dict."""
    with open(os.path.join(directory, "info"), encoding="utf-8", errors="surrogateescape") as file:
        return dict(line.rstrip("\n").split("=", 1) for line in file)


class RecorderTest(unittest.TestCase):
    """A test with a directory of its own, in which programs are written and run."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="trackexec-test-")
        self.addCleanup(temporary.cleanup)
        self.directory = os.path.realpath(temporary.name)
        self.trace = os.path.join(self.directory, "trace")

    def write(self, name, source):
        """Write a source file; return its path."""
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(source))
        return path

    def run_program(self, source, *arguments, status=0, flags=(), stderr="", name="program.py", **env):
        """Run a program under the tested Python; return what it printed."""
        path = self.write(name, source)
        done = spawn([sys.executable, *flags, path, *arguments], self.directory, **env)
        if stderr is not None:
            self.assertEqual(done.stderr, stderr)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout

    def lines(self, directory=None, **wanted):
        """Return the line numbers of the trace's steps, or of those with the wanted fields."""
        return [
            step.line
            for step in read_steps(directory or self.trace)
            if all(getattr(step, field) == value for field, value in wanted.items())
        ]

    def hits(self, line, directory=None):
        """Return the line's number once for each time that it ran."""
        return [step for step in self.lines(directory) if step == line]
