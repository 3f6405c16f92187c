#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""trackexec-replay's screen on every evil trace, with random keys: no crash, nothing but what a strict terminal knows, an answer
to each key within a second, bounded memory, nothing written to the traces, and an end when it is asked for one.

test_replay_screen_hostile.py TRACKEXEC-REPLAY MAKE-EVIL

Full (TRACKEXEC_FULL=1): 10,000 keys each, and others at each run, else 40 each, always the same. TRACKEXEC_SEED: the seed that was
printed, or `random`. TRACKEXEC_EVENTS=N: so many keys. TRACKEXEC_ONLY=NAME,NAME: on these traces only.
"""

import collections
import multiprocessing
import os
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "hostile"))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))

import evil  # noqa: E402
import seeds  # noqa: E402
from terminal import Program, Refused  # noqa: E402

REPLAY, MAKE_EVIL = sys.argv[1:3]
KEYS_EACH = int(os.environ.get("TRACKEXEC_EVENTS", 10_000 if evil.FULL else 40))
SEED = seeds.choose()
IS_SANITIZED = evil.is_sanitized(REPLAY)

# The limit is a second; a machine that is busy elsewhere takes more.
HANG_S = (1.0 if evil.FULL else 2.0) * (10 if IS_SANITIZED else 1)
RSS_MAX_MIB = 512 * (10 if IS_SANITIZED else 1)
KEYS_AT_ONCE = 5
SESSIONS_AT_ONCE = 2
# So many looks at a program that sleeps, 2 ms apart, tell that it is done.
ASLEEP = 3
ESCAPE = "\x1b"
NO_ANSWER = "no answer for"

# No q: it ends the program.
SINGLE = list("snocSNOCgGv[]bjf/.ud<>mh?wxrazlXMiDpPty:+-01234567\r\t\x1b\x0f\x0c\x03 ")
SEQUENCES = ["\x1bOA", "\x1bOB", "\x1bOC", "\x1bOD", "\x1b[5~", "\x1b[6~", "\x1bOH", "\x1bOF", "\x1b[3~", "\x1bOR", "\x7f", "\x1b[1;2D",
             "\x1b[15~", "\x1b[17~", "\x1b[18~", "\x1b[20~", "\x1b[21~", "\x1b[23~", "\x1b[24~", "é", "\u202e", "\U0010fffe"]
LINES = ["50%\r", "start\r", "end\r", "@0\r", "@18446744073709551615\r", ":b 1\r", ":b f\r", ":b 7 if count 3\r", ":delete\r", ":u 4\r",
         ":ru 3\r", ":s 1000\r", ":f \t\t\r", ":f a\t\r", "ja.py:1#1\r", "ja.py:4294967295#18446744073709551615\r", "j+9999999999d\r",
         "j1999-01-01\r", "/.\r", "/[\r", "%s%n\r", "ma\r", "'a", ":thread 2\r", ":enable 1\r", ":disable 1\r", ":where\r"]


def draw_mouse(rng):
    button, x, y = rng.choice((0, 1, 2, 32, 64, 65)), rng.randrange(1, 220), rng.randrange(1, 70)
    return f"\x1b[<{button};{x};{y}{rng.choice('Mm')}"


def draw_keys(rng, n):
    kinds = rng.choices((SINGLE, SEQUENCES, LINES, None), (60, 20, 12, 8), k=n)
    return "".join(rng.choice(kind) if kind else draw_mouse(rng) for kind in kinds)


def look(pid):
    """The program's state, one letter, and its CPU seconds."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return fields[0], (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def get_peak_mib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as status:
        return max(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM:"))


class Session:
    """The program on one trace."""

    def __init__(self, trace, rng, state):
        self.rng = rng
        self.program = Program([REPLAY, trace], columns=100, rows=30, XDG_STATE_HOME=state)
        self.n_keys = self.peak_mib = 0
        self.worst_s = 0.0
        self.last = ""

    def is_running(self):
        """Whether it is; its status where it ended by itself."""
        if self.program.status is None:
            pid, status = os.waitpid(self.program.pid, os.WNOHANG)
            if pid:
                self.program.status = os.waitstatus_to_exitcode(status)
        return self.program.status is None

    def open(self):
        """False where the trace was refused, in words."""
        end = time.monotonic() + 20 * HANG_S
        while self.program.read(0.1) and time.monotonic() < end:
            if self.program.screen.text().strip() and self.is_running():
                return True
        while self.is_running() and time.monotonic() < end:
            time.sleep(0.01)
        if self.program.status == 1 and b"trackexec-replay: " in self.program.raw:
            return False
        raise AssertionError(f"no picture and no refusal, status {self.program.status}: {self.program.raw[-500:]!r}")

    def settle(self):
        """Until it sleeps. What it computes before it draws something, be it how far it has come, is without what other programs
        take."""
        program = self.program
        end, n_asleep = time.monotonic() + 120 * HANG_S, 0
        seen, before = len(program.raw), look(program.pid)[1]
        while n_asleep < ASLEEP and program.read(0.002):
            state, now = look(program.pid)
            n_asleep = n_asleep + 1 if state == "S" else 0
            self.worst_s = max(self.worst_s, now - before)
            if now - before > HANG_S or time.monotonic() > end:
                raise AssertionError(f"{NO_ANSWER} {now - before:.2f} s of its time")
            if len(program.raw) != seen:
                seen, before = len(program.raw), now

    def press(self, keys):
        self.last = keys
        self.program.send(keys)
        self.settle()
        if not self.is_running():
            raise AssertionError(f"it ended with {self.program.status}")

    def play(self, n_keys):
        program = self.program
        while self.n_keys < n_keys:
            n = min(KEYS_AT_ONCE, n_keys - self.n_keys)
            self.press(draw_keys(self.rng, n))
            self.n_keys += n
            if self.rng.random() < 0.02:
                program.resize(self.rng.randrange(1, 220), self.rng.randrange(1, 70))
            program.raw = program.raw[-4000:]
        self.peak_mib = get_peak_mib(program.pid)
        if self.peak_mib > RSS_MAX_MIB:
            raise AssertionError(f"took {self.peak_mib} MiB of memory")

    def end(self):
        program = self.program
        program.resize(80, 24)
        for _ in range(4):
            program.send(ESCAPE)
            program.read(0.12)
        program.send("q")
        # 2: it is damaged, which was said.
        if program.finish(20 * HANG_S) not in (0, 2):
            raise AssertionError(f"ended with {program.status}: {program.raw[-2000:]!r}")


Played = collections.namedtuple("Played", "n_keys worst_s peak_mib fault")


def play_one(path, state):
    """What came of it; its fault: what was wrong, or None."""
    session = Session(path, random.Random(f"{SEED} {os.path.basename(path)}"), state)
    fault = None
    try:
        if session.open():
            session.settle()
            session.play(KEYS_EACH)
            session.end()
    except (AssertionError, OSError, Refused) as error:
        session.is_running()
        fault = f"{path}: {error}, status {session.program.status}\n  keys {session.last!r}\n  {session.program.raw[-3000:]!r}"
    finally:
        session.program.close()
    return Played(session.n_keys, session.worst_s, session.peak_mib, fault)


def play_afresh(path):
    """play_one() with nothing that an earlier session has left; twice where there was no answer: a host that takes the CPU away
    lengthens the program's clock, too, and what hangs does so again."""
    for turn in range(2):
        with tempfile.TemporaryDirectory(prefix="trackexec-state-") as state:
            played = play_one(path, state)
        if turn > 0 or NO_ANSWER not in (played.fault or ""):
            break
        print(f"once more, for {played.fault.splitlines()[0]}", flush=True)
    return played


def main():
    print(f"TRACKEXEC_SEED={SEED}", flush=True)
    only = os.environ.get("TRACKEXEC_ONLY")
    start = time.monotonic()
    faults = []
    traces = evil.Evil(MAKE_EVIL)
    try:
        # The last is all of them, as the processes of one run.
        names = [name for name in [*traces.names, ""] if not only or name in only.split(",")]
        # Most of a session is waiting for what the keyboard's escape begins.
        with multiprocessing.Pool(SESSIONS_AT_ONCE) as pool:
            sessions = pool.map(play_afresh, [traces.path(name).rstrip("/") for name in names], chunksize=1)
        faults += [session.fault for session in sessions if session.fault]
        faults += [f"written to: {path}" for path in traces.changes()]
    finally:
        traces.close()
    for fault in faults:
        print(fault)
    n_opened = sum(session.n_keys > 0 for session in sessions)
    if not only and n_opened < len(sessions) // 2:
        faults.append("fewer than half were opened")
        print(faults[-1])
    print(f"T29: {len(sessions)} evil traces on the terminal, {n_opened} opened, {sum(session.n_keys for session in sessions):,} random keys: "
          f"{len(faults)} faults (crashes, hangs, control sequences, writes), an answer after at most "
          f"{max(session.worst_s for session in sessions):.2f} s (limit {HANG_S:.0f}), at most "
          f"{max(session.peak_mib for session in sessions)} MiB (limit {RSS_MAX_MIB}), {time.monotonic() - start:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
