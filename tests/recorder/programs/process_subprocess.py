# SPDX-License-Identifier: BSD-3-Clause
"""A subprocess: another program, in nobody's trace."""
import subprocess
import sys


def run(code):
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE)
    return done.returncode, done.stdout


print(run("print(sum(range(10)))"))
print(run("import sys; sys.exit(4)"))
