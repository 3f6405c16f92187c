#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""trackexec-analyse beyond the table: threads, annotated files, moments, waiting."""

import csv
import fcntl
import io
import json
import os
import pathlib
import pty
import struct
import sys
import termios
import unittest

from cli_case import CliCase, run

ANALYSE, MAKE_TRACE, DATA = sys.argv[1:4]
del sys.argv[1:4]

START_NS = 1_700_000_000_000_000_000

A = "def f(x):\n    first(x)\n    for y in g(x):\n\tdone(y)\n    # a comment\n    never()\n"
B = "def g(x):\n    return compute(x)\n"

PROGRAM = """
main: code f@{src}/a.py:1 2 3 4 6; precise; call f@{src}/a.py:1; line 2; +5us; line 3; +10us;
call g@{src}/b.py:1; line 2; +20us; two: precise; call w@/x.py:1; line 2; +4us;
main: return; +1us; line 4; +2us; line 3; two: line 3; line 2; return
"""


class AnalyseCase(CliCase):
    make_trace = MAKE_TRACE

    def make_program(self):
        source = self.root / "src"
        source.mkdir()
        (source / "a.py").write_text(A)
        (source / "b.py").write_text(B)
        return self.make(PROGRAM.format(src=source))

    def show(self, *arguments, code=0, stderr="", env=None):
        result = run(ANALYSE, *arguments, env=env)
        self.assertEqual((code, stderr), (result.returncode, result.stderr.decode()))
        return result.stdout.decode().replace(str(self.root), "ROOT")

    def fail_with(self, *arguments, message):
        self.assertEqual("", self.show(*arguments, code=1, stderr=f"trackexec-analyse: {message}\n"))


class ThreadTest(AnalyseCase):
    def test_one_thread(self):
        trace = self.make_program()
        for name in ("two", "2"):
            shown = json.loads(self.show("--json", "--thread", name, trace))
            self.assertEqual(2, shown["thread"])
            self.assertEqual(
                [("/x.py", 2, 2), ("/x.py", 3, 1)],
                sorted((item["file"], item["line"], item["count"]) for item in shown["hotspots"]))
        self.assertIn("main, thread 2 two, 2023-11-14", self.show("--thread", "two", trace))
        self.assertNotIn("thread", json.loads(self.show("--json", trace)))

    def test_threads_add_up(self):
        trace = self.make_program()

        def sums(*arguments):
            shown = json.loads(self.show("--json", "-n0", *arguments, trace))
            return {(item["file"], item["line"]): item["self_ns"] for item in shown["hotspots"]}

        both = sums()
        parts = [sums("--thread", "1"), sums("--thread", "2")]
        self.assertEqual(both, {place: sum(part.get(place, 0) for part in parts) for place in both})

    def test_which_thread(self):
        trace = self.make("main: call f@/a.py:1; line 2")
        self.fail_with("--thread", "x\033", trace,
                       message="cannot find thread 'x?': there are 1, give a number from 1 or a name")
        self.fail_with("--thread", "2", trace,
                       message="cannot find thread '2': there are 1, give a number from 1 or a name")


class BoundsTest(AnalyseCase):
    def test_the_truth_is_within(self):
        # nobody looks at the clock between the two stamps, so that the two lines' times are estimates
        trace = self.make("main: stamp; call f@/a.py:1; line 2; +9ms; line 3; +1ms; stamp; line 4")
        for item in json.loads(self.show("--json", trace))["hotspots"]:
            truth = {2: 9_000_000, 3: 1_000_000, 4: 0}[item["line"]]
            for figure in ("self", "cumulated"):
                self.assertLessEqual(abs(item[f"{figure}_ns"] - truth), item[f"{figure}_error_ns"], item)
        header = self.show(trace, env={"COLUMNS": "130"}).splitlines()[3]
        self.assertEqual(["cumulated", "\u00b1", "self"], header.split()[:3])
        self.assertNotIn("\u00b1", self.show(trace, env={"COLUMNS": "119"}))
        self.assertIn("+-", self.show(trace, env={"COLUMNS": "130", "LC_ALL": "C"}))


class WaitingTest(AnalyseCase):
    PROGRAM = "main: call f@/a.py:1; stamp; line 2; +50ms; stamp; line 3; +3ms; wait 40ms; stamp; line 4"

    def test_columns(self):
        trace = self.make(self.PROGRAM)
        lines = self.show(trace, env={"COLUMNS": "100"}).splitlines()
        self.assertEqual(
            ["cumulated", "self", "average", "slowest", "cpu", "waiting", "count", "location", "source"],
            lines[3].split())
        self.assertEqual("50.0 ms 50.0 ms 50.0 ms 50.0 ms 50.0 ms 1 a.py:2", " ".join(lines[4].split()))
        self.assertEqual("43.0 ms 43.0 ms 43.0 ms 43.0 ms 3.00 ms 93% 1 a.py:3", " ".join(lines[5].split()))
        self.assertTrue(all(len(line) <= 100 for line in lines))

    def test_for_programs(self):
        trace = self.make(self.PROGRAM)
        rows = list(csv.DictReader(io.StringIO(self.show("--csv", "--sort-column", "waiting", trace))))
        self.assertEqual(("3", "40000000", "3000000"), tuple(rows[0][key] for key in ("line", "waiting_ns", "cpu_ns")))


class AnnotateTest(AnalyseCase):
    def test_text(self):
        self.assertEqual(
            "main, 2023-11-14 22:13:20.000 to 22:13:20.000+00:00\n"
            "42.0 us, 8 steps on 3 lines of\n"
            "ROOT/src/a.py\n"
            "\n"
            "line    heat      count      self cumulated  source\n"
            "   1 .                                       def f(x):\n"
            "   2     12%          1   5.00 us   5.00 us      first(x)\n"
            "   3     26%          2   11.0 us   35.0 us      for y in g(x):\n"
            "   4      5%          1   2.00 us   2.00 us          done(y)\n"
            "   5 .                                           # a comment\n"
            "   6 -                                           never()\n"
            "\n"
            "- never ran; . no code\n",
            self.show("--annotate", "a.py", self.make_program()),
        )

    def test_states(self):
        trace = self.make_program()
        shown = json.loads(self.show("--json", "--annotate", "a.py", trace))
        self.assertEqual(["no-code", "ran", "ran", "ran", "no-code", "never-ran"],
                         [line["state"] for line in shown["lines"]])
        self.assertEqual(
            {"line": 3, "state": "ran", "count": 2, "cumulated_ns": 35000, "self_ns": 11000, "average_ns": 17500,
             "slowest_ns": 35000, "waiting_ns": 0, "cpu_ns": 11000, "source": "    for y in g(x):"},
            {key: value for key, value in shown["lines"][2].items() if not key.endswith("_error_ns")})
        self.assertEqual("ROOT/src/a.py", shown["file"])
        # the function that has line 1 is not recorded
        shown = json.loads(self.show("--json", "--annotate", "b.py", trace))
        self.assertEqual(["unknown", "ran"], [line["state"] for line in shown["lines"]])

    def test_ranges_and_threads(self):
        trace = self.make_program()
        rows = list(csv.DictReader(io.StringIO(self.show("--csv", "--annotate", "a.py", "--to", "+4us", trace))))
        self.assertEqual(["no-code", "ran", "not-here", "not-here", "no-code", "never-ran"],
                         [row["state"] for row in rows])
        self.assertEqual(["0", "1", "0", "0", "0", "0"], [row["count"] for row in rows])
        self.assertEqual(A.replace("\t", "\\t").splitlines(), [row["source"] for row in rows])
        out = self.show("--annotate", "a.py", "--thread", "two", trace)
        self.assertIn("thread 2 two", out)
        self.assertIn("~ ran, but not here", out)

    def test_figures_are_those_of_the_table(self):
        trace = self.make_program()
        for arguments in ((), ("--thread", "1"), ("--from", "+7us", "--to", "+33us")):
            table = json.loads(self.show("--json", "-n0", "--file", "a.py", *arguments, trace))["hotspots"]
            lines = json.loads(self.show("--json", "--annotate", "a.py", *arguments, trace))["lines"]
            figures = {line["line"]: line for line in lines if line["state"] == "ran"}
            self.assertEqual({item["line"] for item in table}, set(figures))
            for item in table:
                for key in ("count", "self_ns", "cumulated_ns", "slowest_ns", "waiting_ns", "cpu_ns"):
                    self.assertEqual(item[key], figures[item["line"]][key])

    def test_without_the_source(self):
        trace = pathlib.Path(DATA) / "golden-1.0"
        note = "trackexec-analyse: note: the source of 'b.py' was not recorded: figures only\n"
        out = self.show("--annotate", "b.py", trace, stderr=note).splitlines()
        self.assertEqual(["70001", "70002", "70003"], [line.split()[0] for line in out[5:8]])
        self.assertLess(len(out), 12)
        shown = json.loads(self.show("--annotate", "b.py", "--json", trace, stderr=note))
        self.assertEqual([70001, 70002, 70003], [line["line"] for line in shown["lines"]])

    def test_it_fits(self):
        trace = self.make_program()
        for width in (60, 80, 100):
            out = self.show("--annotate", "a.py", trace, env={"COLUMNS": str(width)})
            self.assertTrue(all(len(line) <= max(width, 60) for line in out.splitlines()[4:]), out)
        self.assertTrue(self.show("--annotate", "a.py", trace, env={"LC_ALL": "C"}).isascii())

    def test_lines_that_never_ran_are_dim(self):
        trace = self.make_program()
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        run(ANALYSE, "--annotate", "a.py", trace, stdout=slave, env={"TERM": "xterm", "NO_COLOR": ""})
        os.close(slave)
        out = b""
        try:
            while chunk := os.read(master, 4096):
                out += chunk
        except OSError:
            pass  # the other side is closed
        os.close(master)
        line = next(line for line in out.splitlines() if b"never()" in line)
        self.assertTrue(line.startswith(b"\033[2m"), line)
        line = next(line for line in out.splitlines() if b"for y in" in line)
        self.assertTrue(line.startswith(b"\033[31m"), line)

    def test_hostile_sources(self):
        source = self.root / "h.py"
        source.write_bytes(b"x = '\033[31m'\n\xff\n")
        trace = self.make(f"main: call f@{source}:1; line 1; line 2")
        for arguments in ((), ("--json",), ("--csv",)):
            self.assertNotIn("\033", self.show("--annotate", "h.py", *arguments, trace))

    def test_usage(self):
        trace = self.make_program()
        self.fail_with("--annotate", "z.py", trace, message="cannot find 'z.py': no such file was recorded")
        self.fail_with("--annotate", "a.py", "--at", "0%", trace,
                       message="cannot use --annotate with --at: one at a time")
        self.fail_with("--annotate", "a.py", "--file", "a.py", trace,
                       message="cannot use --annotate with --file: it names a file itself")


class MomentTest(AnalyseCase):
    def test_text(self):
        self.assertEqual(
            "main at 2023-11-14 22:13:20.000037+00:00\n"
            "step 4 of 8, begun 2.00 us before\n"
            "\n"
            "thread 2 two, running: since 2023-11-14 22:13:20.000035+00:00, exact, in execution 1 of 2\n"
            "  x.py:2  w\n"
            "\n"
            "thread 1 main: since 2023-11-14 22:13:20.000015+00:00, exact, in execution 1 of 1\n"
            "  b.py:2  g  return compute(x)\n"
            "  a.py:3  f  for y in g(x):\n",
            self.show("--at", "+37us", self.make_program()),
        )

    def test_for_programs(self):
        trace = self.make_program()
        shown = json.loads(self.show("--json", "--at", "+37us", trace))
        self.assertEqual((3, 8, START_NS + 37000, START_NS + 35000),
                         (shown["position"], shown["steps"], shown["asked_ns"], shown["time_ns"]))
        self.assertEqual([(2, True, 1, 2), (1, False, 1, 1)],
                         [(t["thread"], t["running"], t["execution"], t["executions"]) for t in shown["threads"]])
        self.assertEqual(
            [{"depth": 2, "file": "ROOT/src/b.py", "line": 2, "function": "g", "source": "return compute(x)"},
             {"depth": 1, "file": "ROOT/src/a.py", "line": 3, "function": "f", "source": "for y in g(x):"}],
            shown["threads"][1]["stack"])
        rows = list(csv.DictReader(io.StringIO(self.show("--csv", "--at", "+37us", trace))))
        self.assertEqual([("2", "1"), ("1", "2"), ("1", "1")], [(row["thread"], row["depth"]) for row in rows])
        self.assertEqual(["1", "1", ""], [row["execution"] for row in rows])

    def test_executions_and_other_specs(self):
        trace = self.make_program()
        shown = json.loads(self.show("--json", "--at", "a.py:3#2", trace))
        self.assertEqual((2, 2), (shown["threads"][0]["execution"], shown["threads"][0]["executions"]))
        self.assertEqual(0, json.loads(self.show("--json", "--at", "start", trace))["position"])
        self.assertEqual(1, json.loads(self.show("--json", "--at", "start", trace))["other_threads"])
        self.assertEqual(7, json.loads(self.show("--json", "--at", "end", trace))["position"])
        log = "2023-11-14 22:13:20,000 INFO something went wrong"
        self.assertEqual(0, json.loads(self.show("--json", "--at", log, trace))["position"])

    def test_bounds(self):
        trace = self.make("main: stamp; call f@/a.py:1; line 2; +9ms; line 3; +9ms; stamp; line 4")
        thread = json.loads(self.show("--json", "--at", "a.py:3#1", trace))["threads"][0]
        self.assertGreater(thread["error_ns"], 0)
        self.assertLessEqual(abs(thread["time_ns"] - (START_NS + 9_000_000)), thread["error_ns"])
        self.assertIn("\u00b1", self.show("--at", "a.py:3#1", trace))
        self.assertIn("+-", self.show("--at", "a.py:3#1", trace, env={"LC_ALL": "C"}))

    def test_where_something_is_missing(self):
        trace = self.make("pace 1us; main: call f@/a.py:1; repeat 20 ( line 2; line 3; line 4; block )")
        self.damage(trace, 9)
        result = run(ANALYSE, "--at", "a.py:2#10", trace)
        self.assertEqual((2, b""), (result.returncode, result.stdout))
        self.assertRegex(result.stderr, rb"^trackexec-analyse: cannot use --at: cannot read block 9: .*\n$")

    def test_usage(self):
        trace = self.make_program()
        self.fail_with("--at", "2024-01-01", trace,
                       message="cannot use --at: '2024-01-01' is 2024-01-01 00:00:00.000+00:00, outside of the "
                       "recording, which covers 2023-11-14 22:13:20.000+00:00 to 2023-11-14 22:13:20.000+00:00")
        self.fail_with("--at", "z.py:1#1", trace, message="cannot use --at: no file 'z.py' was recorded")
        self.fail_with("--at", "0%", "--thread", "1", trace,
                       message="cannot use --at with --file, --from, --to or --thread: it shows a moment whole")


if __name__ == "__main__":
    unittest.main()
