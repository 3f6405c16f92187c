#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the corpus of the fuzz target that converts recordings of WalT's. Not a test; run by hand:

    tests/walt/make_seeds.py tests/data/walt tests/fuzz/corpus/walt
"""

import gzip
import pathlib
import struct
import sys
import tarfile

import walt_recording
from walt_recording import CALL, RETURN, block, time

NAMES = ["log_index", "log_map/0", "log_map/0.gz", "log_map/1.gz", "log_sources.tar.gz", "pid", "log_map/3"]
AS_IT_IS = 0x80
START = 1_882_587_914_003_045


def pack(*files):
    """(name, content, whether it is as it is) each."""
    output = b""
    for name, content, is_raw in files:
        output += bytes([NAMES.index(name) | (AS_IT_IS if is_raw else 0)])
        output += len(content).to_bytes(3, "little") + content
    return output


def index(*records):
    return b"".join(struct.pack("<QH", *record) for record in records)


def seeds(samples):
    directory = samples / "gen_throw"
    for raw in (False, True):
        yield pack(
            *(
                (name, content if raw else gzip.decompress(content), raw)
                for name in ("log_map/0.gz", "log_sources.tar.gz")
                for content in [(directory / name).read_bytes()]
            ),
            ("log_index", (directory / "log_index").read_bytes(), True),
        )
    link, symbolic = tarfile.TarInfo("b.py"), tarfile.TarInfo("c.py")
    link.type, link.linkname = tarfile.LNKTYPE, "a.py"
    symbolic.type, symbolic.linkname = tarfile.SYMTYPE, "a.py"
    members = [("a.py", b"x\n"), (link, None), (symbolic, None), ("d" * 120 + "\u00e9.py", b"y\n")]
    sources = gzip.decompress(walt_recording.archive(members))
    first = block([(0, 1), (1, 0)], [3, CALL, 1, 7, *time(90), 8, RETURN, CALL, 9, 2, RETURN, RETURN, 4])
    second = block([(0, 4)], [*time(5), 5, RETURN])
    yield pack(
        ("log_index", index((START, 1), (START + 100, 0)), True),
        ("log_map/0", first + second, True),
        ("log_sources.tar.gz", sources, False),
        ("pid", b"17\n", True),
    )
    yield pack(
        ("log_index", index(*[(START + 10 * i, 0) for i in range(98)]), True),
        ("log_map/3", block([], [CALL, 0, 1, RETURN]) * 2, True),
    )


def main():
    target = pathlib.Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(pathlib.Path(sys.argv[1]))):
        (target / f"{number:02}").write_bytes(seed)


if __name__ == "__main__":
    main()
