# SPDX-License-Identifier: BSD-3-Clause
"""Highlights Python files with Pygments, and says how long the results are."""
import sys

import pygments
import pygments.formatters
import pygments.lexers


def main(paths):
    formatter = pygments.formatters.HtmlFormatter(linenos=True)
    for path in paths:
        with open(path, encoding="utf-8") as source:
            text = source.read()
        lexer = pygments.lexers.get_lexer_by_name("python")
        print(len(pygments.highlight(text, lexer, formatter)))


main(sys.argv[1:])
