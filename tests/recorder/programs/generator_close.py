# SPDX-License-Identifier: BSD-3-Clause
"""close: a finally that runs, a with that is left, a refusal to end."""
import contextlib


def cleaning(log):
    try:
        yield 1
        log.append("never")
    finally:
        log.append("cleaned")


def stubborn():
    while True:
        try:
            yield "here"
        except GeneratorExit:
            print("no")
            yield "still"
            return


def managed(log):
    with contextlib.ExitStack() as stack:
        stack.callback(log.append, "left")
        yield 2


log = []
for make in (cleaning, managed):
    generator = make(log)
    next(generator)
    generator.close()
print(log)
generator = stubborn()
next(generator)
try:
    generator.close()
except RuntimeError:
    print("ignored the exit")
print(list(generator))
