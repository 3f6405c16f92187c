# SPDX-License-Identifier: BSD-3-Clause
"""When an argument dies that nobody but the called function has, and that it drops."""


class Noisy:
    def __del__(self):
        print("gone")


def drop(value):
    value = None
    print("dropped")
    return value


def keep(value):
    print("kept")
    return value


drop(Noisy())
kept = keep(Noisy())
print("end")
