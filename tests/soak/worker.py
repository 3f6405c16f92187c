# SPDX-License-Identifier: BSD-3-Clause
"""The program that the soak test records: threads at a steady rate, and forks, for a given time.

    worker.py SECONDS LINES_PER_SECOND DIRECTORY

Writes what it did to DIRECTORY/state (JSON, replaced each second and at the end): rounds of soak_work, which all
have the same number of steps. Its children write theirs to DIRECTORY/child-PID.
"""

import json
import os
import random
import select
import signal
import sys
import threading
import time

import trackexec

import soak_work

N_THREADS = 3
FORK_EVERY_S = 0.7


def sleep(seconds):
    """Not time.sleep(), which waits for a moment of the clock: libfaketime does not stand that."""
    select.select([], [], [], seconds)


def write_state(path, **state):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(state, file)
    os.rename(path + ".new", path)


def measure_round():
    """Return the steps of a round, from a recording of its own."""
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        trace = os.path.join(directory, "trace")
        with trackexec.recording("soak_work", trace):
            soak_work.round_of_all()
        out = subprocess.run([os.environ["TRACKEXEC_DUMP"], "--info", trace], stdout=subprocess.PIPE, check=True)
        (steps,) = [line.split(b"\t")[2] for line in out.stdout.splitlines() if line.startswith(b"end\tsteps\t")]
    return int(steps)


class Pace:
    """Rounds at a steady rate, made up for when the machine was busy, within limits."""

    def __init__(self, rounds_per_second):
        self.interval = 1 / rounds_per_second
        self.next = time.monotonic()

    def wait(self):
        self.next = max(self.next + self.interval, time.monotonic() - 0.5)
        delay = self.next - time.monotonic()
        if delay > 0:
            sleep(delay)


def work(number, rounds, pace, is_over):
    while not is_over.is_set():
        soak_work.round_of_all()
        rounds[number] += 1
        pace.wait()


def stop():
    try:
        trackexec.stop()
    except (OSError, RuntimeError):  # what a full disk has cost may be said here
        pass


def fork_child(directory, how):
    pid = os.fork()
    if pid:
        return pid
    rounds = random.randrange(1, 4)
    for _ in range(rounds):
        soak_work.round_of_all()
    # A process id can come again within ten minutes.
    path = os.path.join(directory, "child-%d-%d" % (time.monotonic_ns(), os.getpid()))
    write_state(path, pid=os.getpid(), rounds=rounds, how=how)
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "stop":
        stop()
    os._exit(0)


def reap(children):
    for pid in list(children):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            expected = -9 if children.pop(pid) == "kill" else 0
            if (-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)) != expected:
                raise SystemExit("child %d ended with status %d" % (pid, status))


def fork_until(end, directory, rounds, steps):
    """Fork and reap children until that moment; return how many."""
    children = {}
    n_forks = 0
    written = 0
    while time.monotonic() < end:
        sleep(FORK_EVERY_S)
        how = ("stop", "_exit", "kill")[n_forks % 3]
        children[fork_child(directory, how)] = how
        n_forks += 1
        reap(children)
        trackexec.mark("fork %d" % n_forks)
        if time.monotonic() - written > 1:
            written = time.monotonic()
            write_state(os.path.join(directory, "state"), rounds=sum(rounds), steps=steps, forks=n_forks)
    while children:
        reap(children)
        sleep(0.05)
    return n_forks


def main():
    seconds, lines_per_second, directory = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    random.seed(1)
    steps = measure_round()
    if not trackexec.enable(package="soak_work", name="soak"):
        raise SystemExit("nothing is recorded")
    is_over = threading.Event()
    rounds = [0] * N_THREADS
    threads = []
    for number in range(N_THREADS):
        pace = Pace(lines_per_second / steps / N_THREADS)
        threads.append(threading.Thread(target=work, args=(number, rounds, pace, is_over)))
    for thread in threads:
        thread.start()
    try:
        n_forks = fork_until(time.monotonic() + seconds, directory, rounds, steps)
    finally:
        is_over.set()  # else the interpreter would wait for them for ever
    for thread in threads:
        thread.join()
    stats = trackexec.stats()
    stop()
    write_state(
        os.path.join(directory, "state"), rounds=sum(rounds), steps=steps, forks=n_forks, is_over=True,
        directory=stats["directory"], native_ns_per_event=stats["native_ns_per_event"],
    )


if __name__ == "__main__":
    main()
