# SPDX-License-Identifier: BSD-3-Clause
# compare: threads
"""threading.local with an __init__, a Timer, and a daemon thread that ends."""
import threading


class Local(threading.local):
    def __init__(self):
        self.value = 0


def bump(n):
    for _ in range(n):
        local.value += 1
    values.append(local.value)


local = Local()
values = []
timer = threading.Timer(0.01, bump, [2])
timer.start()
timer.join()
daemon = threading.Thread(target=bump, args=(3,), daemon=True)
daemon.start()
daemon.join()
bump(1)
print(values)
