#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What trackexec-replay's screen takes on recordings of any size, with stack, threads and hot spots shown.

    bench_replay_screen.py [--check] [--jumps N] REPLAY WRITE_CLOCK TRACE...

Time on a processor, from a key to the picture that shows the new position, and to the last picture, with all that
comes after. `MAKER:STEPS` in place of a trace makes one for this once, with that make-big-trace.
"""

import argparse
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from terminal import Program, Screen  # noqa: E402

COLUMNS, ROWS = 160, 50
QUIET_S = 0.1
RECORD = struct.Struct("<QQ")

LIMITS = {  # ms, until the position is shown
    "first picture": 300,
    "jump in time, 99th percentile": 10,
    "jump in time, median": 10,
    "step": 10,
    "next": 10,
}


class Measured:
    """A program whose writes to the terminal carry its processor time."""

    def __init__(self, replay, preload, trace, directory):
        self.log = directory / "writes"
        self.program = Program(
            [replay, trace],
            columns=COLUMNS,
            rows=ROWS,
            LD_PRELOAD=str(preload),
            WRITE_CLOCK=str(self.log),
            XDG_STATE_HOME=str(directory / "state"),
        )
        self.clock = (~self.program.pid << 3) | 2  # of another process: what its threads had of the processors
        self.screen = Screen(COLUMNS, ROWS)  # as far as the writes were looked at
        self.n_bytes = 0
        self.n_records = 0

    def get_ms(self):
        return time.clock_gettime_ns(self.clock) / 1e6

    def settle(self):
        """Until nothing is drawn or computed any more."""
        before = None
        while before != (now := self.get_ms() // 1):
            before = now
            self.program.read(QUIET_S)

    def find_step(self, screen=None):
        match = re.search(r"step (\d+) of ", (screen or self.screen).row(1))
        return match and int(match[1])

    def take_writes(self):
        """Processor time at the write that first showed another position, None without one."""
        shown_ms = None
        before = self.find_step()
        with open(self.log, "rb") as stream:
            stream.seek(self.n_records * RECORD.size)
            records = list(RECORD.iter_unpack(stream.read()))
        for size, ns in records:
            self.screen.feed(self.program.raw[self.n_bytes : self.n_bytes + size].decode())
            self.n_bytes += size
            if shown_ms is None and self.find_step() not in (None, before):
                shown_ms = ns / 1e6
        self.n_records += len(records)
        return shown_ms

    def press(self, keys):
        """Milliseconds until the new position is shown, and until all is; None if the keys lead nowhere."""
        before_ms = self.get_ms()
        self.program.send(keys)
        end = time.monotonic() + 20
        while self.find_step(self.program.screen) == self.find_step() or "\u2026" in self.program.screen.text():
            self.program.read(0.01)
            if time.monotonic() > end:
                return None
        self.settle()
        shown_ms = self.take_writes()
        return shown_ms - before_ms, self.get_ms() - before_ms

    def open(self):
        """The same, of the first picture."""
        self.program.wait_for(r"step \d+ of ", 60)
        self.settle()
        return self.take_writes(), self.get_ms()


def get_share(values, share):
    """Of those until shown, and of those until all is, each for itself."""
    return tuple(sorted(column)[int((len(values) - 1) * share)] for column in zip(*values))


def measure(options, trace, directory):
    measured = Measured(options.replay, options.write_clock, trace, directory)
    draw = random.Random(1)
    try:
        results = {"first picture": measured.open()}
        jumps = [measured.press(f"j{draw.uniform(0, 100):.5f}%\r") for _ in range(options.jumps)]
        jumps = [jump for jump in jumps if jump]
        results["jump in time, 99th percentile"] = get_share(jumps, 0.99)
        results["jump in time, median"] = get_share(jumps, 0.5)
        for name, key in (("step", "s"), ("next", "n")):
            results[name] = get_share([measured.press(key) for _ in range(20)], 0.5)
        return results
    finally:
        measured.program.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="exit with 1 when a limit is missed")
    parser.add_argument("--jumps", type=int, default=200)
    parser.add_argument("replay")
    parser.add_argument("write_clock")
    parser.add_argument("traces", nargs="+", metavar="TRACE")
    options = parser.parse_args()
    n_missed = 0
    for trace in options.traces:
        with tempfile.TemporaryDirectory(prefix="trackexec-bench-") as name:
            directory = pathlib.Path(name)
            if ":" in trace:
                maker, steps = trace.rsplit(":", 1)
                trace = directory / "trace"
                subprocess.run([maker, trace, steps], check=True)
            results = measure(options, trace, directory)
        print(f"{trace}: ms on a processor until the position is shown, and until all is")
        for name, (shown_ms, all_ms) in results.items():
            is_missed = shown_ms > LIMITS[name]
            n_missed += is_missed
            print(f"{name:32} {shown_ms:8.2f} {all_ms:8.2f}  limit {LIMITS[name]}{'  MISSED' if is_missed else ''}")
    return options.check and n_missed > 0


if __name__ == "__main__":
    sys.exit(main())
