# SPDX-License-Identifier: BSD-3-Clause
"""`python -m trackexec run` changes nothing: each program runs plainly and recorded, and is compared."""

import os
import re
import shutil
import signal
import sys
import unittest
import zipapp
import zipfile

import recordings

PROGRAMS = {
    "shows.py": """\
        import atexit, sys
        print(sys.argv, sys.path[0], __name__, __file__, __spec__, __package__, __loader__)
        print(sorted(globals()), __builtins__, __doc__)
        import __main__
        print(__main__.__dict__ is globals())
        print([name for name in ("argparse", "logging", "json", "shutil") if name in sys.modules])
        atexit.register(print, "at exit", flush=True)
        status = sys.argv[1]
        sys.exit(int(status) if status.isdigit() else None if status == "None" else status)
        """,
    "traceback.py": """\
        def fall(n):
            if n == 0:
                raise ValueError("bottom")
            fall(n - 1)
        try:
            fall(2)
        except ValueError as error:
            raise KeyError("x") from error
        """,
    "interrupted.py": """\
        import atexit
        atexit.register(print, "at exit", flush=True)
        raise KeyboardInterrupt
        """,
    "interrupted_otherwise.py": """\
        class Interrupt(KeyboardInterrupt):
            pass
        raise Interrupt
        """,
    "syntax.py": "x = (\n",
    "latin.py": "# coding: latin-1\nprint('caf\\xe9'.encode('ascii', 'backslashreplace'))\n",
    "stack.py": """\
        import sys, traceback, warnings
        def fall(n):
            try:
                return fall(n + 1)
            except RecursionError:
                return n
        print(fall(0), fall(0), sys.getrecursionlimit(), sys._getframe().f_back)
        traceback.print_stack()
        warnings.warn("careful", stacklevel=2)
        """,
    "os_exit.py": "import os\nprint('out', flush=True)\nos._exit(7)\n",
    "terminated.py": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n",
    "killed.py": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "hooked.py": """\
        import sys
        def hook(kind, value, tb):
            n = 0
            while tb:
                n, tb = n + 1, tb.tb_next
            print("hook", kind, value, n)
        sys.excepthook = hook
        raise ValueError(3)
        """,
    "bad_hook.py": """\
        import sys
        def hook(kind, value, tb):
            raise KeyError("hook")
        sys.excepthook = hook
        raise ValueError(3)
        """,
    "threads.py": """\
        import sys, threading, time
        def work():
            time.sleep(0.5)
            sys.stdout.write("thread done\\n")
            raise ValueError("in a thread")
        threading.Thread(target=work, name="worker").start()
        def spin():
            while True:
                sum(range(100))
        for _ in range(5):
            threading.Thread(target=spin, daemon=True).start()
        sys.stdout.write("main done\\n")
        """,
    "processes.py": """\
        import multiprocessing
        def double(x):
            return x * 2
        if __name__ == "__main__":
            for method in ("fork", "spawn", "forkserver"):
                with multiprocessing.get_context(method).Pool(2) as pool:
                    print(method, pool.map(double, [1, 2, 3]))
        """,
    "pickles.py": """\
        import pickle
        class A:
            pass
        print(type(pickle.loads(pickle.dumps(A()))))
        """,
    "package/__init__.py": "",
    "package/__main__.py": """\
        import sys
        print(__name__, __package__, sys.argv, sys.path[0])
        from . import core
        core.fail()
        """,
    "package/core.py": "def fail():\n    raise RuntimeError('core')\n",
    "container/__main__.py": "import sys\nprint(sys.argv, sys.path[0], __spec__.name)\nimport helper\n",
    "container/helper.py": "print('helper')\n",
}

COMMANDS = [
    ["shows.py", "3"],
    ["./shows.py", "0", "-p", "x", "--version"],
    ["shows.py", "hello"],
    ["shows.py", "None"],
    ["linked.py", "4"],
    ["-m", "shows", "5"],
    ["-m", "package", "-a", "b"],
    ["-m", "package.core"],
    ["-m", "nonexistent"],
    ["-m", "interrupted"],
    ["-m", "interrupted_otherwise"],
    ["container", "x"],
    ["container/", "x"],
    ["./container/.", "x"],
    ["container.zip", "x"],
    ["container.pyz", "x"],
    ["missing.py"],
    *(
        [name]
        for name in PROGRAMS
        if "/" not in name and name != "shows.py"
    ),
]


class TransparencyTest(recordings.RecorderTest):
    def setUp(self):
        super().setUp()
        for name, source in PROGRAMS.items():
            self.write(name, source)
        with zipfile.ZipFile(os.path.join(self.directory, "container.zip"), "w") as archive:
            for name in ("__main__.py", "helper.py"):
                archive.write(os.path.join(self.directory, "container", name), name)
        # An application as zipapp makes it.
        zipapp.create_archive(
            os.path.join(self.directory, "container"),
            os.path.join(self.directory, "container.pyz"),
            interpreter="/usr/bin/env python3",
        )
        os.symlink("shows.py", os.path.join(self.directory, "linked.py"))

    def run_both(self, command, flags=()):
        start = [sys.executable, *flags]
        environment = {"PYTHONDONTWRITEBYTECODE": "1"}
        plain = recordings.spawn([*start, *command], self.directory, **environment)
        recorded = recordings.spawn(
            [*start, "-m", "trackexec", "run", "-o", self.trace, *command],
            self.directory,
            **environment,
        )
        return plain, recorded

    def run_both_alive(self, command, flags):
        """As run_both; again where the interpreter itself crashes."""
        for _ in range(5):
            plain, recorded = self.run_both(command, flags)
            if sys.version_info[:2] != (3, 10) or -signal.SIGSEGV not in (
                plain.returncode, recorded.returncode
            ):
                break
            # 3.10 frees what daemon threads still use, in one exit of a hundred, recorded or not.
            print(f"{command}: 3.10 crashed (plain {plain.returncode}, recorded {recorded.returncode}); again")
        return plain, recorded

    def check(self, command, flags=()):
        plain, recorded = self.run_both_alive(command, flags)
        self.assertEqual(recorded.returncode, plain.returncode, recorded.stderr)
        self.assertEqual(self.normalize(recorded.stdout), self.normalize(plain.stdout))
        self.assertEqual(self.normalize(recorded.stderr), self.normalize(plain.stderr))

    @staticmethod
    def normalize(text):
        return sorted(re.sub(r"0x[0-9a-f]+", "0x", text).splitlines())

    def test_programs(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                self.check(command)

    def test_warnings_as_errors(self):
        for command in (["shows.py", "3"], ["processes.py"], ["threads.py"]):
            with self.subTest(command=command):
                self.check(command, ["-W", "error"])

    def test_programs_by_a_shell(self):
        self.write("path.py", "import sys\nprint(sys.argv, sys.path, __file__)\n")
        commands = [
            "cat path.py | $run /dev/stdin x",
            "$run /dev/stdin x < path.py",
            "mkfifo pipe; cat path.py > pipe & sleep 0.2; $run pipe; rm pipe",
            "mkdir gone; cd gone; rmdir ../gone; $run ../path.py",
            "mkdir gone; cd gone; rmdir ../gone; $run '%s/path.py'" % self.directory,
        ]
        for command in commands:
            with self.subTest(command=command):
                shutil.rmtree(self.trace, ignore_errors=True)
                plain, recorded = (
                    recordings.spawn(
                        ["sh", "-c", command],
                        self.directory,
                        run=f"{sys.executable} {words}",
                        PYTHONDONTWRITEBYTECODE="1",
                    )
                    for words in ("", f"-m trackexec run -o {self.trace}")
                )
                self.assertEqual((recorded.stderr, recorded.stdout), (plain.stderr, plain.stdout))
                self.assertEqual((plain.returncode, plain.stdout.count("\n")), (0, 1))
                self.assertEqual(self.lines(), [1, 2])

    def test_what_is_in_an_archive_is_recorded(self):
        os.symlink("container.zip", os.path.join(self.directory, "linked.zip"))
        for name in ("container.zip", "./container.pyz", "linked.zip"):
            with self.subTest(name=name):
                shutil.rmtree(self.trace, ignore_errors=True)
                self.run_both([name])
                steps = [(step.file, step.line) for step in recordings.read_steps(self.trace)]
                self.assertEqual(steps[-2:], [("__main__.py", 3), ("helper.py", 1)])

    def test_the_traceback_is_not_only_sorted_alike(self):
        plain, recorded = self.run_both(["traceback.py"])
        self.assertEqual(recorded.stderr, plain.stderr)
        self.assertEqual(plain.returncode, 1)

    def test_a_process_ended_by_a_signal_leaves_its_last_line(self):
        for name, line in (("terminated.py", 2), ("killed.py", 2), ("os_exit.py", 3)):
            shutil.rmtree(self.trace, ignore_errors=True)
            self.run_both([name])
            self.assertEqual(self.lines()[-1], line, name)


class CommandLineTest(recordings.RecorderTest):
    def trackexec(self, *words, status=0, **environment):
        done = recordings.spawn(
            [sys.executable, "-m", "trackexec", *words], self.directory, **environment
        )
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def files(self):
        return {step.file for step in recordings.read_steps(self.trace)}

    def setUp(self):
        super().setUp()
        self.write("script.py", "import beside, package.inner, sub.namespace\n")
        self.write("beside.py", "x = 1\n")
        self.write("package/__init__.py", "x = 1\n")
        self.write("package/inner.py", "x = 1\n")
        self.write("package/__main__.py", "from . import inner\n")
        self.write("sub/namespace.py", "x = 1\n")

    def test_default_scope_of_a_script(self):
        self.trackexec("run", "-o", self.trace, "script.py")
        self.assertEqual(self.files(), {"script.py", "beside.py", "__init__.py", "inner.py"})

    def test_default_scope_of_a_module(self):
        self.trackexec("run", "-o", self.trace, "-m", "package")
        self.assertEqual(self.files(), {"__init__.py", "inner.py", "__main__.py"})

    def test_given_scope_is_exact(self):
        self.trackexec("run", "-o", self.trace, "-p", "beside", "script.py")
        self.assertEqual(self.files(), {"beside.py"})

    def test_several_packages_and_excludes(self):
        self.trackexec(
            "run", "-ppackage", "--package=__main__", "-x", "package.inner", "-o", self.trace, "script.py"
        )
        self.assertEqual(self.files(), {"script.py", "__init__.py"})

    def test_everything(self):
        self.trackexec("run", "-p", "*", "-o", self.trace, "script.py")
        self.assertGreaterEqual(self.files(), {"script.py", "beside.py", "namespace.py"})
        self.assertFalse([step for step in recordings.read_steps(self.trace) if "_run" in step.file])

    def test_environment(self):
        self.trackexec("run", "script.py", TRACKEXEC="beside", TRACKEXEC_DIR=self.trace)
        self.assertEqual(self.files(), {"beside.py"})

    def test_where_the_trace_is_is_said_on_request_only(self):
        self.assertEqual(self.trackexec("run", "-o", self.trace, "script.py").stderr, "")
        said = self.trackexec("run", "-v", "-n", "name", "-o", self.trace, "script.py").stderr
        self.assertRegex(said, r"\Atrackexec: recording into .*/trace/\d{6}-\d{6}/name(-\d+)?\n\Z")

    def test_without_standard_streams(self):
        self.write("script.py", "import sys\nopen('ran', 'w').write(str(sys.stderr))\n")
        command = ["sh", "-c", '"$@" 2>&-', "sh", sys.executable, "-m", "trackexec"]
        done = recordings.spawn([*command, "run", "-v", "-o", self.trace, "script.py"], self.directory)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertTrue(os.path.exists(os.path.join(self.directory, "ran")))
        self.assertEqual(recordings.spawn([*command, "run", "missing.py"], self.directory).returncode, 2)

    def test_default_directory(self):
        self.trackexec("run", "script.py")
        self.assertTrue(os.path.exists(os.path.join(self.directory, "trackexec-traces/latest/script/info")))

    def test_help_and_version(self):
        for words in (["--help"], ["-h"], [], ["run", "--help"]):
            self.assertIn("usage: ", self.trackexec(*words).stdout)
        for words in (["run", "-v", "-h"], ["recover", "-v", "--help"], ["disable-startup", "--user", "-h"]):
            self.assertIn("usage: ", self.trackexec(*words).stdout)
        for words in (["--version"], ["run", "-v", "--version"]):
            self.assertRegex(self.trackexec(*words).stdout, r"\Atrackexec \d")

    def test_misuse(self):
        for words in (["walk"], ["run"], ["run", "-p"], ["run", "--nothing", "x.py"], ["run", "-p", "x"]):
            done = self.trackexec(*words, status=1)
            self.assertRegex(done.stderr, r"\Atrackexec: [^\n]*\n\Z")

    def test_a_directory_that_cannot_be_written(self):
        done = self.trackexec("run", "-o", "/proc/nowhere", "script.py", status=1)
        self.assertRegex(done.stderr, r"\Atrackexec: cannot record into '/proc/nowhere': [^\n]*\n\Z")

    def test_a_start_that_fails_leaves_nothing(self):
        self.write("script.py", "x = 1\n")
        done = self.trackexec("run", "-o", self.trace, "-p", "", "script.py", status=1)
        self.assertRegex(done.stderr, r"\Atrackexec: cannot record into [^\n]*: an empty name [^\n]*\n\Z")
        self.assertEqual(os.listdir(self.trace), [])


if __name__ == "__main__":
    unittest.main()
