#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""trackexec-dump and trackexec-analyse as a user meets them: output, messages, exit codes."""

import csv
import fcntl
import io
import json
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

DUMP, ANALYSE, MAKE_TRACE, MAN = sys.argv[1:5]
del sys.argv[1:5]

# When the clock of made traces begins: 2023-11-14 22:13:20 UTC.
START_NS = 1_700_000_000_000_000_000

PROGRAM = """
main: precise; call f@{src}/a.py:1; line 2; +5us; line 3; +10us;
call g@{src}/b.py:1; line 2; +20us; return; +1us; line 3; line 4; +2us; return
"""

SOURCES = {
    "a.py": "def f(x):\n    first(x)\n    for y in g(x):  # a loop\n        done(y)\n",
    "b.py": "def g(x):\n    return compute(x, 'with a very long line', that='does not fit', at=80 * 'columns')\n",
}


def run(*command, env=None, **options):
    environment = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", NO_COLOR="1")
    environment.pop("COLUMNS", None)
    environment.update(env or {})
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.run(
        [str(part) for part in command], stderr=subprocess.PIPE, env=environment, timeout=60, **options
    )


class CliTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="trackexec-cli-")
        self.addCleanup(self.temporary.cleanup)
        self.root = pathlib.Path(self.temporary.name)

    def make(self, text, name="main", *options):
        directory = self.root / name
        subprocess.run(
            [MAKE_TRACE, *options, str(directory)], input=os.fsencode(text), check=True, timeout=60
        )
        return directory

    def make_program(self, name="main"):
        source = self.root / "src"
        source.mkdir(exist_ok=True)
        for file, text in SOURCES.items():
            (source / file).write_text(text)
        return self.make(PROGRAM.format(src=source), name)

    def damage_block(self, trace, number, offset):
        """Damages the frame of a block: at 128 its events, before that its header."""
        blocks = trace / "blocks.00000"
        data = bytearray(blocks.read_bytes())
        pos = -1
        for _ in range(number + 1):
            pos = data.index(b"TXBL", pos + 8)
        data[pos + offset] ^= 0xFF
        blocks.write_bytes(data)

    def check(self, program, *arguments, code=0, stderr="", **options):
        """Runs a program; returns what it printed."""
        result = run(program, *arguments, **options)
        self.assertEqual(stderr.replace("ROOT", str(self.root)), result.stderr.decode())
        self.assertEqual(code, result.returncode)
        return (result.stdout or b"").decode().replace(str(self.root), "ROOT")

    def fail_with(self, program, *arguments, message, code=1):
        """The program must print nothing but one line, its name and @message."""
        name = pathlib.Path(program).name
        self.assertEqual("", self.check(program, *arguments, code=code, stderr=f"{name}: {message}\n"))


class DumpTest(CliTest):
    def test_steps(self):
        trace = self.make_program()
        self.assertEqual(
            "time_ns\tthread\tdepth\tfile\tline\tfunction\n"
            f"{START_NS}\t1\t1\tROOT/src/a.py\t2\tf\n"
            f"{START_NS + 5000}\t1\t1\tROOT/src/a.py\t3\tf\n"
            f"{START_NS + 15000}\t1\t2\tROOT/src/b.py\t2\tg\n"
            f"{START_NS + 36000}\t1\t1\tROOT/src/a.py\t4\tf\n",
            self.check(DUMP, trace),
        )

    def test_events(self):
        trace = self.make("main: call f@/a.py:1; line 2; mark hello; call g@/a.py:5 as g; line 6; yield; return")
        rows = [line.split("\t") for line in self.check(DUMP, "--events", trace).splitlines()]
        self.assertEqual(
            ["time_ns", "error_ns", "thread", "depth", "event", "file", "line", "function", "detail"], rows[0]
        )
        shown = [row[2:] for row in rows[1:] if row[4] not in ("stamp", "stack", "define-thread")]
        self.assertEqual(
            [
                ["1", "1", "call", "/a.py", "0", "f", ""],
                ["1", "1", "line", "/a.py", "2", "f", ""],
                ["1", "1", "mark", "/a.py", "2", "f", "hello"],
                ["1", "2", "call", "/a.py", "0", "g", ""],
                ["1", "2", "line", "/a.py", "6", "g", ""],
                ["1", "2", "yield", "/a.py", "6", "g", "activation 1"],
                ["1", "1", "return", "/a.py", "2", "f", ""],
            ],
            [row for row in shown if not row[2].startswith("define-")],
        )
        self.assertEqual(
            ["/a.py", "f", "g"], [row[6] for row in shown if row[2].startswith("define-")]
        )

    def test_limit_and_range(self):
        trace = self.make_program()

        def lines(*arguments):
            return [row.split("\t")[4] for row in self.check(DUMP, *arguments, trace).splitlines()[1:]]

        self.assertEqual(["2", "3"], lines("--limit", 2))
        self.assertEqual([], lines("--limit", 0))
        self.assertEqual(["2", "4"], lines("--from", f"@{START_NS + 10000}"))
        self.assertEqual(["2", "3"], lines("--to", "+5us"))
        self.assertEqual(["3", "2"], lines("--from", "+1us", "--to", "+20us"))
        self.assertEqual(["3", "2"], lines("--from", "+5us..+15us"))
        self.assertEqual(["2", "4"], lines("--from", "b.py:2#1"))

    def test_what_is_assumed_is_said(self):
        trace = self.make_program()
        self.check(
            DUMP,
            "--from",
            "22:13:20",
            trace,
            stderr="trackexec-dump: note: --from is 2023-11-14 22:13:20.000+00:00: taken as of 2023-11-14\n",
        )

    def test_names_are_escaped(self):
        trace = self.make("main: call f\tg\033[31m@/tmp/\udcff\\x\u202e.py:1; line 2")
        self.assertEqual(
            f"{START_NS}\t1\t1\t/tmp/\\xff\\\\x\\u202e.py\t2\tf\\tg\\x1b[31m",
            self.check(DUMP, trace).splitlines()[1],
        )

    def test_threads_and_blocks(self):
        trace = self.make(
            "pace 1us; one: call f@/a.py:1; repeat 300 ( line 2; line 3; block ); "
            "two: call g@/b.py:1; lines 2-9; one: line 2"
        )
        rows = self.check(DUMP, trace).splitlines()[1:]
        self.assertEqual(609, len(rows))
        self.assertEqual(8, sum(row.split("\t")[1] == "2" for row in rows))
        times = [int(row.split("\t")[0]) for row in rows]
        self.assertEqual(sorted(times), times)

    def test_a_killed_process_shows_its_last_line(self):
        trace = self.make("main: call f@/a.py:1; line 2; block; line 3; line 4", "main", "--die")
        try:
            self.assertEqual(["2", "3", "4"], [row.split("\t")[4] for row in self.check(DUMP, trace).splitlines()[1:]])
        finally:
            for line in (trace / "info").read_text().splitlines():
                if line.startswith("ring=") and line != "ring=":
                    pathlib.Path(line[5:]).unlink(missing_ok=True)

    def test_a_lost_ring_is_said(self):
        trace = self.make("main: call f@/a.py:1; line 2; block; line 3; line 4", "main", "--die")
        for line in (trace / "info").read_text().splitlines():
            if line.startswith("ring=") and line != "ring=":
                pathlib.Path(line[5:]).unlink(missing_ok=True)
        (trace / "ring").unlink(missing_ok=True)
        out = self.check(
            DUMP,
            trace,
            stderr="trackexec-dump: note: 'ROOT/main': the process died and its ring is not here: "
            "the last moments are missing\n",
        )
        self.assertEqual(["2"], [row.split("\t")[4] for row in out.splitlines()[1:]])

    def test_damage_costs_its_block_and_is_said(self):
        trace = self.make("pace 1us; main: call f@/a.py:1; repeat 20 ( line 2; line 3; line 4; block )")
        self.damage_block(trace, 9, 128)
        result = run(DUMP, trace)
        self.assertEqual(2, result.returncode)
        self.assertIn(b"# gap: 1 blocks, steps ", result.stdout)
        steps = [line for line in result.stdout.splitlines()[1:] if not line.startswith(b"#")]
        self.assertEqual(57, len(steps))
        self.assertTrue(result.stderr.startswith(b"trackexec-dump: "))

    def test_a_closed_pipe_is_quiet(self):
        trace = self.make("main: call f@/a.py:1; repeat 2000 ( lines 2-50 )")
        result = subprocess.run(
            f"'{DUMP}' '{trace}' | head -n 1", shell=True, capture_output=True, timeout=60
        )
        self.assertEqual(b"", result.stderr)

    def test_a_full_disk_is_said(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        trace = self.make_program()
        for program in (DUMP, ANALYSE):
            name = pathlib.Path(program).name
            with open("/dev/full", "wb") as full:
                self.check(
                    program,
                    trace,
                    code=1,
                    stdout=full,
                    stderr=f"{name}: cannot write to the standard output: No space left on device\n",
                )

    def test_nothing_to_show(self):
        trace = self.make("")
        for program, message in (
            (DUMP, f"nothing to show of '{trace}': nothing was recorded"),
            (ANALYSE, "nothing to show of 'main': no line was recorded"),
        ):
            result = run(program, trace)
            self.assertEqual(1, result.returncode)
            self.assertEqual(f"{pathlib.Path(program).name}: {message}\n", result.stderr.decode())


class UsageTest(CliTest):
    def test_help_and_version(self):
        for program in (DUMP, ANALYSE):
            name = pathlib.Path(program).name
            self.assertTrue(self.check(program, "--help").startswith(f"usage: {name} "))
            self.assertTrue(all(len(line) <= 100 for line in self.check(program, "--help").splitlines()))
            self.assertRegex(self.check(program, "--version"), rf"^{name} \d+\.\d+\.\d+\n$")

    def test_man_pages_know_all_options(self):
        for program in (DUMP, ANALYSE):
            page = (pathlib.Path(MAN) / f"{pathlib.Path(program).name}.1").read_text().replace("\\", "")
            for option in re.findall(r"--[a-z-]+", self.check(program, "--help")):
                self.assertIn(option, page)

    def test_wrong_usage(self):
        trace = self.make_program()
        for program in (DUMP, ANALYSE):
            name = pathlib.Path(program).name
            self.fail_with(program, message="no DIR given (see --help)")
            self.fail_with(program, trace, "more", message="cannot take 'more': one DIR only (see --help)")
            result = run(program, "--nonsense")
            self.assertEqual(1, result.returncode)
            self.assertIn(f"Try '{name} --help'.", result.stderr.decode())
            self.fail_with(
                program,
                "--from",
                "nonsense",
                trace,
                message="cannot use --from: 'nonsense' is not a time (try 12:00:16, 2024-01-27 12:00, +2s, "
                "50%, start, end or core.py:120#37)",
            )
            self.fail_with(
                program,
                "--to",
                "2024-01-01",
                trace,
                message="cannot use --to: '2024-01-01' is 2024-01-01 00:00:00.000+00:00, outside of the "
                "recording, which covers 2023-11-14 22:13:20.000+00:00 to 2023-11-14 22:13:20.000+00:00",
            )
            self.fail_with(
                program,
                "--from",
                "end",
                "--to",
                "start",
                trace,
                message="cannot use this range: it ends before it begins",
            )
            self.fail_with(
                program,
                "--from",
                "nothere.py:3#1",
                trace,
                message="cannot use --from: no file 'nothere.py' was recorded",
            )
        self.fail_with(
            DUMP, "--limit", "x", trace, message="cannot use 'x' for --limit: it is not a number of lines"
        )
        self.fail_with(
            ANALYSE,
            "--num-items",
            "-1",
            trace,
            message="cannot use '-1' for --num-items: it is not a number of lines",
        )
        self.fail_with(
            ANALYSE,
            "--sort-column",
            "x",
            trace,
            message="cannot sort by 'x': there is no such column (say cumulated-runtime, average-runtime, "
            "frequency, self, slowest, waiting or location)",
        )
        self.fail_with(
            ANALYSE, "--file", "x.py", trace, message="cannot find 'x.py': no such file was recorded"
        )

    def test_what_is_no_recording(self):
        (self.root / "empty").mkdir()
        (self.root / "file").write_text("")
        for program in (DUMP, ANALYSE):
            self.fail_with(
                program,
                self.root / "empty",
                message=f"cannot open '{self.root}/empty': there is no recording in it, nor in the directories "
                "below (give a trace, a run or a base directory)".replace(str(self.root), "ROOT"),
            )
            self.fail_with(program, self.root / "file", message="cannot open 'ROOT/file': Not a directory")
            self.fail_with(
                program, self.root / "missing", message="cannot open 'ROOT/missing': No such file or directory"
            )

    def test_a_run_and_a_base_directory(self):
        run_directory = self.root / "base" / "231114-221320"
        trace = self.make_program("base/231114-221320/server")
        (self.root / "base" / "latest").symlink_to("231114-221320")
        for directory in (trace, run_directory, self.root / "base", self.root / "base" / "latest"):
            self.assertEqual(5, len(self.check(DUMP, directory).splitlines()))
        self.make_program("base/231114-221320/worker")
        self.fail_with(
            DUMP,
            run_directory,
            message="cannot choose in 'ROOT/base/231114-221320': it holds recordings of 2 processes "
            "(give one of them: server, worker)",
        )

    def test_no_permission(self):
        if os.geteuid() == 0:
            self.skipTest("root may read everything")
        trace = self.make_program()
        trace.chmod(0)
        self.addCleanup(trace.chmod, 0o700)
        self.fail_with(DUMP, trace, message="cannot open 'ROOT/main': Permission denied")

    def test_a_newer_format_is_refused(self):
        trace = self.make_program()
        info = trace / "info"
        info.write_text(info.read_text().replace("format=1.", "format=2."))
        for program in (DUMP, ANALYSE):
            result = run(program, trace)
            self.assertEqual(1, result.returncode)
            self.assertEqual(b"", result.stdout)
            self.assertEqual(1, result.stderr.count(b"\n"))
            self.assertIn(b"2.", result.stderr)

    def test_hostile_names_do_not_reach_the_terminal(self):
        for program in (DUMP, ANALYSE):
            result = run(program, self.root / "a\033[31m\nb")
            self.assertEqual(1, result.returncode)
            self.assertNotIn(b"\033", result.stderr)
            self.assertEqual(1, result.stderr.count(b"\n"))
        trace = self.make("main: call f\033]0x\007@/tmp/\033[31mx\033[0m.py:1; line 2")
        for arguments in ((), ("--json",), ("--csv",)):
            self.assertNotIn(b"\033", run(ANALYSE, *arguments, trace).stdout)


class AnalyseTest(CliTest):
    def test_table(self):
        trace = self.make_program()
        self.assertEqual(
            "main, 2023-11-14 22:13:20.000 to 22:13:20.000+00:00\n"
            "38.0 us, 4 steps on 4 lines\n"
            "\n"
            "cumulated      self   average      count  location      source\n"
            "  31.0 us   11.0 us   31.0 us          1  a.py:3        for y in g(x):  # a loop\n"
            "  20.0 us   20.0 us   20.0 us          1  b.py:2        return compute(x, 'with…\n"
            "  5.00 us   5.00 us   5.00 us          1  a.py:2        first(x)\n"
            "  2.00 us   2.00 us   2.00 us          1  a.py:4        done(y)\n",
            self.check(ANALYSE, trace, env={"COLUMNS": "80"}),
        )

    def test_tables_fit_the_width(self):
        trace = self.make_program()
        for width in (60, 80, 99, 100, 150):
            out = self.check(ANALYSE, trace, env={"COLUMNS": str(width)})
            self.assertTrue(all(len(line) <= width for line in out.splitlines()), (width, out))
        self.assertIn("slowest", self.check(ANALYSE, trace, env={"COLUMNS": "100"}))
        self.assertIn("at=80 * 'columns')", self.check(ANALYSE, trace))

    def test_other_encodings_get_ascii(self):
        trace = self.make_program()
        out = self.check(ANALYSE, trace, env={"COLUMNS": "80", "LC_ALL": "C"})
        self.assertTrue(out.isascii())
        self.assertIn("return compute(x, 'wi...", out)

    def locations(self, *arguments):
        rows = csv.DictReader(io.StringIO(self.check(ANALYSE, "--csv", *arguments)))
        return [f"{pathlib.Path(row['file']).name}:{row['line']}" for row in rows]

    def test_sorting_and_filters(self):
        trace = self.make_program()
        self.assertEqual(["a.py:3", "b.py:2", "a.py:2", "a.py:4"], self.locations(trace))
        for column, expected in (
            ("cumulated-runtime", ["a.py:3", "b.py:2", "a.py:2", "a.py:4"]),
            ("average-runtime", ["a.py:3", "b.py:2", "a.py:2", "a.py:4"]),
            ("self", ["b.py:2", "a.py:3", "a.py:2", "a.py:4"]),
            ("slowest", ["a.py:3", "b.py:2", "a.py:2", "a.py:4"]),
            ("frequency", ["a.py:2", "a.py:3", "a.py:4", "b.py:2"]),
            ("location", ["a.py:2", "a.py:3", "a.py:4", "b.py:2"]),
        ):
            self.assertEqual(expected, self.locations("--sort-column", column, trace), column)
        self.assertEqual(["a.py:3"], self.locations("--num-items", 1, trace))
        self.assertEqual(["a.py:3"], self.locations("-n1", trace))
        self.assertEqual(["b.py:2"], self.locations("--file", "b.py", trace))
        self.assertEqual(["b.py:2"], self.locations("--file", "src/b.py", trace))
        self.assertEqual(["a.py:2"], self.locations("--to", "+4us", trace))
        self.assertEqual(["a.py:4"], self.locations("--from", "+36us", trace))

    def test_json(self):
        trace = self.make_program()
        shown = json.loads(self.check(ANALYSE, "--json", trace))
        self.assertEqual("main", shown["name"])
        self.assertEqual(38000, shown["total_ns"])
        self.assertEqual((START_NS, START_NS + 38000), (shown["from_ns"], shown["to_ns"]))
        self.assertEqual((4, 4), (shown["total_steps"], shown["total_lines"]))
        self.assertEqual((0, 0), (shown["missing_blocks"], shown["events_lost"]))
        self.assertEqual(
            {
                "file": "ROOT/src/a.py",
                "line": 3,
                "function": "f",
                "count": 1,
                "cumulated_ns": 31000,
                "self_ns": 11000,
                "average_ns": 31000,
                "slowest_ns": 31000,
                "waiting_ns": 0,
                "cpu_ns": 11000,
                "source": "for y in g(x):  # a loop",
            },
            {key: value for key, value in shown["hotspots"][0].items() if not key.endswith("_error_ns")},
        )

    def test_csv(self):
        trace = self.make_program()
        rows = list(csv.reader(io.StringIO(self.check(ANALYSE, "--csv", trace))))
        self.assertEqual(
            ["file", "line", "function", "count", "cumulated_ns", "self_ns", "average_ns", "slowest_ns", "waiting_ns", "cpu_ns",
             "cumulated_error_ns", "self_error_ns", "slowest_error_ns", "source"],
            rows[0],
        )
        self.assertEqual(["ROOT/src/a.py", "2", "f", "1", "5000", "5000", "5000", "5000", "0", "5000"], rows[3][:10])
        self.assertEqual("first(x)", rows[3][-1])
        self.assertTrue(rows[2][-1].startswith("return compute(x, 'with a very long line', that="))

    def test_odd_bytes_in_names(self):
        trace = self.make('main: call f"\udcff,@/tmp/é\U0001f600".py:1; line 2')
        shown = json.loads(self.check(ANALYSE, "--json", trace))["hotspots"][0]
        self.assertEqual('/tmp/é\U0001f600".py', shown["file"])
        rows = list(csv.reader(io.StringIO(self.check(ANALYSE, "--csv", trace))))
        self.assertEqual('/tmp/é\U0001f600".py', rows[1][0])

    def test_sources_of_other_encodings(self):
        source = self.root / "src"
        source.mkdir()
        (source / "l.py").write_bytes(b"# -*- coding: latin-1 -*-\r\nx = 'caf\xe9'\r\ny = 2\r\n")
        (source / "u.py").write_bytes(b"a = 1\rb = '\xff\x1b[31m\xc3\xa9'\rc = 3")
        trace = self.make(
            f"main: call f@{source}/l.py:1; line 2; line 3; call g@{source}/u.py:1; line 2; line 3; line 4"
        )
        rows = self.check(ANALYSE, "--sort-column", "location", trace).splitlines()[4:]
        self.assertEqual(
            ["x = 'café'", "y = 2", "b = '??[31mé'", "c = 3", "u.py:4"], [row.split("  ")[-1].strip() for row in rows]
        )

    def test_files_of_the_same_name_are_told_apart(self):
        trace = self.make("main: call f@/x/core.py:1; line 2; call g@/y/core.py:1; line 2; call h@/z.py:1; line 2")
        rows = self.check(ANALYSE, "--sort-column", "location", trace).splitlines()[4:]
        self.assertEqual(["x/core.py:2", "y/core.py:2", "z.py:2"], [row.split()[-1] for row in rows])
        self.fail_with(
            ANALYSE,
            "--file",
            "core.py",
            trace,
            message="cannot choose 'core.py': 2 files end so (give more of the path)",
        )

    def test_missing_blocks_are_said(self):
        trace = self.make("pace 1us; main: call f@/a.py:1; repeat 20 ( line 2; line 3; line 4; block )")
        self.damage_block(trace, 9, 8)
        (trace / "index.00000").unlink()
        result = run(ANALYSE, trace)
        self.assertEqual(2, result.returncode)
        self.assertIn(b"blocks are missing: figures are too small", result.stderr)
        self.assertIn(b"a.py:2", result.stdout)

    def run_on_terminal(self, *command, env):
        """What a terminal of 100 columns would get."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        run(*command, stdout=slave, env=env)
        os.close(slave)
        out = b""
        try:
            while chunk := os.read(master, 4096):
                out += chunk
        except OSError:
            pass
        os.close(master)
        return out

    def test_colours_only_on_terminals_that_want_them(self):
        trace = self.make_program()
        term = {"TERM": "xterm", "NO_COLOR": ""}
        out = self.run_on_terminal(ANALYSE, trace, env=term)
        self.assertIn(b"\033[1m", out)
        self.assertIn(b"slowest", out)
        self.assertNotIn(b"\033", self.run_on_terminal(ANALYSE, trace, env=dict(term, NO_COLOR="1")))
        self.assertNotIn(b"\033", self.run_on_terminal(ANALYSE, trace, env=dict(term, TERM="dumb")))
        self.assertNotIn("\033", self.check(ANALYSE, trace, env=term))


if __name__ == "__main__":
    assert shutil.which("sh")
    unittest.main()
