#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""trackexec-replay without its screen: commands, what they print, messages, exit codes."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import replay_program  # noqa: E402

REPLAY, MAKE_TRACE, MAN = sys.argv[1:4]
del sys.argv[1:4]

START_NS = 1_700_000_000_000_000_000


class ReplayTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="trackexec-replay-")
        cls.addClassCleanup(temporary.cleanup)
        cls.root = pathlib.Path(temporary.name)
        cls.source = cls.root / "src"
        cls.trace = cls.make(replay_program.write(cls.source, repeat=4), "main")

    @classmethod
    def make(cls, text, name, *options):
        directory = cls.root / name
        subprocess.run([MAKE_TRACE, *options, str(directory)], input=os.fsencode(text), check=True, timeout=60)
        return directory

    def run_replay(self, *arguments, trace=None, **environment):
        env = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", XDG_STATE_HOME=str(self.root / "state"))
        env.pop("COLUMNS", None)
        env.update(environment)
        return subprocess.run(
            [REPLAY, *map(str, arguments), str(trace or self.trace)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=env,
            timeout=60,
        )

    def play(self, *commands, at=None, code=0, trace=None, **environment):
        """Runs commands; returns their answers."""
        options = ["--json"] + (["--at", at] if at else [])
        for command in commands:
            options += ["--command", command]
        result = self.run_replay(*options, trace=trace, **environment)
        self.assertEqual(code, result.returncode, result.stderr)
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual(list(commands)[: len(answers)], [answer["command"] for answer in answers])
        return answers

    def specs(self, *commands, **options):
        """Where each command leads."""
        return [answer["at"]["spec"] for answer in self.play(*commands, **options)]


class MovesTest(ReplayTest):
    def test_forward_and_back(self):
        self.assertEqual(
            ["core.py:3#1", "util.py:2#1", "util.py:7#1", "util.py:3#1", "core.py:2#2"], self.specs("s", "step", "s", "s", "s")
        )
        self.assertEqual(["util.py:3#1", "util.py:7#1"], self.specs("rs", "t-", at="core.py:2#2"))
        self.assertEqual(["core.py:3#1", "core.py:2#2", "core.py:3#1"], self.specs("n", "next", "rn"))
        self.assertEqual(["core.py:2#1"], self.specs("p-", at="core.py:3#1"))
        self.assertEqual(["util.py:3#2", "core.py:2#3"], self.specs("finish", "finish", at="util.py:7#2"))
        self.assertEqual(["util.py:2#2", "core.py:3#2"], self.specs("rfin", "rfin", at="util.py:7#2"))
        self.assertEqual(["core.py:2#3", "core.py:2#1"], self.specs("n 4", "rn 4"))

    def test_to_lines(self):
        self.assertEqual(["core.py:4#1", "core.py:3#4"], self.specs("u 4", "ru 3"))
        self.assertEqual(["util.py:7#1", "util.py:7#2", "util.py:7#1"], self.specs("u util.py:7", "]", "["))
        self.assertEqual(["util.py:2#1", "util.py:2#2"], self.specs("] util.py:2", "]"))
        self.assertEqual("core.py:2#5", self.specs("slowest core.py:2")[0])

    def test_breakpoints(self):
        answers = self.play("b util.py:7", "c", "c 2", "rc", "g-", "breakpoints", "b util.py:7", "breakpoints")
        self.assertEqual(
            ["util.py:7#1", "util.py:7#3", "util.py:7#2", "util.py:7#1"], [answer["at"]["spec"] for answer in answers[1:5]]
        )
        self.assertEqual("breakpoint", answers[1]["stop"])
        self.assertEqual("breakpoint 1 set: util.py:7", answers[0]["message"])
        self.assertEqual([{"current": False, "number": 1, "state": "on", "place": "util.py:7"}], answers[5]["rows"])
        self.assertEqual("breakpoint 1 removed: util.py:7", answers[6]["message"])
        self.assertEqual([], answers[7]["rows"])

    def test_conditions(self):
        self.assertEqual("util.py:7#3", self.specs("b util.py:7 if count 3", "c")[1])
        self.assertEqual("util.py:2#1", self.specs("b work", "c")[1])
        self.assertEqual("util.py:7#1", self.specs("b prepare if from main", "c")[1])
        self.assertEqual("util.py:12#1", self.specs("b util.py:12 if thread 2", "c")[1])
        self.assertEqual("end", self.play("b util.py:7 if thread 2", "c")[1]["stop"])
        self.assertEqual("util.py:7#3", self.specs("b util.py:7 if time 22:13:20.004..22:13:20.0050", "c")[1])
        answers = self.play("b util.py:7", "b util.py:7 if count 2", "c", "c")
        self.assertIn("breakpoint 1 changed", answers[1]["message"])
        self.assertEqual(["breakpoint", "end"], [answer["stop"] for answer in answers[2:]])

    def test_breakpoints_are_switched(self):
        answers = self.play("b util.py:7", "disable 1", "c", "enable 1", "rc", "delete 1", "breakpoints")
        self.assertEqual(["end", "breakpoint"], [answers[2]["stop"], answers[4]["stop"]])
        self.assertEqual([], answers[6]["rows"])

    def test_next_stops_at_breakpoints_on_its_way(self):
        answer = self.play("b util.py:7", "n", at="core.py:3#2")[1]
        self.assertEqual(("breakpoint", "util.py:7#2"), (answer["stop"], answer["at"]["spec"]))

    def test_the_ends_say_so(self):
        for command, stop, message in (
            ("rs", "start", "this is the start of the recording"),
            ("rc", "start", "no breakpoint is set; this is the start of the recording"),
            ("c", "end", "no breakpoint is set; this is the end of the recording"),
            ("ru 4", "start", "the line is not executed before here; this is the start of the recording"),
        ):
            answer = self.play(command)[0]
            self.assertEqual((stop, message), (answer["stop"], answer["message"]))
        answer = self.play("s", "s", at="end")[1]
        self.assertEqual(("end", "this is the end of the recording"), (answer["stop"], answer["message"]))
        self.assertEqual("core.py:4#1", answer["at"]["spec"])
        answer = self.play("s", at="util.py:12#1")[0]
        self.assertEqual("this is the last recorded step of thread 2", answer["message"])
        answer = self.play("[", at="core.py:3#1")[0]
        self.assertEqual("core.py:3 is not executed before here", answer["message"])

    def test_threads(self):
        self.assertEqual(["core.py:4#1"], self.specs("s", at="core.py:2#5"))
        answers = self.play("any on", "s", "s", at="core.py:2#5")
        self.assertEqual(["util.py:11#1", "util.py:12#1"], [answer["at"]["spec"] for answer in answers[1:]])
        self.assertEqual("util.py:11#1", self.specs("thread 2")[0])
        self.assertEqual("core.py:2#5", self.specs("thread 1", at="util.py:12#1")[0])
        rows = self.play("threads", at="util.py:12#1")[0]["rows"]
        self.assertEqual([("main", "core.py:2"), ("worker", "util.py:12")], [(row["name"], row["location"]) for row in rows])

    def test_history(self):
        specs = self.specs("j core.py:3#2", "j util.py:7#3", "back", "back", "forward", "forward")
        self.assertEqual(["core.py:3#2", "core.py:2#1", "core.py:3#2", "util.py:7#3"], specs[2:])

    def test_jumps(self):
        self.assertEqual(["core.py:4#1", "core.py:2#1"], self.specs("j end", "j start"))
        self.assertEqual("core.py:3#1", self.specs("j +1005us")[0])
        self.assertEqual("util.py:2#1", self.specs("j 22:13:20.001010")[0])
        answer = self.play("j 2023-11-14 22:13:20,002 INFO it happened")[0]
        self.assertEqual("util.py:2#1", answer["at"]["spec"])
        self.assertEqual("util.py:7#2", self.specs("j util.py:7#2")[0])
        self.assertEqual("util.py:7#2", self.specs("j :7#2", at="util.py:7#1")[0])
        self.assertEqual(3, self.play("j step 3")[0]["at"]["position"])
        self.assertIn("2023-11-14", self.play("j 22:13:20.002")[0]["message"])


class LookingTest(ReplayTest):
    def test_position(self):
        at = self.play("w", at="util.py:7#2")[0]["at"]
        self.assertEqual(str(self.source / "util.py"), at.pop("file"))
        self.assertEqual(
            {
                "position": 8,
                "spec": "util.py:7#2",
                "line": 7,
                "function": "prepare",
                "execution": 2,
                "executions": 4,
                "thread": 1,
                "thread_name": "main",
                "depth": 3,
                "time_ns": START_NS + 3_027_000,
                "time": "2023-11-14 22:13:20.003027000+00:00",
                "error_ns": 0,
                "duration_ns": 2000,
                "duration_error_ns": 0,
                "still_runs": False,
                "source": "return job * 2",
            },
            at,
        )

    def test_text(self):
        result = self.run_replay("-c", "n", "-c", "c", COLUMNS="80")
        self.assertEqual(
            "core.py:3#1 of 4 in main, 22:13:20.001000 exact, thread 1 main, depth 1, lasts 1.01 ms\n"
            "    3          result = work(job)\n"
            "no breakpoint is set; this is the end of the recording\n"
            "core.py:4#1 of 1 in main, 22:13:20.008068 exact, thread 1 main, depth 1, lasts 20.0 ms\n"
            "    4      return f\"{result}\"  # the last\n",
            result.stdout.decode(),
        )
        self.assertEqual((0, b""), (result.returncode, result.stderr))

    def test_stack_and_frames(self):
        answers = self.play("bt", "up", "up", "up", at="util.py:7#2", code=1)
        self.assertEqual(
            [(3, "util.py:7", "prepare"), (2, "util.py:2", "work"), (1, "core.py:3", "main")],
            [(row["depth"], row["location"], row["function"]) for row in answers[0]["rows"]],
        )
        self.assertEqual(("frame 2 of 3: util.py:2 in work", 2), (answers[1]["message"], answers[1]["look"]["line"]))
        self.assertEqual("result = work(job)", answers[2]["look"]["source"])
        self.assertEqual("cannot go up: this is the outermost frame", answers[3]["error"])
        self.assertEqual("util.py:7", re.sub("#.*", "", self.play("up", "down", at="util.py:7#2")[1]["at"]["spec"]))

    def test_files_and_search(self):
        answers = self.play("files", "f util.py", "/ITEM", code=1)
        self.assertEqual(["core.py", "util.py"], [row["file"] for row in answers[0]["rows"]])
        self.assertEqual(1, answers[1]["look"]["line"])
        self.assertEqual("cannot find 'ITEM' in util.py", answers[2]["error"])
        lines = [answer["look"]["line"] for answer in self.play("f util.py", "/item", "/", "/", "r/", "r/RN".lower())[1:]]
        self.assertEqual([2, 3, 2, 3], lines[:4])
        self.assertEqual("b util.py", "b " + self.play("f util.py", "f")[0]["look"]["file"].split("/")[-1])

    def test_source_lines_around(self):
        out = self.run_replay("-c", "f util.py:7").stdout.decode().splitlines()
        self.assertEqual("util.py:7", out[0])
        self.assertIn(" >    7      return job * 2", out)

    def test_hot_spots(self):
        rows = self.play("hot self")[0]["rows"]
        self.assertEqual("core.py:4", rows[0]["location"])
        self.assertEqual(20_000_000, rows[0]["self_ns"])
        self.assertLessEqual(rows[0]["self_error_ns"], 20_000_000)
        self.assertEqual("core.py:2", self.play("hot count")[0]["rows"][0]["location"])

    def test_hot_spots_of_a_thread(self):
        everything, first, second, again, whole = self.play(
            "hot count", "hot thread 1", "hot self thread 2", "hot", "hot count thread all"
        )
        counts = [{row["location"]: row["count"] for row in answer["rows"]} for answer in (everything, first, second)]
        self.assertTrue(counts[1] and counts[2])
        for location, count in counts[0].items():
            self.assertEqual(count, counts[1].get(location, 0) + counts[2].get(location, 0), location)
        self.assertEqual(second["rows"], again["rows"])
        self.assertEqual(everything["rows"], whole["rows"])

    def test_bookmarks(self):
        home = str(self.root / "bookmarks")
        answers = self.play("j util.py:7#3", "m where it is slow", "bookmarks", XDG_STATE_HOME=home)
        self.assertEqual(
            [("where it is slow", "util.py:7")], [(row["note"], row["location"]) for row in answers[2]["rows"]]
        )
        self.assertEqual("util.py:7#3", self.specs("j m1", XDG_STATE_HOME=home)[0])
        answers = self.play("j bookmark where", "unmark 1", "bookmarks", XDG_STATE_HOME=home)
        self.assertEqual([], answers[2]["rows"])

    def test_zones(self):
        result = self.run_replay("-c", "w", "-c", "zone utc", "-c", "w", TZ="Asia/Kolkata")
        self.assertIn(b"03:43:20.000000 exact", result.stdout.splitlines()[0])
        self.assertIn(b"22:13:20.000000 exact", result.stdout.splitlines()[3])

    def test_info(self):
        rows = {row["what"]: row["value"] for row in self.play("info")[0]["rows"]}
        self.assertEqual(("finished", "24", "2"), (rows["state"], rows["steps"], rows["threads"]))


class MissingTest(ReplayTest):
    def test_a_gap_is_a_position(self):
        trace = self.make("pace 1us; main: call f@/a.py:1; repeat 20 ( line 2; line 3; line 4; block )", "gap")
        blocks = trace / "blocks.00000"
        data = bytearray(blocks.read_bytes())
        pos = -1
        for _ in range(10):
            pos = data.index(b"TXBL", pos + 8)
        data[pos + 128] ^= 0xFF
        blocks.write_bytes(data)
        result = self.run_replay("--json", "-c", "j step 28", "-c", "s", "-c", "rs", trace=trace)
        self.assertIn(result.returncode, (0, 2))
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual(28, answers[0]["at"]["position"])
        self.assertEqual("damaged", answers[0]["at"]["gap"])
        self.assertEqual(("gap", 30), (answers[1]["stop"], answers[1]["at"]["position"]))
        self.assertEqual(("gap", 26), (answers[2]["stop"], answers[2]["at"]["position"]))
        self.assertIn("missing", answers[2]["message"])
        result = self.run_replay("-c", "j step 28", trace=trace)
        self.assertIn(b"step 28, ", result.stdout)


class UsageTest(ReplayTest):
    def fail_with(self, message, *arguments, trace=None, code=1):
        result = self.run_replay(*arguments, trace=trace)
        self.assertEqual(f"trackexec-replay: {message}\n", result.stderr.decode())
        self.assertEqual(code, result.returncode)

    def test_wrong_commands(self):
        for command, message in (
            ("nonsense", "cannot run 'nonsense': there is no such command (h lists them)"),
            ("q now", "cannot run 'q' with 'now': it takes nothing"),
            ("n x", "cannot n 'x' times: it is not a count"),
            ("u never.py:3", "cannot find 'never.py': no such file was recorded"),
            ("f x.py", "cannot find 'x.py': no such file was recorded"),
            ("thread 9", "cannot go to thread 9: there are threads 1 to 2"),
            ("thread x", "cannot go to thread 'x': it is not a number"),
            ("delete 7", "cannot find breakpoint '7': give the number of one (breakpoints lists them)"),
            ("unmark 5", "cannot remove bookmark 5: there is none"),
            ("hot x", "cannot sort by 'x': there is no such column (say cumulated, self, average, slowest, waiting, "
             "count or location; thread and a thread, or all)"),
            ("hot self thread 9", "cannot find thread '9': there are 2, give a number from 1 or a name"),
            ("zone mars", "cannot show times as 'mars': say local, utc or recorder"),
            ("any maybe", "cannot use 'maybe': say on or off"),
            ("follow on", "cannot follow: the recording does not grow any more"),
            ("slowest 1", "cannot go to the slowest execution of core.py:1: it was never executed"),
        ):
            self.fail_with(message, "-c", command)
        result = self.run_replay("-c", "b core.py:8")
        self.assertEqual(1, result.returncode)
        self.assertIn(b"core.py:8", result.stderr)

    def test_a_command_that_fails_ends_the_script(self):
        answers = self.play("n", "nonsense", "n", code=1)
        self.assertEqual(2, len(answers))
        self.assertIn("no such command", answers[1]["error"])

    def test_quit_ends_the_script(self):
        self.assertEqual(2, len(self.play("n", "q", "n")))

    def test_wrong_usage(self):
        self.fail_with("cannot use --at: 'x' is not a time (try 12:00:16, 2024-01-27 12:00, +2s, 50%, start, end or "
                       "core.py:120#37)", "--at", "x", "-c", "n")
        self.fail_with("cannot print JSON of the screen: give --command too (see --help)", "--json")
        self.fail_with("cannot follow with --command: that needs the screen (see --help)", "--follow", "-c", "n")
        self.fail_with(
            "cannot show the screen: input or output is no terminal (give --command, as in --command c)",
        )
        self.fail_with("cannot open '/nonexistent': No such file or directory", "-c", "n", trace="/nonexistent")

    def test_nothing_to_show(self):
        self.fail_with("nothing to show of 'empty': no line was recorded", "-c", "n", trace=self.make("", "empty"))

    def test_damage_is_said_and_exits_2(self):
        trace = self.make("pace 1us; main: call f@/a.py:1; repeat 20 ( line 2; line 3; block )", "damaged")
        blocks = trace / "blocks.00000"
        data = bytearray(blocks.read_bytes())
        data[data.index(b"TXBL", 200) + 8] ^= 0xFF
        blocks.write_bytes(data)
        (trace / "index.00000").unlink()
        result = self.run_replay("-c", "c", trace=trace)
        self.assertEqual(2, result.returncode)
        self.assertIn(b"is damaged: ", result.stderr)
        self.assertIn(b"a.py:3#", result.stdout)

    def test_of_several_processes_one_has_to_be_given(self):
        run = self.root / "run"
        for name in ("server", "worker"):
            (run / name).mkdir(parents=True)
            for file in self.trace.iterdir():
                (run / name / file.name).write_bytes(file.read_bytes())
        self.fail_with(
            f"cannot choose in '{run}': it holds recordings of 2 processes (give one of them: server, worker)",
            "-c", "n", trace=run,
        )
        self.assertEqual(0, self.run_replay("-c", "n", trace=run / "worker").returncode)

    def test_help_and_version(self):
        result = self.run_replay("--help")
        self.assertTrue(result.stdout.startswith(b"usage: trackexec-replay "))
        self.assertTrue(all(len(line) <= 100 for line in result.stdout.splitlines()))
        self.assertRegex(self.run_replay("--version").stdout, rb"^trackexec-replay \d+\.\d+\.\d+\n$")

    def test_a_full_disk_is_said(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with open("/dev/full", "wb") as full:
            result = subprocess.run([REPLAY, "-c", "n", self.trace], stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(1, result.returncode)
        self.assertIn(b"cannot write to the standard output: No space left on device", result.stderr)

    def test_hostile_names_do_not_get_through(self):
        source = self.root / "evil\x1b[31m.py"
        source.write_bytes(b"x = '\x1b]pwned\x07'\r\n\xff\x9b31m\n")
        trace = self.make(f"main: call f\x1b[2J@{source}:1; line 1; line 2", "evil")
        commands = ("w", "s", "bt", "threads", "hot", "files", "info", "f", "b 2", "breakpoints", "m \x1b[5m", "bookmarks")
        for options in ([], ["--json"]):
            for command in commands:
                options += ["-c", command]
            result = self.run_replay(*options, trace=trace)
            self.assertEqual(0, result.returncode, result.stderr)
            out = result.stdout + result.stderr
            self.assertEqual(set(), set(out) & (set(range(0x20)) - {10}) | set(out) & {0x7F})
            self.assertNotIn("\x9b", out.decode())
        out = self.run_replay("-c", "w", trace=trace, LC_ALL="C").stdout
        self.assertTrue(out.isascii())


class TablesTest(ReplayTest):
    """Help, the manual page and completion come from, or agree with, the tables of commands and keys."""

    def tables(self):
        return self.play("h")[0]

    def test_the_manual_page_knows_all(self):
        page = (pathlib.Path(MAN) / "trackexec-replay.1").read_text().replace("\\", "")
        commands, keys = re.search(r"\.SH COMMANDS\n(.*)\.SH KEYS\n(.*)\.SH ENVIRONMENT", page, re.DOTALL).groups()
        # The words of headings and of what is printed as it is typed.
        in_commands = set(re.findall(r"\S+", re.sub(r'f[IRB]|[,"]', " ", commands)))
        in_keys = set(re.findall(r"\S+", re.sub(r'[,"]', " ", keys)))
        tables = self.tables()
        for command in tables["commands"]:
            for name in command["names"]:
                self.assertIn(name, in_commands)
        for key in tables["keys"]:
            for word in key["key"].replace(",", " ").split():
                self.assertIn(word, in_keys)
        for option in re.findall(r"--[a-z-]+", self.run_replay("--help").stdout.decode()):
            self.assertIn(option, page)

    def test_help_prints_all(self):
        out = self.run_replay("-c", "help").stdout.decode()
        tables = self.tables()
        for command in tables["commands"]:
            self.assertIn(command["summary"], out)
            self.assertIn(", ".join(command["names"]), out)
        for key in tables["keys"]:
            self.assertIn(key["summary"], out)

    def test_every_command_of_the_interface_is_there(self):
        names = {name for command in self.tables()["commands"] for name in command["names"]}
        for name in ("s step n next finish c continue rs t- rn p- rfin rc g- u ru b j up down bt f m h q /").split():
            self.assertIn(name, names)
        keys = " ".join(key["key"] for key in self.tables()["keys"])
        for key in "s n o c S N O C g G [ ] b j u d f / Ctrl+O Ctrl+I m < > h ? q".split():
            self.assertIn(key, re.split(r"[, ]+", keys) + list("?"))

    def test_names_are_not_given_twice(self):
        names = [name for command in self.tables()["commands"] for name in command["names"]]
        self.assertEqual(sorted(set(names)), sorted(names))


if __name__ == "__main__":
    unittest.main()
