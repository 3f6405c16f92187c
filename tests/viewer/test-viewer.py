# SPDX-License-Identifier: BSD-3-Clause
"""The viewer from outside: real clicks and keys under Xvfb, state read back over D-Bus and AT-SPI.

test-viewer.py TRACKEXEC-VIEWER MAKE-TRACE SCHEMAS
"""
import os
import shutil
import subprocess
import sys
import time
import unittest
import warnings

import headless

VIEWER, MAKE_TRACE, SCHEMAS = sys.argv[1:4]
STEPS = 21  # see viewer-fixture.h

display = None
made = []


def make_trace(*arguments):
    trace = subprocess.run(
        [MAKE_TRACE, *arguments], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    made.append(os.path.dirname(os.path.dirname(trace)))
    return trace


def setUpModule():
    global display
    display = headless.Display(1280, 900)


def tearDownModule():
    display.close()
    for directory in made:
        shutil.rmtree(directory, ignore_errors=True)


class ViewerTest(unittest.TestCase):
    """A viewer for each test, on a recording of its own."""

    arguments = None

    def setUp(self):
        self.trace = make_trace()
        self.viewer = self.start(self.trace)

    def start(self, *arguments):
        viewer = headless.Viewer(
            display, VIEWER, *arguments, schemas=SCHEMAS, size=(1200, 800),
            extra={"G_DEBUG": "fatal-criticals"},
        )
        self.addCleanup(self.finish, viewer)
        return viewer

    def finish(self, viewer):
        alive = viewer.process.poll() is None
        log = viewer.log()
        viewer.close()
        self.assertTrue(alive, f"the viewer ended by itself\n{log}")
        # A slow machine makes GTK say this of a text that it still measures; it draws it a frame later.
        harmless = "without a current allocation"
        complaints = [
            line
            for line in log.splitlines()
            if ("CRITICAL" in line or "WARNING" in line) and harmless not in line
        ]
        self.assertEqual(complaints, [])

    def ready(self):
        self.viewer.wait("open the trace", lambda: self.viewer.state("location") == "prog.py:1")

    def at(self, position, what="the move"):
        self.viewer.wait(what, lambda: self.viewer.state("position") == position)

    def line_point(self, line, x_from_left):
        """A point in the source at this line, some pixels from the left of its gutter."""
        import pyatspi

        source = self.viewer.find("text", "Source")
        text = source.queryText()
        content = text.getText(0, text.characterCount)
        offset = sum(len(part) + 1 for part in content.split("\n")[: line - 1])
        box = text.getCharacterExtents(offset, pyatspi.WINDOW_COORDS)
        x, _, _, _ = self.viewer.extents(source)
        _, origin_y = self.viewer.window_origin()
        return x + x_from_left, origin_y + box[1] + box[3] / 2


class Keys(ViewerTest):
    def test_function_keys_move(self):
        viewer = self.viewer
        self.ready()
        viewer.activate("position", "uint64 6")
        self.at(6)
        for key, position in (
            ("F11", 7), ("shift+F11", 9), ("F10", 10), ("F10", 13),
            ("ctrl+shift+F11", 12), ("ctrl+shift+F9", 10), ("ctrl+shift+F10", 9),
        ):
            viewer.key(key)
            self.at(position, key)

    def test_letters_move_while_the_source_has_the_focus(self):
        viewer = self.viewer
        self.ready()
        viewer.click(*self.line_point(1, 150))
        for key, position in (("s", 1), ("s", 2), ("S", 1), ("greater", STEPS - 1), ("less", 0)):
            viewer.key(key)
            self.at(position, key)

    def test_letters_move_at_once_after_opening(self):
        self.ready()
        self.viewer.key("s")
        self.at(1)

    def test_letters_act_again_after_a_time_was_said(self):
        self.ready()
        self.viewer.key("j")
        self.viewer.type("prog.py:16#1")
        self.viewer.key("Return")
        self.at(6)
        self.viewer.key("s")
        self.at(7)

    def test_letters_in_an_entry_are_letters(self):
        viewer = self.viewer
        self.ready()
        viewer.key("ctrl+j")
        viewer.type("sns")
        time.sleep(0.5)
        self.assertEqual(viewer.state("position"), 0)
        self.assertEqual(self.entry_text("Go to time"), "sns")

    def entry_text(self, name):
        entry = self.viewer.find(name=name, role="text")
        text = entry.queryText()
        return text.getText(0, text.characterCount)

    def test_f10_moves_and_opens_no_menu(self):
        viewer = self.viewer
        self.ready()
        viewer.key("F10")
        self.at(1)
        viewer.key("F10")
        self.at(2)

    def test_twenty_keys_in_a_row_all_count(self):
        self.ready()
        self.viewer.key(*["F11"] * 18)
        self.at(18)

    def test_breakpoint_and_continue(self):
        viewer = self.viewer
        self.ready()
        viewer.activate("position", "uint64 8")
        self.at(8)
        viewer.key("F9")
        viewer.wait("a breakpoint", lambda: viewer.state("breakpoints") == ["prog.py:6"])
        viewer.key("F5")
        self.at(12)
        viewer.key("ctrl+shift+F5")
        self.at(8)
        viewer.key("F9")
        viewer.wait("no breakpoint", lambda: viewer.state("breakpoints") == [])

    def test_history(self):
        viewer = self.viewer
        self.ready()
        viewer.activate("position", "uint64 12")
        self.at(12)
        viewer.key("alt+Left")
        self.at(0)
        viewer.key("alt+Right")
        self.at(12)


class Pointer(ViewerTest):
    def test_gutter_click_toggles_a_breakpoint(self):
        viewer = self.viewer
        self.ready()
        point = self.line_point(6, 8)
        viewer.click(*point)
        viewer.wait("a breakpoint", lambda: viewer.state("breakpoints") == ["prog.py:6"])
        viewer.key("F5")
        self.at(8)
        viewer.click(*point)
        viewer.wait("no breakpoint", lambda: viewer.state("breakpoints") == [])

    def test_gutter_click_on_a_line_that_never_ran_is_refused(self):
        viewer = self.viewer
        self.ready()
        viewer.click(*self.line_point(11, 8))
        message = viewer.wait("a refusal", lambda: viewer.state("message"))
        self.assertIn("11", message)
        self.assertEqual(viewer.state("breakpoints"), [])

    def test_a_drag_on_the_timeline_moves_the_source(self):
        viewer = self.viewer
        self.ready()
        x, y, width, height = viewer.extents(viewer.find("slider", "Timeline"))
        row = y + height * 0.75
        viewer.drag(x + width * 0.1, row, x + width - 2, row)
        self.at(STEPS - 1, "the drag to the end")
        viewer.drag(x + width * 0.9, row, x + 1, row)
        self.at(0, "the drag to the start")

    def test_a_click_on_the_timeline_then_keys(self):
        viewer = self.viewer
        self.ready()
        x, y, width, height = viewer.extents(viewer.find("slider", "Timeline"))
        viewer.click(x + width / 2, y + height * 0.75)
        position = viewer.wait("the click", lambda: viewer.state("position"))
        viewer.key("Right")
        self.at(position + 1, "Right")
        viewer.key("Left")
        self.at(position, "Left")
        viewer.key("End")
        self.at(STEPS - 1, "End")
        viewer.key("Home")
        self.at(0, "Home")

    def test_a_drag_on_the_ruler_selects_a_range(self):
        viewer = self.viewer
        self.ready()
        x, y, width, _ = viewer.extents(viewer.find("slider", "Timeline"))
        viewer.drag(x + width * 0.2, y + 28, x + width * 0.6, y + 28)
        viewer.wait("a range", lambda: viewer.state("range")[1] > viewer.state("range")[0])
        self.assertEqual(viewer.state("position"), 0)
        self.assertIsNotNone(viewer.find("label", text="selected range"))
        viewer.key("Escape")
        viewer.wait("no range", lambda: viewer.state("range") == (0, 0))

    def test_a_button_of_the_header(self):
        viewer = self.viewer
        self.ready()
        x, y, width, height = viewer.extents(viewer.find("push button", "Step"))
        viewer.click(x + width / 2, y + height / 2)
        self.at(1)

    def test_a_hot_spot_is_gone_to(self):
        viewer = self.viewer
        self.ready()
        cell = viewer.wait("the table", lambda: viewer.find("label", "prog.py:16"))
        x, y, width, height = viewer.extents(cell)
        viewer.click(x + 10, y + height / 2)
        viewer.key("Return")
        viewer.wait_location("prog.py:16")

    def test_a_click_on_a_title_sorts(self):
        viewer = self.viewer
        self.ready()
        title = viewer.wait("the table", lambda: viewer.find("label", "Count"))
        x, y, width, height = viewer.extents(title)
        viewer.click(x + width / 2, y + height / 2)
        time.sleep(0.5)
        viewer.activate("activate-hotspot", "uint32 0")
        viewer.wait("the line with most executions", lambda: viewer.state("position") > 4)
        self.assertIn(viewer.state("location"), ("prog.py:5", "prog.py:6", "prog.py:15"))

    def test_a_click_on_a_frame_shows_it(self):
        viewer = self.viewer
        self.ready()
        viewer.activate("position", "uint64 8")
        self.at(8)
        stack = viewer.find("list", "Call stack")
        label = viewer.wait("the frame", lambda: viewer.find("label", "main", within=stack))
        x, y, width, height = viewer.extents(label)
        viewer.click(x + 10, y + height / 2)
        viewer.wait("the caller's line", lambda: self.cursor_line() == 16)
        self.assertEqual(viewer.state("position"), 8)

    def cursor_line(self):
        text = self.viewer.find("text", "Source").queryText()
        return text.getText(0, text.characterCount)[: text.caretOffset].count("\n") + 1


class Times(ViewerTest):
    def say(self, text):
        self.viewer.key("ctrl+j")
        self.viewer.type(text)
        self.viewer.key("Return")

    def test_forms(self):
        self.ready()
        for text, position in (
            ("end", STEPS - 1), ("start", 0), ("prog.py:16#2", 10), ("0%", 0), ("100%", STEPS - 1),
            ("prog.py:5#1", 7), ("@1700000000", 0),
        ):
            self.say(text)
            self.at(position, text)

    def test_relative(self):
        viewer = self.viewer
        self.ready()
        self.say("+6ms")
        position = viewer.wait("+6ms", lambda: viewer.state("position"))
        self.say("-3ms")
        viewer.wait("-3ms", lambda: 0 < viewer.state("position") < position)

    def test_wall_clock_and_a_line_of_a_log(self):
        viewer = self.viewer
        self.ready()
        viewer.activate("position", "uint64 5")
        self.at(5)
        self.say("2023-11-14 22:13:20,015 INFO server started")
        viewer.wait("a line of a log", lambda: 5 < viewer.state("position") < STEPS - 1)

    def test_what_is_wrong_is_said_at_the_entry(self):
        viewer = self.viewer
        self.ready()
        self.say("25:99")
        error = viewer.wait("the error", lambda: viewer.find("label", text="25"))
        self.assertIn("hour", error.name)
        self.assertEqual(viewer.state("position"), 0)
        self.say("1999-01-01")
        viewer.wait("the range", lambda: viewer.find("label", text="2023"))

    def test_the_slider_of_assistive_tools(self):
        viewer = self.viewer
        self.ready()
        value = viewer.find("slider", "Timeline position").queryValue()
        value.currentValue = value.maximumValue
        self.at(STEPS - 1, "the slider")


class States(ViewerTest):
    def setUp(self):
        self.directory = os.path.join(display.directory, self.id())
        os.makedirs(self.directory, exist_ok=True)

    def shows(self, viewer, text):
        return viewer.wait(f"{text!r} in the window", lambda: viewer.find("label", text=text))

    def test_without_argument(self):
        viewer = self.start()
        self.shows(viewer, "Walk Through a Recording")

    def test_an_empty_directory(self):
        viewer = self.start(self.directory)
        self.shows(viewer, "Can’t Be Opened")
        self.assertIn(self.directory, viewer.state("message"))

    def test_what_does_not_exist(self):
        viewer = self.start("/no/such/<b>place")
        self.shows(viewer, "Can’t Be Opened")
        self.shows(viewer, "/no/such/<b>place")

    def test_a_file_is_no_trace(self):
        viewer = self.start("/etc/passwd")
        self.shows(viewer, "Can’t Be Opened")

    def test_a_base_directory_opens_its_latest_run(self):
        trace = make_trace()
        base = os.path.join(self.directory, "base")
        shutil.copytree(os.path.dirname(trace), os.path.join(base, "240416-162041"))
        os.symlink("240416-162041", os.path.join(base, "latest"))
        viewer = self.start(base)
        viewer.wait_location("prog.py:1")

    def test_a_run_of_two_processes_asks_which(self):
        trace = make_trace()
        run = os.path.dirname(trace)
        shutil.copytree(trace, os.path.join(run, "worker"))
        viewer = self.start(run)
        self.shows(viewer, "Which Process?")
        label = self.shows(viewer, "worker")
        x, y, width, height = viewer.extents(label)
        viewer.click(x + 5, y + height / 2)
        viewer.wait_location("prog.py:1")

    def test_a_damaged_recording_is_shown_as_far_as_it_goes(self):
        trace = make_trace()
        path = os.path.join(trace, "catalog")
        with open(path, "r+b") as catalog:
            catalog.seek(0, os.SEEK_END)
            catalog.write(b"\xff" * 40)
        viewer = self.start(trace)
        viewer.wait("the recording", lambda: viewer.state("location"))
        self.shows(viewer, "damaged")

    def test_a_live_recording_grows(self):
        recorder = subprocess.Popen(
            [MAKE_TRACE, "live"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            trace = recorder.stdout.readline().strip()
            made.append(os.path.dirname(os.path.dirname(trace)))
            viewer = self.start(trace)
            viewer.wait_location("prog.py:1")
            self.assertIsNotNone(viewer.find("label", "Recording"))
            recorder.stdin.write("worker: call leaf@SOURCE:4; line 5; line 6\n")
            recorder.stdin.flush()
            viewer.wait(
                "the new steps",
                lambda: viewer.activate("go-end") or viewer.state("position") == STEPS - 1,
            )
        finally:
            recorder.stdin.close()
            recorder.wait(20)
            recorder.stdout.close()


class CommandLine(unittest.TestCase):
    def run_viewer(self, *arguments):
        return subprocess.run(
            [VIEWER, *arguments], env=display.environment, capture_output=True, text=True, timeout=20
        )

    def test_version(self):
        answer = self.run_viewer("--version")
        self.assertEqual(answer.returncode, 0)
        self.assertRegex(answer.stdout, r"^trackexec-viewer \d+\.\d+")

    def test_help(self):
        answer = self.run_viewer("--help")
        self.assertEqual(answer.returncode, 0)
        self.assertIn("[DIR]", answer.stdout)

    def test_without_a_display(self):
        environment = dict(display.environment)
        del environment["DISPLAY"]
        answer = subprocess.run(
            [VIEWER, "/"], env=environment, capture_output=True, text=True, timeout=20
        )
        self.assertEqual(answer.returncode, 1)
        self.assertRegex(answer.stderr, r"^trackexec-viewer: cannot open a window: [^\n]*\n$")

    def test_unknown_option(self):
        self.assertEqual(self.run_viewer("--no-such-thing").returncode, 1)


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)  # pyatspi's own
    absent = headless.missing()
    if absent:
        print(f"SKIP: not installed: {', '.join(absent)}")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2, warnings="ignore")
