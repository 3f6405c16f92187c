# SPDX-License-Identifier: BSD-3-Clause
"""Promise 26: a program at a million lines a second and more, with forks, readers, clock steps and a full disk.

    soak.py [--seconds N] [--rate LINES_PER_SECOND]

Ten minutes with TRACKEXEC_FULL=1, else 20 s. Needs PYTHONPATH (the built package) and TRACKEXEC_DUMP
(trackexec-dump, beside which trackexec-analyse is). What the machine has not (root for a small tmpfs, libfaketime) is
left out, and said. Afterwards each trace is read whole: the steps that are there and those that are declared lost must be
those that were made.
"""

import argparse
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
FULL = bool(os.environ.get("TRACKEXEC_FULL"))
DUMP = os.environ.get("TRACKEXEC_DUMP", "")
ANALYSE = os.path.join(os.path.dirname(DUMP), "trackexec-analyse")
DISK_MIB = 160
RSS_LIMIT_KIB = 4096
CLOCK_STEPS = ("+0", "+1h", "-1h", "-1d", "+30d", "+0")


class Trouble(Exception):
    """The promise does not hold; the text says where."""


def find_faketime():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    return found[0] if found else None


class Disk:
    """A small tmpfs that can be filled; a plain directory where that is not to be had."""

    def __init__(self, directory):
        self.directory = directory
        self.ballast = os.path.join(directory, "ballast")
        options = ["-o", "size=%dm,mode=700" % DISK_MIB]
        done = subprocess.run(["mount", "-t", "tmpfs", *options, "soak", directory], stderr=subprocess.DEVNULL)
        self.is_mounted = done.returncode == 0
        self.n_fills = 0

    def fill(self):
        if not self.is_mounted:
            return
        self.n_fills += 1
        with open(self.ballast, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                pass

    def empty(self):
        if self.is_mounted and os.path.exists(self.ballast):
            os.unlink(self.ballast)

    def get_free_mib(self):
        status = os.statvfs(self.directory)
        return status.f_bavail * status.f_frsize >> 20

    def close(self):
        if self.is_mounted:
            subprocess.run(["umount", "-l", self.directory], check=False)


def read_memory_kib(pid):
    """Return (anonymous memory, shared memory) of a process."""
    with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
        lines = dict(line.split(":", 1) for line in file)
    return int(lines["RssAnon"].split()[0]), int(lines["RssShmem"].split()[0])


def read_info(trace):
    done = subprocess.run([DUMP, "--info", trace], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    rows = [line.split("\t") for line in done.stdout.decode(errors="replace").splitlines()[1:]]
    return {key: value for file, key, value in rows if file == "end"}


def count_steps(trace):
    """Read a whole trace; return (steps, events declared lost, exit status, complaints)."""
    lost = 0
    with subprocess.Popen([DUMP, "--steps", trace], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as dump:
        counted = subprocess.run(["grep", "-vc", "^#"], stdin=dump.stdout, stdout=subprocess.PIPE)
        steps = int(counted.stdout)
        complaints = dump.stderr.read().decode(errors="replace").strip()
    done = subprocess.run([ANALYSE, "--json", "-n", "1", trace], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if done.stdout:
        report = json.loads(done.stdout)
        lost = report["events_lost"] + report["missing_blocks"]
    return max(steps - 1, 0), lost, dump.returncode, complaints


class Soak:
    def __init__(self, seconds, rate):
        self.seconds, self.rate = seconds, rate
        self.root = tempfile.mkdtemp(prefix="trackexec-soak-")
        self.place = os.path.join(self.root, "disk")
        self.states = os.path.join(self.root, "states")
        os.mkdir(self.place, 0o700)
        os.mkdir(self.states)
        self.disk = Disk(self.place)
        self.base = os.path.join(self.place, "base")
        os.mkdir(self.base, 0o700)
        self.clock = os.path.join(self.root, "clock")
        self.faketime = find_faketime()
        self.memory = []
        self.reads = {}
        self.n_clock_steps = 0
        self.segments = set()
        self.random = random.Random(26)

    def start(self):
        environment = dict(os.environ, TRACKEXEC_DIR=self.base, TRACKEXEC_CHILDREN="trace", TRACKEXEC_MAX_SIZE="64M")
        environment["PYTHONPATH"] = HERE + os.pathsep + os.environ["PYTHONPATH"]
        if self.faketime:
            with open(self.clock, "w", encoding="ascii") as file:
                file.write("+0\n")
            environment.update(
                LD_PRELOAD=self.faketime, FAKETIME_TIMESTAMP_FILE=self.clock, FAKETIME_CACHE_DURATION="1",
                FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1",
                FAKETIME_FORCE_MONOTONIC_FIX="0",
            )
        # Python warns of forks beside the program's own threads.
        command = [sys.executable, "-W", "ignore::DeprecationWarning", os.path.join(HERE, "worker.py"), str(self.seconds), str(self.rate), self.states]
        self.worker = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)

    def step_clock(self):
        if not self.faketime:
            return
        self.n_clock_steps += 1
        with open(self.clock + ".new", "w", encoding="ascii") as file:
            file.write(CLOCK_STEPS[self.n_clock_steps % len(CLOCK_STEPS)] + "\n")
        os.rename(self.clock + ".new", self.clock)

    def find_traces(self):
        return sorted(os.path.dirname(path) for path in glob.glob(os.path.join(self.base, "[0-9]*", "*", "info")))

    def count_segments(self):
        """Segments come and, with a limit of the size, go."""
        self.segments.update(glob.glob(os.path.join(self.base, "[0-9]*", "soak", "blocks.*")))

    def read_something(self):
        """A reader beside the recorder, as people have them; what it says is counted by its exit status."""
        traces = self.find_traces()
        if not traces:
            return
        trace = self.random.choice(traces[-3:] + [t for t in traces if t.endswith("/soak")])
        part = "%d%%" % self.random.randrange(100)
        command = self.random.choice((
            [DUMP, "--steps", "--limit", "20000", "--from", part, trace],
            [DUMP, "--events", "--limit", "20000", trace],
            [ANALYSE, "-n", "3", trace],
            [ANALYSE, "-n", "3", "--from", part, trace],
        ))
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
        said = done.stderr.decode(errors="replace").strip().splitlines()
        if done.returncode < 0 or done.returncode > 2:
            raise Trouble("%s ended with %d: %s" % (" ".join(command), done.returncode, said))
        self.reads[done.returncode] = self.reads.get(done.returncode, 0) + 1
        if done.returncode == 2:
            self.reads.setdefault("damage", set()).add(said[-1] if said else "?")

    def watch(self):
        began = time.monotonic()
        fill_at, empty_at, clock_at = began + self.seconds * 0.3, None, began + self.seconds * 0.1
        while self.worker.poll() is None:
            now = time.monotonic()
            if now > began + self.seconds + 120:
                self.worker.kill()
                raise Trouble("the program does not end")
            try:
                self.memory.append((now - began, *read_memory_kib(self.worker.pid)))
            except (OSError, KeyError):
                pass
            if empty_at is None and now > fill_at:
                self.disk.fill()
                empty_at = now + min(8, self.seconds / 8)
            elif empty_at is not None and now > empty_at:
                self.disk.empty()
                fill_at, empty_at = now + max(60, self.seconds), None
            if now > clock_at:
                self.step_clock()
                clock_at = now + max(10, self.seconds / 20)
            self.read_something()
            self.count_segments()
            time.sleep(0.5)
        self.disk.empty()

    def check_memory(self):
        """Return by how many KiB the program's own memory has grown, after a time of getting used to it."""
        steady = [anonymous for at, anonymous, _ in self.memory if at > self.seconds * 0.3]
        third = max(len(steady) // 3, 1)
        first, last = sorted(steady[:third]), sorted(steady[-third:])
        growth = last[len(last) // 2] - first[len(first) // 2]
        if growth > RSS_LIMIT_KIB:
            raise Trouble("memory grew by %d KiB: %s" % (growth, steady[:: max(1, len(steady) // 20)]))
        return growth

    def check_trace(self, trace, expected, is_closed, is_exact=True):
        """Return the steps read and the events declared lost."""
        steps, lost, status, complaints = count_steps(trace)
        end = read_info(trace)
        lost += int(end.get("events_lost", 0)) + int(end.get("blocks_lost", 0))
        # What a full disk has cut is said, as damage.
        if status not in ((0, 1, 2) if self.disk.n_fills else (0, 1)):
            raise Trouble("%s: exit %d: %s" % (trace, status, complaints))
        if steps > expected:
            raise Trouble("%s: %d steps of %d" % (trace, steps, expected))
        if steps < expected and is_exact and not lost and not complaints:
            raise Trouble("%s: %d steps of %d, and no loss declared" % (trace, steps, expected))
        if is_closed and not end and not complaints:
            raise Trouble("%s: not closed" % trace)
        return steps, lost

    def check_traces(self):
        with open(os.path.join(self.states, "state"), encoding="utf-8") as file:
            state = json.load(file)
        if not state.get("is_over"):
            raise Trouble("the program ended before its time")
        steps, lost = self.check_trace(state["directory"], state["rounds"] * state["steps"], True)
        return state, steps, lost, self.check_children(state["steps"])

    def check_children(self, steps_a_round):
        """Return how many traces of children there are. Process ids come again: then one of them is meant."""
        by_pid = {}
        for path in glob.glob(os.path.join(self.states, "child-*")):
            with open(path, encoding="utf-8") as file:
                child = json.load(file)
            by_pid.setdefault(child["pid"], []).append(child)
        traces = {}
        for trace in self.find_traces():
            found = re.search(r"/soak\.(\d+)[^/]*$", trace)
            if found:
                traces.setdefault(int(found.group(1)), []).append(trace)
        for pid, children in by_pid.items():
            if len(traces.get(pid, ())) < len(children) and not self.disk.n_fills:
                raise Trouble("child %d has no trace" % pid)
            for trace in traces.get(pid, ()):
                most = max(child["rounds"] for child in children)
                has_all = len(children) == 1 and children[0]["how"] == "stop"
                self.check_trace(trace, most * steps_a_round, has_all, len(children) == 1)
        return sum(map(len, traces.values()))

    def run(self):
        began = time.monotonic()
        self.start()
        try:
            self.watch()
            complaint = self.worker.stderr.read().decode(errors="replace").strip()
            if self.worker.returncode or complaint:
                raise Trouble("the program ended with %s: %s" % (self.worker.returncode, complaint))
            growth = self.check_memory()
            state, steps, lost, n_children = self.check_traces()
        finally:
            self.worker.kill()
            self.worker.wait()
            self.disk.close()
            shutil.rmtree(self.root, ignore_errors=True)
        made = state["rounds"] * state["steps"]
        damaged = self.reads.pop("damage", set())
        if damaged and not self.disk.n_fills:
            raise Trouble("readers found damage: %s" % damaged)
        for missing, what in ((self.disk.is_mounted, "a full disk (no tmpfs)"), (self.faketime, "clock steps (no libfaketime)")):
            if not missing:
                print("skipped: %s" % what)
        print(
            "T26: %.0f s, %.1f M lines (%.2f M/s, limit 1), %d segments, %d forks, %d children's traces, %d full disks, %d clock steps, "
            "%d reads, 0 crashes (limit 0), memory %+d KiB (limit %d), ring at most %d MiB, %d of %d lines there, %d losses declared, "
            "0 undeclared (limit 0), %.0f s"
            % (
                self.seconds, made / 1e6, made / 1e6 / self.seconds, len(self.segments), state["forks"], n_children, self.disk.n_fills,
                self.n_clock_steps, sum(self.reads.values()), growth, RSS_LIMIT_KIB,
                max(shared for _, _, shared in self.memory) >> 10, steps, made, lost, time.monotonic() - began,
            )
        )
        return made / self.seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600 if FULL else 20)
    parser.add_argument("--rate", type=float, default=2e6 if FULL else 1e6)
    options = parser.parse_args()
    try:
        rate = Soak(options.seconds, options.rate).run()
    except Trouble as error:
        sys.exit("T26: %s" % error)
    if FULL and rate < 1e6:
        sys.exit("T26: only %.0f lines a second" % rate)


if __name__ == "__main__":
    main()
