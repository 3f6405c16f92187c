#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every evil trace, opened by the library and by each terminal tool: an answer or a refusal in words, soon, within
bounded memory, nothing written, nothing read that is not the trace's, no control character printed.

    test_hostile.py MAKE-EVIL READ-EVIL DUMP ANALYSE [REPLAY]
"""

import collections
import concurrent.futures
import os
import re
import sys

import evil

RSS_MAX_MIB = 512
# For one that takes longer nobody waits. The limit is a second; a machine that is busy elsewhere takes more.
SECONDS_MAX = 4
# What the sanitizers cost beside; leaks cannot be looked for under strace.
SANITIZER_SLACK = 10
# Of time; on some virtual machines fresh memory, of which they take much, costs more than all else.
SANITIZER_TIMES = 20
# What may stand in what is printed: no C0 but newline and tab, no DEL, no C1, no bytes that are no UTF-8.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\u202a-\u202e\u2066-\u2069]")


def get_commands(read, dump, analyse, replay):
    commands = [
        ([read], (0,)),
        ([dump, "--events", "--limit", "300"], (0, 1, 2)),
        ([analyse, "--num-items", "20"], (0, 1, 2)),
        ([dump, "--info"], (0, 1, 2)),
    ]
    if replay:
        commands.append(([replay, "--command", "s", "--command", "c", "--command", "bt"], (0, 1, 2)))
    if evil.FULL:
        commands += [([dump, "--limit", "300"], (0, 1, 2)), ([analyse, "--file", "/evil/a.py"], (0, 1, 2)),
                     ([analyse, "--json"], (0, 1, 2))]
    return commands


def find_faults(program, answer, codes, slack, seconds_max):
    if answer.code is None:
        yield "does not come to an end"
        return
    if answer.code not in codes:
        yield "ended with %d: %r" % (answer.code, answer.errors[-300:])
    if answer.rss_mib > RSS_MAX_MIB * slack:
        yield "took %d MiB of memory" % answer.rss_mib
    if answer.seconds > seconds_max:
        yield "took %.1f s" % answer.seconds
    for call in answer.wrong:
        yield "may not do that: %s" % call
    for text in (answer.output, answer.errors):
        try:
            found = CONTROL.search(text.decode("utf-8"))
        except UnicodeDecodeError as error:
            yield "prints what is no UTF-8: %r" % text[error.start - 10 : error.start + 10]
            continue
        if found:
            yield "prints a control character: %r" % found.string[max(0, found.start() - 20) : found.end() + 20]
    for line in answer.errors.decode("utf-8", "replace").splitlines():
        if not line.startswith(os.path.basename(program) + ": "):
            yield "says in no one's name: %r" % line


def get_limit(times, is_traced):
    """CPU seconds; a program of many system calls costs strace more than itself."""
    return SECONDS_MAX * times * (1 + is_traced)


def run_all(traces, programs, times):
    """Yields (trace, command, codes, answer, whether under strace). Reduced, strace looks at one of the commands in turn: it costs as much as they do."""

    def run(job):
        name, command, codes, is_traced = job
        answer = evil.watch_within(get_limit(times, is_traced), command, traces.path(name), is_traced)
        return name, command, codes, answer, is_traced

    jobs = []
    for i, name in enumerate(traces.names):
        for k, (command, codes) in enumerate(get_commands(*programs)):
            if evil.FULL or command[1:] != ["--info"] or i % 3 == 0:
                jobs.append((name, command, codes, times == 1 and (evil.FULL or (i + k) % 4 == 0)))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        yield from pool.map(run, jobs)


def main():
    make, *programs = sys.argv[1:]
    slack, times = (SANITIZER_SLACK, SANITIZER_TIMES) if evil.is_sanitized(programs[0]) else (1, 1)
    why_not = evil.can_watch()
    if why_not:
        print("skip: cannot watch what a program opens: %s" % why_not)
        return 77
    programs += [None] * (4 - len(programs))
    traces = evil.Evil(make)
    worst = collections.Counter()
    faults = []
    n_runs = 0
    try:
        for name, command, codes, answer, is_traced in run_all(traces, programs[:4], times):
            n_runs += 1
            worst[is_traced] = max(worst[is_traced], round(answer.seconds * 1000))
            worst["MiB"] = max(worst["MiB"], answer.rss_mib)
            tool = " ".join([os.path.basename(command[0]), *command[1:]])
            faults += ["%s: %s: %s" % (name, tool, fault) for fault in find_faults(command[0], answer, codes, slack, get_limit(times, is_traced))]
        faults += ["written to: %s" % path for path in traces.changes()]
    finally:
        traces.close()
    for fault in faults:
        print(fault)
    print("T20: %d evil traces, %d times opened by the library and the terminal tools: %d faults (crashes, hangs, writes, reads outside,"
          " control characters), at most %.2f s of CPU (limit %d; with strace %.2f s) and %d MiB (limit %d)"
          % (len(traces.names), n_runs, len(faults), worst[False] / 1000, SECONDS_MAX, worst[True] / 1000, worst["MiB"], RSS_MAX_MIB))
    return 1 if faults or not traces.names else 0


if __name__ == "__main__":
    sys.exit(main())
