# SPDX-License-Identifier: BSD-3-Clause
"""`python -m trackexec doctor`: what would be recorded, where and by which means, and what stands in the way.

Makes a short recording of its own to find out, in the directory that is asked for if it can, and removes it.
"""

import importlib.machinery
import json
import os
import shutil
import sys
import tempfile
import time

from . import _api, _directory, _hook, _limits, _run, _startup

USAGE = """\
usage: python -m trackexec doctor [--json] [-p PACKAGE]... [DIRECTORY]

Print what would be recorded, where and by which means, what it costs a line, and what would
prevent it. Default: what TRACKEXEC and TRACKEXEC_DIR in the environment say.

  -p, --package ITEM   what is to be recorded, as for `run`; may be repeated
      --json           print one JSON object
  -h, --help           print this text

Exit status: 0 recording would work, 1 something would prevent it.
"""

OK, NOTE, PROBLEM = "ok", "note", "problem"
_MEBIBYTE = 1 << 20
_LITTLE_SPACE = 64 * _MEBIBYTE

# What the benchmark runs: a line takes as long as in a plain program, calls and loops included.
_WORK = """\
def add(a, b):
    c = a + b
    return c
def work(n):
    total = 0
    for i in range(n):
        if i % 3:
            total = add(total, i)
        else:
            total -= 1
        total &= 0xffff
    return total
"""
_WORK_TURNS = 20000


class Findings:
    """What was found, in order: (subject, state, text, data)."""

    def __init__(self):
        self.all = []

    def add(self, subject, state, text, **data):
        """Add a finding; state: OK, NOTE, or PROBLEM where it prevents recording."""
        self.all.append((subject, state, text, data))

    def has_problem(self):
        """Tell whether anything would prevent recording."""
        return any(state == PROBLEM for _, state, _, _ in self.all)


# Checks, each of one subject


def check_python(findings):
    """Whether this Python can be recorded at all."""
    version = sys.version.split()[0]
    if _api._recorder is None:
        findings.add("python", PROBLEM, f"{version} ({sys.executable}) cannot be recorded: {_api._why_not}")
        return False
    findings.add("python", OK, f"{version} ({sys.executable}), trackexec {_api._recorder.version}", version=version)
    return True


def check_hook(findings):
    """Whether the environment alone is enough."""
    paths = _hook.find()
    if not paths:
        findings.add(
            "start-up hook", NOTE,
            "not installed: programs call trackexec.enable() themselves, or: python -m trackexec enable-startup",
            installed=False,
        )
    elif not any(map(_hook.is_current, paths)):
        findings.add(
            "start-up hook", PROBLEM,
            f"{paths[0]!r} is not of this version: run: python -m trackexec enable-startup", installed=False,
        )
    elif not _hook.is_package_found():
        where = _hook._get_package_directory()
        findings.add(
            "start-up hook", NOTE,
            f"{paths[0]}; but trackexec is found in {where!r} only with PYTHONPATH", installed=True,
        )
    else:
        findings.add("start-up hook", OK, paths[0], installed=True)


def _find_files(item):
    """Return how many Python files an item of the scope stands for; None where it is not found from here."""
    if "/" in item or item.endswith(".py"):
        if os.path.isdir(item):
            return _count_files(item)
        return 1 if os.path.exists(item) else None
    head, *rest = item.split(".")
    spec = importlib.machinery.PathFinder.find_spec(head)
    if spec is None:
        return None
    places = list(spec.submodule_search_locations or ())
    if not places:
        return 1 if not rest else None
    places = [os.path.join(place, *rest) for place in places]
    if rest and any(os.path.exists(place + ".py") for place in places):
        return 1
    found = [place for place in places if os.path.isdir(place)]
    return sum(map(_count_files, found)) if found else None


def _count_files(directory):
    return sum(name.endswith(".py") for _, _, names in os.walk(directory) for name in names)


_WORDS = {
    "__main__": (OK, "__main__: the program itself"),
    "*": (OK, "*: everything"),
    "": (PROBLEM, "an empty name cannot be recorded"),
}


def check_scope(findings, items):
    """What would be recorded."""
    if not items:
        findings.add(
            "scope", NOTE,
            "TRACKEXEC is not set: enable() records its caller's package, the start-up hook nothing", items=[],
        )
    for item in items:
        if item in _WORDS:
            findings.add("scope", *_WORDS[item], item=item)
            continue
        count = _find_files(item)
        if count is None:
            findings.add(
                "scope", NOTE, f"{item}: not found from here; right if the program finds it by a path of its own",
                item=item, files=None,
            )
        else:
            findings.add("scope", OK, f"{item}: {count} Python file{'s' * (count != 1)}", item=item, files=count)


def check_directory(findings, base):
    """Where it would be recorded. Return whether a trace can be made there."""
    if not base:
        findings.add("directory", PROBLEM, "TRACKEXEC_DIR is not set and no directory given: nothing is recorded")
        return False
    if os.path.exists(base) and not os.path.isdir(base):
        findings.add("directory", PROBLEM, f"{base!r} is no directory, so nothing is recorded")
        return False
    if not os.path.isdir(base):
        findings.add(
            "directory", PROBLEM,
            f"{base!r} does not exist, so nothing is recorded: make it (mkdir -m 700) and start the program again",
        )
        return False
    try:
        fd = os.open(base, _directory._OPEN)
        try:
            _directory._check_private(fd, base)
        finally:
            os.close(fd)
        os.rmdir(tempfile.mkdtemp(prefix=".doctor-", dir=base))
    except OSError as error:
        user = os.geteuid()
        findings.add("directory", PROBLEM, f"cannot record into {base!r} as user {user}: {error.strerror}")
        return False
    findings.add("directory", OK, os.path.abspath(base), path=os.path.abspath(base))
    return True


def check_space(findings, directory):
    """Room on the disk, and the limits that the environment sets."""
    status = os.statvfs(directory)
    free = status.f_bavail * status.f_frsize
    state = OK if free >= _LITTLE_SPACE else NOTE
    text = f"{free // _MEBIBYTE} MiB free" + (", which is little" if state == NOTE else "")
    findings.add("disk", state, text, free_bytes=free)
    limits = {name: value for name, value in sorted(os.environ.items()) if name in _LIMITS and value}
    text = ", ".join(f"{name}={value}" for name, value in limits.items())
    findings.add("limits", OK, text or "the defaults: no TRACKEXEC_* limit is set", **limits)
    for _, warning in _limits.read({}, os.environ)[1] + _api.read_children(None, os.environ)[1]:
        findings.add("limits", NOTE, warning)


_LIMITS = (
    "TRACKEXEC_MAX_SIZE",
    "TRACKEXEC_MIN_FREE",
    "TRACKEXEC_MAX_AGE",
    "TRACKEXEC_KEEP_RUNS",
    "TRACKEXEC_CHILDREN",
    "TRACKEXEC_IDLE",
)


def check_conflicts(findings):
    """Other tools that were here before the program: what starts with the interpreter."""
    found = False
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is not None:
        taken = {number: monitoring.get_tool(number) for number in range(6) if monitoring.get_tool(number)}
        if 3 in taken and 4 in taken:
            findings.add("conflicts", PROBLEM, f"the tool ids 3 and 4 of sys.monitoring are taken: {taken}")
            found = True
        elif taken:
            findings.add("conflicts", NOTE, f"other tools of sys.monitoring, which do no harm: {taken}")
            found = True
    elif sys.gettrace() is not None:
        findings.add("conflicts", PROBLEM, f"a trace function is set already: {sys.gettrace()!r}")
        found = True
    for name in ("COVERAGE_PROCESS_START", "PYDEVD_USE_FRAME_EVAL", "PYTHONBREAKPOINT"):
        if os.environ.get(name) and monitoring is None:
            findings.add("conflicts", NOTE, f"{name} is set: a tool that replaces trace functions may start with programs")
            found = True
    if not found:
        findings.add("conflicts", OK, "no other tool has a place that is needed here")


def find_dead_rings():
    """Return the rings of processes that are no more, as paths."""
    dead = []
    for place in (os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0], "/dev/shm"):
        place = os.path.join(place, f"trackexec-{os.geteuid()}")
        if not os.path.isdir(place):
            continue
        for entry in sorted(os.listdir(place)):
            path = os.path.join(place, entry)
            try:
                with open(path, "rb") as file:
                    header = file.read(32)
            except OSError:
                continue
            if header[:8] == b"TXRING01" and not os.path.exists(f"/proc/{int.from_bytes(header[24:28], 'little')}"):
                dead.append(path)
    return dead


def check_rings(findings):
    """Last moments of killed processes that are still to be taken into their traces."""
    dead = find_dead_rings()
    if dead:
        findings.add(
            "rings", NOTE,
            f"{len(dead)} of processes that ended without closing their traces: python -m trackexec recover",
            count=len(dead), places=sorted(set(map(os.path.dirname, dead))),
        )
    else:
        findings.add("rings", OK, "none of dead processes", count=0, places=[])


# A recording of our own


def _measure(work):
    began = time.thread_time_ns()
    work(_WORK_TURNS)
    return time.thread_time_ns() - began


def _record(directory):
    """Make short recordings; return stats() of one and the nanoseconds that a line costs more."""
    space = {"__name__": "trackexec_doctor"}
    exec(compile(_WORK, "<doctor>", "exec"), space)
    plain, recorded = [], []
    for turn in range(5):
        trace = os.path.join(directory, f"trace-{turn}")
        plain.append(min(_measure(space["work"]) for _ in range(3)))
        _api.record("trackexec_doctor", trace)
        try:
            space["work"](100)
            recorded.append(min(_measure(space["work"]) for _ in range(3)))
            stats = _api._recorder.stats()
        finally:
            _api._recorder.stop()
    with open(os.path.join(trace, "end"), encoding="utf-8") as file:
        end = dict(line.rstrip("\n").split("=", 1) for line in file)
    with open(os.path.join(trace, "info"), encoding="utf-8", errors="replace") as file:
        stats.update(line.rstrip("\n").split("=", 1) for line in file)
    if int(end["steps"]) < _WORK_TURNS:
        raise RuntimeError("its lines are missing: another tool keeps them from us")
    lines = int(end["steps"]) * _WORK_TURNS / (3 * _WORK_TURNS + 100)
    return stats, (min(recorded) - min(plain)) / lines


def check_recording(findings, base):
    """Record something: the means that are used, the ring's place, and the cost of a line."""
    directory = tempfile.mkdtemp(prefix=".doctor-", dir=base)
    try:
        stats, cost_ns = _record(directory)
    except (OSError, RuntimeError) as error:
        findings.add("recording", PROBLEM, f"a recording for a try failed: {error}")
        return
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    backend = stats.get("backend", "?")
    details = {"monitoring": f"tool id {stats.get('tool_id')}", "settrace": f"frame hook: {stats.get('frame_hook')}"}
    findings.add("backend", OK, f"{backend} ({details.get(backend, '')})", backend=backend)
    ring = stats.get("ring") or ""
    if ring.startswith(directory):
        findings.add("ring", NOTE, "in the trace directory: no room in /dev/shm or RUNTIME_DIRECTORY", place=None)
    elif ring:
        findings.add("ring", OK, os.path.dirname(ring), place=os.path.dirname(ring))
    else:
        findings.add("ring", NOTE, "in plain memory: a killed process loses its last moments", place=None)
    findings.add("cost", OK, f"{cost_ns:.0f} ns a line, on this machine now", ns_per_line=round(cost_ns, 1))
    if stats.get("long_functions") == "instruction":
        findings.add(
            "long functions", NOTE, "a line costs this Python more the longer its function is: these are recorded in"
            " another way (fixed in newer releases of Python)", affected=True,
        )
    else:
        findings.add("long functions", OK, "lines cost the same in functions of any length", affected=False)


# The command


def examine(items, base):
    """Return the Findings for what is to be recorded (modules and paths) and where."""
    findings = Findings()
    can_record = check_python(findings)
    check_hook(findings)
    check_scope(findings, items)
    has_place = check_directory(findings, base)
    check_space(findings, base if has_place else tempfile.gettempdir())
    check_conflicts(findings)
    check_rings(findings)
    if can_record:
        check_recording(findings, base if has_place else None)
    return findings


def _print_text(findings):
    for subject, state, text, _ in findings.all:
        head = {OK: "  ", NOTE: "- ", PROBLEM: "! "}[state]
        sys.stdout.write(f"{head}{subject + ':':<16} {text}\n")
    if findings.has_problem():
        sys.stdout.write("Nothing would be recorded: see the lines that begin with !\n")
    else:
        sys.stdout.write("Recording would work.\n")


def _print_json(findings):
    found = [{"subject": s, "state": state, "text": text, **data} for s, state, text, data in findings.all]
    json.dump({"works": not findings.has_problem(), "findings": found}, sys.stdout, indent=2)
    sys.stdout.write("\n")


def main(words):
    """Obey the command line; return the exit status."""
    words = list(words)
    items, base, is_json = [], None, False
    while words:
        word = words.pop(0)
        option, value = _run.split(word)
        if word in ("-h", "--help"):
            sys.stdout.write(USAGE)
            return 0
        if word == "--json":
            is_json = True
        elif option in ("-p", "--package") and (value is not None or words):
            items.append(words.pop(0) if value is None else value)
        elif word.startswith("-") or base is not None:
            sys.stderr.write(f"trackexec: cannot take {word!r}: see python -m trackexec doctor --help\n")
            return 1
        else:
            base = word
    items = items or _startup.get_items()
    findings = examine(items, base or os.environ.get("TRACKEXEC_DIR"))
    (_print_json if is_json else _print_text)(findings)
    return 1 if findings.has_problem() else 0
