#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What bash, zsh and fish offer for each program is what its --help says: the two can't drift apart."""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

COMPLETIONS = pathlib.Path(sys.argv[1]).resolve()
# name -> path; those that were not built are empty
PROGRAMS = {pathlib.Path(path).name: path for path in sys.argv[2:] if path}
del sys.argv[1:]

ALL = ("trackexec-viewer", "trackexec-replay", "trackexec-analyse", "trackexec-dump", "trackexec-export")

# What GLib adds by itself: not worth a place in a list.
OF_GLIB = re.compile(r"--help-\w+|--gapplication-\S+|--display")

VALUES = (
    ("trackexec-export --format ", {"callgrind", "collapsed", "speedscope", "perfetto", "csv"}),
    ("trackexec-export -f c", {"callgrind", "collapsed", "csv"}),
    (
        "trackexec-analyse --sort-column ",
        {"cumulated-runtime", "average-runtime", "frequency", "self", "slowest", "waiting", "location"},
    ),
    ("trackexec-analyse --at e", {"end"}),
    ("trackexec-dump --from ", {"start", "end", "50%"}),
)


def options_of(program):
    """The options that --help lists, at the beginning of its lines."""
    text = subprocess.run([PROGRAMS[program], "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    options = set()
    for line in text.splitlines():
        if re.match(r" +-", line):
            part = re.split(r"  +", line.strip())[0]
            options |= set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", part))
    return {option for option in options if not OF_GLIB.fullmatch(option)}


class Shell:
    """What a shell offers behind a line that was typed so far."""

    def offers(self, line):
        raise NotImplementedError

    def close(self):
        pass


class Bash(Shell):
    def offers(self, line):
        words = line.split(" ")
        script = (
            f"source '{COMPLETIONS}/trackexec.bash'; "
            'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _trackexec "$1" "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"; '
            'printf "%s\\n" "${COMPREPLY[@]}"'
        )
        result = subprocess.run(
            ["bash", "--norc", "-c", script, "bash", *words], capture_output=True, text=True, timeout=60
        )
        if result.stderr:
            raise AssertionError(result.stderr)
        return set(result.stdout.split())


class Fish(Shell):
    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="trackexec-fish-")

    def offers(self, line):
        environment = dict(os.environ, HOME=self.home, XDG_CONFIG_HOME=self.home, XDG_DATA_HOME=self.home)
        result = subprocess.run(
            ["fish", "-N", "-c", f"source '{COMPLETIONS}/{line.split()[0]}.fish'; complete -C {line!r}"],
            capture_output=True, text=True, timeout=60, env=environment,
        )
        if result.stderr:
            raise AssertionError(result.stderr)
        return {line.split("\t")[0] for line in result.stdout.splitlines()}

    def close(self):
        shutil.rmtree(self.home)


class Zsh(Shell):
    """An interactive zsh on a terminal of our own, whose compadd() also writes what it is given."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="trackexec-zsh-"))
        self.found = self.directory / "found"
        (self.directory / ".zshrc").write_text(
            f"""
            fpath=({COMPLETIONS} $fpath)
            autoload -Uz compinit
            compinit -u -d {self.directory}/dump
            unsetopt beep
            PS1='> '
            setopt nolistambiguous
            compadd () {{
              local -a offered
              if [[ ${{@[(r)-[OAD]]}} == "" ]]; then
                builtin compadd -O offered "$@"
                print -rl -- "${{offered[@]}}" >>{self.found}
              fi
              builtin compadd "$@"
            }}
            """
        )
        environment = dict(os.environ, ZDOTDIR=str(self.directory), TERM="dumb", LC_ALL="C.UTF-8")
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            ["zsh", "-i"], stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.done("0")

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            os.read(self.master, 65536)

    def done(self, number):
        """Waits until the shell has done all that was typed."""
        marker = self.directory / f"done{number}"
        os.write(self.master, f"\x15: >{marker}\n".encode())
        deadline = time.monotonic() + 60
        while not marker.exists():
            self.read()
            if time.monotonic() > deadline:
                raise AssertionError("zsh does not answer")
            time.sleep(0.01)
        marker.unlink()

    def offers(self, line):
        self.found.write_text("")
        os.write(self.master, line.encode() + b"\t")
        # a key that answers a question whether to list all of them, and is erased otherwise
        time.sleep(0.2)
        self.read()
        self.done("1")
        return set(self.found.read_text().split())

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        shutil.rmtree(self.directory)


class CompletionsTest:
    shell_type = None
    name = None

    @classmethod
    def setUpClass(cls):
        if not shutil.which(cls.name):
            raise unittest.SkipTest(f"no {cls.name}")
        cls.shell = cls.shell_type()
        cls.addClassCleanup(cls.shell.close)

    def test_options_are_those_of_help(self):
        self.assertTrue(PROGRAMS)
        for program in PROGRAMS:
            self.assertEqual(options_of(program), self.options_offered(program), program)

    def options_offered(self, program):
        return self.shell.offers(f"{program} -") | self.shell.offers(f"{program} --")

    def test_all_programs_are_known(self):
        for program in ALL:
            self.assertIn("--version", self.options_offered(program))

    def test_values(self):
        for line, expected in VALUES:
            self.assertEqual(expected, self.shell.offers(line), line)

    def test_directories(self):
        with tempfile.TemporaryDirectory(prefix="trackexec-dirs-") as directory:
            (pathlib.Path(directory) / "run").mkdir()
            (pathlib.Path(directory) / "ruin").write_text("")
            offered = self.shell.offers(f"trackexec-dump {directory}/ru")
            self.assertEqual({"run"}, {pathlib.Path(path).name for path in offered})


class BashTest(CompletionsTest, unittest.TestCase):
    shell_type = Bash
    name = "bash"


class ZshTest(CompletionsTest, unittest.TestCase):
    shell_type = Zsh
    name = "zsh"


class FishTest(CompletionsTest, unittest.TestCase):
    shell_type = Fish
    name = "fish"


if __name__ == "__main__":
    unittest.main()
