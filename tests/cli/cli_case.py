# SPDX-License-Identifier: BSD-3-Clause
"""What tests of several terminal programs share: running them, and recordings made from text."""

import os
import pathlib
import subprocess
import tempfile
import unittest


def run(*command, env=None, **options):
    """Runs a program in a locale, zone and width that are always the same."""
    environment = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", NO_COLOR="1")
    environment.pop("COLUMNS", None)
    environment.update(env or {})
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.run(
        [str(part) for part in command], stderr=subprocess.PIPE, env=environment, timeout=120, **options
    )


class CliCase(unittest.TestCase):
    maxDiff = None
    make_trace = None  # the program; set by whoever knows it

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="trackexec-cli-")
        self.addCleanup(self.temporary.cleanup)
        self.root = pathlib.Path(self.temporary.name)

    def make(self, text, name="main"):
        """A recording in the language of tests/support/trace-text.h."""
        directory = self.root / name
        subprocess.run([self.make_trace, str(directory)], input=os.fsencode(text), check=True, timeout=60)
        return directory

    def damage(self, trace, number):
        """Damages the events of a block."""
        blocks = trace / "blocks.00000"
        data = bytearray(blocks.read_bytes())
        pos = -1
        for _ in range(number + 1):
            pos = data.index(b"TXBL", pos + 8)
        data[pos + 128] ^= 0xFF
        blocks.write_bytes(data)
