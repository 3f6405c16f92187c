# SPDX-License-Identifier: BSD-3-Clause
"""The start-up hook: TRACKEXEC and TRACKEXEC_DIR in the environment are enough, and nothing else ever happens.

Each test has a virtual environment into which the built package is copied.
"""

import glob
import os
import shutil
import subprocess
import sys
import unittest

import recordings

HOOK = "trackexec-startup.pth"


def find_package():
    for directory in os.environ["PYTHONPATH"].split(os.pathsep):
        if os.path.isdir(os.path.join(directory, "trackexec")):
            return os.path.join(directory, "trackexec")
    raise AssertionError("PYTHONPATH must name the built package")


class StartupTest(recordings.RecorderTest):
    def setUp(self):
        super().setUp()
        root = os.path.join(self.directory, "venv")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", root], check=True)
        self.python = os.path.join(root, "bin", "python3")
        (self.site,) = glob.glob(os.path.join(root, "lib", "python*", "site-packages"))
        self.package = os.path.join(self.site, "trackexec")
        shutil.copytree(find_package(), self.package, ignore=shutil.ignore_patterns("__pycache__"))
        self.hook = os.path.join(self.site, HOOK)
        self.base = os.path.join(self.directory, "base")
        self.write("pkg/__init__.py", "x = 1\n")
        self.write("pkg/work.py", "def work(n):\n    return n + 1\n")
        self.write("program.py", "import pkg.work\nprint(pkg.work.work(1))\n")

    def run_python(self, *arguments, status=0, recorded=True, **env):
        """Run the environment's Python; return it completed."""
        if recorded:
            env = {"TRACKEXEC": "pkg", "TRACKEXEC_DIR": self.base, **env}
        done = recordings.spawn([self.python, *arguments], self.directory, PYTHONPATH="", **env)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def command(self, *arguments, **options):
        return self.run_python("-m", "trackexec", *arguments, recorded=False, **options)

    def find_traces(self):
        """Return the traces of the only run, by name."""
        runs = [name for name in os.listdir(self.base) if name != "latest"]
        self.assertEqual(len(runs), 1, runs)
        run = os.path.join(self.base, runs[0])
        return {name: os.path.join(run, name) for name in sorted(os.listdir(run))}

    def assert_recorded(self, trace, line=2):
        self.assertIn(("work.py", line), [(s.file, s.line) for s in recordings.read_steps(trace)])

    def test_enable_and_disable(self):
        os.mkdir(self.base)
        self.assertEqual(self.run_python("program.py").stdout, "2\n")
        self.assertEqual(os.listdir(self.base), [])
        for said in ("is installed", "is there already"):
            self.assertIn(said, self.command("enable-startup").stdout)
        self.assertEqual(os.stat(self.hook).st_mode & 0o777, 0o644)
        done = self.run_python("program.py")
        self.assertEqual((done.stdout, done.stderr), ("2\n", ""))
        self.assertEqual(list(self.find_traces()), ["program"])
        self.assert_recorded(self.find_traces()["program"])
        for said in ("is removed", "is not installed"):
            self.assertIn(said, self.command("disable-startup").stdout)
        shutil.rmtree(self.base)
        os.mkdir(self.base)
        self.run_python("program.py")
        self.assertEqual(os.listdir(self.base), [])

    def test_the_umask_does_not_hide_the_hook(self):
        self.run_python("-c", "import os, sys; os.umask(0o77); sys.argv[1:] = ['enable-startup']\n"
                        "import runpy; runpy.run_module('trackexec', run_name='__main__')", recorded=False)
        self.assertEqual(os.stat(self.hook).st_mode & 0o777, 0o644)

    def test_nothing_is_loaded_unless_asked(self):
        self.command("enable-startup")
        os.mkdir(self.base)
        show = "import sys; print('trackexec' in sys.modules)"
        for env in ({}, {"TRACKEXEC": "pkg"}, {"TRACKEXEC_DIR": self.base}, {"TRACKEXEC": "", "TRACKEXEC_DIR": "x"}):
            self.assertEqual(self.run_python("-c", show, recorded=False, **env).stdout, "False\n")
        # With both, and no such directory: one look, and no trace of us on disk.
        os.rmdir(self.base)
        done = self.run_python("program.py")
        self.assertEqual((done.stdout, done.stderr), ("2\n", ""))
        self.assertFalse(os.path.exists(self.base))

    def test_little_is_loaded(self):
        """Also where nothing can be recorded: the program finds its modules as without us."""
        self.command("enable-startup")
        show = "import sys; print(*[m for m in ('logging', 're', 'threading') if m in sys.modules])"
        plain = self.run_python("-c", show, recorded=False).stdout
        for mode in (0o700, 0o777):
            os.mkdir(self.base)
            os.chmod(self.base, mode)
            self.assertEqual(self.run_python("-c", show).stdout, plain)
            self.assertEqual(len(os.listdir(self.base)), 2 if mode == 0o700 else 0)
            shutil.rmtree(self.base)

    def test_the_cost_without_variables(self):
        self.command("enable-startup")
        program = """\
            import sys, time
            line = open(sys.argv[1]).read().strip()
            times = []
            for turn in range(2000):
                began = time.perf_counter_ns()
                exec(line)  # what the module site does with it
                times.append(time.perf_counter_ns() - began)
            print(sorted(times)[1000])
            """
        path = self.write("cost.py", program)
        cost_ns = int(self.run_python(path, self.hook, recorded=False).stdout)
        print(f"start-up hook under {sys.version.split()[0]}: {cost_ns / 1000:.1f} us a start without variables")
        self.assertLess(cost_ns, 1_000_000)

    def test_what_is_broken_stays_silent(self):
        self.command("enable-startup")
        os.mkdir(self.base)
        for breaking in (
            lambda: os.unlink(os.path.join(self.package, "_startup.py")),
            lambda: self.write(os.path.join(self.package, "_startup.py"), "this is no Python\n"),
            lambda: self.write(os.path.join(self.package, "_startup.py"), "1 / 0\n"),
            lambda: self.write(os.path.join(self.package, "__init__.py"), "import nowhere\n"),
            lambda: shutil.rmtree(self.package),
        ):
            breaking()
            done = self.run_python("program.py")
            self.assertEqual((done.stdout, done.stderr), ("2\n", ""))

    def test_a_python_without_the_extension(self):
        self.command("enable-startup")
        os.mkdir(self.base)
        for path in glob.glob(os.path.join(self.package, "_recorder*.so")):
            os.unlink(path)
        done = self.run_python("program.py")
        self.assertEqual((done.stdout, done.stderr), ("2\n", ""))
        self.assertEqual(os.listdir(self.base), [])
        done = self.command("doctor", self.base, status=1)
        self.assertIn("cannot be recorded", done.stdout)

    def test_a_directory_that_cannot_be_written(self):
        self.command("enable-startup")
        os.mkdir(self.base, 0o777)
        os.chmod(self.base, 0o777)
        done = self.run_python("program.py")
        self.assertEqual((done.stdout, done.stderr), ("2\n", ""))
        self.assertEqual(os.listdir(self.base), [])
        done = self.run_python("-m", "trackexec", "doctor", status=1)
        self.assertIn("cannot record into", done.stdout)

    def test_refused_where_the_hook_cannot_be_put(self):
        os.mkdir(self.hook)  # root may write everywhere else
        done = self.command("enable-startup", status=1)
        self.assertRegex(done.stderr, r"^trackexec: cannot write '.*trackexec-startup.pth': .*: run this as")
        self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertEqual(os.listdir(self.hook), [])
        done = self.command("disable-startup", status=1)
        self.assertIn("cannot remove", done.stderr)
        # A virtual environment does not read the user's packages.
        done = self.command("enable-startup", "--user", status=1)
        self.assertIn("leave out --user", done.stderr)
        self.assertEqual(self.command("enable-startup", "--nonsense", status=1).stdout, "")

    def test_a_hook_of_another_version_is_replaced(self):
        self.write(self.hook, "import os\n")
        self.assertIn("is not of this version", self.command("doctor", self.directory, status=1).stdout)
        self.assertIn("is installed", self.command("enable-startup").stdout)
        os.mkdir(self.base, 0o700)
        self.assertRegex(self.command("doctor", self.base).stdout, r"  start-up hook: +/.*trackexec-startup.pth\n")

    def test_names_of_traces(self):
        self.command("enable-startup")
        self.write("pkg/__main__.py", "import pkg.work\npkg.work.work(1)\n")
        for arguments, name in (
            (["-m", "pkg"], "pkg"),
            (["-W", "ignore", "-X", "utf8", "-B", "program.py", "argument"], "program"),
            (["-c", "import pkg.work; pkg.work.work(1)"], "python"),
        ):
            os.mkdir(self.base)
            self.run_python(*arguments)
            traces = self.find_traces()
            self.assertEqual(list(traces), [name])
            self.assert_recorded(traces[name])
            shutil.rmtree(self.base)

    def test_a_program_from_standard_input_has_a_name(self):
        self.command("enable-startup")
        os.mkdir(self.base)
        self.run_python("-")
        self.assertEqual(list(self.find_traces()), ["python"])

    def test_what_a_program_under_run_starts_joins_it(self):
        self.command("enable-startup")
        os.mkdir(self.base)
        self.write(
            "program.py",
            """\
            import pkg.work, subprocess, sys, time
            time.sleep(1.1)  # else the run would have the same name anyway
            pkg.work.work(1)
            if len(sys.argv) == 1:
                subprocess.run([sys.executable, __file__, "child"], check=True)
            """,
        )
        self.run_python("-m", "trackexec", "run", "program.py")
        traces = self.find_traces()
        self.assertEqual(len(traces), 2, traces)
        child = max(traces, key=len)
        self.assertEqual(recordings.read_info(traces[child])["parent"], "program")
        self.assert_recorded(traces[child])

    def test_our_own_commands_are_not_recorded(self):
        self.command("enable-startup")
        os.mkdir(self.base, 0o700)
        self.run_python("-m", "trackexec", "--version")
        self.assertEqual(os.listdir(self.base), [])
        self.run_python("-m", "trackexec", "run", "-p", "pkg", "program.py")
        self.assertEqual(list(self.find_traces()), ["program"])
        self.assert_recorded(self.find_traces()["program"])

    def test_enable_of_the_program_gives_way(self):
        self.command("enable-startup")
        os.mkdir(self.base, 0o700)
        self.write("program.py", "import trackexec, pkg.work\n"
                   "print(trackexec.enable(name='other', package='pkg'), pkg.work.work(1))\n")
        self.assertEqual(self.run_python("program.py").stdout, "False 2\n")
        self.assertEqual(list(self.find_traces()), ["program"])

    def test_multiprocessing(self):
        self.command("enable-startup")
        program = """\
            import multiprocessing, sys, pkg.work
            if __name__ == "__main__":
                context = multiprocessing.get_context(sys.argv[1])
                with context.Pool(2) as pool:
                    print(sum(pool.map(pkg.work.work, range(20))))
                    pool.close()
                    pool.join()
            """
        self.write("program.py", program)
        for method in ("spawn", "forkserver"):
            os.mkdir(self.base)
            done = self.run_python("program.py", method)
            self.assertEqual((done.stdout, done.stderr), ("210\n", ""))
            traces = self.find_traces()
            self.assertIn("program", traces)
            lines = []
            for trace in traces.values():
                lines += [(s.file, s.line) for s in recordings.read_steps(trace)]
            self.assertEqual(lines.count(("work.py", 2)), 20, method)
            shutil.rmtree(self.base)

    def test_idle_time_by_the_environment(self):
        self.command("enable-startup")
        os.mkdir(self.base, 0o700)
        self.write("pkg/work.py", "import asyncio\nasync def work():\n    await asyncio.sleep(0.05)\n")
        self.write("program.py", "import asyncio, pkg.work\nasyncio.run(pkg.work.work())\n")
        self.run_python("program.py", TRACKEXEC_IDLE="1")
        steps = recordings.read_steps(self.find_traces()["program"])
        self.assertIn("<idle>", [step.function for step in steps])


if __name__ == "__main__":
    unittest.main()
