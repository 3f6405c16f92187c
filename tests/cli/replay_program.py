# SPDX-License-Identifier: BSD-3-Clause
"""The small program, and what was recorded of it, that the tests of trackexec-replay walk through."""

CORE = '''def main(jobs):
    for job in jobs:
        result = work(job)
    return f"{result}"  # the last


@decorator
def never(x):
    """Is it?
    It is not."""
    return x + 1
'''
UTIL = '''def work(job):
    item = prepare(job)
    return item


def prepare(job):
    return job * 2


def serve(queue):
    queue.get()
    queue.done()
'''
TRACE = """
main: precise; call main@{src}/core.py:1; line 2; +1ms;
repeat {repeat} (
  line 3; +10us; call work@{src}/util.py:1; line 2; +1ms; call prepare@{src}/util.py:6; line 7; +2us; return; line 3; +5us; return;
  line 2 )
worker: precise; call serve@{src}/util.py:10; line 11; +3ms; line 12; return; imprecise; end-thread
main: line 4; +20ms; return
"""


def write(source, repeat):
    """Writes the files into the new directory; returns the text for make-trace."""
    source.mkdir()
    (source / "core.py").write_text(CORE)
    (source / "util.py").write_text(UTIL)
    return TRACE.format(src=source, repeat=repeat)
