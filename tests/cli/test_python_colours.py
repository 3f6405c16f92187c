#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""python-colours: by small examples, and against Python's own tokenize on the standard library."""

import io
import keyword
import pathlib
import subprocess
import sys
import sysconfig
import tokenize
import unittest

COLOUR, PROGRAMS = sys.argv[1:3]
del sys.argv[1:3]

# What tokenize calls parts of an f-string, from 3.12 on.
FORMAT_PARTS = {
    getattr(tokenize, name) for name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END") if hasattr(tokenize, name)
}


def colour(text):
    """Of each line a letter a byte."""
    if isinstance(text, str):
        text = text.encode()
    result = subprocess.run([COLOUR], input=text, stdout=subprocess.PIPE, check=True, timeout=60)
    return result.stdout.decode("ascii").splitlines()


class ExamplesTest(unittest.TestCase):
    def check(self, *pairs):
        """Source lines, each with what they must become below."""
        self.assertEqual(list(pairs[1::2]), colour("\n".join(pairs[::2]) + "\n"))

    def test_statements(self):
        self.check(
            "def name(x): return None  # why",
            "kkk.ffff.....kkkkkk.kkkk..ccccc",
            "class A(B): x = 1_0.5e-3j + 0xfe-1",
            "kkkkk.f.........nnnnnnnnn...nnnn.n",
            "@decorator.of(1)",
            "ddddddddddddd.n.",
            "a @ b; defer = classes",
            "......................",
        )

    def test_strings(self):
        self.check(
            "a = 'x' + \"y'\" + rb'\\'z' + u''",
            "....sss...ssss...sssssss...sss",
            "b = '''one # two",
            "....ssssssssssss",
            "three \"\"\" 'four' ''' + for_",
            "ssssssssssssssssssss.......",
            "'not closed",
            "sssssssssss",
            "if x: 'gone on \\",
            "kk....ssssssssss",
            "here' is not None",
            "sssss.kk.kkk.kkkk",
        )

    def test_format_strings(self):
        self.check(
            "f'a{x + 1}b'",
            "ssss....nsss",
            "f'{{no}}{x!r:>{width}}'",
            "sssssssss...sss.....sss",
            "f'{d[\"k\"]}' if f\"{a['b']}\" else 0",
            "sss..sss.ss.kk.sss..sss.ss.kkkk.n",
            "f'''{",
            "sssss",
            "None} text",
            "kkkkssssss",
            "'''",
            "sss",
        )

    def test_soft_keywords(self):
        self.check(
            "match x:",
            "kkkkk...",
            "    case [1, _]: pass",
            "....kkkk..n......kkkk",
            "match = case(type)",
            "..................",
            "match.case: int = 1",
            "..................n",
            "type X = int",
            "kkkk........",
            "type(x)",
            ".......",
        )

    def test_what_is_no_python(self):
        self.check("\x00\x1b[31m 'x\x07'", "...nnn.ssss", "", "")
        nested = "f'{" * 50
        self.assertEqual(len(nested), len(colour(nested + "\n")[0]))
        self.assertEqual(["ss"], colour(b"'\xff\n"))


class StandardLibraryTest(unittest.TestCase):
    """Each token of a file must have its colour; names may have more than tokenize knows."""

    def expect(self, token, line):
        if token.type == tokenize.COMMENT:
            return "c"
        if token.type == tokenize.NUMBER:
            return "n"
        if token.type == tokenize.STRING:
            return "s"
        if token.type == tokenize.NAME:
            return "k" if keyword.iskeyword(token.string) else ".fdk"
        return ".d"

    def check_file(self, path):
        source = path.read_bytes()
        lines = source.split(b"\n")
        colours = colour(source if source.endswith(b"\n") else source + b"\n")
        n_checked = 0
        inside = 0
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            if token.type in FORMAT_PARTS:
                inside += (token.type == min(FORMAT_PARTS)) - (token.type == max(FORMAT_PARTS))
                continue
            is_format = token.type == tokenize.STRING and "f" in token.string.split(token.string[-1])[0].lower()
            if inside or is_format or token.type in (
                tokenize.ENCODING, tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER,
            ):
                continue
            for number in range(token.start[0], token.end[0] + 1):
                text = lines[number - 1].rstrip(b"\r").decode("utf-8")
                first = token.start[1] if number == token.start[0] else 0
                last = token.end[1] if number == token.end[0] else len(text)
                start = len(text[:first].encode())
                end = len(text[:last].encode())
                allowed = self.expect(token, text)
                got = colours[number - 1][start:end]
                if not set(got) <= set(allowed):
                    self.fail(f"{path}:{number}: {text!r}: {token.string!r} is {got}, not {allowed}")
                n_checked += 1
        return n_checked

    def test_against_tokenize(self):
        library = pathlib.Path(sysconfig.get_paths()["stdlib"])
        n_checked = n_files = 0
        for path in sorted(library.glob("*.py"))[::3] + sorted(pathlib.Path(PROGRAMS).glob("*.py")):
            try:
                path.read_bytes().decode("utf-8")
            except UnicodeDecodeError:
                continue
            try:
                n_checked += self.check_file(path)
            except (SyntaxError, tokenize.TokenError, IndentationError):
                continue  # newer than this Python
            n_files += 1
        self.assertGreater(n_files, 50)
        self.assertGreater(n_checked, 50000)


if __name__ == "__main__":
    unittest.main()
