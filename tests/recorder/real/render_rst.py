# SPDX-License-Identifier: BSD-3-Clause
"""Renders a reStructuredText file (plain or .gz) to HTML with docutils, and says how long it is."""
import gzip
import sys

import docutils.core


def main(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as source:
        text = source.read()
    settings = {"_disable_config": True, "report_level": 5}
    html = docutils.core.publish_string(text, writer_name="html", settings_overrides=settings)
    print(len(html.split(b"\n")) > 100)


main(sys.argv[1])
