# SPDX-License-Identifier: BSD-3-Clause
"""Nothing grows: references, memory, files; and code objects that come and go are told apart."""

import json
import os
import statistics
import sys
import time
import unittest

import recordings

FULL = bool(os.environ.get("TRACKEXEC_FULL"))

# Says after each round what it has added. The interpreter's own tables grow and shrink by leaps, now
# and then; what is lost in each cycle shows in every round, and so in the median over them.
CYCLES = """\
    import ctypes, gc, json, mmap, os, shutil, sys, threading, trackexec
    rounds, cycles, leak = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    shared = ["alive"]
    kept = []
    def f(n):
        return [x for x in range(n)]
    def gen():
        yield 1
        yield 2
    def map_page():
        # Each other one can't be written: neighbours that are alike would be one mapping.
        return mmap.mmap(-1, 4096, prot=mmap.PROT_READ | (mmap.PROT_WRITE if len(kept) % 2 else 0))
    def cycle():
        trackexec.record("__main__", "trace")
        f(3)
        suspended = gen()
        next(suspended)
        thread = threading.Thread(target=f, args=(2,))
        thread.start(); thread.join()
        trackexec.mark("x")
        try:
            [][1]
        except IndexError:
            pass
        with trackexec.precise_timestamping():
            f(2)
        trackexec.stats()
        trackexec.stop()
        list(suspended)
        shutil.rmtree("trace")
        if leak:
            kept.append((shared, os.open("/dev/null", os.O_RDONLY), map_page(), b"x" * 5000))
    def count_references():
        if hasattr(sys, "gettotalrefcount"):  # a debug build counts them all
            return sys.gettotalrefcount()
        # References to what the collector knows, and to what that refers to: code, strings and the like.
        objects = gc.get_objects()
        known = {id(thing): thing for thing in objects}
        for thing in objects:
            for other in gc.get_referents(thing):
                known.setdefault(id(other), other)
        del objects
        return sum(map(sys.getrefcount, known.values()))
    def measure():
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)  # what the last measurement freed isn't in use
        blocks = sys.getallocatedblocks()
        with open("/proc/self/smaps") as smaps:
            lines = smaps.read().splitlines()
        maps = sum(line.startswith("Size:") for line in lines)
        # Counted page by page: /proc/self/statm lags behind, by hundreds of KiB, and tells of files too.
        own = sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))
        return {"blocks": blocks, "references": count_references(), "memory": own, "maps": maps,
                "files": len(os.listdir("/proc/self/fd"))}
    before = None
    for turn in range(rounds + 2):  # the first two: until the interpreter's own tables have grown
        for _ in range(cycles):
            cycle()
        after = measure()
        if turn > 1:
            print(json.dumps({what: after[what] - before[what] for what in after}))
        before = after
    """


class MemoryTest(recordings.RecorderTest):
    def measure_cycles(self, rounds, cycles, leak=""):
        """Return what each round of so many recordings has added, as a list of dicts."""
        said = self.run_program(CYCLES, str(rounds), str(cycles), leak)
        return [json.loads(line) for line in said.splitlines()]

    def get_typical(self, changes, what):
        return statistics.median(change[what] for change in changes)

    def test_start_and_stop_many_times(self):
        rounds, cycles = (10, 1000) if FULL else (5, 120)
        began = time.monotonic()
        changes = self.measure_cycles(rounds, cycles)
        typical = {what: self.get_typical(changes, what) for what in changes[0]}
        print(
            f"T25: {rounds} x {cycles} cycles of start and stop under {sys.version.split()[0]}, leaked in one round: "
            f"{typical['blocks']} blocks, {typical['references']} references (limit {cycles // 10}), "
            f"{typical['files']} files, {typical['maps']} maps (limit 0), {typical['memory']} KiB (limit 255), "
            f"{time.monotonic() - began:.0f} s"
        )
        self.assertLess(typical["blocks"], cycles // 10)
        self.assertLess(typical["references"], cycles // 10)
        self.assertLessEqual(typical["files"], 0)
        self.assertLessEqual(typical["maps"], 0)
        self.assertLess(typical["memory"], 256)

    def test_a_leak_would_be_found(self):
        # In each cycle a reference to an object that lives anyway, a descriptor, a mapping and some memory.
        changes = self.measure_cycles(3, 60, "leak")
        for what in changes[0]:
            self.assertGreaterEqual(self.get_typical(changes, what), 55, what)

    def test_code_objects_that_come_and_go(self):
        # Ids and addresses are used again and again: each line must be charged to its own function.
        self.run_program(
            """\
            import trackexec
            def measure():
                # Not the ring, which grows while a busy machine keeps the native thread waiting.
                with open("/proc/self/status") as status:
                    return int(dict(line.split(":", 1) for line in status)["RssAnon"].split()[0])
            def make(n):
                namespace = {"__name__": "app"}
                exec(compile("\\n" * (n % 50) + f"def f{n % 7}():\\n  return 1", f"file{n % 5}.py", "exec"), namespace)
                namespace[f"f{n % 7}"]()
            trackexec.record("app", "trace")
            for n in range(2000): make(n)
            before = measure()
            for n in range(2000, 10000): make(n)
            after = measure()
            assert after - before < 5120, (before, after)
            trackexec.stop()
            """
        )
        steps = [s for s in recordings.read_steps(self.trace) if s.function != "<module>"]
        self.assertEqual(
            [(s.file, s.line, s.function) for s in steps],
            [(f"file{n % 5}.py", n % 50 + 2, f"f{n % 7}") for n in range(10000)],
        )

    def test_no_python_objects_are_made_by_events(self):
        self.run_program(
            """\
            import sys, trackexec
            def f(n):
                x = n
                return x
            def work(n):
                for i in range(n):
                    f(i)
            trackexec.record("__main__", "trace")
            work(1000)
            before = sys.getallocatedblocks()
            work(100000)
            after = sys.getallocatedblocks()
            trackexec.stop()
            assert abs(after - before) < 10, (before, after)
            """
        )

    def test_the_recursion_limit_is_the_same(self):
        program = """\
            import sys, trackexec
            def fall(n):
                global depth
                depth = n
                fall(n + 1)
            def measure():
                try:
                    fall(0)
                except RecursionError:
                    return depth
            plain = measure()
            trackexec.record("__main__", "trace")
            for turn in range(20):
                assert measure() == plain, (plain, depth)
            trackexec.stop()
            """
        self.run_program(program)
        self.assertEqual(len(self.hits(6)) // 20 * 20, len(self.hits(6)))

    def test_recursion_deeper_than_the_c_stack(self):
        # Since 3.11 calls between Python functions use no C stack, and must not for our sake.
        if sys.version_info < (3, 11):
            self.skipTest("calls use the C stack")
        self.run_program(
            """\
            import sys, trackexec, functools
            sys.setrecursionlimit(10**6)
            def fall(n):
                return 0 if n == 0 else 1 + fall(n - 1)
            def other(n):
                return sorted([2, 1], key=lambda x: x + n)
            trackexec.record("__main__", "trace")
            assert fall(60000) == 60000
            assert other(0) == [1, 2]
            assert fall(10) == 10
            assert trackexec.stats()["events_lost"] == 0
            trackexec.stop()
            """
        )
        self.assertEqual(len(self.hits(4)), 60001 + 11)
        self.assertEqual(len(self.hits(6)), 3)


if __name__ == "__main__":
    unittest.main()
