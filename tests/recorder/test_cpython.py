# SPDX-License-Identifier: BSD-3-Clause
"""CPython's own tests end the same, recorded with everything in scope and not recorded.

With TRACKEXEC_FULL=1 all of FILES, else those of QUICK. `test_cpython.py FILE...` runs the files
named. A difference is tried again, and must not show without the recorder in as many turns.
"""

import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import recordings

HERE = os.path.dirname(os.path.abspath(__file__))
TIMEOUT_S = 300
TURNS = 3

QUICK = """
    test_asyncgen test_contextlib test_fork1 test_frame test_generators test_threading_local
    test_yield_from
""".split()

# What stresses calls, generators, asyncio, threads, signals, gc, fork, recursion, tracing, code.
FILES = """
    test_abc test_atexit test_asyncgen test_audit test_bdb test_builtin test_call test_class
    test_code test_code_module test_codeop test_collections test_compile test_context
    test_contextlib test_contextlib_async test_copy test_coroutines test_cprofile test_dataclasses
    test_decorators test_deque test_descr test_dict test_dictcomps test_dis test_doctest
    test_dynamic test_enum test_except_star test_exception_group test_exception_hierarchy
    test_exception_variations test_exceptions test_extcall test_faulthandler test_finalization
    test_fork1 test_frame test_funcattrs test_functools test_gc test_generator_stop
    test_generators test_genexps test_global test_grammar test_import test_inspect
    test_isinstance test_iter test_itertools test_json test_keywordonlyarg test_linecache
    test_list test_listcomps test_logging test_marshal test_metaclass test_monitoring
    test_named_expressions test_opcache test_operator test_patma test_pdb test_peepholer test_pkgutil
    test_positional_only_arg test_posix test_profile test_property test_pty test_queue test_raise
    test_re test_reprlib test_richcmp test_runpy test_sched test_scope test_selectors test_setcomps
    test_signal test_socketserver test_subclassinit test_subprocess test_super test_symtable
    test_syntax test_sys test_sys_setprofile test_sys_settrace test_thread test_threadedtempfile
    test_threading test_threading_local test_threadsignals test_trace test_traceback
    test_tracemalloc test_types test_typing test_unittest test_unpack test_unpack_ex test_userdict
    test_wait3 test_wait4 test_weakref test_weakset test_with test_xmlrpc test_yield_from
    test_zipimport
    test_asyncio.test_base_events test_asyncio.test_context test_asyncio.test_eager_task_factory
    test_asyncio.test_events test_asyncio.test_futures test_asyncio.test_futures2
    test_asyncio.test_locks test_asyncio.test_pep492 test_asyncio.test_queues
    test_asyncio.test_runners test_asyncio.test_selector_events test_asyncio.test_server
    test_asyncio.test_staggered test_asyncio.test_streams test_asyncio.test_subprocess
    test_asyncio.test_taskgroups test_asyncio.test_tasks test_asyncio.test_threads
    test_asyncio.test_timeouts test_asyncio.test_unix_events test_asyncio.test_waitfor
    test_concurrent_futures.test_as_completed test_concurrent_futures.test_future
    test_concurrent_futures.test_thread_pool test_concurrent_futures.test_wait
""".split()

# What the interpreter does by itself under any tracer, by the beginnings of tests' names. Each is
# believed only where a tracer that does nothing changes the result in the same way.
THEIRS = {
    "test_code": "counts users of the code objects' extra slots",
    "test_dis": "prints the instructions as they are, instrumented or not",
    "test_opcache": "looks for specialized instructions, which instrumented ones are not",
    "test_monitoring": "begins with a check that no tool of sys.monitoring has events",
    "test_pdb": "3.13: set_trace() stops by an INSTRUCTION event on its own line, which the"
    " interpreter leaves out when another tool has instrumented the line: it stops on the next one",
    "test_doctest": "see test_pdb",
    "test_descr": "before 3.12: tests that skip themselves where sys.gettrace() shows anything",
    "test_frame": "before 3.12: counts on a collection at the very next allocation, which under a"
    " function that evaluates frames (PEP 523) is another one",
    "test_genexps": "before 3.12: leaves its doctests out where sys.gettrace() shows anything",
    "test_metaclass": "see test_genexps",
    "test_queue": "3.9: two calls on a line, between which a collection comes under any trace function;"
    " its finalizers put on the same queue",
    "test_sys": "before 3.12: a test that skips itself where sys.gettrace() shows anything",
    "test_trace": "before 3.12: tests that skip themselves where sys.gettrace() shows anything",
    "test_bdb": "before 3.12: compares what sys.gettrace() shows with None",
    "test_sys_settrace": "looks at sys.gettrace(), or counts events of a trace function",
    "test_sys_setprofile": "looks at sys.gettrace(), or counts events of a profile function",
}

Run = collections.namedtuple("Run", "status results warnings stats last output seconds")


def has_file(name):
    """Tell whether this Python brings the test file."""
    import test

    path = os.path.join(os.path.dirname(test.__file__), *name.split("."))
    return os.path.exists(path + ".py") or os.path.isdir(path)


def read_results(path):
    """Return ({test: [what happened]}, stats, the test that began last)."""
    results = collections.defaultdict(list)
    stats, last = {}, ""
    lines = []
    if os.path.exists(path):
        with open(path, encoding="ascii") as file:
            lines = file.readlines()
    for line in lines:
        what, name, more = json.loads(line)
        if what == "begin":
            last = name
        elif what == "stats":
            stats = more
        else:
            results[name].append((what, more if what == "skip" else ""))
            if more and what != "skip":
                results["traceback " + name].append(more)
    return results, stats, last


def run(name, mode):
    """Run the tests of a file in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="trackexec-cpython-") as directory:
        path = os.path.join(directory, "results")
        begin = time.monotonic()
        command = [sys.executable, os.path.join(HERE, "cpython_child.py"), "test." + name, path, mode]
        os.mkdir(os.path.join(directory, "work"))
        output = open(os.path.join(directory, "output"), "w+", encoding="utf-8", errors="replace")
        try:
            status = subprocess.run(
                command,
                cwd=os.path.join(directory, "work"),
                env=recordings.make_environment(PYTHONHASHSEED="0"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=TIMEOUT_S,
            ).returncode
        except subprocess.TimeoutExpired:
            status = "timeout"
        output.seek(0)
        text = output.read()
        output.close()
        warnings = collections.Counter(re.findall(r"\b\w*Warning: .{0,60}", text))
        results, stats, last = read_results(path)
        return Run(status, results, warnings, stats, last, text, time.monotonic() - begin)


def compare(plain, recorded):
    """Return {what differs: (plain, recorded)}."""
    names = {name for name in [*plain.results, *recorded.results] if not name.startswith("traceback ")}
    differences = {
        name: (plain.results.get(name, []), recorded.results.get(name, []))
        for name in names
        if plain.results.get(name) != recorded.results.get(name)
    }
    if plain.status != recorded.status:
        differences["exit status"] = (plain.status, recorded.status)
    new = set(recorded.warnings) - set(plain.warnings)
    if new:
        differences["new warnings"] = ([], sorted(new))
    return differences


class Comparison:
    """One file: what remains of the differences after several turns."""

    def __init__(self, name):
        self.name = name
        plain = run(name, "plain")
        recorded = run(name, "recorded")
        self.n_tests = len([name for name in plain.results if not name.startswith("traceback ")]) - 1
        self.seconds = plain.seconds, recorded.seconds
        self.recorded = recorded
        self.differences = compare(plain, recorded)
        self.theirs = {}
        for _ in range(TURNS - 1):
            if not self.differences:
                break
            again = compare(run(name, "plain"), run(name, "recorded"))
            self.differences = {what: self.differences[what] for what in again if what in self.differences}
        self.theirs = self._take_theirs(plain) if self.differences else {}

    def _take_theirs(self, plain):
        """Take out, and return, what a tracer that does nothing changes in the same way."""
        nothing = compare(plain, run(self.name, "nothing"))
        theirs = {
            what: difference
            for what, difference in self.differences.items()
            if nothing.get(what) == difference and self.name.split(".")[0] in THEIRS
        }
        self.nothing = {what: nothing.get(what) for what in self.differences}
        self.differences = {w: d for w, d in self.differences.items() if w not in theirs}
        return theirs

    def tell(self):
        """Return lines that describe what differs."""
        lines = []
        for what, (plain, recorded) in sorted(self.differences.items()):
            lines.append(
                f"{self.name}: {what}: plain {plain}, recorded {recorded},"
                f" with a tracer that does nothing {(self.nothing[what] or [None, plain])[1]}"
            )
            lines += self.recorded.results.get("traceback " + what, [])[:1]
            if what == "exit status":
                lines.append(f"in {self.recorded.last}; {self.recorded.output[-1500:]}")
        return lines


class CPythonTest(unittest.TestCase):
    def test_the_same_results(self):
        try:
            import test.support  # noqa: F401
        except ImportError as error:
            self.skipTest(f"this Python does not bring its tests: {error}")
        names = FILES if os.environ.get("TRACKEXEC_FULL") else QUICK
        names = [name for name in names if has_file(name)]
        if not names:
            self.skipTest("this Python does not bring its tests")
        begin = time.monotonic()
        n_tests, n_resyncs, n_theirs, told = 0, 0, 0, []
        for name in names:
            comparison = Comparison(name)
            n_tests += comparison.n_tests
            n_resyncs += comparison.recorded.stats.get("resyncs", 0)
            n_theirs += len(comparison.theirs)
            told += comparison.tell()
            report(comparison)
        print(
            f"T5: {len(names)} files, {n_tests} tests of CPython {sys.version.split()[0]},"
            f" {len(told)} differences (limit 0), {n_theirs} of the interpreter's own,"
            f" {n_resyncs} repairs,"
            f" {time.monotonic() - begin:.0f} s"
        )
        self.assertEqual(told, [])


def report(comparison):
    """Print what one file gave, where someone looks at it."""
    if not os.environ.get("TRACKEXEC_FULL"):
        return
    stats = comparison.recorded.stats
    print(
        f"{comparison.name}: {comparison.n_tests} tests, {len(comparison.differences)} differences,"
        f" {len(comparison.theirs)} of the interpreter's own,"
        f" {comparison.seconds[0]:.1f} s plain, {comparison.seconds[1]:.1f} s recorded,"
        f" resyncs {stats.get('resyncs')}, lost {stats.get('events_lost')}",
        flush=True,
    )
    for line in comparison.tell():
        print("  " + line.replace("\n", "\n  "), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].startswith("test_"):
        FILES = sys.argv[1:]
        os.environ["TRACKEXEC_FULL"] = "1"
        del sys.argv[1:]
    unittest.main()
