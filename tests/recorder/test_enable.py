# SPDX-License-Identifier: BSD-3-Clause
"""enable(): the directories it makes, what it refuses, and that it never harms the program."""

import os
import stat
import subprocess
import sys
import threading
import unittest

import recordings

PROGRAM = """\
import os, sys, trackexec
if len(sys.argv) > 1:
    os.umask(int(sys.argv[1], 8))
print(trackexec.enable("base", name="server", package="__main__"))
x = 1
"""


class EnableTest(recordings.RecorderTest):
    def setUp(self):
        super().setUp()
        self.base = os.path.join(self.directory, "base")

    def enable(self, program=PROGRAM, *arguments, **options):
        return self.run_program(program, *arguments, **options).strip()

    def get_run(self):
        return os.path.join(self.base, os.readlink(os.path.join(self.base, "latest")))

    def test_nothing_happens_without_the_directory(self):
        self.assertEqual(self.enable(), "False")
        self.assertEqual(os.listdir(self.directory), ["program.py"])

    def test_one_stat_is_all_without_the_directory(self):
        program = """\
            import os, sys, trackexec
            calls = []
            sys.addaudithook(lambda event, arguments: calls.append(event))
            del calls[:]
            trackexec.enable("base", name="server", package="app")
            assert not [call for call in calls if call != "sys._getframe"], calls
            """
        self.enable(program)

    def test_directories_and_link(self):
        os.mkdir(self.base)
        self.assertEqual(self.enable(), "True")
        run = self.get_run()
        self.assertRegex(os.path.basename(run), r"^\d{6}-\d{6}$")
        self.assertEqual(sorted(os.listdir(self.base)), sorted([os.path.basename(run), "latest"]))
        self.assertEqual(os.listdir(run), ["server"])
        self.assertEqual(self.lines(os.path.join(run, "server")), [5])

    def test_modes_do_not_depend_on_the_umask(self):
        os.mkdir(self.base, 0o755)
        for umask in ("000", "022", "077"):
            self.enable(PROGRAM, umask)
        directories = files = 0
        for directory, names, entries in os.walk(self.base):
            for name in names:
                path = os.path.join(directory, name)
                if not os.path.islink(path):
                    self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o700, path)
                    directories += 1
            for name in entries:
                path = os.path.join(directory, name)
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600, path)
                files += 1
        self.assertGreaterEqual(directories, 4)
        self.assertGreaterEqual(files, 20)

    def test_a_working_directory_that_is_gone(self):
        os.mkdir(self.base)
        program = """\
            import os, sys, trackexec
            base = os.path.abspath("base")
            os.mkdir("gone")
            os.chdir("gone")
            os.rmdir("../gone")
            print(trackexec.enable(base, name="server", package="__main__"))
            x = 1
            """
        self.assertEqual(self.enable(program), "True")
        self.assertEqual(self.lines(os.path.join(self.get_run(), "server")), [7])

    def test_a_taken_name_gets_the_pid(self):
        os.mkdir(self.base)
        program = """\
            import os, trackexec
            trackexec.enable("base", name="server", package="__main__", start_time=1700000000)
            print(os.getpid())
            """
        first = self.enable(program)
        second = self.enable(program)
        self.assertNotEqual(first, second)
        self.assertEqual(sorted(os.listdir(self.get_run())), ["server", "server." + second])

    def test_processes_of_one_start_share_the_run(self):
        os.mkdir(self.base)
        program = """\
            import sys, datetime, trackexec
            when = {"seconds": 1700000000.5, "datetime": datetime.datetime.fromtimestamp(1700000000),
                    "name": "231114-221320"}[sys.argv[1]]
            assert trackexec.enable("base", name=sys.argv[1], package="x", start_time=when)
            """
        for kind in ("seconds", "datetime", "name"):
            self.enable(program, kind, TZ="UTC")
        self.assertEqual(os.path.basename(self.get_run()), "231114-221320")
        self.assertEqual(sorted(os.listdir(self.get_run())), ["datetime", "name", "seconds"])

    def test_latest_never_goes_back(self):
        os.mkdir(self.base)
        program = """\
            import sys, trackexec
            assert trackexec.enable("base", name="a", package="x", start_time=float(sys.argv[1]))
            """
        for when in ("1700000100", "1700000000"):
            self.enable(program, when, TZ="UTC")
        self.assertEqual(os.path.basename(self.get_run()), "231114-221500")

    def test_latest_is_always_there_while_processes_start(self):
        os.mkdir(self.base)
        path = self.write(
            "starter.py",
            """\
            import sys, trackexec._directory as directory
            for turn in range(100):
                start_time = 1700000000 + turn * 10 + int(sys.argv[1])
                directory.publish_run(directory.make_run("base", "p", start_time))
                directory.remove_run(directory.make_run("base", "q", start_time + 5))
            """,
        )
        self.enable()
        stopped = threading.Event()
        looks, missing = [0], []

        def look():
            latest = os.path.join(self.base, "latest")
            while not stopped.is_set():
                looks[0] += 1
                try:
                    os.stat(latest)
                except OSError as error:
                    missing.append(error)

        thread = threading.Thread(target=look)
        thread.start()
        starters = [
            subprocess.Popen([sys.executable, path, str(n)], cwd=self.directory) for n in range(4)
        ]
        statuses = [starter.wait() for starter in starters]
        stopped.set()
        thread.join()
        self.assertEqual(statuses, [0] * 4)
        self.assertEqual(missing, [])
        self.assertFalse([name for name in os.listdir(self.base) if name.startswith(".")])
        print(f"{looks[0]} looks at latest, 0 missing", end=" ")

    def test_a_start_that_fails_leaves_nothing(self):
        os.mkdir(self.base)
        wrong = PROGRAM.replace("package=", "max_size='much', package=")
        self.assertEqual(self.enable(wrong), "False")
        self.assertEqual(os.listdir(self.base), [])
        self.assertEqual(self.enable(), "True")
        run = self.get_run()
        again = wrong.replace("name=", "start_time=%r, name=" % os.path.basename(run))
        self.assertEqual(self.enable(again), "False")
        self.assertEqual(self.enable(wrong), "False")
        self.assertEqual(self.get_run(), run)
        self.assertEqual(sorted(os.listdir(self.base)), sorted([os.path.basename(run), "latest"]))
        self.assertEqual(os.listdir(run), ["server"])

    def test_a_start_for_which_there_is_no_room_leaves_nothing(self):
        os.mkdir(self.base)
        program = """\
            import os, resource, signal, trackexec
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            failed = 0
            for size in range(0, 10000, 8):
                resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
                if trackexec.enable("base", package="__main__"):
                    break
                assert os.listdir("base") == [], size
                failed += 1
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            assert trackexec.stats()["recording"] and failed > 10, failed
            """
        self.enable(program)

    def test_a_run_that_is_removed_meanwhile_is_made_again(self):
        os.mkdir(self.base)
        program = """\
            import os, trackexec._directory as directory
            make_trace, calls = directory._make_trace, []

            def make_trace_late(name, run_fd, path):
                calls.append(path)
                if len(calls) == 1:
                    os.rmdir(path)
                return make_trace(name, run_fd, path)

            directory._make_trace = make_trace_late
            path = directory.make_run("base", "p", "231114-221320")
            print(len(calls), os.path.relpath(path), os.path.isdir(path))
            """
        self.assertEqual(self.enable(program), "2 base/231114-221320/p True")

    def test_a_link_that_cannot_be_moved_is_no_reason_not_to_record(self):
        os.mkdir(self.base)
        os.mkdir(os.path.join(self.base, "latest"))
        self.assertEqual(self.enable(), "True")
        self.assertEqual(len(os.listdir(self.base)), 2)

    def test_a_process_that_begins_again_is_no_child_of_its_own(self):
        os.mkdir(self.base)
        program = """\
            import os, subprocess, sys, time, trackexec
            for turn in range(2):
                assert trackexec.enable("base", name=sys.argv[1] + str(turn), package="__main__")
                trackexec.stop()
                time.sleep(1.1)
            if sys.argv[1] == "a":
                subprocess.run([sys.executable, __file__, "b"], check=True)
            """
        self.enable(program, "a")
        runs = sorted(name for name in os.listdir(self.base) if name != "latest")
        traces = [sorted(os.listdir(os.path.join(self.base, run))) for run in runs]
        self.assertEqual(traces, [["a0"], ["a1", "b0", "b1"]])
        info = [recordings.read_info(os.path.join(self.base, runs[-1], name)) for name in traces[-1]]
        self.assertEqual([i.get("parent") for i in info], [None, "a1", "a1"])

    def test_names_cannot_escape(self):
        os.mkdir(self.base)
        program = """\
            import trackexec
            assert trackexec.enable("base", name="../../x/\\n.", package="x")
            """
        self.enable(program)
        self.assertEqual(os.listdir(self.get_run()), ["_.._.._x__."])

    def test_a_base_that_others_may_write_is_refused(self):
        os.mkdir(self.base)
        os.chmod(self.base, 0o777)
        self.assertEqual(self.enable(), "False")
        self.assertEqual(os.listdir(self.base), [])
        os.chmod(self.base, 0o1777)
        self.assertEqual(self.enable(), "True")

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_a_base_of_another_user_is_refused(self):
        os.mkdir(self.base)
        os.chown(self.base, 65534, 65534)
        self.assertEqual(self.enable(), "False")
        self.assertEqual(os.listdir(self.base), [])

    def test_a_planted_link_is_not_followed(self):
        os.mkdir(self.base)
        elsewhere = os.path.join(self.directory, "elsewhere")
        os.mkdir(elsewhere)
        os.symlink(elsewhere, os.path.join(self.base, "231114-221320"))
        program = """\
            import trackexec
            print(trackexec.enable("base", name="a", package="x", start_time="231114-221320"))
            """
        self.assertEqual(self.enable(program), "False")
        self.assertEqual(os.listdir(elsewhere), [])

    def test_errors_are_logged_once_and_only_to_who_listens(self):
        os.mkdir(self.base)
        os.chmod(self.base, 0o777)
        program = """\
            import logging, sys, trackexec
            if len(sys.argv) > 1:
                logging.basicConfig(stream=sys.stdout, format="%(name)s %(levelname)s %(message)s")
            trackexec.enable("base", package="__main__")
            trackexec.enable("base", package="__main__")
            """
        self.assertEqual(self.enable(program), "")
        said = self.enable(program, "log")
        self.assertRegex(said, r"\Atrackexec WARNING nothing is recorded: .*others may write.*\Z")

    def test_wrong_arguments_do_not_reach_the_program(self):
        os.mkdir(self.base)
        program = """\
            import trackexec
            assert not trackexec.enable("base", package=3)
            assert not trackexec.enable("base", package="")
            assert not trackexec.enable("base", package="x", start_time="a/../../b", name="")  or True
            """
        self.enable(program)

    def test_arguments_that_are_no_texts(self):
        # What a program makes of sys.argv is no reason not to record it.
        os.mkdir(self.base)
        program = """\
            import pathlib, sys, trackexec
            for argv in ([3], None, ["a\\0b"], ["\\ud800"], [b"\\xff"], [pathlib.Path("x/y.py"), None], []):
                sys.argv = argv
                assert trackexec.enable("base", package="__main__", start_time="one"), argv
                trackexec.stop()
            del sys.argv
            assert trackexec.enable("base", name="\u65e5\\ud800" * 60, package="__main__", start_time="one")
            """
        self.enable(program)
        names = os.listdir(self.get_run())
        self.assertIn("y", names)
        self.assertTrue([name for name in names if name.startswith("\u65e5\\ud800\u65e5")], names)

    def test_a_module_of_the_programs_called_logging(self):
        os.mkdir(self.base)
        self.write("logging.py", "x = 1\n")
        program = """\
            import logging, sys, trackexec
            assert trackexec.enable("base", package=3) is False
            sys.modules["logging"] = None
            assert trackexec.enable("base", start_time="nan", max_size="much", package="x") is False
            """
        self.enable(program)

    def test_the_environment_fills_in(self):
        os.mkdir(self.base)
        self.write("app.py", "x = 1\n")
        program = "import trackexec\nprint(trackexec.enable())\nimport app\ny = 2\n"
        self.assertEqual(self.enable(program, TRACKEXEC_DIR=self.base, TRACKEXEC=" x, app ,"), "True")
        steps = recordings.read_steps(self.base)
        self.assertEqual([step.file for step in steps], ["app.py"])
        self.assertEqual(os.listdir(self.get_run()), ["program"])

    def test_the_default_scope_is_the_callers_package(self):
        os.mkdir(self.base)
        self.write("app/__init__.py", "import trackexec\ntrackexec.enable('base')\nfrom . import b\n")
        self.write("app/b.py", "x = 1\n")
        self.enable("import app\ny = 1\n")
        files = [(step.file, step.line) for step in recordings.read_steps(self.base)]
        self.assertEqual(files, [("__init__.py", 3), ("b.py", 1)])

    def test_enabled_twice_records_once(self):
        os.mkdir(self.base)
        self.assertEqual(self.enable(PROGRAM + PROGRAM), "True\nFalse")
        self.assertEqual(len(os.listdir(self.get_run())), 1)

    def test_a_full_disk_or_unwritable_base_is_survived(self):
        os.mkdir(self.base)
        program = """\
            import resource, signal, trackexec
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
            print(trackexec.enable("base", package="__main__") in (True, False))
            for i in range(1000):
                x = i
            print("done")
            """
        self.assertEqual(self.enable(program), "True\ndone")


if __name__ == "__main__":
    unittest.main()
