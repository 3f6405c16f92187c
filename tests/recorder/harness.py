# SPDX-License-Identifier: BSD-3-Clause
"""Runs a program plainly, under the oracle and under the recorder, and reads the steps back.

Owns processes, temporary directories and the shapes that are compared. Knows nothing of
unittest, and of the recorder only its command line and that of trackexec-dump.
"""

import collections
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs")
REAL = os.path.join(HERE, "real")
NOT_PROGRAMS = ("neighbour.py",)
STDIN = b"one\ntwo\nthree"
TIMEOUT_S = 120

Step = collections.namedtuple("Step", "thread depth file line function")
Result = collections.namedtuple("Result", "status stdout stderr steps")


class Failure(Exception):
    """A tool of ours did not do its work: not a difference, but no comparison either."""


class Program:
    """A program to record, with what the comments at its head ask for.

    # requires: 3.10       the oldest Python that it runs on
    # compare: threads     one thread at a time; `pool`: one call of a thread at a time
    # packages: a b        in scope, besides __main__
    # excludes: a.c        not in scope
    # arguments: x y       given to the program
    # api: yes             records itself, in the directory that is its argument
    # oracle: 3.12         the oldest Python whose sys.settrace can see what is asked
    """

    def __init__(self, path, **more):
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        with open(path, "rb") as source:
            head = source.read(600).decode("latin-1")
        said = dict(re.findall(r"^# (\w+): (.*?)\r?$", head, re.MULTILINE))
        self.requires = self._version(said.get("requires", "3.0"))
        self.oracle_requires = self._version(said.get("oracle", "3.0"))
        self.compare = more.get("compare", said.get("compare", "order"))
        self.packages = more.get("packages", ["__main__", *said.get("packages", "").split()])
        self.excludes = said.get("excludes", "").split()
        self.arguments = more.get("arguments", said.get("arguments", "").split())
        self.has_api = "api" in said
        self.python_path = more.get("python_path", [])

    @staticmethod
    def _version(text):
        return tuple(int(part) for part in text.split("."))


def find_programs():
    """All programs of the directory, by name."""
    names = sorted(name for name in os.listdir(PROGRAMS) if name.endswith(".py"))
    return [Program(os.path.join(PROGRAMS, name)) for name in names if name not in NOT_PROGRAMS]


def find_dump():
    dump = os.environ.get("TRACKEXEC_DUMP") or shutil.which("trackexec-dump")
    if not dump:
        raise Failure("TRACKEXEC_DUMP must name the program trackexec-dump")
    return dump


def find_package():
    """The directory that has the built package trackexec, from our own PYTHONPATH."""
    for directory in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        if directory and os.path.isdir(os.path.join(directory, "trackexec")):
            return os.path.abspath(directory)
    return None


def make_environment(program, package=None):
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name not in ("TRACKEXEC", "TRACKEXEC_DIR")
    }
    path = [*program.python_path, *([package] if package else [])]
    if path:
        environment["PYTHONPATH"] = os.pathsep.join(path)
    # The oracle sees the one process only.
    environment["TRACKEXEC_CHILDREN"] = "none"
    environment.update(PYTHONHASHSEED="0", PYTHONDONTWRITEBYTECODE="1", PYTHONIOENCODING="utf-8")
    return environment


def spawn(command, environment, directory):
    return subprocess.run(
        command,
        input=STDIN,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=directory,
        timeout=TIMEOUT_S,
    )


def run_plain(python, program, directory):
    """The program by itself: what it prints, and how it ends."""
    done = spawn([python, program.path, *program.arguments], make_environment(program), directory)
    return Result(done.returncode, done.stdout, done.stderr, None)


def run_oracle(python, program, directory):
    out = os.path.join(directory, "oracle.txt")
    command = [python, os.path.join(HERE, "oracle.py")]
    for package in program.packages:
        command += ["-p", package]
    for excluded in program.excludes:
        command += ["-x", excluded]
    command += ["--api"] if program.has_api else []
    command += [out, program.path, *(["unused"] if program.has_api else program.arguments)]
    done = spawn(command, make_environment(program), directory)
    return Result(done.returncode, done.stdout, done.stderr, read_steps(out, 0))


def run_recorder(python, program, directory, package=None):
    """The program under the recorder, then its trace printed back."""
    package = package or find_package()
    trace = os.path.join(directory, "trace")
    if program.has_api:
        command = [python, program.path, trace]
        environment = make_environment(program, package)
    else:
        command = [python, "-m", "trackexec", "run", "-o", trace]
        for name in program.packages:
            command += ["-p", name]
        for excluded in program.excludes:
            command += ["--exclude", excluded]
        command += [program.path, *program.arguments]
        environment = make_environment(program, package)
    done = spawn(command, environment, directory)
    # The native thread is given little time to end before a fork; on a starved machine it can be late,
    # and then Python warns of it. That is stated behaviour, but not what is compared here.
    for _ in range(3):
        if b"use of fork() may lead to deadlocks" not in done.stderr or program.has_api:
            break
        print(f"{program.name}: the machine is too busy to fork without the native thread; again")
        shutil.rmtree(trace)
        done = spawn(command, environment, directory)
    text = os.path.join(directory, "recorded.txt")
    with open(text, "wb") as file:
        dumped = subprocess.run(
            [find_dump(), "--steps", trace], stdout=file, stderr=subprocess.PIPE, timeout=TIMEOUT_S
        )
    if dumped.returncode:
        raise Failure(
            "trackexec-dump: exit %d: %s\nthe program: exit %d: %s"
            % (
                dumped.returncode,
                dumped.stderr.decode(errors="replace"),
                done.returncode,
                done.stderr.decode(errors="replace"),
            )
        )
    with open(text, "rb") as file:
        header = file.readline()
    if header.rstrip(b"\n").split(b"\t") != b"time_ns thread depth file line function".split():
        raise Failure("trackexec-dump: unexpected header %r" % header)
    return Result(done.returncode, done.stdout, done.stderr, read_steps(text, 1))


def read_steps(path, skipped):
    """Steps of a file of tab-separated lines; SKIPPED columns (and header lines) come first."""
    steps = []
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        for _ in range(skipped):
            file.readline()
        for text in file:
            thread, depth, name, line, function = text.rstrip("\n").split("\t")[skipped:]
            steps.append(Step(int(thread), int(depth), name, int(line), function))
    return steps


# Shapes that are compared


def shape(steps, compare, simple=False):
    """STEPS as a list that is equal for two runs of a program that did the same.

    With SIMPLE, functions go by their plain names and files by their base names, so that
    Pythons with and without qualified names, and installed in different places, compare.
    """
    if simple:
        steps = [
            step._replace(file=os.path.basename(step.file), function=step.function.rsplit(".", 1)[-1])
            for step in steps
        ]
    if compare == "order":
        return steps
    threads = collections.defaultdict(list)
    for step in steps:
        threads[step.thread].append(step._replace(thread=0))
    parts = list(threads.values())
    if compare == "pool":
        parts = [call for part in parts for call in split_calls(part)]
    return [step for part in sorted(parts) for step in [Step(0, 0, "", 0, "a thread"), *part]]


def split_calls(steps):
    """The steps of one thread, cut where its outermost recorded frame begins anew."""
    calls = []
    line = 0
    for step in steps:
        if step.depth == 1:
            if not calls or step.line <= line or step.function != calls[-1][0].function:
                calls.append([])
            line = step.line
        calls[-1].append(step)
    return calls


def tell(step):
    name = os.path.basename(step.file)
    return "thread %d depth %d %s:%d %s" % (step.thread, step.depth, name, step.line, step.function)


def difference(expected, got, names=("oracle", "recorder"), context=6):
    """None when equal, else a text that shows the first place where two shapes differ."""
    if expected == got:
        return None
    at = 0
    while at < min(len(expected), len(got)) and expected[at] == got[at]:
        at += 1
    lines = ["%s has %d steps, %s has %d" % (names[0], len(expected), names[1], len(got))]
    lines += ["  both:      " + tell(step) for step in expected[max(0, at - context) : at]]
    lines += ["  %-10s " % (names[0] + ":") + tell(step) for step in expected[at : at + context]]
    lines += ["  %-10s " % (names[1] + ":") + tell(step) for step in got[at : at + context]]
    return "\n".join(lines)


# Pythons


def version_of(python):
    """(major, minor, micro) of an interpreter."""
    code = "import sys; print(*sys.version_info[:3])"
    out = subprocess.run([python, "-I", "-c", code], stdout=subprocess.PIPE, check=True).stdout
    return tuple(int(part) for part in out.split())


def describe_python():
    return "Python %s (%s)" % (sys.version.split()[0], sys.executable)
