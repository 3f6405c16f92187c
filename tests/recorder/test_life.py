# SPDX-License-Identifier: BSD-3-Clause
"""Ends of processes: recorded or not, a program ends the same way, and nothing of it is lost.

TRACKEXEC_FULL=1: 300 shutdowns with busy threads.
"""

import glob
import os
import re
import shutil
import statistics
import sys
import time
import unittest

import recordings

FULL = os.environ.get("TRACKEXEC_FULL") == "1"
N_SHUTDOWNS = 300 if FULL else 6

HEAD = """\
import atexit, os, signal, sys, threading, time, trackexec
done = 0
def step():
    global done
    done += 1
    return done
def tell(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
RECORDED = trackexec.enable("base", name="server", package="__main__")
for i in range(5):
    step()
"""

# What a program does at its end. tell(done) is the last thing that counts; None: it cannot tell.
ENDS = {
    "returns": "tell(done)",
    "sys.exit": "tell(done); sys.exit(3)",
    "sys.exit with a text": "tell(done); sys.exit('bye')",
    "raises": "tell(done); 1 / 0",
    "os._exit": "tell(done); os._exit(4)",
    "abort": "tell(done); os.abort()",
    "killed": "tell(done); os.kill(os.getpid(), signal.SIGKILL)",
    "terminated": "tell(done); os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)",
    "interrupted": "tell(done); signal.raise_signal(signal.SIGINT)",
    "a handler that exits": """
signal.signal(signal.SIGTERM, lambda *unused: sys.exit(step()))
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(5)
""",
    "segmentation fault": "tell(done); signal.signal(11, signal.SIG_DFL); os.kill(os.getpid(), 11)",
    "exec": """
tell(done)
os.execv(sys.executable, [sys.executable, "-c", "import sys; print('another'); sys.exit(6)"])
""",
    "exec in a thread": """
def run():
    step()
    tell(done)
    os.execv(sys.executable, [sys.executable, "-c", "raise SystemExit(7)"])
threading.Thread(target=run).start()
time.sleep(20)
""",
    "sys.exit in a thread": """
def run():
    step()
    sys.exit(9)
thread = threading.Thread(target=run)
thread.start()
thread.join()
tell(done)
""",
    "atexit": """
class Last:
    def __del__(self):
        os.write(1, b"deleted\\n")
last = Last()
@atexit.register
def first():
    step()
    tell("first", done)
@atexit.register
def second():
    step()
    tell("second", done)
threading._register_atexit(lambda: tell("threads")) if hasattr(threading, "_register_atexit") else 0
""",
    "a thread that goes on": """
def run():
    time.sleep(0.2)
    for i in range(100):
        step()
    tell(done)
threading.Thread(target=run).start()
""",
    "an exception in atexit": """
@atexit.register
def fail():
    step()
    tell(done)
    raise ValueError("at the end")
""",
    "a collection at the end": """
class Node:
    def __init__(self):
        self.me = self
    def __del__(self):
        os.write(1, b"x")
nodes = [Node() for i in range(50)]
tell(done)
del nodes
""",
}

BUSY = (
    HEAD
    + """
begun = False
def work(n):
    while not begun:
        time.sleep(0.01)
    while True:
        [step() for i in range(10)]
for n in range(50):
    threading.Thread(target=work, args=(n,), daemon=True).start()
begun = True
time.sleep(0.1)
sys.exit(int(sys.argv[1]))
"""
)


def describe(done):
    """Return what a program showed of itself, but for addresses."""
    return done.returncode, done.stdout, re.sub(r"0x[0-9a-f]+", "0x", done.stderr)


class LifeTest(recordings.RecorderTest):
    def setUp(self):
        super().setUp()
        self.base = os.path.join(self.directory, "base")

    def run_one(self, source, *arguments, recorded=True, **environment):
        """Run a program; return it completed."""
        shutil.rmtree(self.base, ignore_errors=True)
        if recorded:
            os.mkdir(self.base)
        path = self.write("program.py", source)
        return recordings.spawn([sys.executable, path, *arguments], self.directory, **environment)

    def find_trace(self):
        (trace,) = glob.glob(os.path.join(self.base, "[0-9]*", "server"))
        return trace

    def recover(self):
        done = recordings.spawn(
            [sys.executable, "-m", "trackexec", "recover", self.base], self.directory
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)

    def count(self, function="step"):
        return recordings.count_steps(self.find_trace(), function) // 2

    def test_ends(self):
        for name, end in ENDS.items():
            with self.subTest(name):
                plain = self.run_one(HEAD + end, recorded=False)
                self.assertFalse(os.path.exists(self.base))
                done = self.run_one(HEAD + end)
                self.assertEqual(describe(done), describe(plain))
                counted = [int(word) for word in plain.stdout.split() if word.isdigit()]
                before = recordings.read_steps(self.find_trace())
                self.assertGreaterEqual(self.count(), max(counted, default=6))
                self.recover()
                self.assertEqual(recordings.read_steps(self.find_trace()), before)
                self.assertTrue(os.path.exists(os.path.join(self.find_trace(), "end")))
        print(f"T11: {len(ENDS)} ways to end, each as unrecorded, nothing lost")

    @unittest.skipIf(
        sys.version_info[:2] == (3, 10), "3.10 itself crashes so in one run of a hundred, recorded or not"
    )
    def test_busy_shutdown(self):
        begin = time.monotonic()
        for turn in range(N_SHUTDOWNS):
            done = self.run_one(BUSY, str(turn % 5))
            self.assertEqual((done.returncode, done.stderr), (turn % 5, ""))
            self.assertTrue(os.path.exists(os.path.join(self.find_trace(), "end")))
        print(
            f"T11: {N_SHUTDOWNS} shutdowns with 50 busy daemon threads, exit status unchanged, "
            f"0 signals (limit 0), {time.monotonic() - begin:.0f} s"
        )


class DeadDiskTest(LifeTest):
    """Beside a disk that does not answer any more."""

    test_ends = test_busy_shutdown = None

    def setUp(self):
        super().setUp()
        self.flag = os.path.join(self.directory, "dead")

    def run_on_dead_disk(self, end):
        """Run a program that calls die(); return it completed, with the disk alive again."""
        source = HEAD + "def die():\n    open('dead', 'w').close()\n" + end
        try:
            return self.run_one(
                source,
                LD_PRELOAD=os.environ["TRACKEXEC_SLOW_DISK"],
                SLOW_DISK=self.base,
                SLOW_DISK_FLAG=self.flag,
            )
        finally:
            if os.path.exists(self.flag):
                os.unlink(self.flag)

    def test_exit(self):
        ends = {
            "idle": "time.sleep(0.1)\ndie()\n",
            "busy": "die()\nfor i in range(2000):\n    step()\n    time.sleep(0.0001)\n",
            "stopping": "die()\nfor i in range(2000):\n    step()\ntry:\n    trackexec.stop()\n"
            "except OSError:\n    pass\n",
        }
        for name, end in ends.items():
            with self.subTest(name):
                done = self.run_on_dead_disk(
                    end
                    + "atexit.register(lambda: None)\ntell(done, time.time())\nsys.exit(5)\n"
                )
                ended = time.time()
                self.assertEqual((done.returncode, done.stderr), (5, ""))
                counted, at = done.stdout.split()
                delay = ended - float(at)
                print(f"T11: exit beside a dead disk, {name}: {delay:.1f} s (limit 2 s)")
                self.assertLess(delay, 5)
                self.recover()
                self.assertEqual(self.count(), int(counted))

    def test_fork(self):
        done = self.run_on_dead_disk(
            """
def fork():
    begin = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        step()
        os.write(1, b"child %f\\n" % (time.perf_counter() - begin))
        os._exit(0)
    tell("parent", time.perf_counter() - begin)
    os.waitpid(pid, 0)
die()
for turn in range(20):
    for i in range(20000):
        step()
    fork()
tell("steps", done)
os._exit(3)
"""
        )
        self.assertEqual(done.returncode, 3, done.stderr)
        times = {"parent": [], "child": [], "steps": []}
        for line in done.stdout.splitlines():
            who, value = line.split()
            times[who].append(float(value) * 1000)
        # Who waits for a disk waits each time: a quarter of them tells, also on a busy machine.
        quartiles = {who: statistics.quantiles(times[who])[0] for who in ("parent", "child")}
        print(
            "T4: 20 forks beside a dead disk: "
            f"parent {quartiles['parent']:.1f} ms, child's first line {quartiles['child']:.1f} ms (lower quartiles)"
        )
        self.assertEqual(len(times["child"]), 20)
        self.assertLess(quartiles["parent"], 20)
        self.assertLess(quartiles["child"], 60)
        self.recover()
        self.assertEqual(self.count(), int(times["steps"][0] / 1000))


class NextStartTest(LifeTest):
    """The next start of a service makes the traces of the one before whole."""

    test_ends = test_busy_shutdown = None

    def test_next_start(self):
        os.mkdir(self.base)
        killed = HEAD + "os.kill(os.getpid(), signal.SIGKILL)\n"
        for turn in range(3):
            path = self.write("program.py", killed)
            recordings.spawn([sys.executable, path], self.directory)
        traces = glob.glob(os.path.join(self.base, "[0-9]*", "server*"))
        self.assertEqual(len(traces), 3)
        rings = [recordings.read_info(trace)["ring"] for trace in traces]
        # Each may have sealed those before it in its short life.
        self.assertTrue(any(map(os.path.exists, rings)))
        before = [recordings.read_steps(trace) for trace in traces]
        gone = os.path.join(self.directory, "gone")
        os.rename(traces.pop(), gone)
        before.pop()
        path = self.write(
            "program.py",
            HEAD + "begin = time.time()\nwhile time.time() < begin + 30 and any(map(os.path.exists, "
            "sys.argv[1:])):\n    time.sleep(0.05)\n    step()\n",
        )
        done = recordings.spawn([sys.executable, "-W", "error", path, *rings], self.directory)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(glob.glob(os.path.join(self.base, "[0-9]*", "server*"))), 3)
        left = [ring for ring in rings if os.path.exists(ring)]
        files = {trace: sorted(os.listdir(trace)) for trace in traces}
        self.assertEqual(left, [], files)
        for trace, steps in zip(traces, before):
            self.assertTrue(os.path.exists(os.path.join(trace, "end")), trace)
            self.assertEqual(recordings.read_steps(trace), steps)

    def test_recover_says_what_it_does(self):
        os.mkdir(self.base)
        path = self.write("program.py", HEAD + "os.kill(os.getpid(), signal.SIGKILL)\n")
        recordings.spawn([sys.executable, path], self.directory)
        command = [sys.executable, "-m", "trackexec", "recover"]
        first = recordings.spawn([*command, "-v", self.base], self.directory)
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.assertIn("1 traces sealed (1 blocks)", first.stdout)
        again = recordings.spawn([*command, self.find_trace()], self.directory)
        self.assertEqual((again.returncode, again.stdout, again.stderr), (0, "", ""))
        nowhere = recordings.spawn([*command, "/nowhere"], self.directory)
        self.assertEqual((nowhere.returncode, nowhere.stdout), (1, ""))
        self.assertIn("'/nowhere'", nowhere.stderr)
        self.assertEqual(recordings.spawn([*command, "--help"], self.directory).returncode, 0)
        self.assertEqual(recordings.spawn([*command, "--what"], self.directory).returncode, 1)


if __name__ == "__main__":
    unittest.main()
