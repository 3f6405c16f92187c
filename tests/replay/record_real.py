# SPDX-License-Identifier: BSD-3-Clause
"""Records real programs, each in a process of its own and with small blocks, then runs a test on the traces.

    record_real.py TEST [ARGUMENT]...

TEST finds the traces below the directory that TRACKEXEC_REAL_TRACES names. PYTHONPATH must have the built package.
"""

import os
import runpy
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDER_TESTS = os.path.join(os.path.dirname(HERE), "recorder")
PROGRAMS = """
async_cancel async_exception async_for async_gather async_generator async_queue async_simple async_with
class_meta comprehension_nested context_variables exception_in_expression generator_interleaved generator_pipeline
generator_throw generator_yield_from_throw recursion_deep recursion_mutual signal_handler thread_generator_handed
thread_pool thread_switching thread_turns try_nested with_generator
""".split()
SLOT_SIZE = 4096
TIMEOUT_S = 60


def record(path, out):
    """Run the program at PATH in this process, recorded."""
    from trackexec import _recorder

    os.mkdir(out, 0o700)
    _recorder.start(out, ("__main__",), (), (), slot_size=SLOT_SIZE, slot_count=64)
    sys.argv = [path]
    try:
        runpy.run_path(path, run_name="__main__")
    finally:
        _recorder.stop()


def main():
    if sys.argv[1] == "--record":
        record(*sys.argv[2:])
        return 0
    with tempfile.TemporaryDirectory(prefix="trackexec-") as base:
        for name in PROGRAMS:
            path = os.path.join(RECORDER_TESTS, "programs", name + ".py")
            command = [sys.executable, os.path.abspath(__file__), "--record", path, os.path.join(base, name)]
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S
            )
            # Some of them end with an exception, that is what they are for.
            if not os.path.exists(os.path.join(base, name, "end")):
                print(f"# {name}: no whole trace: {done.stdout[-300:]!r}")
                return 1
        return subprocess.run(sys.argv[1:], env={**os.environ, "TRACKEXEC_REAL_TRACES": base}).returncode


if __name__ == "__main__":
    sys.exit(main())
