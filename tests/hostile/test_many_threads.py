#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Recordings of very many threads: whatever a terminal tool is asked, it takes a few times what going through all
events once takes, and so grows with the recording as that does.

    test_many_threads.py MAKE-EVIL MAKE-THREADS DUMP ANALYSE EXPORT
"""

import os
import subprocess
import sys

import evil

TIMES_MAX = 8
# Below it what a program needs to begin would count.
SECONDS_FREE = 0.3
TIMEOUT = 60

RANGE = ("--from", "30%", "--to", "60%")


def get_commands(dump, analyse, export, is_short):
    yield [dump, "--events"]
    for form in ("callgrind", "collapsed") if is_short else ("callgrind", "collapsed", "speedscope", "perfetto", "csv"):
        yield [export, "--quiet", "--format", form]
    yield [analyse, "--at", "50%"]
    if is_short:
        return
    yield [export, "--quiet", "--format", "callgrind", *RANGE]
    yield [export, "--quiet", "--format", "speedscope", "--thread", "1"]
    yield [dump]
    yield [dump, "--events", *RANGE]
    yield [analyse]
    yield [analyse, *RANGE]
    yield [analyse, "--thread", "1"]
    yield [analyse, "--thread", "1", *RANGE]
    yield [analyse, "--annotate", "work.py"]
    yield [analyse, "--at", "50%", "--json"]


def measure(command, trace, limit):
    """Seconds of CPU, and what is wrong, or None."""
    answer = evil.watch_within(limit, command, trace, is_traced=False, timeout=TIMEOUT)
    if answer.code is None:
        return TIMEOUT, "does not come to an end"
    if answer.code not in (0, 1, 2):
        return answer.seconds, "ended with %d: %r" % (answer.code, answer.errors[-300:])
    if answer.seconds > limit:
        return answer.seconds, "took %.2f s (limit %.2f)" % (answer.seconds, limit)
    return answer.seconds, None


def check(name, trace, like, dump, analyse, export):
    """Against what the events of @like take, a trace of as many."""
    all_events, fault = measure([dump, "--events"], like, TIMEOUT)
    faults = [fault] if fault else []
    worst = 0
    for command in get_commands(dump, analyse, export, trace != like):
        seconds, fault = measure(command, trace, TIMES_MAX * all_events + SECONDS_FREE)
        worst = max(worst, seconds)
        if fault:
            faults.append("%s: %s" % (" ".join([os.path.basename(command[0]), *command[1:]]), fault))
    for fault in faults:
        print("%s: %s" % (name, fault))
    print("T20: many threads, %s: all events once %.2f s of CPU, at most %.2f s for what is asked" % (name, all_events, worst))
    return not faults


def main():
    make_evil, make_threads, *programs = sys.argv[1:]
    traces = evil.Evil(make_evil, "threads", "threads-alike")
    good = True
    try:
        for name, arguments in (("one-by-one", ("20000", "0")), ("together", ("6000", "8"))):
            subprocess.run([make_threads, traces.path(name), *arguments], check=True)
            traces.names.append(name)
        for name in traces.names:
            like = "threads" if name == "threads-alike" else name
            good = check(name, traces.path(name), traces.path(like), *programs) and good
    finally:
        traces.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
