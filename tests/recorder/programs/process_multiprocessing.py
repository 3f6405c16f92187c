# SPDX-License-Identifier: BSD-3-Clause
"""multiprocessing with fork: the workers' lines are not in the parent's trace."""
import multiprocessing
import sys


def work(n):
    total = 0
    for i in range(n):
        total += i
    return total


def run(context, n):
    receive, send = context.Pipe(False)
    process = context.Process(target=lambda: send.send(work(n)))
    process.start()
    result = receive.recv()
    process.join()
    return result, process.exitcode


if __name__ == "__main__":
    print(run(multiprocessing.get_context("fork"), 10))
