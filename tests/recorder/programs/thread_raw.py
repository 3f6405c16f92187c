# SPDX-License-Identifier: BSD-3-Clause
"""Threads below the threading module, and an exception that nobody catches."""
import _thread
import sys
import threading


def work(done):
    total = 0
    for i in range(3):
        total += i
    values.append(total)
    done.release()


def failing():
    raise KeyError("thread")


def hook(arguments):
    values.append(arguments.exc_type.__name__)


values = []
done = _thread.allocate_lock()
done.acquire()
_thread.start_new_thread(work, (done,)); done.acquire()
threading.excepthook = hook
thread = threading.Thread(target=failing); thread.start(); thread.join()
print(values)
