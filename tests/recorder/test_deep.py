# SPDX-License-Identifier: BSD-3-Clause
"""A thread deep in its stack: what other threads, forks and smaller stacks have of it.

Python 3.11 uses no C stack for calls in Python, but does for the recorder's sake, which therefore
stands back in the lower half of a stack. What a program sees, and its trace has, is the same
everywhere.
"""

import collections
import glob
import os
import sys
import textwrap
import unittest

import recordings

# Beyond the half of a stack of 1 MiB with the recorder in 3.11 (some 1,000 to 1,100); all stand it.
DEPTH = 1400

DEEP = f"""\
    import sys, threading
    sys.setrecursionlimit(100000)
    threading.stack_size(1 << 20)
    DEPTH = {DEPTH}
    def deep(bottom, n):
        if n:
            return deep(bottom, n - 1)
        return bottom()
    def run_deep(bottom):
        thread = threading.Thread(target=deep, args=(bottom, DEPTH))
        thread.start()
        return thread
    """


def join(*parts):
    """Return one source from indented parts."""
    return "".join(textwrap.dedent(part) for part in parts)


class DeepTest(recordings.RecorderTest):
    def run_program(self, source, *arguments, **options):
        return super().run_program(join(DEEP, source), *arguments, **options)

    def count(self, directory=None, function="work"):
        """Return how many lines each thread that ran the function has of it, sorted."""
        counts = collections.Counter(
            step.thread for step in recordings.read_steps(directory or self.trace) if step.function == function
        )
        return sorted(counts.values())

    def get_marks(self):
        return [event.detail for event in recordings.read_events(self.trace) if event.kind == "mark"]


class NewThreadTest(DeepTest):
    def test_of_threading(self):
        self.run_program(
            """\
            import trackexec
            def work():
                for i in range(10):
                    x = i
            def bottom():
                for n in range(5):
                    thread = threading.Thread(target=work)
                    thread.start()
                    thread.join()
            trackexec.record("__main__", "trace")
            run_deep(bottom).join()
            bottom()
            trackexec.stop()
            assert threading._trace_hook is None
            """
        )
        self.assertEqual(self.count(), [21] * 10)
        self.assertEqual(self.get_marks(), [])

    def test_with_an_audit_hook(self):
        out = self.run_program(
            """\
            import time, trackexec
            seen = set()
            def audit(event, arguments):
                if event == "sys.settrace":
                    time.sleep(0.001)
            def work():
                for i in range(10):
                    x = i
            def bottom():
                seen.add(threading._trace_hook)
                threads = [threading.Thread(target=work) for n in range(20)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            trackexec.record("__main__", "trace")
            sys.addaudithook(audit)
            run_deep(bottom).join()
            trackexec.stop()
            print(seen)
            """
        )
        self.assertEqual(out, "{None}\n")
        counts = self.count()
        self.assertEqual(set(counts), {21})
        self.assertTrue(len(counts) == 20 or self.get_marks(), counts)

    def test_begun_by_another_thread(self):
        self.run_program(
            """\
            import trackexec
            is_deep, done = threading.Event(), threading.Event()
            def work():
                for i in range(10):
                    x = i
            def bottom():
                is_deep.set()
                done.wait()
            trackexec.record("__main__", "trace")
            thread = run_deep(bottom)
            is_deep.wait()
            for n in range(5):
                other = threading.Thread(target=work)
                other.start()
                other.join()
            done.set()
            thread.join()
            trackexec.stop()
            """
        )
        self.assertEqual(self.count(), [21] * 5)

    def test_of_the_thread_module(self):
        self.run_program(
            """\
            import _thread, time, trackexec
            finished = []
            def work():
                for i in range(10):
                    x = i
                finished.append(x)
            def bottom():
                for n in range(1, 6):
                    _thread.start_new_thread(work, ())
                    while len(finished) < n:
                        time.sleep(0.001)
            trackexec.record("__main__", "trace")
            run_deep(bottom).join()
            trackexec.stop()
            """
        )
        self.assertEqual(self.count(), [22] * 5)
        self.assertEqual(self.get_marks(), [])

    def test_of_c_code_are_there_or_one_mark(self):
        self.run_program(
            """\
            import ctypes, trackexec
            def work(argument):
                for i in range(10):
                    x = i
                return 0
            start = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(work)
            libc = ctypes.CDLL(None)
            def bottom():
                handle = ctypes.c_ulong()
                for n in range(3):
                    assert libc.pthread_create(ctypes.byref(handle), None, start, None) == 0
                    libc.pthread_join(handle, None)
            trackexec.record("__main__", "trace")
            run_deep(bottom).join()
            bottom()
            run_deep(bottom).join()
            trackexec.stop()
            """
        )
        counts = self.count()
        marks = self.get_marks()
        self.assertGreaterEqual(len(counts), 3)
        self.assertEqual(set(counts), {22})
        self.assertEqual(len(marks), 1 if len(counts) < 9 else 0, (counts, marks))
        for text in marks:
            self.assertIn("lines of them may be missing", text)

    def test_who_takes_our_place_keeps_it(self):
        out = self.run_program(
            """\
            import trackexec
            seen = []
            def tracer(frame, event, arg):
                seen.append(frame.f_code.co_name)
            def work():
                x = 1
            def other():
                sys.settrace(None)
                work()
            def bottom():
                threading.settrace(tracer)
                threads = [threading.Thread(target=work)]
                threads[0].start()
                threads[0].join()
                threading.settrace(None)
                threads.append(threading.Thread(target=other))
                threads[1].start()
                threads[1].join()
            trackexec.record("__main__", "trace")
            run_deep(bottom).join()
            trackexec.stop()
            assert threading._trace_hook is None
            print(seen.count("work"))
            """
        )
        self.assertEqual(out, "1\n")


class RunningThreadTest(DeepTest):
    def test_calls_from_code_out_of_scope(self):
        self.write(
            "foreign.py",
            """\
            def call(first, step):
                inner(first)
                for i in range(100):
                    step(i)
            def inner(first):
                first()
            """,
        )
        self.run_program(
            """\
            import foreign, trackexec
            go, is_deep, done = threading.Event(), threading.Event(), threading.Event()
            def step(i):
                x = i
            def first():
                go.set()
                is_deep.wait()
            def bottom():
                is_deep.set()
                done.wait()
            def other():
                foreign.call(first, step)
                done.set()
            trackexec.record("__main__", "trace")
            thread = threading.Thread(target=other)
            thread.start()
            go.wait()
            run_deep(bottom).join()
            thread.join()
            trackexec.stop()
            """
        )
        self.assertEqual(self.count(function="step"), [100])


class ForkTest(DeepTest):
    def count_in_child(self):
        (run,) = glob.glob(os.path.join(self.directory, "base", "[0-9]*"))
        (name,) = [name for name in os.listdir(run) if name != "server"]
        return self.count(os.path.join(run, name))

    CHILD = """\
        import os, trackexec
        def work():
            for i in range(10):
                x = i
        def run_threads():
            for n in range(3):
                thread = threading.Thread(target=work)
                thread.start()
                thread.join()
        assert trackexec.enable("base", name="server", package="__main__")
        """

    def run_child(self, source):
        os.mkdir(os.path.join(self.directory, "base"))
        return self.run_program(join(self.CHILD, source), stderr=None)  # 3.12 warns of threads

    def test_by_another_thread(self):
        out = self.run_child(
            """\
            is_deep, done = threading.Event(), threading.Event()
            def bottom():
                is_deep.set()
                done.wait()
            thread = run_deep(bottom)
            is_deep.wait()
            pid = os.fork()
            if pid == 0:
                run_threads()
                print(threading._trace_hook, flush=True)
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
            done.set()
            thread.join()
            """
        )
        self.assertEqual(self.count_in_child(), [21] * 3)
        self.assertEqual(out, "None\n")

    def test_by_the_deep_thread_itself(self):
        out = self.run_child(
            """\
            def bottom():
                pid = os.fork()
                if pid == 0:
                    run_threads()
                return pid
            def other():
                pid = deep(bottom, DEPTH)
                if pid == 0:
                    run_threads()
                    print(threading._trace_hook, flush=True)
                    os._exit(0)
                assert os.waitpid(pid, 0)[1] == 0
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
            """
        )
        self.assertEqual(self.count_in_child(), [21] * 6)
        self.assertEqual(out, "None\n")


class StackLimitTest(recordings.RecorderTest):
    """What a program stands without us: before 3.11 its own calls use the C stack."""

    FRAMES = 900 if sys.version_info >= (3, 11) else 250

    def compare(self, source):
        program = join(
            """\
            import resource, sys, trackexec
            sys.setrecursionlimit(100000)
            def lower(kib):
                resource.setrlimit(resource.RLIMIT_STACK, (kib << 10, resource.getrlimit(resource.RLIMIT_STACK)[1]))
            def rec(n):
                return n and rec(n - 1)
            if len(sys.argv) > 1: trackexec.record("__main__", "trace")
            else: pass
            """,
            source,
            """\
            print("alive")
            if len(sys.argv) > 1: trackexec.stop()
            """,
        )
        self.assertEqual(self.run_program(program), "alive\n")
        self.assertEqual(self.run_program(program, "yes"), "alive\n")

    def test_lowered_before(self):
        self.compare(
            f"""\
            lower(256)
            rec({self.FRAMES})
            """
        )
        self.assertEqual(len(self.hits(6)), self.FRAMES + 1)

    def test_lowered_after_a_deep_recursion(self):
        self.compare(
            f"""\
            rec({10 * self.FRAMES})
            lower(256)
            rec({self.FRAMES})
            """
        )
        self.assertEqual(len(self.hits(6)), 11 * self.FRAMES + 2)

    def test_lowered_deep_inside(self):
        self.compare(
            f"""\
            def rec_and_lower(n):
                if n == 0:
                    lower(256)
                    return rec({self.FRAMES} - 100)
                return rec_and_lower(n - 1)
            rec_and_lower(100)
            """
        )
        self.assertEqual(len(self.hits(6)), self.FRAMES - 100 + 1)


if __name__ == "__main__":
    unittest.main()
