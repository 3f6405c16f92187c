# SPDX-License-Identifier: BSD-3-Clause
"""The functions of the package: with recording off, on, and misused."""

import ast
import inspect
import os
import sys
import time
import types
import unittest

import recordings
import trackexec


class OffTest(unittest.TestCase):
    def test_nothing_happens_without_a_recording(self):
        self.assertIsNone(trackexec.mark("text"))
        self.assertIsNone(trackexec.stop())
        self.assertEqual(trackexec.stats(), {"recording": False})
        with trackexec.precise_timestamping():
            with trackexec.precise_timestamping():
                pass

    def test_an_exception_passes_through_a_precise_section(self):
        with self.assertRaises(KeyError):
            with trackexec.precise_timestamping():
                raise KeyError

    def test_calls_are_cheap_without_a_recording(self):
        for name in ("mark", "precise_timestamping", "stop", "stats"):
            arguments = ("text",) if name == "mark" else ()
            function = getattr(trackexec, name)
            best = min(self.time(function, arguments) for _ in range(5))
            print(f"{name}: {best:.0f} ns", end=" ")
            self.assertLess(best, 2000)

    def time(self, function, arguments):
        count = 10000
        begin = time.perf_counter_ns()
        for _ in range(count):
            function(*arguments)
        return (time.perf_counter_ns() - begin) / count

    def test_enable_without_directory_is_false(self):
        self.assertFalse(trackexec.enable("/nonexistent/base", name="x", package="y"))
        self.assertFalse(trackexec.enable())


class RecordTest(recordings.RecorderTest):
    def test_record_takes_a_module(self):
        self.write("app/__init__.py", "")
        self.write("app/core.py", "def f():\n    return 1\n")
        self.run_program(
            """\
            import trackexec, app, app.core
            trackexec.record(app, "trace")
            app.core.f()
            trackexec.stop()
            """
        )
        self.assertEqual(recordings.read_steps(self.trace), [(1, 1, "core.py", 2, "f")])

    def test_record_takes_names_paths_and_several(self):
        self.write("app/__init__.py", "")
        self.write("app/core.py", "def f():\n    return 1\n")
        self.write("apple.py", "def f():\n    return 2\n")
        program = """\
            import sys, pathlib, trackexec
            trackexec.record(eval(sys.argv[1]), sys.argv[2])
            import app.core, apple
            app.core.f()
            apple.f()
            trackexec.stop()
            """
        core = ["core.py"]
        for number, (scope, expected) in enumerate(
            [
                ("'app'", core),
                ("'app.core'", core),
                ("'./app'", core),
                ("'app/core.py'", core),
                ("pathlib.Path('app')", core),
                ("['app', 'apple']", ["core.py", "apple.py"]),
                ("'apple.py'", ["apple.py"]),
                ("'ap'", []),
            ]
        ):
            trace = os.path.join(self.directory, f"trace{number}")
            self.run_program(program, scope, trace)
            with self.subTest(scope=scope):
                # Before 3.11 an empty module has a line.
                files = {step.file for step in recordings.read_steps(trace)} - {"__init__.py"}
                self.assertEqual(files, set(expected))

    def test_excludes_win(self):
        self.write("app/__init__.py", "from . import a, b\n")
        self.write("app/a.py", "x = 1\n")
        self.write("app/b.py", "x = 1\n")
        self.run_program(
            """\
            import trackexec
            with trackexec.recording("app", "trace", exclude="app.b"):
                import app
            """
        )
        self.assertEqual([s.file for s in recordings.read_steps(self.trace)], ["__init__.py", "a.py"])

    def test_links_are_resolved_for_paths(self):
        self.write("real/core.py", "def f():\n    return 1\n")
        os.symlink("real", os.path.join(self.directory, "link"))
        self.run_program(
            """\
            import sys, trackexec
            sys.path.insert(0, "link")
            trackexec.record("real/", "trace")
            import core
            core.f()
            trackexec.stop()
            """
        )
        self.assertEqual(self.lines(), [1, 2])

    def test_frames_that_run_already_are_on_the_stack(self):
        self.run_program(
            """\
            import trackexec
            def outer():
                inner()
                return 1
            def inner():
                trackexec.record("__main__", "trace")
                x = 1
            outer()
            y = 2
            trackexec.stop()
            """
        )
        steps = [(step.depth, step.line) for step in recordings.read_steps(self.trace)]
        self.assertEqual(steps, [(3, 7), (2, 4), (1, 9), (1, 10)])
        stack = [event for event in recordings.read_events(self.trace) if event.kind == "stack"][-1]
        self.assertEqual(stack.depth, 3)

    def test_stop_and_record_again(self):
        self.run_program(
            """\
            import trackexec
            def f():
                x = 1
            def g():
                x = 1
            for turn in range(4):
                trackexec.record("__main__", f"trace{turn}")
                f()
                if turn != 1:
                    g()
                trackexec.stop()
            """
        )
        for turn in range(4):
            trace = os.path.join(self.directory, f"trace{turn}")
            expected = [8, 3, 9, 10, 5, 11] if turn != 1 else [8, 3, 9, 11]
            self.assertEqual(self.lines(trace), expected)

    def test_another_scope_the_second_time(self):
        self.write("a.py", "def f():\n    return 1\n")
        self.write("b.py", "def f():\n    return 1\n")
        self.run_program(
            """\
            import trackexec, a, b
            for scope in ("a", "b", "a", "b"):
                trackexec.record(scope, "trace-" + scope)
                a.f(); b.f()
                trackexec.stop()
                import shutil
                if scope == "b":
                    break
            trackexec.record("a", "trace-third")
            a.f(); b.f()
            trackexec.stop()
            """
        )
        for name, file in (("a", "a.py"), ("b", "b.py"), ("third", "a.py")):
            steps = recordings.read_steps(os.path.join(self.directory, "trace-" + name))
            self.assertEqual([step.file for step in steps], [file])

    def test_marks_are_in_the_trace(self):
        self.run_program(
            """\
            import logging, trackexec
            trackexec.record("__main__", "trace")
            trackexec.mark("one \\u00e9 \\udc80")
            logging.getLogger("x").addHandler(trackexec.MarkHandler())
            logging.getLogger("x").warning("two %d", 2)
            # Nothing is raised for these without a recording, either.
            trackexec.mark(3)
            trackexec.mark(b"three")
            trackexec.mark(type("Text", (str,), {})("four"))
            trackexec.mark("\u00e9" * 1000000)
            trackexec.stop()
            """
        )
        marks = [e.detail for e in recordings.read_events(self.trace) if e.kind == "mark"]
        self.assertEqual(marks[:2], ["one \u00e9 \\\\udc80", "WARNING x: two 2"])
        refused = "trackexec: mark() needs a str, not "
        self.assertEqual(marks[2:5], [refused + "int", refused + "bytes", "four"])
        self.assertRegex(marks[5], "^\u00e9{1000,1024}$")

    def test_precise_sections_stamp_each_step(self):
        self.run_program(
            """\
            import trackexec
            with trackexec.precise_timestamping():
                trackexec.record("__main__", "trace")
            before = 0
            with trackexec.precise_timestamping():
                with trackexec.precise_timestamping():
                    a = 1
                    b = 2
                c = 3
            d = 4
            e = 5
            trackexec.stop()
            """
        )
        stamps = {}  # number of exact times before each line runs first
        n_stamps = 0
        for event in recordings.read_events(self.trace):
            n_stamps += event.kind == "stamp"
            if event.kind == "line":
                stamps.setdefault(event.line, n_stamps)
        for line in (7, 8, 9):
            self.assertGreater(stamps[line], stamps[line - 1], stamps)
        # Behind the sections only the native thread asks, once a millisecond.
        self.assertLessEqual(stamps[11] - stamps[9], 3, stamps)

    def test_the_trace_states_what_recording_cost(self):
        self.run_program(
            """\
            import time, trackexec
            def f(n):
                for i in range(n):
                    x = i
            trackexec.record("__main__", "trace")
            f(300000)
            # A busy machine gives the native threads a CPU when it likes.
            end = time.monotonic() + 20
            while time.monotonic() < end:
                before = trackexec.stats()
                if before["native_cpu_ns"] and before["events_written"] + before["events_lost"]:
                    break
                time.sleep(0.01)
            f(10)
            trackexec.stop()
            assert before["events_written"] + before["events_lost"] > 0 and before["native_cpu_ns"] > 0, before
            """
        )
        end = {row[1]: row[2] for row in recordings.dump(self.trace, "--info", 3) if row[0] == "end"}
        self.assertGreater(int(end["events"]) + int(end["events_lost"]), 600000)
        self.assertEqual((end["blocks_lost"], end["resyncs"], end["reason"]), ("0", "0", "closed"))
        native, encode = float(end["native_ns_per_event"]), float(end["encode_ns_per_event"])
        print(f"an event costs {encode} ns, and {native} ns of the native threads")
        self.assertAlmostEqual(native, int(end["native_cpu_ns"]) / int(end["events"]), places=2)
        self.assertTrue(0 < native < 10000 and 0.1 < encode < 1000, end)
        self.assertEqual(int(end["steps"]) + int(end["events_lost"]) > 600000, True)

    def test_stats_tell_of_the_recording(self):
        self.run_program(
            """\
            import os, trackexec
            trackexec.record("__main__", "trace")
            def f():
                pass
            f()
            stats = trackexec.stats()
            assert stats["recording"] is True
            assert stats["directory"] == os.path.abspath("trace"), stats
            assert stats["functions"] == 2 and stats["files"] == 1 and stats["threads"] == 1, stats
            assert stats["events_lost"] == 0 and stats["resyncs"] == 0, stats
            assert stats["native_cpu_ns"] >= 0 and 0.1 < stats["encode_ns_per_event"] < 1000, stats
            trackexec.stop()
            """
        )

    def test_misuse_raises(self):
        self.run_program(
            """\
            import os, trackexec
            def fails(error, *args, **kwargs):
                try:
                    trackexec.record(*args, **kwargs)
                except error:
                    return
                raise AssertionError(args)
            fails(TypeError, 3, "trace")
            fails(ValueError, "", "trace")
            fails(OSError, "x", "/proc/nowhere/trace")
            os.mkdir("full"); open("full/x", "w").close()
            fails(OSError, "x", "full")
            assert not os.path.exists("trace")
            trackexec.record("__main__", "trace")
            fails(RuntimeError, "x", "other")
            assert not os.path.exists("other")
            trackexec.stop()
            """
        )

    def test_a_start_that_fails_says_why(self):
        self.run_program(
            """\
            import os, resource, trackexec
            resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
            held = []
            try:
                while True:
                    held.append(os.dup(0))
            except OSError as error:
                none_left = error.errno
            try:
                trackexec.record("__main__", "trace")
            except OSError as error:
                assert error.errno == none_left
            else:
                raise AssertionError
            for fd in held: os.close(fd)
            assert not os.path.exists("trace")
            trackexec.record("__main__", "trace")
            trackexec.stop()
            """
        )

    def test_an_end_that_the_disk_refuses_is_logged(self):
        program = """\
            import logging, multiprocessing, os, resource, shutil, signal, trackexec
            class Own(logging.Handler):
                def emit(self, record):
                    said.append(record.getMessage())
            def refuse():
                resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            said = []
            logging.basicConfig(handlers=[Own()])
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            # A process of multiprocessing closes its trace by itself, and prints what is raised.
            trackexec.record("__main__", "parent", children="trace")
            process = multiprocessing.get_context("fork").Process(target=refuse)
            process.start()
            process.join()
            trackexec.stop()
            try:
                with trackexec.recording("__main__", "trace"):
                    refuse()
                    raise KeyError("the program's")
            except KeyError:
                caught = True
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            trackexec.record("__main__", "removed")
            shutil.rmtree("removed")
            trackexec.stop()
            (text,) = said
            assert caught and text.startswith("a recording is not whole: "), said
            """
        self.run_program(program)

    def test_audit_hooks_may_call_us(self):
        # Beginning and ending raise events, in which anything of the program may run.
        program = """\
            import sys, trackexec
            def hook(event, arguments):
                if not event.startswith("sys.") or event in ("sys._getframe", "sys.unraisablehook") or inside:
                    return
                inside.append(event)
                seen.append(event)
                try:
                    trackexec.stop()
                    trackexec.mark("in a hook")
                    assert type(trackexec.stats()) is dict
                    trackexec.record("__main__", "other")
                except RuntimeError:
                    refused.append(event)
                finally:
                    inside.pop()
            def work():
                return 1
            inside, seen, refused = [], [], []
            sys.addaudithook(hook)
            for turn in range(2):
                trackexec.record("__main__", f"trace{turn}")
                work()
                trackexec.stop()
            assert seen and seen == refused, (seen, refused)
            """
        self.run_program(program)
        self.assertEqual(sorted(os.listdir(self.directory)), ["program.py", "trace0", "trace1"])
        for turn in range(2):
            self.assertEqual(self.hits(17, os.path.join(self.directory, f"trace{turn}")), [17])

    @unittest.skipUnless(recordings.HAS_MONITORING, "before, the threads that a hook refuses are not recorded")
    def test_what_an_audit_hook_raises_is_raised(self):
        self.run_program(
            """\
            import os, sys, trackexec
            class Refused(Exception): pass
            def hook(event, arguments):
                if event.startswith("sys.monitoring"):
                    raise Refused
            sys.addaudithook(hook)
            try:
                trackexec.record("__main__", "trace")
            except Refused:
                assert not trackexec.stats()["recording"] and not os.path.exists("trace")
            else:
                raise AssertionError
            """
        )

    def test_an_interrupt_during_a_start_is_the_programs(self):
        # The start may run a little Python, and so the handler of a signal that has just come.
        program = """\
            import os, signal, sys, trackexec
            def hook(event, arguments):
                if event == "exec" and arguments[0].co_filename == "<string>":
                    seen.append(event)
                    os.kill(os.getpid(), signal.SIGINT)
            seen = []
            caught = False
            sys.addaudithook(hook)
            os.mkdir("base")
            try:
                trackexec.enable("base", package="__main__")
            except KeyboardInterrupt:
                caught = True
            assert caught == bool(seen)
            """
        self.run_program(program)

    def test_info_describes_the_process(self):
        self.run_program(
            """\
            import trackexec
            trackexec.record(["__main__", "app"], "trace", exclude=["app.x"])
            trackexec.stop()
            """,
            "an argument\nwith a line",
        )
        info = recordings.read_info(self.trace)
        self.assertEqual(info["python"], "%d.%d.%d" % sys.version_info[:3])
        self.assertEqual(info["backend"], "monitoring" if recordings.HAS_MONITORING else "settrace")
        self.assertEqual(info["filter"], "__main__ app -app.x")
        self.assertEqual(info["cwd"], self.directory)
        self.assertEqual(info["implementation"], "cpython")
        for key in ("argv", "host", "zone", "utc_offset_s", "gil", "pid", "boot_id"):
            self.assertIn(key, info)

    def test_a_program_called_trackexec_is_not_recorded_by_accident(self):
        self.run_program(
            """\
            import trackexec
            trackexec.record("*", "trace")
            trackexec.stats()
            with trackexec.precise_timestamping():
                pass
            trackexec.stop()
            """
        )
        self.assertEqual({step.file for step in recordings.read_steps(self.trace)}, {"program.py"})


class ModuleTest(unittest.TestCase):
    def test_public_names(self):
        for name in trackexec.__all__:
            self.assertTrue(getattr(trackexec, name).__doc__, name)
        self.assertIsInstance(trackexec.__version__, str)
        with self.assertRaises(AttributeError):
            trackexec.nothing

    def test_stubs_tell_what_there_is(self):
        import trackexec.asyncio
        from trackexec import _limits, _unsupported

        for module, stub in ((trackexec, "__init__.pyi"), (trackexec.asyncio, "asyncio.pyi")):
            path = os.path.join(os.path.dirname(trackexec.__file__), stub)
            with open(path, encoding="utf-8") as file:
                nodes = ast.parse(file.read()).body
            told = {node.name: node for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
            self.assertEqual(sorted(told), sorted(module.__all__))
            for name, node in told.items():
                if isinstance(node, ast.FunctionDef):
                    found = [inspect.signature(getattr(module, name))]
                    if module is trackexec and hasattr(_unsupported, name):
                        found.append(inspect.signature(getattr(_unsupported, name)))
                    for signature in found:
                        self.compare(node.args, signature, _limits._LIMITS)

    def compare(self, arguments, signature, limits):
        kinds = {}
        for parameter in signature.parameters.values():
            kinds.setdefault(parameter.kind, []).append(parameter.name)
        keywords = [argument.arg for argument in arguments.kwonlyargs]
        if kinds.pop(inspect.Parameter.VAR_KEYWORD, None):
            self.assertLessEqual({name for name in limits if name != "keep_runs"}, set(keywords))
            keywords = [name for name in keywords if name not in limits]
        told = {
            inspect.Parameter.POSITIONAL_ONLY: [argument.arg for argument in arguments.posonlyargs],
            inspect.Parameter.POSITIONAL_OR_KEYWORD: [argument.arg for argument in arguments.args],
            inspect.Parameter.KEYWORD_ONLY: keywords,
        }
        self.assertEqual({kind: names for kind, names in told.items() if names}, kinds)

    def test_import_is_light(self):
        self.assertIsInstance(trackexec, types.ModuleType)
        done = recordings.spawn(
            [sys.executable, "-S", "-c", "import sys, trackexec; print(*sys.modules)"], "/"
        )
        self.assertEqual(done.stderr, "")
        loaded = set(done.stdout.split())
        self.assertFalse(loaded & {"logging", "argparse", "threading", "runpy", "re"}, loaded)


if __name__ == "__main__":
    unittest.main()
