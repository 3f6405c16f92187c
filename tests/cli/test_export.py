#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""trackexec-export: each format is parsed back, and its sums are those of trackexec-analyse."""

import collections
import csv
import io
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

from cli_case import CliCase, run

EXPORT, ANALYSE, MAKE_TRACE, MAN = sys.argv[1:5]
del sys.argv[1:5]

FORMATS = ("callgrind", "collapsed", "speedscope", "perfetto", "csv")
START_NS = 1_700_000_000_000_000_000

PROGRAM = """
one: precise; call main@/src/a.py:1; line 2; +5us; line 3; +10us; call g@/src/b.py:1; line 2; +20us; return; +1us;
line 3; call gen@/src/a.py:10 as gen; line 11; +3us; yield; line 4; resume gen; line 12; +2us;
call rec@/src/b.py:10; line 11; +1us; call rec@/src/b.py:10; line 11; +1us; call rec@/src/b.py:10; line 12; +7us;
return; return; return; mark hello, "world"; raise ValueError no; unwind; line 5; +2us;
two: precise; call w@/src/c.py:1; line 2; +4us; line 3; return;
one: line 6; return
"""


class RandomProgram:
    """Text of a recording with threads, recursion, generators and exceptions; blocks end now and then."""

    def __init__(self, seed, n_events, recursion=True):
        self.random = random.Random(seed)
        self.recursion = recursion
        self.stacks = collections.defaultdict(list)
        self.suspended = []
        self.thread = 0
        self.n_labels = 0
        self.items = ["pace 1us;t0:"]
        for _ in range(n_events):
            self.add()

    def add(self):
        stack = self.stacks[self.thread]
        choice = self.random.random()
        if choice < 0.04:
            self.thread = self.random.randrange(4)
            self.items.append(f"\nt{self.thread}:")
        elif choice < 0.08:
            self.items.append(f"+{self.random.randrange(1, 2000)}us;")
        elif choice < 0.1:
            self.items.append(self.random.choice(["stamp;", "block;", "mark here;"]))
        elif not stack or (choice < 0.25 and len(stack) < 12):
            self.call(stack)
        elif choice < 0.38:
            self.leave(stack)
        elif choice < 0.41 and self.suspended:
            stack.append(self.suspended.pop(self.random.randrange(len(self.suspended))))
            self.items.append(f"resume {stack[-1][1]};")
        else:
            self.items.append(f"line {100 * stack[-1][0] + 1 + self.random.randrange(1, 9)};")

    def call(self, stack):
        first = 0 if self.recursion or not stack else stack[-1][0] + 1
        if first > 19:
            return
        function = self.random.randrange(first, 20)
        label = None
        self.items.append(f"call f{function}@/src/m{function % 3}.py:{100 * function + 1}")
        if self.recursion and self.random.random() < 0.3:
            self.n_labels += 1
            label = f"g{self.n_labels}"
            self.items.append(f" as {label}")
        self.items.append(";")
        stack.append((function, label))

    def leave(self, stack):
        function, label = stack.pop()
        if label and self.random.random() < 0.5:
            self.items.append("yield;")
            self.suspended.append((function, label))
        else:
            self.items.append(self.random.choice(["return;", "return;", "unwind;"]))

    def text(self):
        return "".join(self.items)


class ExportTest(CliCase):
    make_trace = MAKE_TRACE

    def export(self, form, *arguments, code=0):
        result = run(EXPORT, "--format", form, "--quiet", *arguments)
        self.assertEqual((code, ""), (result.returncode, result.stderr.decode()))
        return result.stdout.decode()

    def analyse(self, *arguments):
        result = run(ANALYSE, "--json", "--num-items=0", *arguments)
        self.assertEqual(b"", result.stderr)
        return json.loads(result.stdout)

    # ---- Parsers ----

    def parse_callgrind(self, text):
        """The format as its documentation has it: (self by place, calls by (place, callee), names, totals)."""
        names = {"fl": {}, "fn": {}}
        selfs = collections.defaultdict(lambda: [0, 0, 0])
        calls = collections.defaultdict(lambda: [0, 0, 0, 0])
        current = {}
        totals = {}
        lines = text.splitlines()
        self.assertEqual("# callgrind format", lines[0])
        pending = None
        for line in lines[1:]:
            if not line or line.startswith("#"):
                continue
            match = re.fullmatch(r"(fl|fn|cfi|cfn)=\((\d+)\)(?: (.+))?", line)
            if match:
                key, number, name = match.groups()
                table = names["fl" if key in ("fl", "cfi") else "fn"]
                if name is not None:
                    self.assertNotIn(number, table)
                    table[number] = name
                current[key] = table[number]
                if key == "fn":
                    current.pop("cfi", None)
                continue
            match = re.fullmatch(r"calls=(\d+) \d+", line)
            if match:
                pending = int(match.group(1))
                self.assertGreater(pending, 0)
                continue
            match = re.fullmatch(r"(\d+) (\d+) (\d+) (\d+)", line)
            if match:
                place, costs = int(match.group(1)), [int(cost) for cost in match.groups()[1:]]
                if pending is None:
                    entry = selfs[current["fl"], current["fn"], place]
                else:
                    entry = calls[current["fl"], current["fn"], place, current["cfi"], current["cfn"]]
                    entry[3] += pending
                for i, cost in enumerate(costs):
                    entry[i] += cost
                pending = None
                continue
            match = re.fullmatch(r"(\w+): (.*)", line)
            self.assertTrue(match, line)
            totals[match.group(1)] = match.group(2)
        self.assertEqual("ns steps waiting", totals["events"])
        self.assertEqual(totals["summary"], totals["totals"])
        self.assertEqual(
            [sum(costs[i] for costs in selfs.values()) for i in range(3)],
            [int(cost) for cost in totals["totals"].split()],
        )
        return selfs, calls, totals

    def parse_csv(self, text):
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertTrue(rows)
        return rows

    def parse_collapsed(self, text):
        sums = collections.Counter()
        for line in text.splitlines():
            stack, _, value = line.rpartition(" ")
            self.assertRegex(value, r"^[1-9]\d*$")
            sums[tuple(stack.split(";"))] += int(value)
        return sums

    def parse_speedscope(self, text):
        """Time of each frame by itself, by (thread, stack)."""
        file = json.loads(text)
        frames = file["shared"]["frames"]
        sums = collections.Counter()
        for profile in file["profiles"]:
            self.assertEqual(("evented", "nanoseconds"), (profile["type"], profile["unit"]))
            stack, last = [], profile["startValue"]
            for event in profile["events"]:
                self.assertTrue(last <= event["at"] <= profile["endValue"], event)
                if stack:
                    sums[(profile["name"], *(frames[i]["name"] for i in stack))] += event["at"] - last
                last = event["at"]
                if event["type"] == "O":
                    self.assertTrue(0 <= event["frame"] < len(frames))
                    stack.append(event["frame"])
                else:
                    self.assertEqual("C", event["type"])
                    self.assertEqual(stack.pop(), event["frame"])
            self.assertEqual([], stack)
        return +sums

    def parse_perfetto(self, text):
        """The same, of slices."""
        names, stacks, last, sums = {}, collections.defaultdict(list), {}, collections.Counter()
        for event in json.loads(text)["traceEvents"]:
            thread = event["tid"]
            at = round(event["ts"] * 1000)
            if event["ph"] == "M":
                names[thread] = event["args"]["name"]
                continue
            if event["ph"] == "i":
                self.assertIn(event["s"], "tp")
                continue
            stack = stacks[thread]
            self.assertGreaterEqual(at, last.get(thread, 0))
            if stack:
                sums[(names[thread], *(name for name in stack if name != "waiting"))] += at - last[thread]
            last[thread] = at
            if event["ph"] == "B":
                stack.append(event["name"])
            else:
                self.assertEqual("E", event["ph"])
                stack.pop()
        self.assertEqual([], [stack for stack in stacks.values() if stack])
        return +sums

    def check_all(self, trace, *arguments, exact_calls=False):
        """Everything that the formats say against trackexec-analyse, and against each other."""
        hotspots = self.analyse(trace, *arguments)["hotspots"]
        rows = self.parse_csv(self.export("csv", trace, *arguments))
        self.check_csv(rows, hotspots)
        total = sum(int(row["since_ns"]) for row in rows)
        selfs, calls, _ = self.parse_callgrind(self.export("callgrind", trace, *arguments))
        self.assertEqual(total, sum(costs[0] for costs in selfs.values()))
        self.check_callgrind(selfs, calls, hotspots, exact_calls)
        collapsed = self.parse_collapsed(self.export("collapsed", trace, *arguments))
        self.assertEqual(total, sum(collapsed.values()))
        expected = {(f"thread {thread}", *stack): ns for (thread, *stack), ns in self.parse_speedscope(
            self.export("speedscope", trace, *arguments)).items()}
        self.assertEqual(expected, dict(collapsed))
        expected = {(f"thread {thread}", *stack): ns for (thread, *stack), ns in self.parse_perfetto(
            self.export("perfetto", trace, *arguments)).items()}
        self.assertEqual(expected, dict(collapsed))

    def check_csv(self, rows, hotspots):
        """Self times and counts, from the rows alone; frames balanced and times in order."""
        stacks, last = collections.defaultdict(list), {}
        selfs, counts = collections.Counter(), collections.Counter()
        for row in rows:
            thread, stack = row["thread"], stacks[row["thread"]]
            if stack:
                selfs[stack[-1]] += int(row["since_ns"])
            else:
                self.assertEqual("0", row["since_ns"])
            self.assertGreaterEqual(int(row["time_ns"]), last.get(thread, 0))
            last[thread] = int(row["time_ns"])
            place = (row["file"], int(row["line"]))
            if row["what"] in ("call", "resume", "there"):
                stack.append(place)
            elif row["what"] in ("return", "unwind", "yield", "cut"):
                self.assertEqual(place, stack.pop())
            elif row["what"] == "line":
                stack[-1] = place
                counts[place] += 1
        self.assertFalse([stack for stack in stacks.values() if stack])
        for item in hotspots:
            place = (item["file"], item["line"])
            self.assertEqual((item["self_ns"], item["count"]), (selfs.pop(place, 0), counts.pop(place, 0)), place)
        self.assertEqual([], [place for place, ns in selfs.items() if ns > 0 and place[1] > 0])
        self.assertEqual({}, dict(counts))

    def check_callgrind(self, selfs, calls, hotspots, exact_calls):
        self_ns, steps, inclusive = collections.Counter(), collections.Counter(), collections.Counter()
        for (file, _, line), costs in selfs.items():
            self_ns[file, line] += costs[0]
            steps[file, line] += costs[1]
            inclusive[file, line] += costs[0]
        for (file, _, line, _, _), costs in calls.items():
            inclusive[file, line] += costs[0]
        for item in hotspots:
            place = (item["file"], item["line"])
            self.assertEqual((item["self_ns"], item["count"]), (self_ns[place], steps[place]), place)
            if exact_calls:
                self.assertEqual(item["cumulated_ns"], inclusive[place], place)
            else:
                # under recursion a line's own time is in its call's, too
                self.assertGreaterEqual(inclusive[place], item["cumulated_ns"], place)


class FormatsTest(ExportTest):
    def test_callgrind(self):
        text = self.export("callgrind", self.make(PROGRAM))
        selfs, calls, totals = self.parse_callgrind(text)
        self.assertEqual("60000 13 0", totals["totals"])
        self.assertEqual([20000, 1, 0], selfs["/src/b.py", "g:1", 2])
        self.assertEqual([20000, 1, 0, 1], calls["/src/a.py", "main:1", 3, "/src/b.py", "g:1"])
        # the outer call of the two has both calls' time, once
        self.assertEqual([8000, 2, 0, 2], calls["/src/b.py", "rec:10", 11, "/src/b.py", "rec:10"])
        self.assertEqual([9000, 3, 0, 1], calls["/src/a.py", "gen:10", 12, "/src/b.py", "rec:10"])
        self.assertEqual(1, calls["/src/a.py", "main:1", 4, "/src/a.py", "gen:10"][3])

    def test_callgrind_annotate_reads_it(self):
        if not shutil.which("callgrind_annotate"):
            self.skipTest("no callgrind_annotate (package valgrind)")
        file = self.root / "out"
        self.export("callgrind", "-o", file, self.make(PROGRAM))
        result = run("callgrind_annotate", "--inclusive=yes", "--threshold=100", "--show-percs=no", file)
        self.assertEqual(b"", result.stderr)
        shown = {
            line.split()[-1]: line.split()[0].replace(",", "")
            for line in result.stdout.decode().splitlines()
            if re.match(r"\s*[\d,]+ .*(/src/|TOTALS)", line)
        }
        self.assertEqual("60000", shown["TOTALS"])
        self.assertEqual("56000", shown["/src/a.py:main:1"])
        self.assertEqual("20000", shown["/src/b.py:g:1"])
        self.assertEqual("4000", shown["/src/c.py:w:1"])

    def test_collapsed(self):
        self.assertEqual(
            {
                "thread 1 one;main (a.py:1)": 22000,
                "thread 1 one;main (a.py:1);g (b.py:1)": 20000,
                "thread 1 one;main (a.py:1);gen (a.py:10)": 5000,
                "thread 1 one;main (a.py:1);gen (a.py:10);rec (b.py:10)": 1000,
                "thread 1 one;main (a.py:1);gen (a.py:10);rec (b.py:10);rec (b.py:10)": 1000,
                "thread 1 one;main (a.py:1);gen (a.py:10);rec (b.py:10);rec (b.py:10);rec (b.py:10)": 7000,
                "thread 2 two;w (c.py:1)": 4000,
            },
            {";".join(stack): ns for stack, ns in self.parse_collapsed(
                self.export("collapsed", self.make(PROGRAM))).items()},
        )

    def test_speedscope(self):
        file = json.loads(self.export("speedscope", self.make(PROGRAM)))
        self.assertEqual("https://www.speedscope.app/file-format-schema.json", file["$schema"])
        self.assertEqual(["1 one", "2 two"], [profile["name"] for profile in file["profiles"]])
        self.assertEqual([0, 0], [profile["startValue"] for profile in file["profiles"]])
        self.assertIn({"name": "rec (b.py:10)", "file": "/src/b.py", "line": 10}, file["shared"]["frames"])

    def test_perfetto(self):
        events = json.loads(self.export("perfetto", self.make(PROGRAM)))["traceEvents"]
        self.assertEqual(["process_name", "thread_name", "thread_name"], [e["name"] for e in events if e["ph"] == "M"])
        instants = [(e["name"], e["ts"], e["s"]) for e in events if e["ph"] == "i"]
        self.assertEqual([('mark: hello, "world"', 50, "t"), ("ValueError: no", 50, "t")], instants)
        self.assertEqual(1, len({e["pid"] for e in events}))

    def test_csv(self):
        rows = self.parse_csv(self.export("csv", self.make(PROGRAM)))
        self.assertEqual(
            ["1", "one", "return", "2", "/src/b.py", "2", "g", "20000", "20000"],
            [rows[5][key] for key in ("thread", "thread_name", "what", "depth", "file", "line", "function", "since_ns",
                                      "duration_ns")],
        )
        self.assertEqual(str(START_NS + 35000), rows[5]["time_ns"])
        self.assertEqual(['hello, "world"'], [row["text"] for row in rows if row["what"] == "mark"])
        self.assertEqual([("ValueError", "no")], [(r["detail"], r["text"]) for r in rows if r["what"] == "raise"])

    def test_sums_are_those_of_analyse(self):
        self.check_all(self.make(PROGRAM))
        for seed in range(4):
            self.check_all(self.make(RandomProgram(seed, 1500).text(), f"r{seed}"))

    def test_inclusive_sums_without_recursion(self):
        for seed in range(4):
            trace = self.make(RandomProgram(seed, 1500, recursion=False).text(), f"n{seed}")
            self.check_all(trace, exact_calls=True)

    def test_ranges(self):
        trace = self.make(RandomProgram(7, 2000).text())
        for arguments in (("--from", "20%", "--to", "70%"), ("--to", "+3ms"), ("--from", "33%..34%")):
            self.check_all(trace, *arguments)

    def test_waiting(self):
        trace = self.make("main: call f@/a.py:1; stamp; line 2; +50ms; stamp; line 3; +3ms; wait 40ms; stamp; line 4")
        waits = [row for row in self.parse_csv(self.export("csv", trace)) if row["what"] == "wait"]
        self.assertEqual([("3", "40000000")], [(row["line"], row["duration_ns"]) for row in waits])
        selfs, _, totals = self.parse_callgrind(self.export("callgrind", trace))
        self.assertEqual([43000000, 1, 40000000], selfs["/a.py", "f:1", 3])
        item = next(item for item in self.analyse(trace)["hotspots"] if item["line"] == 3)
        self.assertEqual((40000000, 3000000), (item["waiting_ns"], item["cpu_ns"]))
        slices = [e for e in json.loads(self.export("perfetto", trace))["traceEvents"] if e["ph"] in "BE"]
        self.assertEqual(
            [("B", "f (a.py:1)", 0), ("B", "waiting", 53000), ("E", None, 93000), ("E", None, 93000)],
            [(e["ph"], e.get("name"), e["ts"]) for e in slices])

    def test_names_of_any_bytes(self):
        odd = "f%3b%0a%22%5c%ff%e2%80%ae%2c(1) x".replace(" ", "%20")
        trace = self.make(f"main: precise; call {odd}@/tmp/a%3bb%0a%22%ff,(2).py:1; line 2; +5us; return")
        function, file = 'f;\\n"\\\\\\xff\\u202e,(1) x', '/tmp/a;b\\n"\\xff,(2).py'
        label = f'{function} ({file[5:]}:1)'
        for form in FORMATS:
            self.assertNotIn("\u202e", self.export(form, trace))
        selfs, _, _ = self.parse_callgrind(self.export("callgrind", trace))
        self.assertEqual([5000, 1, 0], selfs[file, function + ":1", 2])
        collapsed = self.parse_collapsed(self.export("collapsed", trace))
        self.assertEqual({("thread 1 main", label.replace(";", "\\x3b")): 5000}, dict(collapsed))
        frames = json.loads(self.export("speedscope", trace))["shared"]["frames"]
        self.assertEqual([{"name": label, "file": file, "line": 1}], frames)
        self.assertEqual({("1 main", label): 5000}, dict(self.parse_perfetto(self.export("perfetto", trace))))
        row = self.parse_csv(self.export("csv", trace))[1]
        self.assertEqual((file, function), (row["file"], row["function"]))

    def test_more_stacks_than_are_kept(self):
        """The tree of stacks is written in parts, which add up."""
        n = 44
        parts = ["pace 1us; main: precise;"]
        for a in range(n):
            parts.append(f"call a{a}@/a.py:1; line 2;")
            for b in range(n):
                parts.append(f"call b{b}@/b.py:1; line 2;")
                parts.extend(f"call c{c}@/c.py:1; line 2; return;" for c in range(n))
                parts.append("return;")
            parts.append("return;")
        trace = self.make("".join(parts))
        text = self.export("collapsed", trace)
        sums = self.parse_collapsed(text)
        self.assertEqual(n + n * n + n**3, len(sums))
        self.assertGreater(len(text.splitlines()), len(sums))
        rows = self.parse_csv(self.export("csv", trace))
        self.assertEqual(sum(int(row["since_ns"]) for row in rows), sum(sums.values()))

    def test_deep_recursion(self):
        trace = self.make("pace 1us; main: precise; repeat 3000 ( call f@/a.py:1; line 2 ); repeat 3000 ( return )")
        sums = self.parse_collapsed(self.export("collapsed", trace))
        self.assertEqual(1001, max(len(stack) for stack in sums))
        rows = self.parse_csv(self.export("csv", trace))
        self.assertEqual(sum(int(row["since_ns"]) for row in rows), sum(sums.values()))
        self.assertEqual(3000, max(int(row["depth"]) for row in rows))
        self.parse_speedscope(self.export("speedscope", trace))

    def test_what_is_missing(self):
        trace = self.make("pace 1us; main: call f@/a.py:1; repeat 20 ( line 2; line 3; line 4; block )")
        self.damage(trace, 9)
        for form, parse in (
            ("callgrind", self.parse_callgrind), ("collapsed", self.parse_collapsed),
            ("speedscope", self.parse_speedscope), ("perfetto", self.parse_perfetto), ("csv", self.parse_csv),
        ):
            result = run(EXPORT, "-f", form, "-q", trace)
            self.assertEqual(2, result.returncode)
            self.assertIn(b"1 stretches are missing (1 blocks and 0 events", result.stderr)
            parse(result.stdout.decode())
        rows = self.parse_csv(run(EXPORT, "-f", "csv", trace).stdout.decode())
        self.assertEqual(["cut", "gap", "there"], [row["what"] for row in rows][rows.index(
            next(row for row in rows if row["what"] == "gap")) - 1:][:3])
        self.assertIn("desc: Missing: stretches 1, blocks 1, events 0\n",
                      run(EXPORT, "-f", "callgrind", trace).stdout.decode())


class ProgramTest(ExportTest):
    def test_losses_are_said(self):
        trace = self.make(PROGRAM)
        for form in FORMATS:
            result = run(EXPORT, "--format", form, trace)
            notes = re.findall(rf"^trackexec-export: note: {form} leaves out (.*)$", result.stderr.decode(), re.M)
            self.assertEqual(len(result.stderr.splitlines()), len(notes))
            self.assertGreaterEqual(len(notes), 2)
            if form == "callgrind":
                self.assertEqual(notes, re.findall(r"^# not in this file: (.*)$", result.stdout.decode(), re.M))
            elif form == "speedscope":
                self.assertEqual(notes, json.loads(result.stdout)["left_out"])
            elif form == "perfetto":
                self.assertEqual(notes, json.loads(result.stdout)["otherData"]["left_out"])
            page = re.sub(r"\s+", " ", (pathlib.Path(MAN) / "trackexec-export.1").read_text().replace("\\-", "-"))
            for note in notes:
                self.assertIn(note, page)

    def test_output_replaces_a_file_at_once(self):
        trace = self.make(PROGRAM)
        target = self.root / "out" / "file"
        target.parent.mkdir()
        target.write_text("before")
        target.chmod(0o640)
        link = self.root / "link"
        link.symlink_to(target)
        self.assertEqual("", self.export("csv", "-o", link, trace))
        self.assertTrue(link.is_symlink())
        self.assertEqual(self.export("csv", trace), target.read_text())
        self.assertEqual(0o640, target.stat().st_mode & 0o777)
        self.assertEqual(["file"], os.listdir(target.parent))
        self.export("csv", "-o", target.parent / "new", trace)
        self.assertEqual({"file", "new"}, set(os.listdir(target.parent)))
        for form in FORMATS:
            self.export(form, "-o", target, trace)
            self.assertEqual(self.export(form, trace), target.read_text(), form)
        self.export("csv", "-o", "/dev/null", trace)
        self.assertEqual(self.export("csv", trace), self.export("csv", "-o", "-", trace))

    def test_a_failed_output_leaves_the_file_before(self):
        trace = self.make("main: call f@/a.py:1; repeat 40000 ( line 2; line 3 )")
        target = self.root / "out" / "file"
        target.parent.mkdir()
        target.write_text("before")
        result = subprocess.run(
            ["sh", "-c", 'ulimit -f 20; trap "" XFSZ; exec "$@"', "sh", EXPORT, "-qf", "csv", "-o", target, trace],
            capture_output=True, timeout=60,
        )
        self.assertEqual(1, result.returncode)
        self.assertEqual(b"trackexec-export: cannot write the export: File too large\n", result.stderr)
        self.assertEqual(("before", ["file"]), (target.read_text(), os.listdir(target.parent)))
        result = run(EXPORT, "-qf", "csv", "-o", self.root / "no" / "file", trace)
        self.assertEqual(1, result.returncode)
        self.assertIn(b"No such file or directory", result.stderr)

    def test_an_interrupt_leaves_the_file_before(self):
        trace = self.make("main: call f@/a.py:1; repeat 300000 ( line 2; line 3 )")
        target = self.root / "out" / "file"
        target.parent.mkdir()
        process = subprocess.Popen(
            [EXPORT, "-qf", "csv", "-o", str(target), str(trace)], stderr=subprocess.PIPE)
        while not os.listdir(target.parent) and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(b"trackexec-export: cancelled: nothing was written\n", stderr)
        self.assertEqual(128 + signal.SIGINT, process.returncode)
        self.assertEqual([], os.listdir(target.parent))

    def test_a_full_disk_and_a_closed_pipe(self):
        trace = self.make("pace 1us; main: call f@/a.py:1; repeat 20000 ( line 2; line 3 )")
        for form in FORMATS:
            with open("/dev/full", "wb") as full:
                result = run(EXPORT, "-qf", form, trace, stdout=full)
            self.assertEqual(1, result.returncode)
            self.assertEqual(
                b"trackexec-export: cannot write the export: No space left on device\n", result.stderr)
        result = subprocess.run(
            f"'{EXPORT}' -qf csv '{trace}' | head -n 1", shell=True, capture_output=True, timeout=60)
        self.assertEqual(b"", result.stderr)

    def peak_kib(self, form, trace):
        process = subprocess.Popen([EXPORT, "-qf", form, str(trace)], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(0, process.returncode)
        return usage.ru_maxrss

    def test_memory_does_not_grow_with_the_recording(self):
        body = "repeat %d ( call g@/a.py:9; line 10; line 11; return; line 2; line 3 )"
        small = self.make("pace 1us; main: call f@/a.py:1;" + body % 20000, "small")
        large = self.make("pace 1us; main: call f@/a.py:1;" + body % 200000, "large")
        for form in FORMATS:
            self.assertLess(self.peak_kib(form, large), self.peak_kib(form, small) + 3000, form)

    def test_usage(self):
        trace = self.make(PROGRAM)
        for arguments, message in (
            ((), "no --format given (say callgrind, collapsed, speedscope, perfetto or csv)"),
            (("-f", "x", trace), "cannot export as 'x': there is no such format (say callgrind, collapsed, "
             "speedscope, perfetto or csv)"),
            (("-f", "csv"), "no DIR given (see --help)"),
            (("-f", "csv", trace, "more"), "cannot take 'more': one DIR only (see --help)"),
            (("-f", "csv", "--thread", "three", trace),
             "cannot find thread 'three': there are 2, give a number from 1 or a name"),
            (("-f", "csv", "--from", "nonsense", trace),
             "cannot use --from: 'nonsense' is not a time (try 12:00:16, 2024-01-27 12:00, +2s, 50%, start, end or "
             "core.py:120#37)"),
        ):
            result = run(EXPORT, *arguments)
            self.assertEqual((1, b""), (result.returncode, result.stdout))
            self.assertEqual(f"trackexec-export: {message}\n", result.stderr.decode())
        self.assertTrue(run(EXPORT, "--help").stdout.startswith(b"usage: trackexec-export "))
        self.assertRegex(run(EXPORT, "--version").stdout, rb"^trackexec-export \d+\.\d+\.\d+\n$")
        page = (pathlib.Path(MAN) / "trackexec-export.1").read_text().replace("\\", "")
        for option in re.findall(r"--[a-z-]+", run(EXPORT, "--help").stdout.decode()):
            self.assertIn(option, page)

    def test_nothing_to_export(self):
        empty = self.make("")
        target = self.root / "target"
        result = run(EXPORT, "-qf", "csv", "-o", target, empty)
        self.assertEqual(1, result.returncode)
        self.assertEqual(b"trackexec-export: nothing to export of 'main': nothing was recorded\n", result.stderr)
        self.assertFalse(target.exists())

    def test_threads(self):
        trace = self.make(PROGRAM)
        self.check_all(trace, "--thread", "two")
        self.check_all(trace, "--thread", "1", "--from", "+10us", "--to", "+40us")
        self.assertEqual({"2"}, {row["thread"] for row in self.parse_csv(self.export("csv", "--thread", "two", trace))})
        self.assertEqual({"1"}, {row["thread"] for row in self.parse_csv(self.export("csv", "--thread", "1", trace))})


if __name__ == "__main__":
    unittest.main()
