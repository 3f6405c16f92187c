# SPDX-License-Identifier: BSD-3-Clause
"""A generator started in one thread and resumed in another."""
import threading


def numbers():
    yield 1
    yield 2
    yield 3
    return


def take(generator, out):
    out.append(next(generator))
    out.append(next(generator))


generator = numbers()
out = [next(generator)]
thread = threading.Thread(target=take, args=(generator, out)); thread.start(); thread.join()
print(out, list(generator))
