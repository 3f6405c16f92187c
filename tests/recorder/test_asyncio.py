# SPDX-License-Identifier: BSD-3-Clause
"""Event loops that are watched: idle is told from work, exactly, by steps and by trackexec-analyse."""

import json
import os
import shutil
import sys
import unittest

import recordings

IDLE = ("<idle>", 1, "<idle>")

# A server that works 20 ms a request, a client that asks 5 times with 60 ms of peace between.
SERVER = """\
import asyncio, time, trackexec, trackexec.asyncio
def work():
    end = time.perf_counter() + 0.02
    while time.perf_counter() < end:
        pass
async def serve(reader, writer):
    served.append(asyncio.current_task())
    while True:
        line = await reader.readline()
        if not line:
            break
        work()
        writer.write(line)
        await writer.drain()
    writer.close()
async def main():
    assert trackexec.asyncio.watch_idle() and trackexec.watch_idle(asyncio.get_running_loop())
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    for i in range(5):
        await asyncio.sleep(0.06)
        writer.write(b"hello\\n")
        assert await reader.readline() == b"hello\\n"
    writer.close()
    server.close()
    # A task that is cancelled with the loop would be told of on stderr.
    await asyncio.gather(*served)
served = []
trackexec.record("__main__", "trace")
began = time.perf_counter_ns()
asyncio.run(main())
took = time.perf_counter_ns() - began
resyncs = trackexec.stats()["resyncs"]
trackexec.stop()
print(took, resyncs)
"""


def analyse(trace):
    tool = os.path.join(os.path.dirname(os.environ["TRACKEXEC_DUMP"]), "trackexec-analyse")
    return recordings.spawn([tool, "--json", "-n", "0", trace], trace)


class IdleTest(recordings.RecorderTest):
    def test_an_asyncio_server(self):
        took_ns, resyncs = map(int, self.run_program(SERVER).split())
        done = analyse(self.trace)
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        found = {(os.path.basename(h["file"]), h["line"], h["function"]): h for h in report["hotspots"]}
        idle = found[IDLE]
        print(f"idle {idle['self_ns'] / 1e6:.1f} ms of {took_ns / 1e6:.1f} ms, in {idle['count']} waits")
        self.assertEqual(report["idle_ns"], idle["self_ns"])
        # The loop works 100 ms, and waits at least 5 times 60 ms; on a busy machine longer.
        self.assertGreaterEqual(idle["count"], 5)
        self.assertGreaterEqual(idle["self_ns"], 290e6)
        self.assertLess(idle["self_ns"], took_ns - 95e6)
        # What the line that runs the loop, and those of the server, took themselves is no waiting.
        working = sum(h["self_ns"] for place, h in found.items() if place != IDLE)
        self.assertLess(working, took_ns - idle["self_ns"] + 50e6)
        self.assertEqual(resyncs, 0)

    def test_the_edges_are_exact(self):
        program = """\
            import selectors, socket, threading, time, trackexec
            trackexec.record("__main__", "trace")
            selector = selectors.DefaultSelector()
            assert trackexec.watch_idle(selector)
            ours, theirs = socket.socketpair()
            selector.register(ours, selectors.EVENT_READ)
            for turn in range(5):
                begin = time.monotonic_ns()
                selector.select(0.03)
                print(begin, time.monotonic_ns())
            trackexec.stop()
            for thing in (selector, ours, theirs): thing.close()
            """
        waits = [tuple(map(int, line.split())) for line in self.run_program(program).splitlines()]
        rows = recordings.dump(self.trace, "--events")
        info = recordings.read_info(self.trace)
        difference = int(info["real_ns"]) - int(info["mono_ns"])
        begins = [int(row[0]) - difference for row in rows if row[4] == "call" and row[7] == "<idle>"]
        ends = []
        inside = False
        for row in rows:
            if row[4] == "call" and row[7] == "<idle>":
                inside = True
            elif inside and row[4] == "return":
                ends.append(int(row[0]) - difference)
                inside = False
        self.assertEqual(len(begins), 5)
        for (begin, end), noted_begin, noted_end in zip(waits, begins, ends):
            # Between the program's own readings, which lie just outside: exact but for 10 us of clocks.
            self.assertLessEqual(begin - 10_000, noted_begin)
            self.assertLessEqual(noted_end, end + 10_000)
            self.assertGreaterEqual(noted_end - noted_begin, 29_000_000)

    def test_a_selector_loop(self):
        program = """\
            import selectors, socket, trackexec
            trackexec.record("__main__", "trace")
            ours, theirs = socket.socketpair()
            for kind in (selectors.DefaultSelector, selectors.SelectSelector, selectors.PollSelector):
                with kind() as selector:
                    assert trackexec.watch_idle(selector)
                    assert trackexec.watch_idle(selector)
                    selector.register(ours, selectors.EVENT_READ)
                    theirs.send(b"x")
                    (key, events), = selector.select()
                    assert key.fileobj is ours and events == selectors.EVENT_READ
                    ours.recv(1)
                    assert selector.select(timeout=0) == [] == selector.select(0) == selector.select(-1)
                    assert selector.select(timeout=0.001) == []
            trackexec.stop()
            assert selector.select.__wrapped__.__name__ == "select"
            ours.close(); theirs.close()
            """
        self.run_program(program)
        steps = recordings.read_steps(self.trace)
        idle = [step for step in steps if step.function == "<idle>"]
        self.assertEqual(idle, [(1, 2, "<idle>", 1, "<idle>")] * 6)
        # A line ends where the wait does: the frame below goes on.
        self.assertTrue(all(step.depth == 1 for step in steps if step.function == "<module>"))

    def test_what_is_raised_and_what_interrupts(self):
        program = """\
            import selectors, signal, threading, trackexec
            trackexec.record("__main__", "trace")
            class Enough(Exception): pass
            def handle(number, frame):
                handled.append(number)
                if len(handled) == 2:
                    raise Enough
            handled = []
            signal.signal(signal.SIGALRM, handle)
            selector = selectors.DefaultSelector()
            trackexec.watch_idle(selector)
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            selector.select(0.2)
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            try:
                selector.select(5)
            except Enough:
                caught = True
            try:
                selector.select("nonsense")
            except TypeError:
                caught = True
            last = 1
            stats = trackexec.stats()
            trackexec.stop()
            selector.close()
            assert caught and len(handled) == 2
            assert stats["resyncs"] == 0, stats
            """
        self.run_program(program)
        steps = recordings.read_steps(self.trace)
        # The handler is beside the wait, not inside it.
        self.assertEqual({step.depth for step in steps if step.function == "handle"}, {2})
        self.assertEqual([s.line for s in steps][-2:], [24, 25])
        self.assertEqual({s.depth for s in steps if s.function == "<module>"}, {1})

    def test_threads_with_loops_of_their_own(self):
        program = """\
            import asyncio, threading, trackexec
            trackexec.watch_idle()
            async def tick(n):
                for i in range(n):
                    await asyncio.sleep(0.002)
            trackexec.record("__main__", "trace")
            threads = [threading.Thread(target=asyncio.run, args=(tick(20),)) for _ in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            assert trackexec.stats()["resyncs"] == 0
            trackexec.stop()
            """
        self.run_program(program)
        steps = recordings.read_steps(self.trace)
        for thread in range(2, 6):
            idle = [s for s in steps if s.function == "<idle>" and s.thread == thread]
            self.assertGreaterEqual(len(idle), 10)

    def test_without_a_recording(self):
        program = """\
            import asyncio, gc, selectors, sys, trackexec, trackexec.asyncio
            assert trackexec.asyncio.watch_idle() is False  # no loop runs
            assert trackexec.watch_idle(object()) is False
            async def main():
                assert trackexec.asyncio.watch_idle()
                await asyncio.sleep(0.001)
            asyncio.run(main())
            class Slots:
                __slots__ = ()
                def select(self, timeout): return timeout
            assert trackexec.watch_idle(Slots()) is False
            class Inner:
                def select(self, timeout): return timeout
            class Loop:
                _selector = Inner()
            class Outer:
                asyncio_loop = Loop()
            assert trackexec.watch_idle(Outer())
            assert Loop._selector.select(3) == 3
            # What can't be watched is left alone, whatever it raises.
            class Proxy:
                def __getattr__(self, name):
                    raise RuntimeError("nothing is bound")
            assert trackexec.watch_idle(Proxy()) is False
            assert trackexec.watch_idle(selectors.SelectSelector) is False
            # A watched method is known by the same names.
            selector = selectors.SelectSelector()
            def look():
                select = selector.select
                assert select.__self__ is selector
                return [getattr(select, f"__{name}__") for name in ("name", "qualname", "module", "doc", "func")]
            before = look()
            assert trackexec.watch_idle(selector) and look() == before
            assert selector.select(0) == []
            selector.close()
            # Watched selectors are freed.
            before = len(gc.get_objects())
            for i in range(100):
                selector = selectors.SelectSelector()
                trackexec.watch_idle(selector)
                selector.close()
            del selector
            gc.collect()
            assert len(gc.get_objects()) - before < 20
            """
        self.run_program(program)

    def test_the_environment_asks_however_recording_begins(self):
        os.mkdir(os.path.join(self.directory, "base"))
        waiting = "import asyncio, trackexec\n{}\nasyncio.run(asyncio.sleep(0.002))\n"
        self.write("program.py", waiting.format(""))
        self.write("enabled.py", waiting.format('trackexec.enable("base", package="__main__")'))
        for command in (["-m", "trackexec", "run", "-o", "base", "program.py"], ["enabled.py"]):
            for value in ("1", "0", ""):
                done = recordings.spawn([sys.executable, *command], self.directory, TRACKEXEC_IDLE=value)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                base = os.path.join(self.directory, "base")
                steps = recordings.read_steps(base)
                self.assertEqual("<idle>" in [step.function for step in steps], value == "1", command)
                shutil.rmtree(base)
                os.mkdir(base)

    def test_it_may_begin_and_end_while_a_loop_waits(self):
        program = """\
            import asyncio, threading, trackexec
            trackexec.watch_idle()
            async def main():
                for i in range(30):
                    await asyncio.sleep(0.002)
            thread = threading.Thread(target=asyncio.run, args=(main(),))
            thread.start()
            for turn in range(10):
                trackexec.record("__main__", f"trace{turn}")
                thread.join(0.003)
                trackexec.stop()
            thread.join()
            """
        self.run_program(program)
        for turn in range(10):
            recordings.read_events(os.path.join(self.directory, f"trace{turn}"))

    def test_forks_from_a_watched_loop(self):
        program = """\
            import os, selectors, trackexec
            selector = selectors.SelectSelector()
            trackexec.watch_idle(selector)
            trackexec.record("__main__", "trace", children="trace")
            selector.select(0.002)
            pid = os.fork()
            if pid == 0:
                selector.select(0.003)
                os._exit(0)
            selector.select(0.004)
            assert os.waitpid(pid, 0)[1] == 0
            trackexec.stop()
            """
        self.run_program(program)
        (child,) = [name for name in os.listdir(self.directory) if name.startswith("trace.")]
        for name, n_waits in (("trace", 2), (child, 1)):
            functions = [s.function for s in recordings.read_steps(os.path.join(self.directory, name))]
            self.assertEqual(functions.count("<idle>"), n_waits, name)


if __name__ == "__main__":
    unittest.main()
