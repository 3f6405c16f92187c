# SPDX-License-Identifier: BSD-3-Clause
"""A signal handler in Python: raised by ourselves, by a timer, and raising."""
import signal
import time


def note(number, frame):
    log.append("note")
    helper()


def helper():
    log.append("helper")


def refuse(number, frame):
    raise InterruptedError("timer")


def wait():
    try:
        time.sleep(10)
    except InterruptedError as error:
        return str(error)
    return "slept"


log = []
signal.signal(signal.SIGUSR1, note)
signal.raise_signal(signal.SIGUSR1)
print(log)
signal.signal(signal.SIGALRM, refuse)
signal.setitimer(signal.ITIMER_REAL, 0.02)
print(wait())
