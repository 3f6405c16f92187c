# SPDX-License-Identifier: BSD-3-Clause
# compare: threads
# api: yes
# oracle: 3.12
"""A thread that was at work before recording began is recorded too."""
import sys
import threading
import time

import trackexec


def inner(gate, log):
    log.append("waiting")
    gate.wait()
    log.append("on")
    return len(log)


def work(gate, log):
    n = inner(gate, log)
    for i in range(n):
        log.append(i)


def main(directory):
    gate = threading.Event()
    log = []
    thread = threading.Thread(target=work, args=(gate, log))
    thread.start()
    time.sleep(0.1)
    trackexec.record("__main__", directory)
    gate.set()
    thread.join()
    trackexec.stop()
    print(log)


main(sys.argv[1])
