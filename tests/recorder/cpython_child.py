# SPDX-License-Identifier: BSD-3-Clause
"""Runs one of CPython's own test files in this process and writes each test's result to a file.

Used by test_cpython.py: `cpython_child.py MODULE RESULTS MODE`. MODE is `plain`, `recorded`
(everything in scope, into the directory `trace`), or `nothing`: a tracer in C that does nothing.
Results are written as they come, a line each, so that a crash shows after which test it was.
"""

import json
import os
import signal
import sys
import unittest


# Recurses until a signal that often comes too late, recorded or not.
NOT_RUN = ("test_print_exception_gh_102056",)


def leave_out(tests):
    """Take the tests that are not run out of a suite."""
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            leave_out(test)
        elif getattr(test, "_testMethodName", "") in NOT_RUN:
            setattr(test, test._testMethodName, lambda: test.skipTest("not run"))


class Results(unittest.TestResult):
    """Writes (what, test's id, more) for each test that begins or ends."""

    def __init__(self, path):
        super().__init__()
        self._pid = os.getpid()
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def write(self, what, name, more=""):
        """Write one result, unless this is a child that a test has forked."""
        if os.getpid() == self._pid:
            os.write(self._fd, json.dumps([what, name, more]).encode() + b"\n")

    def startTest(self, test):
        super().startTest(test)
        self.write("begin", test.id())

    def addSuccess(self, test):
        self.write("ok", test.id())

    def addError(self, test, err):
        self.write("error", test.id(), self._exc_info_to_string(err, test))

    def addFailure(self, test, err):
        self.write("failure", test.id(), self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        self.write("skip", test.id(), reason)

    def addExpectedFailure(self, test, err):
        self.write("expected failure", test.id())

    def addUnexpectedSuccess(self, test):
        self.write("unexpected success", test.id())

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.write("subtest failed", test.id(), self._exc_info_to_string(err, test))


def trace_nothing():
    """Install a tracer that does nothing, by the interpreter's means that the recorder uses."""
    if sys.version_info >= (3, 12):
        monitoring = sys.monitoring
        monitoring.use_tool_id(4, "nothing")
        events = monitoring.events
        wanted = (
            events.PY_START | events.PY_RESUME | events.PY_RETURN | events.PY_YIELD | events.LINE
        ) | (events.PY_UNWIND | events.PY_THROW)
        for number in range(16):
            if wanted >> number & 1:
                monitoring.register_callback(4, 1 << number, slice)
        monitoring.set_events(4, wanted)
    else:
        import _trackexec_nothing

        _trackexec_nothing.start()


def main():
    """Run the tests of the module named on the command line."""
    name, path, mode = sys.argv[1:]
    sys.argv[1:] = []
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell starts behind it
    from test import support

    import trackexec

    support.verbose = 0
    support.use_resources = {} if sys.version_info >= (3, 11) else []
    results = Results(path)
    if mode == "recorded":
        trackexec.record("*", "trace")
    elif mode == "nothing":
        trace_nothing()
    try:
        tests = unittest.defaultTestLoader.loadTestsFromName(name)
    except unittest.SkipTest as skip:
        results.write("skip", name, str(skip))
        return
    leave_out(tests)
    tests.run(results)
    if mode == "recorded":
        results.write("stats", name, trackexec.stats())
    results.write("done", name)


if __name__ == "__main__":
    main()
