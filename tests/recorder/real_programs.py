# SPDX-License-Identifier: BSD-3-Clause
"""Programs that nobody of this project wrote, at real work: docutils, Pygments, http.server.

Stages them so that each Python finds them, and says why where one can not be had.
"""

import os
import shutil
import subprocess
import sys

import harness

SITE = "/usr/lib/python3/dist-packages"
README = "/usr/share/doc/python3-docutils/README.txt.gz"
PACKAGES = ("docutils", "pygments", "roman.py")


def stage(directory):
    """Copy the packages, and nothing beside them, to a directory that is returned."""
    staged = os.path.join(directory, "staged")
    os.makedirs(staged, exist_ok=True)
    for name in PACKAGES:
        source = os.path.join(SITE, name)
        if os.path.isdir(source):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, os.path.join(staged, name), ignore=ignored)
        elif os.path.exists(source):
            shutil.copy(source, staged)
    return staged


def why_not(python, staged, module):
    """None when PYTHON can import MODULE from STAGED, else the last line of its complaint."""
    environment = dict(os.environ, PYTHONPATH=staged, PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run(
        [python, "-c", "import " + module], env=environment, stderr=subprocess.PIPE
    )
    if done.returncode == 0:
        return None
    return done.stderr.decode(errors="replace").strip().splitlines()[-1]


def find(staged, python=sys.executable):
    """(programs, reasons): what can be recorded, and a line for each that can not."""
    programs, reasons = [], []

    def add(script, module, packages, arguments, compare="order"):
        reason = module and why_not(python, staged, module)
        for argument in arguments:
            if not os.path.exists(argument):
                reason = reason or argument + " is not there"
        if reason:
            reasons.append("%s: %s" % (script, reason))
            return
        path = os.path.join(harness.REAL, script)
        programs.append(
            harness.Program(
                path,
                packages=packages,
                arguments=arguments,
                compare=compare,
                python_path=[staged],
            )
        )

    lexers = [os.path.join(staged, "pygments", name) for name in ("style.py", "scanner.py", "util.py")]
    add("render_rst.py", "docutils.parsers.rst.states", ["docutils", "__main__"], [README])
    add("highlight.py", "pygments.lexers.python", ["pygments"], lexers)
    add("web.py", None, ["shop"], [], compare="pool")
    return programs, reasons
