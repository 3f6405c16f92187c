# SPDX-License-Identifier: BSD-3-Clause
"""Other tools: they see what they would see without us, and what they take from us is said."""

import os
import unittest

import recordings


@unittest.skipUnless(recordings.HAS_MONITORING, "sys.monitoring is there since 3.12")
class MonitoringTest(recordings.RecorderTest):
    def test_tool_ids_that_are_taken(self):
        self.run_program(
            """\
            import sys, trackexec
            m = sys.monitoring
            m.use_tool_id(3, "other")
            trackexec.record("__main__", "trace")
            assert trackexec.stats()["tool_id"] == "4"
            assert m.get_tool(3) == "other" and m.get_tool(4) == "trackexec"
            x = 1
            trackexec.stop()
            assert m.get_tool(4) is None
            m.use_tool_id(4, "another")
            try:
                trackexec.record("__main__", "trace2")
            except RuntimeError as error:
                print(error)
            import os
            os.mkdir("base")
            assert not trackexec.enable("base", package="__main__")
            assert m.get_tool(3) == "other" and m.get_tool(4) == "another"
            assert m.get_events(3) == 0
            """
        )
        self.assertEqual(self.lines(), [5, 6, 7, 8])
        self.assertEqual(recordings.read_info(self.trace)["tool_id"], "4")

    def test_another_tool_sees_its_events(self):
        program = """\
            import sys, trackexec
            m = sys.monitoring
            seen = []
            def on_line(code, line):
                if code.co_filename == __file__:
                    seen.append(line)
                return m.DISABLE if line == 16 else None
            m.use_tool_id(1, "coverage")
            m.register_callback(1, m.events.LINE, on_line)
            m.set_events(1, m.events.LINE)
            if len(sys.argv) > 1:
                trackexec.record("__main__", "trace")
            else:
                pass
            def f(n):
                x = n
                y = n
                return y
            for n in range(3):
                f(n)
            if len(sys.argv) > 1:
                trackexec.stop()
            else:
                pass
            f(9)
            m.set_events(1, 0)
            print([line for line in seen if line not in (12, 14, 22, 24)])
            """
        self.assertEqual(self.run_program(program, "recorded"), self.run_program(program))
        self.assertEqual(self.hits(17), [17, 17, 17])

    def test_foreign_code_is_silent_once_warm(self):
        said = self.run_program(
            """\
            import json, logging, re, string, textwrap, trackexec
            trackexec.record("__main__", "trace")
            logging.disable()
            calls = (
                lambda: textwrap.dedent("  x"),
                lambda: json.loads(json.dumps({"a": [1, {"b": None}]}, indent=1)),
                lambda: re.sub("(x)", lambda match: match[1], "xyx"),
                lambda: string.Template("$a").substitute(a=1),
                lambda: logging.getLogger("a").info("text"),
                lambda: list(textwrap.TextWrapper().wrap("a b")),
            )
            def run(turns):
                for turn in range(turns):
                    for call in calls:
                        call()
            run(3)
            before = trackexec.stats()["foreign_callbacks"]
            run(1000)
            print(trackexec.stats()["foreign_callbacks"] - before)
            trackexec.stop()
            """
        )
        self.assertEqual(said.split(), ["0"])
        print("G10: 0 callbacks in 6000 calls of code out of scope, once warm (limit 0)", end=" ")

    def test_restart_events_by_another_tool(self):
        self.run_program(
            """\
            import sys, trackexec
            import textwrap
            trackexec.record("__main__", "trace")
            def f():
                return textwrap.dedent("  x")
            f()
            before = trackexec.stats()["foreign_callbacks"]
            for i in range(100):
                f()
            assert trackexec.stats()["foreign_callbacks"] == before
            sys.monitoring.restart_events()
            f()
            woken = trackexec.stats()["foreign_callbacks"]
            assert woken > before
            for i in range(100):
                f()
            assert trackexec.stats()["foreign_callbacks"] == woken
            trackexec.stop()
            """
        )
        self.assertEqual(self.hits(5), [5] * 202)

    def test_nothing_of_ours_is_left_behind(self):
        self.run_program(
            """\
            import sys, trackexec
            m = sys.monitoring
            def f():
                return 1
            trackexec.record("__main__", "trace")
            f()
            assert m.get_local_events(3, f.__code__)
            trackexec.stop()
            for tool in range(6):
                assert m.get_tool(tool) is None, tool
            m.use_tool_id(3, "other")
            assert m.get_events(3) == 0 and m.get_local_events(3, f.__code__) == 0
            assert m.register_callback(3, m.events.LINE, None) is None
            """
        )


@unittest.skipIf(recordings.HAS_MONITORING, "trace functions are used before 3.12 only")
class TraceFunctionTest(recordings.RecorderTest):
    def get_marks(self):
        return [e.detail for e in recordings.read_events(self.trace) if e.kind == "mark"]

    def test_our_trace_object_survives_a_round_trip(self):
        self.run_program(
            """\
            import sys, trackexec
            trackexec.record("__main__", "trace")
            def f():
                return 1
            def quietly():
                old = sys.gettrace()
                sys.settrace(None)
                f()
                sys.settrace(old)
            f()
            quietly()
            f()
            f()
            trackexec.stop()
            """
        )
        lines = self.lines()
        self.assertEqual(lines[-5:], [12, 4, 13, 4, 14])
        self.assertEqual(lines.count(4), 3)

    def test_a_round_trip_without_a_call_behind_it(self):
        self.run_program(
            """\
            import trackexec
            from sys import gettrace, settrace as change
            trackexec.record("__main__", "trace")
            def quietly():
                old = gettrace()
                change(None)
                change(old)
            def f(n):
                quietly()
                i = 0
                while i < n:
                    i += 1
            for turn in range(3):
                f(1000)
            trackexec.stop()
            """
        )
        lines = self.lines()
        self.assertEqual((lines.count(11), lines.count(12), lines.count(14)), (3003, 3000, 3))

    def test_a_replaced_trace_function_is_marked_and_left(self):
        self.run_program(
            """\
            import sys, trackexec
            trackexec.record("__main__", "trace")
            seen = []
            def other(frame, event, arg):
                seen.append(event)
                return other
            def f():
                return 1
            f()
            sys.settrace(other)
            f()
            f()
            assert sys.gettrace() is other
            assert seen == ["call", "line", "return"] * 2, seen
            sys.settrace(None)
            f()
            assert trackexec.stats()["replaced"] == 1
            trackexec.stop()
            """
        )
        self.assertEqual(self.hits(8), [8])
        marks = self.get_marks()
        self.assertEqual(len(marks), 1)
        self.assertIn("another trace function", marks[0])

    def test_an_alien_trace_function_is_not_replaced(self):
        self.run_program(
            """\
            import sys, threading, trackexec
            seen = []
            def other(frame, event, arg):
                seen.append(event)
                return other
            def f():
                return 1
            sys.settrace(other)
            trackexec.record("__main__", "trace")
            assert sys.gettrace() is other
            f()
            thread = threading.Thread(target=f)
            thread.start()
            thread.join()
            sys.settrace(None)
            trackexec.stop()
            """
        )
        self.assertEqual(self.hits(7), [7])

    def test_pdb_style_debugging(self):
        self.run_program(
            """\
            import bdb, sys, trackexec
            class Debugger(bdb.Bdb):
                def user_line(self, frame):
                    lines.append(frame.f_lineno)
            lines = []
            trackexec.record("__main__", "trace")
            def f():
                x = 1
                return x
            f()
            debugger = Debugger()
            debugger.runcall(f)
            f()
            assert lines and lines[-2:] == [8, 9], lines
            trackexec.stop()
            """
        )
        self.assertEqual(self.hits(8), [8])

    def test_without_the_frame_hook(self):
        self.run_program(
            """\
            import ctypes, threading, trackexec
            import textwrap
            api = ctypes.pythonapi
            api._PyInterpreterState_GetEvalFrameFunc.restype = ctypes.c_void_p
            api.PyInterpreterState_Get.restype = ctypes.c_void_p
            interpreter = ctypes.c_void_p(api.PyInterpreterState_Get())
            TYPE = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
            default = TYPE(("_PyEval_EvalFrameDefault", api))
            api._PyInterpreterState_SetEvalFrameFunc.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
            # An address that is not the default one, but does the same.
            code = bytes.fromhex("48b8") + ctypes.cast(default, ctypes.c_void_p).value.to_bytes(8, "little")
            import mmap
            page = mmap.mmap(-1, 4096, prot=7)
            page.write(code + bytes.fromhex("ffe0"))
            address = ctypes.addressof(ctypes.c_char.from_buffer(page))
            api._PyInterpreterState_SetEvalFrameFunc(interpreter, address)
            trackexec.record("__main__", "trace")
            assert trackexec.stats()["frame_hook"] == "no"
            def f():
                return textwrap.dedent(" x")
            f()
            thread = threading.Thread(target=f)
            thread.start()
            thread.join()
            assert api._PyInterpreterState_GetEvalFrameFunc(interpreter) == address
            trackexec.stop()
            assert api._PyInterpreterState_GetEvalFrameFunc(interpreter) == address
            f()
            """
        )
        self.assertEqual(self.hits(20), [20, 20])
        self.assertEqual({step.file for step in recordings.read_steps(self.trace)}, {"program.py"})

    def test_a_frame_hook_that_comes_later(self):
        self.run_program(
            """\
            import ctypes, mmap, threading, trackexec
            import textwrap
            api = ctypes.pythonapi
            api.PyInterpreterState_Get.restype = ctypes.c_void_p
            interpreter = ctypes.c_void_p(api.PyInterpreterState_Get())
            default = ctypes.cast(api._PyEval_EvalFrameDefault, ctypes.c_void_p).value
            api._PyInterpreterState_SetEvalFrameFunc.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
            # An address that is not the default one, but does the same.
            page = mmap.mmap(-1, 4096, prot=7)
            page.write(bytes.fromhex("48b8") + default.to_bytes(8, "little") + bytes.fromhex("ffe0"))
            address = ctypes.addressof(ctypes.c_char.from_buffer(page))
            def f():
                return textwrap.dedent(" x")
            def work():
                sorted([2, 1], key=lambda n: f() and n)
            trackexec.record("__main__", "trace")
            work()
            api._PyInterpreterState_SetEvalFrameFunc(interpreter, address)
            work()
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            assert trackexec.stats()["replaced"] == 1, trackexec.stats()
            api._PyInterpreterState_SetEvalFrameFunc(interpreter, default)
            trackexec.stop()
            f()
            """
        )
        self.assertEqual(self.hits(13), [13] * 6)
        marks = self.get_marks()
        self.assertEqual(len(marks), 1)
        self.assertIn("PEP 523", marks[0])


def has_coverage():
    """Tell whether this Python has coverage.py (Debian's: python3-coverage)."""
    import importlib.util

    return importlib.util.find_spec("coverage") is not None


class OtherToolTest(recordings.RecorderTest):
    PROGRAM = """\
        import sys, trackexec
        {before}
        if {recorded}: trackexec.record("__main__", "trace")
        else: pass
        {behind}
        import threading
        def f(n):
            if n > 5:
                return n
            return f(n + 1)
        def g():
            for i in range(3):
                yield f(i)
        list(g())
        thread = threading.Thread(target=lambda: list(g()))
        thread.start(); thread.join()
        {end}
        """

    def compare(self, name, before, behind, end, **env):
        """The tool says the same with and without us, begun before and behind us."""
        n_runs = 0
        for first, second in ((before, behind), (behind, before)):
            said = [
                self.run_program(
                    self.PROGRAM.format(before=first, behind=second, end=end, recorded=recorded), **env
                )
                for recorded in (False, True)
            ]
            self.assertEqual(said[0], said[1], name)
            marks = [e for e in recordings.read_events(self.trace) if e.kind == "mark"]
            hits = len(self.hits(9))
            self.assertTrue(hits == 6 or marks, (name, hits))
            os.rename(self.trace, self.trace + str(n_runs))
            n_runs += 1
        print(f"T18: {name}: the same with us, before and behind; {hits} of 6 lines or a mark, {len(marks)} marks")

    @unittest.skipUnless(has_coverage(), "coverage.py is not there for this Python")
    def test_coverage(self):
        begin = "import coverage; c = coverage.Coverage(data_file=None, include=['*program.py']); c.start()"
        end = "c.stop(); print(sorted(set(c.get_data().lines(__file__)) - {4, 5}))"
        self.compare("coverage.py", begin, "pass", end)

    def test_pdb(self):
        begin = (
            "import bdb; seen = []; B = type('B', (bdb.Bdb,), {'user_line': lambda s, f:"
            " f.f_code.co_filename == __file__ and seen.append(f.f_lineno)})(); B.set_trace()"
        )
        self.compare("pdb", "pass", begin, "B.set_quit(); sys.settrace(None); print(seen.count(9))")

    def test_another_recorder_of_ours(self):
        self.compare(
            "another trackexec",
            "pass",
            "pass",
            "print(trackexec.enable('.', package='__main__') if trackexec.stats()['recording'] else False)",
        )


class ProfilerTest(recordings.RecorderTest):
    def test_cprofile_counts_the_same(self):
        program = """\
            import cProfile, io, pstats, sys, trackexec, textwrap
            if len(sys.argv) > 1:
                trackexec.record("__main__", "trace")
            def f(n):
                return sorted([n, 1], key=lambda x: -x)
            def work():
                for n in range(10):
                    f(n)
                    textwrap.dedent(" x")
            profile = cProfile.Profile()
            profile.runcall(work)
            work()
            stats = pstats.Stats(profile).stats
            print(sorted((key[2], value[0]) for key, value in stats.items()))
            """
        self.assertEqual(self.run_program(program, "recorded"), self.run_program(program))
        self.assertEqual(self.hits(8), [8] * 20)

    def test_tracemalloc_and_faulthandler(self):
        self.run_program(
            """\
            import faulthandler, sys, tracemalloc, trackexec
            tracemalloc.start(10)
            trackexec.record("__main__", "trace")
            def f(n):
                return [n] if n == 0 else f(n - 1)
            f(50)
            with open("out", "w") as file:
                faulthandler.dump_traceback(file)
            trackexec.stop()
            assert "program.py" in open("out").read()
            """
        )
        self.assertEqual(self.hits(5), [5] * 51)


if __name__ == "__main__":
    unittest.main()
