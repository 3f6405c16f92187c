# SPDX-License-Identifier: BSD-3-Clause
"""Threads one after the other, each joined on the line that starts it."""
import threading


def work(name, n):
    total = 0
    for i in range(n):
        total += helper(i)
    results[name] = total


def helper(i):
    return i * i


class Worker(threading.Thread):
    def run(self):
        work(self.name, 3)


def main():
    for name in "abc":
        thread = threading.Thread(target=work, args=(name, 3)); thread.start(); thread.join()
    worker = Worker(name="own"); worker.start(); worker.join()
    print(results)


results = {}
main()
