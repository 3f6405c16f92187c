#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""trackexec-replay's screen, drawn on a pty and read back by a small strict terminal (terminal.py)."""

import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))

import replay_program  # noqa: E402
import seeds  # noqa: E402
from replay_program import CORE  # noqa: E402
from terminal import Program, Refused, Screen  # noqa: E402

REPLAY, MAKE_TRACE, MAKE_BIG_TRACE = sys.argv[1:4]
del sys.argv[1:4]

# As terminals send them once ncurses has asked for application keys.
UP, DOWN, RIGHT, LEFT = "\x1bOA", "\x1bOB", "\x1bOC", "\x1bOD"
ESCAPE = "\x1b"

# What is still being looked for is marked so.
WHOLE = r"(?s)\A(?!.*\u2026)"


class ScreenTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="trackexec-screen-")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.root = pathlib.Path(cls.temporary.name)
        cls.trace = cls.make(replay_program.write(cls.root / "src", repeat=40), "main")

    @classmethod
    def make(cls, text, name):
        directory = cls.root / name
        subprocess.run([MAKE_TRACE, str(directory)], input=os.fsencode(text), check=True, timeout=60)
        return directory

    def start(self, *arguments, trace=None, **options):
        options.setdefault("XDG_STATE_HOME", str(self.root / "state"))
        program = Program([REPLAY, *arguments, trace or self.trace], **options)
        self.addCleanup(program.close)
        return program

    def start_whole(self, *arguments, **options):
        """Waits for a picture that lacks nothing, down to its last line."""
        program = self.start(*arguments, **options)
        program.wait_for(WHOLE + r".*n next  s step")
        return program

    def current(self, program):
        """The line with the arrow."""
        for row in program.screen.text().splitlines():
            match = re.match(r"[ *●o○][▶>] *(\d+)", row)
            if match:
                return int(match[1])
        return None

    # ---- What is shown ----

    def test_first_picture(self):
        program = self.start_whole()
        text = program.screen.text()
        rows = text.splitlines()
        self.assertRegex(rows[0], r"^ 22:13:20\.000000 exact  core\.py:2 in main  main$")
        self.assertRegex(rows[1], r"^ execution 1 of 41  thread 1 main  depth 1  lasts 1\.00 ms  step 0 of 204$")
        self.assertEqual(2, self.current(program))
        self.assertRegex(text, r"▶  2    41.│    for job in jobs:")
        self.assertRegex(text, r"  3    40.│        result = work\(job\)")
        self.assertRegex(rows[-2], r"^22:13:20\.000 +64\.\d ms +22:13:20\.064$")
        self.assertRegex(rows[-1], r"^n next  s step")
        program.send("q")
        self.assertEqual(0, program.finish())

    def test_the_lines_bytes_are_on_the_screen_as_they_are(self):
        program = self.start_whole(columns=100, rows=30)
        text = program.screen.text()
        shown = [row.split("│", 1)[1].split("│")[0].rstrip() for row in text.splitlines() if re.match(r"..[ 0-9]+.*│", row)]
        self.assertEqual(CORE.splitlines(), [row for row in shown][: len(CORE.splitlines())])

    def test_colours(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        self.assertIn(38, program.screen.colours)
        for environment, allowed in (
            ({"NO_COLOR": "1"}, set()),
            ({"TERM": "vt100"}, set()),
            ({"TERM": "xterm"}, set(range(30, 50)) - {38, 48}),
        ):
            program = self.start(**environment)
            program.wait_for(r"core\.py:2 in main")
            self.assertLessEqual(program.screen.colours, allowed, environment)
            self.assertEqual(bool(allowed), bool(program.screen.colours), environment)

    def test_ascii(self):
        for term in ("xterm-256color", "vt100"):
            program = self.start(LC_ALL="C", TERM=term)
            text = program.wait_for(r">  2    41.\|    for job in jobs:")
            self.assertTrue(text.isascii())
            self.assertTrue(program.raw.isascii())
            program.press("b", r"\*>  2")

    # ---- Moves ----

    def test_moves_there_and_back(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        program.press("s", r"core\.py:3 in main")
        program.press("s", r"util\.py:2 in work")
        program.press("o", r"core\.py:2 in main[^\n]*\n execution 2 of 41")
        program.press("n", r"core\.py:3 in main[^\n]*\n execution 2 of 40")
        program.press("n", r"core\.py:2 in main[^\n]*\n execution 3 of 41")
        program.press("N", r"core\.py:3 in main[^\n]*\n execution 2 of 40")
        program.press("S", r"core\.py:2 in main[^\n]*\n execution 2 of 41")
        program.press("S", r"util\.py:3 in work[^\n]*\n execution 1 of 40")
        program.press("O", r"core\.py:3 in main[^\n]*\n execution 1 of 40")
        program.press(">", r"core\.py:4 in main")
        program.press("s", r"end of the recording")
        self.assertRegex(program.screen.text(), r"core\.py:4 in main")
        program.press("<", r"core\.py:2 in main[^\n]*\n execution 1 of 41")
        program.press("S", r"start of the recording")
        program.send("q")
        self.assertEqual(0, program.finish())

    def test_function_keys(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        program.press("\x1b[23~", r"core\.py:3 in main")  # F11
        program.press("\x1b[21~", r"execution 2 of 41")  # F10
        program.press("\x1bOP", r"Keys: lower case")  # F1

    def test_breakpoints(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        program.press(DOWN + DOWN + "b", r"breakpoint 1 set: core\.py:4")
        self.assertRegex(program.screen.text(), r"●   4")
        program.press("c", r"core\.py:4 in main")
        program.press("C", r"no breakpoint was hit; this is the start")
        program.press(":b util.py:7 if count 37\r", r"breakpoint 2 set: util\.py:7 number 37")
        program.press("c", r"util\.py:7 in prepare[^\n]*\n execution 37 of 40")
        program.press("4", r"Breakpoints[^\n]*\n[^\n]*1 on  core\.py:4")
        program.press("x", r"breakpoint 1 removed")
        program.press(ESCAPE, r"Breakpoints")
        program.press(":b prepare\r", r"breakpoint 3 set: prepare")

    def test_keys_in_a_hurry_lead_to_the_same_picture(self):
        draw = random.Random(seeds.choose())
        keys = ["s", "n", "o", "c", "S", "N", "O", "1", "2", "3", "4", "j50%\r", "j7%\r", "]", "[", "b", "v", "r"]
        big = self.root / "big"
        subprocess.run([MAKE_BIG_TRACE, big, "1e6"], check=True, timeout=60)
        for trace in (self.trace, big):
            chosen = draw.choices(keys, k=40)
            slow = self.type(trace, chosen, lambda program: program.read(0.1))
            hasty = self.type(trace, chosen, lambda program: time.sleep(draw.uniform(0, 0.003)))
            self.assertEqual(slow, hasty, chosen)

    def type(self, trace, keys, pause):
        """The picture at the end, without the source: how far that is scrolled depends on the pictures before."""
        state = tempfile.mkdtemp(dir=self.root)
        program = self.start_whole(trace=trace, columns=160, rows=50, XDG_STATE_HOME=state)
        for key in keys:
            program.send(key)
            pause(program)
        program.send("h")
        program.wait_for("Keys: lower case")
        program.send("q")
        rows = program.wait_for(WHOLE + r".*step \d").splitlines()
        return "\n".join(row.rpartition("\u2502 ")[2] for row in rows)

    def test_a_line_that_never_ran_is_refused(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        program.press(":b 11\r", r"core\.py:11")
        self.assertRegex(program.screen.row(23), "never|no code")

    def test_executions_of_the_cursors_line(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        program.press(DOWN, r"")
        program.press("]", r"execution 1 of 40")
        program.press("]]]", r"execution 4 of 40")
        program.press("[", r"execution 3 of 40")
        program.press("v", r"the slowest execution")
        program.press(":j core.py:3#37\r", r"execution 37 of 40")
        program.press("\x0f", r"execution \d of 40")  # Ctrl+O
        program.press("\t", r"execution 37 of 40")  # Ctrl+I

    def test_jumps(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        program.press("j50%\r", r"22:13:20\.03")
        program.press("j2023-11-14 22:13:20,041 INFO the log says so\r", r"22:13:20\.04[01]")
        program.press("j23:59\r", r"outside of the recording")
        program.press("j+1us\r", r"22:13:20\.04")
        program.press(":j nonsense\r", r"not a time")

    # ---- Files, stack, panes ----

    def test_stack(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        program.press(":j util.py:7#3\r", r"util\.py:7 in prepare")
        program.press("u", r"frame 2 of 3: util\.py:2 in work")
        program.press("u", r"frame 1 of 3: core\.py:3 in main")
        self.assertIn("result = work(job)", program.screen.text())
        program.press("u", r"this is the outermost frame")
        program.press("d", r"frame 2 of 3")
        program.press("1", r"Stack *\n.*3 util\.py:7 +prepare\n.*2 util\.py:2 +work\n.*1 core\.py:3 +main")

    def test_files_and_completion(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        program.press("fu\t\r", r"def serve\(queue\):")
        program.press(".", r"▶  2")
        program.press(":brea\t", r":breakpoints\s*$")
        program.press("\x15b \t", r"core\.py  main  never|core\.py  main  prepare")
        program.press(ESCAPE, r"▶  2")
        program.press("6", r"Files")

    def test_search(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        program.press("/RETURN\r", r"cannot find 'RETURN'")
        program.press("/return\r", r"return f")
        program.press(DOWN, r"return")
        program.press("\x1bOR", r"return x")  # F3
        program.press("\x1bOR", r"went on from the beginning")

    def test_hot_spots_lead_to_the_slowest(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        program.press("3", r"Hot spots by cumulated")
        program.press("r", r"Hot spots by self")
        program.press("\r", r"the slowest execution: ")

    def test_threads(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        program.press("2", r"Threads")
        program.press(DOWN + "\r", r"thread 2 begins here")
        self.assertRegex(program.screen.text(), r"util\.py:11 in serve")

    def test_bookmarks(self):
        program = self.start(XDG_STATE_HOME=str(self.root / "marks"))
        program.wait_for(r"core\.py:2 in main")
        program.press("j50%\r", r"22:13:20\.03")
        program.press("mhere it is\r", r"bookmark 1")
        program.press("<", r"22:13:20\.000000")
        program.press("5", r"Bookmarks[^\n]*\n.*here it is")
        program.press("\r", r"22:13:20\.03")
        program.send("q")
        self.assertEqual(0, program.finish())
        again = self.start(XDG_STATE_HOME=str(self.root / "marks"))
        again.wait_for(r"core\.py:2 in main")
        again.press(":j m1\r", r"22:13:20\.03")

    def test_help_names_all(self):
        program = self.start(rows=30)
        program.wait_for(r"core\.py:2 in main")
        seen = program.press("h", r"Keys: lower case goes forward")
        for _ in range(10):
            program.send(" ")
            program.read(0.1)
            seen += program.screen.text()
        for word in ("finish", "rfin", "bookmarks", "Ctrl+L", "quit"):
            self.assertIn(word, seen)
        program.press("q", r"core\.py:2 in main")

    # ---- Mouse ----

    def test_mouse(self):
        program = self.start_whole(columns=120, rows=40)
        text = program.screen.text()
        y = next(i for i, row in enumerate(text.splitlines()) if "result = work" in row)

        def press(x, row, button=0):
            return f"\x1b[<{button};{x + 1};{row + 1}M\x1b[<{button};{x + 1};{row + 1}m"

        if b"\x1b[?1006" not in program.raw:
            self.skipTest("this terminfo has no mouse of kind 1006")
        program.press(press(1, y), r"breakpoint 1 set: core\.py:3")
        program.press(press(40, y + 1), r"")
        program.press("b", r"breakpoint 2 set: core\.py:4")
        program.press(press(118, 37), r"core\.py:4 in main")  # the end of the timeline
        program.press(press(0, 37), r"core\.py:2 in main")
        program.press(press(20, 10, 65), r"")

    def drag(self, button, x, row, end="M"):
        return f"\x1b[<{button};{x + 1};{row + 1}{end}"

    def test_the_mouse_slides_along_the_timeline(self):
        program = self.start_whole(columns=120, rows=40)
        if b"\x1b[?1006" not in program.raw:
            self.skipTest("this terminfo has no mouse of kind 1006")
        self.assertIn(b"\x1b[?1002h", program.raw)
        program.press(self.drag(0, 40, 37), r"^ 22:13:20\.021\d+ ")
        program.press(self.drag(32, 60, 37), r"^ 22:13:20\.032\d+ ")
        # Off the strip it still follows, to its ends; above it nothing is clicked.
        program.press(self.drag(32, 20, 5), r"^ 22:13:20\.010\d+ ")
        program.press(self.drag(32, 119, 0), r"core\.py:4 in main")
        program.press(self.drag(32, 0, 39), r"core\.py:2 in main[^\n]*\n execution 1 of")
        program.press(self.drag(32, 80, 37), r"^ 22:13:20\.04[0-4]\d+ ")
        program.press(self.drag(0, 100, 37, "m"), r"core\.py:4 in main")
        # It ended there: a press elsewhere and its motion do not move.
        for event in (self.drag(0, 30, 5), self.drag(32, 31, 37), self.drag(0, 31, 37, "m")):
            program.send(event)
            program.read(0.1)
        self.assertRegex(program.screen.text(), r"core\.py:4 in main")
        program.press("\x0f", r"core\.py:2 in main[^\n]*\n execution 1 of")  # back over all of it at once
        program.press("\t", r"core\.py:4 in main")
        program.send("q")
        self.assertEqual(0, program.finish())
        self.assertGreater(program.raw.rindex(b"\x1b[?1002l"), program.raw.rindex(b"\x1b[?1002h"))

    def test_a_drag_whose_press_came_with_its_motion(self):
        program = self.start_whole(columns=120, rows=40)
        program.press(self.drag(0, 20, 37) + self.drag(32, 40, 37) + self.drag(32, 60, 37), r"^ 22:13:20\.032\d+ ")
        program.press(self.drag(0, 80, 37, "m"), r"^ 22:13:20\.04[0-4]\d+ ")
        program.press("s", r"util\.py:3 in work|core\.py|util\.py:7")

    def test_a_shell_gets_no_motion(self):
        on, off = b"\x1b[?1002h", b"\x1b[?1002l"
        for number in (signal.SIGTERM, signal.SIGINT):
            program = self.start_whole(TERM="xterm")  # of 8 colours: none are changed, and so none reset
            os.kill(program.pid, number)
            self.assertEqual(1, program.finish(), number)
            self.assertGreater(program.raw.rindex(off), program.raw.rindex(on), number)
        program = self.start_whole(TERM="xterm")
        # The kernel does not stop who has no shell, so it goes on at once.
        os.kill(program.pid, signal.SIGTSTP)
        for _ in range(200):
            program.read(0.05)
            if off in program.raw and program.raw.rindex(on) > program.raw.rindex(off):
                break
        self.assertRegex(program.raw, rb"(?s)\x1b\[\?1002h.*\x1b\[\?1002l.*\x1b\[\?1049l.*\x1b\[\?1002h")
        program.press("\x0c", r"core\.py:2 in main")
        program.press(self.drag(0, 78, 22), r"core\.py:4 in main")

    # ---- Marks of breakpoints on the timeline ----

    def marks(self, program, mark="●"):
        """Columns with a mark in the row above the times; its styles there."""
        times = max(i for i, row in enumerate(program.screen.text().splitlines()) if re.search(r"^22:13:20\.\d+ ", row))
        row = program.screen.cells[times - 1]
        columns = [i for i, c in enumerate(row) if c == mark]
        self.assertLessEqual(set(row), {" ", mark})
        return columns, {program.screen.styles[times - 1][i] for i in columns}

    def test_breakpoints_are_marked_on_the_timeline(self):
        program = self.start_whole()
        lanes = program.screen.row(21)
        program.press(":b core.py:3\r", r"breakpoint 1 set")
        columns, styles = self.marks(program)
        # 40 hits, evenly from the first ms on; the last fifth is line 4's.
        self.assertGreater(len(columns), 30)
        self.assertLess(columns[0], 3)
        self.assertTrue(all(1 <= after - column <= 3 for column, after in zip(columns, columns[1:])), columns)
        self.assertIn(max(columns), range(46, 52))
        self.assertTrue(any("38;5;160" in style for style in styles), styles)
        self.assertEqual(lanes, program.screen.row(20))
        program.press(":disable 1\r", r"breakpoint 1 switched off")
        self.assertEqual(lanes, program.screen.row(21))
        program.press(":b core.py:4\r", r"breakpoint 2 set")
        columns, _ = self.marks(program)
        self.assertEqual(1, len(columns))
        self.assertIn(columns[0], range(52, 58))
        # The 37th of 40, and a function's.
        program.press(":b util.py:7 if count 37\r", r"breakpoint 3 set")
        columns, _ = self.marks(program)
        self.assertEqual(2, len(columns))
        self.assertIn(columns[0], range(44, 50))
        program.press(":b serve\r", r"breakpoint 4 set")
        self.assertEqual(3, len(self.marks(program)[0]))
        # Zoomed in there are as many as are in sight.
        program.press(":delete 4\r", r"removed")
        program.press("+++", r"\(0: all\)")
        self.assertEqual(0, len(self.marks(program)[0]))

    def test_marks_without_colours_and_without_utf8(self):
        for options in ({"NO_COLOR": "1"}, {"TERM": "vt100"}):
            program = self.start_whole(**options)
            program.press(":b core.py:4\r", r"breakpoint 1 set")
            self.assertEqual(1, len(self.marks(program)[0]), options)
        program = self.start_whole(LC_ALL="C", TERM="vt100")
        program.press(":b core.py:4\r", r"breakpoint 1 set")
        self.assertEqual(1, len(self.marks(program, mark="*")[0]))
        self.assertTrue(program.raw.isascii())

    def test_marks_on_a_small_screen(self):
        for rows in (10, 11, 12, 13):
            program = self.start(rows=rows)
            program.wait_for(r"core\.py:2 in main")
            program.press(":b core.py:4\r", r"breakpoint 1 set")
            self.assertIn("●", program.screen.row(rows - 3 if rows >= 12 else rows - 2))

    # ---- Sizes and terminals ----

    def test_sizes(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        for pane in "123456":
            program.send(pane)
        for columns, rows in ((20, 5), (200, 60), (100, 30), (40, 12), (10, 3), (5, 2), (1, 1), (80, 24)):
            program.resize(columns, rows)
            program.read(0.2)
            self.assertIsNone(program.status)
        program.press(ESCAPE + "\x0c", r"core\.py:2 in main")
        program.resize(20, 5)
        program.send("\x0c")
        text = program.wait_for(r"core\.py:2 in main|core\.py:2 in mai")
        self.assertRegex(text, r"▶  2")
        program.resize(200, 60)
        program.press("\x0c", r"core\.py:2 in main  main")
        program.send("q")
        self.assertEqual(0, program.finish())

    def test_terminals_that_can_not(self):
        for term in ("dumb", "nothing-of-that-name", ""):
            program = self.start(TERM=term)
            self.assertEqual(1, program.finish(), term)
            self.assertRegex(program.raw, rb"trackexec-replay: cannot use the terminal '")

    def test_a_terminal_that_goes_away_ends_the_program(self):
        program = self.start()
        program.wait_for(r"core\.py:2 in main")
        os.close(program.fd)
        for _ in range(200):
            pid, status = os.waitpid(program.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.05)
        self.assertEqual(program.pid, pid)
        program.status = status

    # ---- Live ----

    def start_live(self, name, text):
        """A process that records; play() has it do more."""
        process = subprocess.Popen(
            [MAKE_TRACE, "--live", str(self.root / name)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

        def end():
            process.stdin.close()
            process.wait(timeout=20)
            process.stdout.close()

        def play(more):
            process.stdin.write(more.replace("\n", " ") + "\n")
            process.stdin.flush()
            self.assertEqual("ok\n", process.stdout.readline())

        self.addCleanup(lambda: process.poll() is None and end())
        play(text)
        return play, end

    def test_following(self):
        play, end = self.start_live("live", f"pace 1us; main: call main@{self.root}/src/core.py:1; line 2")
        program = self.start("--follow", trace=self.root / "live")
        program.wait_for(r"core\.py:2 in main +live +FOLLOWING")
        play("line 3")
        before = time.monotonic()
        program.wait_for(r"core\.py:3 in main")
        self.assertLess(time.monotonic() - before, 2)  # 200 ms where the machine is idle
        play(f"call work@{self.root}/src/util.py:1; line 2")
        program.wait_for(r"util\.py:2 in work")
        program.press("O", r"core\.py:3 in main +live +RECORDING")
        play("line 3")
        program.press("s", r"util\.py:2 in work")
        program.press("s", r"util\.py:3 in work")
        program.press("s", r"this is the end of what is recorded so far")
        program.press("l", r"FOLLOWING")
        play("return; line 4")
        program.wait_for(r"core\.py:4 in main")
        end()
        program.wait_for(r"the recording has ended")
        program.send("q")
        self.assertEqual(0, program.finish())

    def test_a_recording_without_a_step_yet(self):
        play, end = self.start_live("young", "pace 1us")
        program = self.start(trace=self.root / "young")
        program.wait_for(r"nothing was recorded yet")
        program.press("6", r"no file")
        program.send("6")
        for key in "nSc]b1234567m\r<>udjend\r./x\r+-":
            program.send(key)
        program.press(ESCAPE + ESCAPE, r"nothing was recorded yet")
        play(f"main: call main@{self.root}/src/core.py:1; line 2")
        program.wait_for(r"core\.py:2 in main")
        end()
        program.send("q")
        self.assertEqual(0, program.finish())

    def test_following_what_has_ended(self):
        program = self.start("--follow")
        program.wait_for(r"core\.py:4 in main")
        self.assertIn("does not grow any more", program.screen.text())

    # ---- Long moves ----

    def test_a_long_move_shows_progress_and_is_cancelled(self):
        turns = "repeat 1000000 ( line 3; line 2 ); block; " * 5
        trace = self.make(f"pace 1us; main: call main@{self.root}/src/core.py:1; line 2; {turns} line 4", "long")
        program = self.start_whole(trace=trace)
        text = ""
        for _ in range(10):
            # A machine that is fast enough may be there before Esc is.
            text = program.press(":s 100000000\r", r"\] +\d+ %  Esc cancels|end of the recording", seconds=60)
            program.send(ESCAPE)
            text = program.wait_for(r"cancelled: nothing has changed|n next  s step", seconds=60)
            if "cancelled" in text:
                break
            program.press("<", r"execution 1 of ")
        self.assertIn("cancelled: nothing has changed", text)
        self.assertRegex(program.screen.row(0), r"core\.py:2 in main")
        self.assertRegex(program.screen.row(1), r"execution 1 of ")
        program.press("n", r"core\.py:3 in main")

    # ---- Where it begins ----

    def test_at(self):
        for spec, pattern in (("util.py:7#3", r"util\.py:7 in prepare"), ("end", r"core\.py:4"), ("22:13:20", r"core\.py:2")):
            program = self.start("--at", spec)
            program.wait_for(pattern)
            program.close()
        program = self.start("--at", "nonsense")
        self.assertEqual(1, program.finish())
        self.assertIn(b"trackexec-replay: cannot use --at: 'nonsense' is not a time", program.raw)

    # ---- Several processes ----

    def test_one_of_several_processes_is_chosen(self):
        run = self.root / "run"
        run.mkdir(exist_ok=True)
        for name in ("server", "worker"):
            shutil.copytree(self.trace, run / name, dirs_exist_ok=True)
        program = self.start(trace=run)
        text = program.wait_for(r"2 processes in ")
        self.assertRegex(text, r"1  server *\n +2  worker")
        program.press(DOWN + "\r", r"core\.py:2 in main  worker")
        program.send("q")
        self.assertEqual(0, program.finish())
        program = self.start(trace=run)
        program.wait_for(r"2 processes in ")
        program.send("q")
        self.assertEqual(0, program.finish())

    # ---- Hostile ----

    def test_hostile_names_and_sources(self):
        source = self.root / "evil\x1b]pwned\x07.py"
        source.write_bytes(
            b"x = '\x1b[31mred\x1b]0;pwned\x07'\r\n# \xc2\x9b31m \x9b\x90 \xe2\x80\xae rtl\n\ty\t= 1\x00\x08\x7f\n" + b"z" * 5000
        )
        trace = self.make(
            f"main: call f\x1b[2J@{source}:1; line 1; line 2; line 3; line 4", "evil\x1b[5m"
        )
        for options in ({}, {"LC_ALL": "C"}, {"TERM": "vt100"}, {"columns": 160, "rows": 50}):
            program = self.start(trace=trace, **options)
            program.wait_for(r"in f\?\[2J")
            for keys in ("2", "3", "6", "7", ":f \t", ESCAPE, ":nonsense\x1b", "mx\r", "5", "s", "s", "s", "b", "4", "h", "q"):
                program.send(keys)
                program.read(0.05)
            program.wait_for(r"in f")
            self.assertNotIn(b"pwned\x07", program.raw)
            self.assertNotIn(b"\x1b[5m", program.raw.replace(b"\x1b[5m\x1b", b""))
            program.close()

    def test_the_terminal_of_these_tests_is_strict(self):
        for text in ("\x1b]0;x\x07", "\x1b[31~", "\x9b31m", "\x1bPq\x1b\\", "\x1b[?47h", "\x05", "\x1b[6n"):
            with self.assertRaises(Refused, msg=repr(text)):
                Screen(80, 24).feed(text)

    def test_ten_thousand_random_keys(self):
        seed = seeds.choose()
        print(f"TRACKEXEC_SEED={seed}", file=sys.stderr)
        rng = random.Random(seed)
        keys = [c for c in "snocSNOCgGv[]bjf/.ud<>mh?wxrazl:+-01234567\r\t\x1b\x0f\x0c\x03 "]
        keys += [UP, DOWN, LEFT, RIGHT, "\x1b[5~", "\x1b[6~", "\x1bOH", "\x1bOF", "\x1b[3~", "\x1bOR", "\x7f", "\x1b[1;2D"]
        keys += ["50%\r", "start\r", "util\t\r", "core.py:3#7\r", ":u 4\r", ":ru 3\r", "b 7 if count 3\r", "é", "\x1b[<0;10;9M"]
        program = self.start(columns=100, rows=30)
        program.wait_for(r"core\.py:2 in main")
        try:
            for _ in range(200):
                program.send("".join(rng.choice(keys) for _ in range(50)))
                if rng.random() < 0.2:
                    program.resize(rng.randrange(1, 200), rng.randrange(1, 60))
                program.read(0.005)
                self.assertEqual((0, 0), os.waitpid(program.pid, os.WNOHANG))
            program.read(0.3)
            program.resize(80, 24)
            for _ in range(3):
                program.send(ESCAPE)
                program.read(0.2)
            program.press("\x0c.<", r"core\.py:2 in main", seconds=60)
            program.send("q")
            self.assertEqual(0, program.finish())
        except (AssertionError, OSError):
            print(program.raw[-2000:], file=sys.stderr)
            raise


if __name__ == "__main__":
    unittest.main()
