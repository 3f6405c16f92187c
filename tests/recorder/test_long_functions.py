# SPDX-License-Identifier: BSD-3-Clause
"""Long functions: they give the same steps as short ones, and do not turn a program to stone."""

import shutil
import sys
import unittest

import recordings

BODY = """\
    for i in range(2):
        if i:
            x = [
                i,
                i + 1,
            ]
        else:
            x = f(
                i,
            )
    try:
        with context() as c:
            y = sum(n for n in x) if x else 0
            while y > 3: y -= 1
            raise_it()
    except ValueError as error:
        z = {k: v for k, v in
             enumerate(x)}
    finally:
        y = 0
    assert y == 0, (
        "text")
    for i, x in enumerate((1,)): pass
    def inner(a,
              b=1): return a
    inner(
        1)
"""

HEAD = """\
import contextlib
def f(x):
    return [x]
@contextlib.contextmanager
def context():
    yield 1
def raise_it():
    raise ValueError
"""


def make_function(kind, n_bodies, n_before):
    """Return the source of a function whose first lines are n_before simple ones."""
    lines = ["    q = 1"] * n_before
    lines += BODY.rstrip("\n").split("\n") * n_bodies
    if kind == "generator":
        lines += ["    yield 1", "    got = yield from (1, 2)", "    yield 3", "    return 4"]
    if kind == "coroutine":
        lines += ["    await nothing()", "    async for x in agen():", "        x = 1", "    q = 2"]
    start = "async def" if kind == "coroutine" else "def"
    return "\n".join([f"{start} long():", *lines, ""])


PROGRAM = """\
{head}
async def nothing():
    return 1
async def agen():
    yield 1
    yield 2
{function}
import asyncio, trackexec
trackexec.record("__main__", "trace")
if {kind!r} == "plain":
    long()
    long()
elif {kind!r} == "generator":
    list(long())
    g = long()
    next(g)
    try:
        g.throw(KeyError)
    except KeyError:
        pass
    g = long()
    next(g); next(g)
    g.close()
else:
    asyncio.run(long())
stats = trackexec.stats()
trackexec.stop()
assert stats["resyncs"] == 0, stats
print(stats.get("long_functions"), stats["instruction_functions"])
"""


class LongFunctionTest(recordings.RecorderTest):
    def record(self, kind, n_before):
        function = make_function(kind, 1, n_before)
        said = self.run_program(PROGRAM.format(head=HEAD, function=function, kind=kind))
        steps = recordings.read_steps(self.trace)
        shutil.rmtree(self.trace)
        return steps, said.split()

    def test_the_same_steps_as_a_short_function(self):
        for kind in ("plain", "generator", "coroutine"):
            with self.subTest(kind=kind):
                short, _ = self.record(kind, 1)
                extra = 400
                long, said = self.record(kind, 1 + extra)
                first = HEAD.count("\n") + 6
                shifted = [
                    step._replace(line=step.line + extra if step.line > first + 1 else step.line)
                    for step in short
                ]
                # The simple lines in front: present in the long one, once a call.
                simple = range(first + 2, first + 3 + extra)
                long = [s for s in long if not (s.function == "long" and s.line in simple)]
                short = [
                    s
                    for s, old in zip(shifted, short)
                    if not (old.function == "long" and old.line == first + 2)
                ]
                self.assertEqual(self.strip(long), self.strip(short))
                if said[0] == "instruction":
                    self.assertIn(said[1], ("1", "2"))  # the module may be long, too

    @staticmethod
    def strip(steps):
        """Without the lines of the module, whose numbers behind the function differ."""
        return [(s.depth, s.line, s.function) for s in steps if s.function != "<module>"]

    @unittest.skipIf(sys.version_info < (3, 10), "3.9 looks the line up before it calls anybody")
    def test_cost_of_a_line(self):
        program = """\
            import sys, time, trackexec
            def make(n):
                namespace = {"__name__": "app"}
                exec("def f():\\n" + " x = 1\\n" * n, namespace)
                return namespace["f"]
            def cost(n, turns):
                f = make(n)
                best = 1e9
                for turn in range(3):
                    begin = time.perf_counter()
                    for i in range(turns): f()
                    best = min(best, time.perf_counter() - begin)
                return best / turns / n
            trackexec.record("app", "trace")
            short, long = cost(100, 60), cost(3000, 2)
            trackexec.stop()
            print(f"{short * 1e9:.0f} {long * 1e9:.0f}")
            """
        short, long = map(int, self.run_program(program).split())
        print(f"{short} ns a line of 100 lines, {long} ns of 3,000", end=" ")
        self.assertLess(long, 20 * short)


if __name__ == "__main__":
    unittest.main()
