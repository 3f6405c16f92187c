# SPDX-License-Identifier: BSD-3-Clause
"""Disks that fail, seen from outside: the program's output and exit code never change.

Also limits as programs state them, modes and links, and `latest` under many processes.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
import unittest

import recordings
from trackexec import _limits

FULL = os.environ.get("TRACKEXEC_FULL") == "1"

PROGRAM = """\
import os, sys, time, trackexec

base, fault = sys.argv[1:3]
print(trackexec.enable(base, name="main", package="__main__", start_time="250101-000000",
                       max_size="none", min_free="none"))

def work(n):
    total = 0
    for i in range(n):
        total += i * i
        total ^= i
    return total

def phase(n):
    for _ in range(n):
        work(3000)
        time.sleep(0.001)

phase(50)
os.system(fault)
phase(150)
if len(sys.argv) > 3:
    os.system(sys.argv[3])
    phase(50)
    time.sleep(5.5)
    phase(50)
print("result", work(1000))
sys.exit(7)
"""


def call_root(*command):
    """Run a command; raise SkipTest where it is not permitted."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise unittest.SkipTest(f"{' '.join(command)}: {done.stdout.decode().strip()}")


class DiskTest(recordings.RecorderTest):
    def setUp(self):
        super().setUp()
        self.base = os.path.join(self.directory, "base")
        os.mkdir(self.base)

    def mount(self, *options):
        call_root("mount", "-t", "tmpfs", "-o", ",".join(("mode=0700",) + options), "none", self.base)
        self.addCleanup(subprocess.run, ("umount", "-l", self.base), stderr=subprocess.DEVNULL)

    def check(self, fault, repair=None, prefix=""):
        """Run the program while the disk fails; return what dumping the trace gives."""
        path = self.write("program.py", PROGRAM)
        arguments = [path, self.base, fault] + ([repair] if repair else [])
        command = [sys.executable] + arguments
        if prefix:
            command = ["sh", "-c", prefix + '; exec "$@"', "sh"] + command
        done = recordings.spawn(command, self.directory)
        self.assertEqual(done.stderr, "")
        self.assertRegex(done.stdout, r"^(True|False)\nresult \d+\n$")
        self.assertEqual(done.returncode, 7)
        trace = os.path.join(self.base, "250101-000000", "main")
        if not os.path.exists(os.path.join(trace, "info")):
            return None
        dumped = recordings.spawn([os.environ["TRACKEXEC_DUMP"], "--steps", trace], self.directory)
        self.assertIn(dumped.returncode, (0, 2), dumped.stderr)
        self.assertNotIn("damaged", dumped.stdout + dumped.stderr)
        return dumped.stdout

    def test_full_disk_and_space_again(self):
        self.mount("size=256k")
        fill = f"head -c 1000000 /dev/zero > {self.base}/fill 2>/dev/null"
        steps = self.check(fill, f"rm {self.base}/fill")
        self.assertGreater(len(steps), 100000)

    def test_read_only(self):
        self.mount("size=64m")
        ro, rw = (f"mount -o remount,{mode} {self.base} 2>/dev/null" for mode in ("ro", "rw"))
        self.check(ro, rw)

    def test_unmounted(self):
        self.mount("size=64m")
        self.assertIsNone(self.check(f"umount -l {self.base}"))

    def test_removed(self):
        self.assertIsNone(self.check(f"rm -rf {self.base}"))

    def test_moved(self):
        self.check(f"mv {self.base} {self.base}.other")
        trace = os.path.join(self.base + ".other", "250101-000000", "main")
        self.assertEqual(len(recordings.read_info(trace)["trace_id"]), 16)
        self.assertTrue(os.path.exists(os.path.join(trace, "end")))

    def test_no_permission(self):
        self.check(f"chmod 0 {self.base} {self.base}/250101-000000/main")

    def test_few_descriptors(self):
        self.check("true", prefix="ulimit -n 20")

    def test_small_files(self):
        self.check("true", prefix="ulimit -f 16")


class WaitTest(recordings.RecorderTest):
    def test_program_touches_no_file_while_it_records(self):
        if not shutil.which("strace"):
            self.skipTest("strace is not here")
        program = self.write(
            "program.py",
            """\
            import os, threading, time, trackexec
            def f(n):
                for i in range(n):
                    x = i
                    y = x
            def g():
                f(200000)
                time.sleep(0.05)
                f(200000)
            trackexec.record("__main__", "trace")
            thread = threading.Thread(target=f, args=(100000,))
            f(1000)
            time.sleep(0.2)
            os.getppid()
            thread.start()
            g()
            thread.join()
            os.getppid()
            trackexec.stop()
            """,
        )
        calls = os.path.join(self.directory, "calls")
        done = recordings.spawn(
            ["strace", "-f", "-o", calls, "-e", "trace=%file,%desc,getppid", sys.executable, program],
            self.directory,
        )
        if done.returncode:
            self.skipTest("strace is not permitted: " + done.stderr.splitlines()[-1])
        with open(calls, errors="replace") as file:
            rows = [line.split(None, 1) for line in file]
        marks = [i for i, row in enumerate(rows) if "getppid(" in row[1]]
        main = rows[marks[0]][0]
        between = rows[marks[0] : marks[1]]
        # Those that write the trace are not the program's.
        writers = {row[0] for row in rows if re.match(r"pwrite64|openat\(.*blocks\.", row[1])} - {main}
        others = [row for row in between if row[0] not in writers]
        harmless = r"getppid|mmap\(.*MAP_ANON|munmap|p?select|poll|\+\+\+|---|.*resumed"
        bad = [row for row in others if not re.match(harmless, row[1])]
        # The clock, which is no thread of the program's either, reserves memory for the ring.
        clocks = {row[0] for row in rows if re.match(r'openat\(.*\.ring"', row[1])} - {main}
        self.assertTrue(writers)
        self.assertEqual([row for row in bad if row[0] not in clocks], [])
        print(f"T4: {len(between)} file calls between start and stop, 0 of the program's threads")

    def test_two_threads_sleep_when_nothing_happens(self):
        out = self.run_program(
            """\
            import os, time, trackexec
            trackexec.record("__main__", "trace")
            def switches():
                n = 0
                for thread in os.listdir("/proc/self/task"):
                    if int(thread) != os.getpid():
                        for line in open(f"/proc/self/task/{thread}/status"):
                            if "voluntary_ctxt" in line:
                                n += int(line.split()[1])
                return n
            time.sleep(0.3)
            trackexec.stop()
            trackexec.record("json", "other")
            time.sleep(0.3)
            before = switches()
            time.sleep(0.5)
            print(switches() - before)
            """
        )
        self.assertLessEqual(int(out), 2)


class LimitsTest(recordings.RecorderTest):
    def test_texts(self):
        environment = {"TRACKEXEC_MAX_AGE": "7d", "TRACKEXEC_MIN_FREE": "none"}
        numbers, lines = _limits.read({"max_size": "512M", "keep_runs": 5}, environment)
        self.assertEqual(numbers, (512 << 20, _limits.NONE, 7 * 86400 * 10**9, 5))
        self.assertEqual(lines, [])
        for given in ({"max_size": "2 GiB"}, {"max_size": "2g"}, {"max_size": 2 << 30}):
            self.assertEqual(_limits.read(given, {})[0][0], 2 << 30)
        for name, value in (("max_size", "big"), ("max_size", 0), ("max_age", "7y"),
                            ("keep_runs", "-1"), ("keep_runs", "x"), ("min_free", "-5M")):
            with self.assertRaisesRegex(ValueError, name):
                _limits.read({name: value}, {})

    def test_bad_environment_is_told_of(self):
        out = self.run_program(
            """\
            import os, trackexec
            os.mkdir("base")
            print(trackexec.enable("base", name="a", package="__main__"))
            print(trackexec.enable("base", name="a", package="__main__", max_size="much"))
            """,
            TRACKEXEC_MAX_SIZE="much",
            TRACKEXEC_CHILDREN="all",
        )
        self.assertEqual(out, "True\nFalse\n")
        info = recordings.read_info(os.path.join(self.directory, "base", "latest", "a"))
        self.assertIn("TRACKEXEC_MAX_SIZE", info["warning.max_size"])
        self.assertIn("TRACKEXEC_CHILDREN", info["warning.children"])

    def test_size_and_runs(self):
        self.run_program(
            """\
            import os, random, trackexec
            random.seed(1)
            os.mkdir("base")
            def f(n):
                for i in range(n):
                    if random.random() < 0.5:
                        x = 1
                    elif random.random() < 0.5:
                        y = 1
                    else:
                        z = 1
            for i in range(5):
                trackexec.enable("base", name="a", package="__main__",
                                 start_time=f"25010{i + 1}-000000", max_size="200k", keep_runs=2)
                f(300000 if i < 4 else 3000000)
                trackexec.stop()
            """
        )
        base = os.path.join(self.directory, "base")
        runs = sorted(name for name in os.listdir(base) if name != "latest")
        self.assertEqual(runs[-2:], ["250104-000000", "250105-000000"])
        self.assertLessEqual(len(runs), 3)  # the one that began last may not have looked yet
        trace = os.path.join(base, "latest", "a")
        size = sum(entry.stat().st_size for entry in os.scandir(trace))
        self.assertLessEqual(size, 200 * 1024 + 64 * 1024)
        self.assertTrue([name for name in os.listdir(trace) if name.startswith("digests.")])
        dumped = recordings.spawn([os.environ["TRACKEXEC_DUMP"], "--steps", trace], self.directory)
        self.assertTrue("evicted" in dumped.stdout, dumped.stdout[:1000])


class PrivateTest(recordings.RecorderTest):
    program = (
        "import os, sys, trackexec\n"
        "os.umask(int(sys.argv[1], 8))\n"
        "print(trackexec.enable('base', name='a', package='__main__', start_time='250101-000000'))\n"
    )

    def setUp(self):
        super().setUp()
        self.base = os.path.join(self.directory, "base")
        self.outside = os.path.join(self.directory, "outside")
        os.mkdir(self.base)
        os.mkdir(self.outside)

    def enable(self, umask="022"):
        self.run_program(self.program, umask)
        return os.path.join(self.base, "250101-000000", "a")

    def test_modes(self):
        for umask in ("000", "022", "077", "0777"):
            trace = self.enable(umask)
            self.assertTrue(os.path.exists(os.path.join(trace, "end")), umask)
            for path, _, files in os.walk(os.path.dirname(trace)):
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o700)
                for name in files:
                    mode = os.stat(os.path.join(path, name)).st_mode
                    self.assertEqual(stat.S_IMODE(mode), 0o600, name)
            shutil.rmtree(os.path.join(self.base, "250101-000000"))

    def plant(self, kind, path):
        if kind == "link":
            os.symlink(self.outside, path)
        elif kind == "dangling":
            os.symlink(os.path.join(self.outside, "new"), path)
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "hardlink":
            victim = os.path.join(self.outside, "victim")
            if not os.path.exists(victim):
                self.write("outside/victim", "precious\n")
            os.link(victim, path)
        elif kind == "directory":
            os.mkdir(path, 0o777)
            os.chmod(path, 0o777)
            if os.geteuid() == 0:
                os.chown(path, 65534, 65534)

    def test_planted(self):
        os.chmod(self.base, 0o1777)
        names = ("250101-000000", "latest", ".latest")
        n = 0
        for kind in ("link", "dangling", "fifo", "hardlink", "directory"):
            for name in names:
                self.plant(kind, os.path.join(self.base, name))
                self.enable()
                found = set(os.listdir(self.outside)) - {"victim"}
                self.assertEqual(found, set(), (kind, name))
                if kind == "hardlink":
                    with open(os.path.join(self.outside, "victim")) as file:
                        self.assertEqual(file.read(), "precious\n")
                for entry in os.scandir(self.base):
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path)
                    else:
                        os.unlink(entry.path)
                n += 1
        print(f"T23: {n} planted links, FIFOs and directories: 0 writes outside")


NOBODY = 65534

# Starts as many recordings as it is told, each in a run of its own, in a directory where others may plant.
RACE = """\
import os, sys, trackexec
base, rings, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
recorded = 0
def f():
    return 1
for i in range(number):
    with open(os.path.join(base, "next-" + str(i)), "w"):
        pass
    recorded += bool(trackexec.enable(base, name="a", package="__main__", start_time="250101-%06d" % i, ring_dir=rings))
    f()
    trackexec.stop()
print(recorded)
"""


class RaceTest(recordings.RecorderTest):
    """Another user plants what it can, while recordings begin, in directories where it may."""

    def plant_for_ever(self, base, rings, outside):
        """In a process of its own, as another user: takes the names that come next, now and then for good."""
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        plants = (
            lambda path: os.symlink(outside, path),
            lambda path: os.mkdir(path, 0o777),
            os.mkfifo,
            lambda path: os.symlink(os.path.join(outside, "new"), path),
        )
        turn = number = 0
        while True:
            while os.path.exists(os.path.join(base, "next-%d" % number)):
                number += 1
            turn += 1
            acts = [plants[turn % len(plants)]] + ([os.unlink, os.rmdir] if turn % 7 else [])
            run = os.path.join(base, "250101-%06d" % (number + turn % 3 - 1))
            for path in (run, os.path.join(base, "latest"), os.path.join(rings, "trackexec-0")):
                for act in acts:
                    try:
                        act(path)
                    except OSError:
                        pass

    def find_wrong(self, place):
        """Return what we have made below place that others can read, or in a directory of others."""
        wrong = []
        for path, _, files in os.walk(place):
            status = os.stat(path)
            if path != place and status.st_uid == 0 and stat.S_IMODE(status.st_mode) != 0o700:
                wrong.append(path)
            for name in files:
                status = os.lstat(os.path.join(path, name))
                if status.st_uid != 0 or stat.S_ISLNK(status.st_mode) or name.startswith("next-"):
                    continue
                if stat.S_IMODE(status.st_mode) != 0o600 or os.stat(path).st_uid != 0:
                    wrong.append(os.path.join(path, name))
        return wrong

    @unittest.skipIf(os.geteuid() != 0, "another user's part needs root")
    def test_another_user(self):
        number = 200 if FULL else 40
        places = [os.path.join(self.directory, name) for name in ("base", "rings", "outside")]
        for place in places:
            os.mkdir(place)
            os.chmod(place, 0o1777)
        os.chmod(self.directory, 0o711)
        pid = os.fork()
        if pid == 0:
            try:
                self.plant_for_ever(*places)
            finally:
                os._exit(1)
        try:
            done = recordings.spawn([sys.executable, self.write("race.py", RACE), *places[:2], str(number)], self.directory)
        finally:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
        self.assertEqual(done.returncode, 0, done.stderr)
        wrong = self.find_wrong(places[0]) + self.find_wrong(places[1]) + os.listdir(places[2])
        print("T23: %d starts beside another user who plants: %s recorded, %d writes outside or readable (limit 0)"
              % (number, done.stdout.strip(), len(wrong)))
        self.assertEqual(wrong, [])


LOOK = """\
import os, sys
link = os.path.join(sys.argv[1], "latest")
looks = missing = 0
while looks < int(sys.argv[2]):
    looks += 1
    try:
        os.stat(link)
    except OSError:
        missing += 1
open(os.path.join(sys.argv[1], "stop"), "w").close()
print(looks, missing)
"""

START = """\
import os, sys
from trackexec import _directory
i = 0
while i < int(sys.argv[3]) or not os.path.exists(os.path.join(sys.argv[1], "stop")):
    trace = _directory.make_run(sys.argv[1], "p" + sys.argv[2], 1700000000 + i)
    open(os.path.join(trace, "info"), "x").close()
    _directory.publish_run(trace)
    i += 1
    if sys.argv[2] == "first":
        break
print(i)
"""


class LatestTest(recordings.RecorderTest):
    def test_always_there(self):
        n_processes, n_starts, n_looks = (50, 200, 1000000) if FULL else (10, 40, 20000)
        base = os.path.join(self.directory, "base")
        os.mkdir(base)
        start, look = self.write("start.py", START), self.write("look.py", LOOK)

        def run(*arguments):
            return subprocess.Popen(
                [sys.executable, *map(str, arguments)],
                env=recordings.make_environment(),
                stdout=subprocess.PIPE,
            )

        run(start, base, "first", 1).communicate()
        looker = run(look, base, n_looks)
        starters = [run(start, base, i, n_starts) for i in range(n_processes)]
        done = sum(int(starter.communicate()[0]) for starter in starters)
        looks, missing = map(int, looker.communicate()[0].split())
        self.assertEqual((looks, missing), (n_looks, 0))
        self.assertEqual(
            os.readlink(os.path.join(base, "latest")), max(n for n in os.listdir(base) if n[0] == "2")
        )
        self.assertFalse([name for name in os.listdir(base) if name.startswith(".latest")])
        print(f"T24: {n_processes} processes, {done} starts, {looks} looks: 0 missing, 0 dangling")


if __name__ == "__main__":
    unittest.main()
