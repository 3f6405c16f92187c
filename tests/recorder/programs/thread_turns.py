# SPDX-License-Identifier: BSD-3-Clause
"""Two threads that take turns: one total order over both."""
import threading


def play(name, mine, other, rounds):
    # Handing over and waiting are on one line, so that no step races with the other's.
    for turn in range(rounds):
        record(name, turn)
        other.release(); mine.acquire()
    record(name, "last")


def record(name, turn):
    log.append((name, turn))


def opponent(mine, other):
    play("thread", mine, other, 4)
    record("thread", "over")
    other.release()


def main():
    first, second = threading.Lock(), threading.Lock()
    first.acquire()
    second.acquire()
    thread = threading.Thread(target=opponent, args=(second, first))
    thread.start(); first.acquire()
    play("main", first, second, 4)
    second.release(); thread.join()
    print(log)


log = []
main()
