#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The rules of docs/architecture.md on who may include whom, checked on the sources."""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else __file__).resolve()
SRC = (ROOT if ROOT.is_dir() else ROOT.parents[1]) / "src"

INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.MULTILINE)

# Room -> rooms whose headers it may name.
MAY_INCLUDE = {
    "trace": {"trace"},
    "recorder": {"recorder", "trace"},
    "walt": {"walt", "trace"},
    "replay": {"replay", "trace", "walt"},
    "cli": {"cli", "replay", "trace"},
    "viewer": {"viewer", "replay", "trace"},
}


def sources(*parts):
    for path in sorted(SRC.joinpath(*parts).rglob("*")):
        if path.suffix in (".c", ".h"):
            yield path


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


class RoomsTest(unittest.TestCase):
    def assert_no_offence(self, offences):
        self.assertEqual([], [f"{path.relative_to(SRC)}: {what}" for path, what in offences])

    def test_there_is_something_to_check(self):
        for room in MAY_INCLUDE:
            self.assertTrue(list(sources(room)), f"no sources in src/{room}")

    def test_rooms_include_only_what_lies_below_them(self):
        offences = []
        for room, allowed in MAY_INCLUDE.items():
            for path in sources(room):
                for name in includes(path):
                    target = name.split("/", 1)[0]
                    if "/" in name and target in MAY_INCLUDE and target not in allowed:
                        offences.append((path, name))
        self.assert_no_offence(offences)

    def test_trace_walt_and_replay_know_neither_glib_nor_python_nor_a_screen(self):
        banned = ("glib", "gio/", "gtk/", "Python.h", "curses", "adwaita")
        self.assert_no_offence(
            (path, name)
            for room in ("trace", "walt", "replay")
            for path in sources(room)
            for name in includes(path)
            if name.startswith(banned)
        )

    def test_trace_walt_and_replay_do_not_print(self):
        printing = re.compile(r"\b(?:(?:printf|puts|putchar|perror)\s*\(|fprintf\s*\(\s*std(?:out|err))")
        offences = []
        for room in ("trace", "walt", "replay"):
            for path in sources(room):
                code = re.sub(r"/\*.*?\*/|//[^\n]*|\"(\\.|[^\"\\])*\"", "", path.read_text(), flags=re.S)
                for match in printing.finditer(code):
                    offences.append((path, match.group(0)))
        self.assert_no_offence(offences)

    def test_the_screen_is_named_in_its_own_files_only(self):
        self.assert_no_offence(
            (path, name)
            for path in sources("cli")
            for name in includes(path)
            if name in ("curses.h", "term.h", "screen-private.h") and not path.name.startswith("screen")
        )

    def test_python_h_is_named_in_the_recorder_only(self):
        self.assert_no_offence(
            (path, name)
            for path in sources()
            for name in includes(path)
            if name == "Python.h" and path.relative_to(SRC).parts[0] != "recorder"
        )

    def test_python_versions_are_told_apart_in_one_header(self):
        offences = [
            (path, "PY_VERSION_HEX")
            for path in sources("recorder")
            if path.name != "py-compat.h" and "PY_VERSION_HEX" in path.read_text()
        ]
        self.assert_no_offence(offences)

    def test_the_viewers_models_know_no_gtk(self):
        self.assert_no_offence(
            (path, name)
            for path in sources("viewer", "model")
            for name in includes(path)
            if name.startswith(("gtk/", "gtksourceview/", "adwaita"))
        )

    def test_third_party_headers_are_named_in_one_file_each(self):
        for header in ("lz4.h", "xxhash.h", "zlib.h"):
            users = [str(path.relative_to(SRC)) for path in sources() if header in includes(path)]
            self.assertEqual(1, len(users), f"{header} is included by {users}")

    def test_each_source_says_its_licence_and_what_it_owns(self):
        offences = []
        for path in sources():
            lines = path.read_text(encoding="utf-8").splitlines()
            if not lines or "SPDX-License-Identifier: BSD-3-Clause" not in lines[0]:
                offences.append((path, "no SPDX line"))
            elif len(lines) < 2 or not lines[1].lstrip().startswith(("//", "*")):
                offences.append((path, "no word on what it owns"))
        self.assert_no_offence(offences)


if __name__ == "__main__":
    unittest.main()
