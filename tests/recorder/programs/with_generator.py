# SPDX-License-Identifier: BSD-3-Clause
"""contextlib.contextmanager and ExitStack: generators driven by foreign code."""
import contextlib


@contextlib.contextmanager
def managed(name):
    print("open", name)
    try:
        yield name
    except LookupError:
        print("lookup in", name)
    finally:
        print("close", name)


@contextlib.contextmanager
def bare(name):
    yield name
    print("after", name)


with managed("a") as a:
    print(a)
with managed("b"):
    raise KeyError
with contextlib.ExitStack() as stack:
    for name in "cd":
        stack.enter_context(managed(name))
    stack.callback(lambda: print("callback"))
    print("body")
try:
    with bare("e"):
        raise ValueError("through")
except ValueError as error:
    print(error)
