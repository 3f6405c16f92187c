# SPDX-License-Identifier: BSD-3-Clause
"""All of a process is recorded: threads, signal handlers, generators, deep recursion, exceptions.

The sizes are reduced; with TRACKEXEC_FULL=1 those of the promises. Each prints its figure.
"""

import collections
import os
import subprocess
import sys
import time
import unittest

import recordings

FULL = bool(os.environ.get("TRACKEXEC_FULL"))
if FULL:
    recordings.TIMEOUT_S = 900


def choose(full, reduced):
    """Return one of two sizes."""
    return full if FULL else reduced


class ProcessTest(recordings.RecorderTest):
    def setUp(self):
        super().setUp()
        self.begin = time.monotonic()

    def tell(self, promise, text):
        """Print the line of a promise."""
        print(f"{promise}: {text}, {time.monotonic() - self.begin:.0f} s", flush=True)

    def count(self, line):
        """Return {thread: how often it ran the line}, without reading all steps into memory."""
        command = f"'{os.environ['TRACKEXEC_DUMP']}' --steps '{self.trace}' | cut -f2,5"
        counts = collections.Counter()
        with subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, text=True) as pipe:
            for row in pipe.stdout:
                thread, _, number = row.rstrip("\n").partition("\t")
                if number == str(line):
                    counts[int(thread)] += 1
        return dict(counts)

    def get_events(self, *kinds):
        return [event for event in recordings.read_events(self.trace) if event.kind in kinds]


class ThreadTest(ProcessTest):
    def test_exact_counts_however_a_thread_begins(self):
        n_threads, n_lines = choose((64, 100000), (16, 2000))
        self.run_program(
            f"""\
            import ctypes, _thread, threading, time, trackexec
            N, M = {n_threads}, {n_lines}
            libc = ctypes.CDLL(None)
            done, ready, go = [], threading.Barrier(N // 4 + 1), threading.Event()
            def work(n):
                for i in range(M + n):
                    x = i
                done.append(n)
            def wait_and_work(n):
                ready.wait()
                go.wait()
                work(n)
            numbers = iter(range(3 * N // 4, N))
            def work_of_c(argument):
                work(next(numbers))
                return 0
            start = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(work_of_c)
            threads = [threading.Thread(target=wait_and_work, args=(n,)) for n in range(N // 4)]
            for thread in threads: thread.start()
            ready.wait()
            trackexec.record("__main__", "trace")
            go.set()
            for n in range(N // 4, N // 2):
                threads.append(threading.Thread(target=work, args=(n,), daemon=n % 2 == 0))
                threads[-1].start()
            for n in range(N // 2, 3 * N // 4):
                _thread.start_new_thread(work, (n,))
            handles = [ctypes.c_ulong() for n in range(N // 4)]
            for handle in handles:
                assert libc.pthread_create(ctypes.byref(handle), None, start, None) == 0
            for handle in handles: libc.pthread_join(handle, None)
            for thread in threads: thread.join()
            while len(done) < N: time.sleep(0.01)
            time.sleep(0.05)
            stats = trackexec.stats()
            assert stats["events_lost"] == 0 and stats["resyncs"] == 0, stats
            trackexec.stop()
            """
        )
        counts = sorted(self.count(7).values())
        wrong = sum(a != b for a, b in zip(counts, [n_lines + n for n in range(n_threads)]))
        self.tell(
            "T8",
            f"{n_threads} threads (started before, by threading, _thread and C) of {n_lines} lines,"
            f" {wrong + abs(len(counts) - n_threads)} with a wrong count (limit 0)",
        )
        self.assertEqual(counts, [n_lines + n for n in range(n_threads)])

    def test_short_threads_leave_nothing(self):
        n_threads = choose(100000, 4000)
        out = self.run_program(
            f"""\
            import _thread, sys, threading, trackexec
            class Request(threading.Thread):
                def run(self):
                    x = 1
            def serve(n):
                for i in range(n):
                    request = Request()
                    request.start()
                    request.join()
            trackexec.record("__main__", "trace")
            serve(4000)
            def read_kib():
                with open("/proc/self/status") as file:  # without the ring, whose size is fixed
                    return int(file.read().partition("RssAnon:")[2].split()[0])
            before, first = read_kib(), trackexec.stats()
            serve({n_threads})
            after, last = read_kib(), trackexec.stats()
            assert last["events_lost"] == 0, last
            trackexec.stop()
            print(after - before, last["event_bytes"] - first["event_bytes"])
            """
        )
        grown_kib, event_bytes = map(int, out.split())
        counts = self.count(4)
        self.tell(
            "T8",
            f"{n_threads} threads one after the other, {len(counts) - n_threads - 4000} missing"
            f" or crossed (limit 0), memory grown by {grown_kib} KiB (limit 1024),"
            f" {event_bytes / n_threads:.0f} bytes of events each",
        )
        self.assertEqual(len(counts), 4000 + n_threads)
        self.assertEqual(set(counts.values()), {1})
        self.assertLess(grown_kib, 1024)

    def test_the_trace_says_which_threads_are_covered(self):
        self.run_program(
            """\
            import trackexec
            trackexec.record("__main__", "trace")
            trackexec.stop()
            """
        )
        info = recordings.read_info(self.trace)
        self.assertEqual(info.get("thread_coverage", "all"), "all")


class SignalTest(ProcessTest):
    def test_all_handlers_are_recorded(self):
        n_signals = choose(10000, 600)
        out = self.run_program(
            f"""\
            import faulthandler, signal, trackexec
            faulthandler.enable()
            calls, raised = [], 0
            class Alarm(Exception): pass
            def handle(number, frame):
                calls.append(number)
                if len(calls) % 3 == 0:
                    raise Alarm
            signal.signal(signal.SIGALRM, handle)
            signal.siginterrupt(signal.SIGALRM, False)
            trackexec.record("__main__", "trace")
            def work():
                return sum(range(3000))
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            while len(calls) < {n_signals}:
                try:
                    while True:
                        work()
                except Alarm:
                    raised += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            stats = trackexec.stats()
            trackexec.stop()
            print(len(calls), stats["resyncs"], stats["events_lost"])
            """
        )
        count, resyncs, lost = map(int, out.split())
        # A handler that another one interrupts on its first line, by raising, is seen but not counted.
        missed = max(0, count - sum(self.count(6).values()))
        self.tell("T9", f"{count} signals at 1 kHz, {missed} handlers missed (limit 0), {resyncs} repairs")
        self.assertEqual((missed, resyncs, lost), (0, 0, 0))


class RecursionTest(ProcessTest):
    def test_the_limit_is_where_it_is_without_us(self):
        n_times = choose(1000, 50)
        program = f"""\
            import sys, trackexec
            if len(sys.argv) > 1: trackexec.record("__main__", "trace")
            else: pass
            def descend(n):
                global depth
                depth = n
                descend(n + 1)
            seen = set()
            for turn in range({n_times}):
                try: descend(1)
                except RecursionError: seen.add(depth)
            sys.setrecursionlimit(6000)
            try: descend(1)
            except RecursionError: seen.add(depth)
            x = "still there"
            if len(sys.argv) > 1: trackexec.stop()
            print(sorted(seen))
            """
        plain, recorded = self.run_program(program), self.run_program(program, "yes")
        self.tell("T13", f"{n_times} times at the limit: depths {recorded.strip()}, without us {plain.strip()}")
        self.assertEqual(recorded, plain)
        self.assertEqual(len(self.hits(16)), 1)
        self.assertGreater(max(step.depth for step in recordings.read_steps(self.trace)), 5900)

    @unittest.skipIf(sys.version_info < (3, 12), "a call in Python uses the C stack before 3.12 (3.11)")
    def test_a_million_frames(self):
        depth = choose(1000000, 200000)
        out = self.run_program(
            f"""\
            import sys, time, trackexec
            sys.setrecursionlimit({depth} + 100)
            def descend(n):
                if n:
                    descend(n - 1)
            trackexec.record("__main__", "trace")
            descend({depth})
            for turn in range(600):  # a busy machine may need longer than stop() waits
                stats = trackexec.stats()
                if stats["blocks_written"] >= stats["blocks"]: break
                time.sleep(0.1)
            trackexec.stop()
            print(stats["event_bytes"], stats["events_lost"])
            """
        )
        event_bytes, lost = map(int, out.split())
        steps = sum(self.count(4).values())
        self.tell("T13", f"depth {depth}: {steps} of {depth + 1} entries, {event_bytes / depth:.1f} bytes a call (limit 12)")
        self.assertEqual((steps + lost > depth, event_bytes < 12 * depth), (True, True))


class ExceptionTest(ProcessTest):
    PROGRAM = """\
        import json, trackexec
        class Odd(Exception):
            def __str__(self): print("never called")
            __repr__ = __str__
        def inner(n):
            raise ValueError("bad \\u20ac", n, Odd())
        def outer(n):
            try:
                inner(n)
            finally:
                x = 1
        def again(error):
            raise error
        def gen():
            try: yield 1
            except KeyError: yield 2
        class Iterator:
            def __iter__(self): return self
            def __next__(self): raise StopIteration
        trackexec.record("__main__", "trace")
        try: outer(3)
        except ValueError as error: kept = error
        try: again(kept)
        except ValueError: pass
        try: json.loads("{")
        except Exception: pass
        try: open("/nonexistent/x")
        except OSError: pass
        try: raise Odd
        except Odd: pass
        g = gen(); next(g); g.throw(KeyError("k"))
        for nothing in Iterator(): pass
        for i in range(2):
            try: int("x%d" % i)
            except ValueError: pass
        for word in json.scanner.NUMBER_RE.finditer("1 2"): pass
        hasattr(kept, "nothing")
        trackexec.stop()
        """

    def test_type_and_message_once_a_raise(self):
        self.run_program(self.PROGRAM)
        raised = [(e.line, e.detail) for e in self.get_events("raise")]
        expected = [
            (6, "ValueError: ('bad \u20ac', 3, <__main__.Odd>)"),
            (13, "ValueError: ('bad \u20ac', 3, <__main__.Odd>)"),
            (25, "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes:"
                 " line 1 column 2 (char 1)"),
            (27, "FileNotFoundError: [Errno 2] No such file or directory: '/nonexistent/x'"),
            (29, "__main__.Odd"),
            (15, "KeyError: 'k'"),
            (19, "StopIteration"),
            (34, "ValueError: invalid literal for int() with base 10: 'x0'"),
            (34, "ValueError: invalid literal for int() with base 10: 'x1'"),
        ]
        self.assertEqual(raised, expected)
        names = [e.detail for e in self.get_events("define-type")]
        self.assertEqual(len(names), len(set(names)))

    def test_once_though_generators_are_closed_on_the_way(self):
        self.run_program(
            """\
            import trackexec
            class Dying:
                def __del__(self):
                    try: raise KeyError("dying")
                    except KeyError: pass
            def generate():
                try:
                    yield Dying()
                    yield 2
                finally: x = 1
            def inner(): raise ValueError("once")
            def outer():
                for value in generate():
                    for other in generate(): inner()
            def main():
                for turn in range(2):
                    try: outer()
                    except ValueError: pass
            trackexec.record("__main__", "trace")
            main()
            trackexec.stop()
            """
        )
        raised = [e for e in self.get_events("raise") if e.detail.startswith("ValueError")]
        self.assertEqual([(e.line, e.function) for e in raised], [(11, "inner")] * 2)

    @unittest.skipUnless(sys.version_info >= (3, 13), "events of other things than code: since 3.13")
    def test_events_of_what_is_no_code(self):
        self.run_program(
            """\
            import _testcapi, trackexec
            trackexec.record("__main__", "trace")
            START, RESUME, RAISE, UNWIND, THROW = 0, 1, 10, 12, 13
            def fire(like, n):
                _testcapi.monitoring_enter_scope(like, START, RESUME)
                _testcapi.fire_event_py_start(like, 0)
                _testcapi.fire_event_py_resume(like, 1)
                _testcapi.monitoring_exit_scope()
                _testcapi.monitoring_enter_scope(like, THROW, RAISE)
                _testcapi.fire_event_py_throw(like, 0, KeyError(n))
                _testcapi.fire_event_raise(like, 1, KeyError(n))
                _testcapi.monitoring_exit_scope()
                _testcapi.monitoring_enter_scope(like, UNWIND)
                _testcapi.fire_event_py_unwind(like, 0, KeyError(n))
                _testcapi.monitoring_exit_scope()
            kept = []
            for n in range(300):
                like = _testcapi.CodeLike(2)
                kept += [like, b"A" * (64 + n)]
                fire(like, n)
            trackexec.stop()
            """
        )
        self.assertEqual([e.kind for e in self.get_events("raise") + self.get_events("unwind")], [])

    def test_no_method_of_the_program_is_called(self):
        out = self.run_program(
            """\
            import sys, trackexec
            class Key(str):
                __hash__ = str.__hash__
                def __eq__(self, other):
                    if is_armed: raise KeyError("asked")
                    return str.__eq__(self, other)
            is_armed = False
            kinds = [type("Error%d" % n, (Exception,), {Key("__module__"): "m"}) for n in range(4)]
            trackexec.record("__main__", "trace")
            is_armed = True
            def f(kind):
                try: raise kind("x")
                except BaseException as error: print(type(error).__name__)
            for kind in kinds: f(kind)
            trackexec.stop()
            """
        )
        self.assertEqual(out.split(), ["Error%d" % n for n in range(4)])
        self.assertNotIn("__eq__", [e.function for e in self.get_events("call")])

    def test_many_types_and_long_messages(self):
        self.run_program(
            """\
            import trackexec
            trackexec.record("__main__", "trace")
            for n in range(3000):
                kind = type("E%d" % (n % 1500), (Exception,), {})
                try: raise kind("\\u20ac" * n)
                except Exception: pass
            trackexec.stop()
            """
        )
        events = self.get_events("raise")
        self.assertEqual([e.detail.partition(":")[0] for e in events], ["__main__.E%d" % (n % 1500) for n in range(3000)])
        self.assertLessEqual(max(len(e.detail.partition(": ")[2].encode()) for e in events), 256)
        self.assertEqual(len(self.get_events("define-type")), 1500)


class ObjectTest(ProcessTest):
    def test_events_make_no_objects(self):
        n_lines = choose(1000000, 100000)
        out = self.run_program(
            f"""\
            import sys, trackexec
            def work(n):
                for i in range(n):
                    x = 1
                    y = 2
            def measure(n):
                before = sys.getallocatedblocks()
                work(n)
                return sys.getallocatedblocks() - before
            trackexec.record("__main__", "trace")
            measure(1000)
            few, many = measure(10), measure({n_lines // 3})
            trackexec.stop()
            print(many - few)
            """
        )
        self.tell("T5", f"{n_lines} lines, {int(out)} objects made by their events (limit 0)")
        self.assertLessEqual(abs(int(out)), 1)  # the number of turns is one itself


class SuspendedTest(ProcessTest):
    def test_tasks_and_cancels_need_no_repair(self):
        n_tasks = choose(10000, 1000)
        out = self.run_program(
            f"""\
            import asyncio, gc, threading, trackexec
            async def leaf(n):
                await asyncio.sleep(n % 7 / 1000)
                return n
            async def agen(n):
                try:
                    for i in range(n % 5):
                        yield await leaf(i)
                finally:
                    x = "closed"
            async def task(n):
                async for i in agen(n):
                    if i == 3: break
                return await leaf(n)
            async def main():
                tasks = [asyncio.ensure_future(task(n)) for n in range({n_tasks})]
                await asyncio.sleep(0.002)
                for t in tasks[::3]: t.cancel()
                done = await asyncio.gather(*tasks, return_exceptions=True)
                return sum(isinstance(d, asyncio.CancelledError) for d in done)
            def gen():
                try:
                    while True: yield 1
                finally:
                    y = "collected"
            trackexec.record("__main__", "trace")
            cancelled = asyncio.run(main())
            gens = [gen() for n in range(100)]
            for g in gens: next(g)
            def collect():
                gens.clear()
                gc.collect()
            thread = threading.Thread(target=collect)
            thread.start(); thread.join()
            g = None
            stats = trackexec.stats()
            trackexec.stop()
            print(cancelled, stats["resyncs"], stats["events_lost"])
            """
        )
        cancelled, resyncs, lost = map(int, out.split())
        self.tell("T12", f"{n_tasks} tasks, {cancelled} cancelled, {resyncs} repairs (limit 0; 3.9: any)")
        self.assertEqual(lost, 0)
        self.assertGreater(cancelled, n_tasks // 10)
        if sys.version_info >= (3, 10):  # 3.9 unlinks frames that an exception is thrown through
            self.assertEqual(resyncs, 0)
        self.assert_activations()
        self.assertEqual(len(self.hits(25)), 100)

    def assert_activations(self):
        """A frame keeps its activation from its first yield to its end, and goes on where it was."""
        suspended = {}
        for event in self.get_events("yield", "resume"):
            number = event.detail.split()[1]
            if event.kind == "yield":
                self.assertNotIn(number, suspended)
                suspended[number] = (event.function, event.line)
            else:
                self.assertEqual(suspended.pop(number, None), (event.function, event.line))

    @unittest.skipUnless(os.path.isdir("/usr/lib/python3/dist-packages/greenlet"), "no python3-greenlet")
    @unittest.skipUnless(sys.executable == "/usr/bin/python3", "greenlet is Debian's own Python's")
    def test_greenlets_are_never_wrong(self):
        n_turns = choose(20000, 500)
        self.run_program(
            f"""\
            import greenlet, gevent, trackexec
            def deep(n, other):
                if n:
                    return deep(n - 1, other)
                for i in range({n_turns}):
                    other[0].switch()
            def shallow(other):
                for i in range({n_turns}):
                    other[0].switch()
            trackexec.record("__main__", "trace")
            one, two = [None], [None]
            one[0] = greenlet.greenlet(lambda: deep(5, two))
            two[0] = greenlet.greenlet(lambda: shallow(one))
            one[0].switch()
            def job(n):
                for i in range(20):
                    gevent.sleep(0)
                    x = i
            gevent.joinall([gevent.spawn(job, n) for n in range(50)])
            trackexec.stop()
            """,
            stderr=None,
        )
        depths = collections.defaultdict(set)
        for step in recordings.read_steps(self.trace):
            if step.function in ("deep", "shallow", "job"):
                depths[step.function, step.line].add(step.depth)
        wrong = [(where, found) for where, found in depths.items() if where[1] in (6, 9, 18) and len(found) != 1]
        self.tell("T12", f"greenlets: {n_turns} switches each way, {len(wrong)} lines with a wrong depth (limit 0)")
        self.assertEqual(wrong, [])
        self.assertEqual(len(self.hits(6)) + len(self.hits(9)), 2 * n_turns)
        self.assertEqual(len(self.hits(18)), 1000)


if __name__ == "__main__":
    unittest.main()
