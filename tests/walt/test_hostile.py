#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Evil recordings of WalT's, one a row: each is read in bounded time and memory, shows no line that is not in it,
runs nothing, follows nothing, and says what is wrong."""

import gzip
import os
import pathlib
import pickle
import resource
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import zlib

import walt_recording
from walt_recording import CALL, RETURN, TIME, block

DUMP = sys.argv[1]
del sys.argv[1]

START = 1_882_587_914_003_045
N_BLOCKS = 40
MEMORY_BYTES = 512 << 20
SECONDS = 30

GOOD = [f"/src/a.py:{11 + number}" for number in range(N_BLOCKS)]
UNNAMED = [line.replace("/src/a.py", "file #0") for line in GOOD]


def make(directory):
    """One frame that executes one line a block."""
    blocks = [block([], [CALL, 0, 11])]
    blocks += [block([(0, 10 + number)], [11 + number]) for number in range(1, N_BLOCKS)]
    index = [(START + 1000 * number, min(number, 1)) for number in range(N_BLOCKS)]
    return walt_recording.write(directory, blocks, index)


# ---- What is done to it ----


def put_sources(directory, members, form=tarfile.DEFAULT_FORMAT):
    (directory / "log_sources.tar.gz").write_bytes(walt_recording.archive(members, form))


def put_tar(directory, content):
    (directory / "log_sources.tar.gz").write_bytes(gzip.compress(content))


def plain_tar(directory):
    return gzip.decompress((directory / "log_sources.tar.gz").read_bytes())


def member(name, kind=tarfile.REGTYPE, link="", **fields):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def header(name="src/a.py", size=b"00000000000\0", kind=b"0"):
    """A tar header with a size that nobody would write."""
    fields = bytearray(member(name).tobuf(tarfile.USTAR_FORMAT)[:512])
    fields[124:136] = size
    fields[156:157] = kind
    fields[148:156] = b" " * 8
    fields[148:156] = b"%06o\0 " % sum(fields)
    return bytes(fields)


def pax(record):
    return header("x", b"%011o\0" % len(record), b"x") + record + bytes(-len(record) % 512)


def replace(path, make_it):
    path.unlink()
    make_it(path)


def bomb(path, mebibytes, before=b""):
    """Zeros, packed a thousandfold."""
    packer = zlib.compressobj(1, wbits=31)
    zeros = bytes(1 << 20)
    with open(path, "wb") as output:
        output.write(packer.compress(before))
        for _ in range(mebibytes):
            output.write(packer.compress(zeros))
        output.write(packer.flush())


def set_time(directory, number, ticks):
    with open(directory / "log_index", "r+b") as index:
        index.seek(10 * number)
        index.write(struct.pack("<Q", ticks))


def set_block(directory, number, content, depth_min):
    """Puts a block into map 1, which is written anew, and its smallest depth into the index."""
    path = directory / "log_map/1.gz"
    blocks = bytearray(gzip.decompress(path.read_bytes()))
    at = (number - 32) * 8192
    blocks[at : at + 8192] = content
    path.write_bytes(gzip.compress(bytes(blocks)))
    with open(directory / "log_index", "r+b") as index:
        index.seek(10 * number + 8)
        index.write(struct.pack("<H", depth_min))


def flip(path, offset):
    content = bytearray(path.read_bytes())
    content[offset] ^= 0x10
    path.write_bytes(bytes(content))


class Evil:
    """What unpickling it would do."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def put_pickle(directory):
    evil = pickle.dumps(Evil(directory.parent / "harm"))
    (directory / "log_sources_index.gz").write_bytes(gzip.compress(evil))


def put_all_ids(directory):
    blocks, ids = [], iter(range(1, 65536))
    for _ in range(20):
        operations = [word for number in [next(ids) for _ in range(800)] for word in (CALL, number, 7, RETURN)]
        blocks.append(block([], operations))
    for path in (directory / "log_map").iterdir():
        path.unlink()
    (directory / "log_map/0").write_bytes(b"".join(blocks))
    (directory / "log_index").write_bytes(
        b"".join(struct.pack("<QH", START + 10000 * number, 0) for number in range(20))
    )


def drift(directory):
    """Calls without returns, and a stack that does not follow from them."""
    blocks = [block([(0, 1)] * 2000, [CALL, 0] * 40 + [5]) for _ in range(N_BLOCKS)]
    for path in (directory / "log_map").iterdir():
        path.unlink()
    for number in range(2):
        (directory / f"log_map/{number}").write_bytes(b"".join(blocks[32 * number : 32 * number + 32]))
    (directory / "log_index").write_bytes(
        b"".join(struct.pack("<QH", START + 1000 * number, 2000) for number in range(N_BLOCKS))
    )


def lose_start_of_index(directory):
    """As when a second recording has overwritten the first one's maps: the index has both."""
    index = (directory / "log_index").read_bytes()
    first = b"".join(struct.pack("<QH", START - 10**6 + 10 * number, 3) for number in range(N_BLOCKS))
    (directory / "log_index").write_bytes(first + index)


def sparse_index(directory):
    with open(directory / "log_index", "r+b") as index:
        index.truncate(10 * 10**9)


# ---- What comes of it: (name, what is done, exit status, steps shown, a part of the message) ----

# More than a header's own field takes.
LONG = "src/" + "x" * 90 + "/" + "y" * 80 + "/a.py"
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "GNU's way": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
LONG_LINES = [line.replace("src/a.py", LONG) for line in GOOD]
HALF = GOOD[:32]
FROM_33 = GOOD[33:]

ROWS = [
    ("nothing", lambda d: None, 0, GOOD, ""),
    ("a name that climbs", lambda d: put_sources(d, [("../../../../tmp/harm.py", b"x\n")]), 0, None, ""),
    ("an absolute name", lambda d: put_sources(d, [("/etc/passwd", b"x\n")]), 0, None, ""),
    ("a name that steers a terminal", lambda d: put_sources(d, [("a\x1b[2J\r\n.py", b"x\n")]), 0, None, ""),
    ("a name that is no UTF-8", lambda d: put_sources(d, [("a\udcff.py", b"x\n")]), 0, None, ""),
    ("a symbolic link", lambda d: put_sources(d, [(member("src/a.py", tarfile.SYMTYPE, "/etc/passwd"), None)]), 0, GOOD, ""),
    ("a hard link to itself", lambda d: put_sources(d, [(member("src/a.py", tarfile.LNKTYPE, "src/a.py"), None)]), 0, GOOD, ""),
    ("hard links in a circle", lambda d: put_sources(d, [(member("src/a.py", tarfile.LNKTYPE, "b"), None), (member("b", tarfile.LNKTYPE, "src/a.py"), None)]), 0, GOOD, ""),
    ("a hard link out of the archive", lambda d: put_sources(d, [(member("src/a.py", tarfile.LNKTYPE, "../../etc/passwd"), None)]), 0, GOOD, ""),
    ("a device", lambda d: put_sources(d, [(member("src/a.py", tarfile.CHRTYPE, devmajor=1, devminor=5), None)]), 0, GOOD, ""),
    ("a pipe as a member", lambda d: put_sources(d, [(member("src/a.py", tarfile.FIFOTYPE), None)]), 0, GOOD, ""),
    ("a directory as a member", lambda d: put_sources(d, [(member("src/a.py", tarfile.DIRTYPE), None)]), 0, [line.replace(".py", ".py/") for line in GOOD], ""),
    ("a member of an unknown type", lambda d: put_tar(d, header(kind=b"Z") + bytes(1024)), 0, GOOD, ""),
    ("an endless name", lambda d: put_sources(d, [("a" * 100_000, b"x\n")]), 2, UNNAMED, "log_sources.tar.gz is damaged"),
    ("an extended header that lies about its length", lambda d: put_tar(d, pax(b"999999999999 path=x\n") + header() + bytes(1024)), 2, UNNAMED, "is damaged"),
    ("an extended header without an equals sign", lambda d: put_tar(d, pax(b"8 path!\n") + header() + bytes(1024)), 2, UNNAMED, "is damaged"),
    ("an extended header that is longer than all", lambda d: put_tar(d, header("x", b"77777777777\0", b"x") + bytes(1024)), 2, UNNAMED, "is damaged"),
    ("a size of 2^60 bytes", lambda d: put_tar(d, pax(b"28 size=1152921504606846976\n") + header() + bytes(1024)), 2, UNNAMED, "is damaged"),
    ("a negative size", lambda d: put_tar(d, header(size=b"\xff" * 12) + bytes(1024)), 2, UNNAMED, "is damaged"),
    ("a size of letters", lambda d: put_tar(d, header(size=b"hello world\0") + bytes(1024)), 2, UNNAMED, "is damaged"),
    ("a header with a wrong checksum", lambda d: put_tar(d, plain_tar(d)[:200] + b"!" + plain_tar(d)[201:]), 2, UNNAMED, "is damaged"),
    ("an archive that is cut", lambda d: (d / "log_sources.tar.gz").write_bytes((d / "log_sources.tar.gz").read_bytes()[:-30]), 2, None, "is cut"),
    ("an archive of a gigabyte of nothing", lambda d: bomb(d / "log_sources.tar.gz", 1100, plain_tar(d)), 2, GOOD, "is damaged"),
    ("seventy thousand members", lambda d: put_tar(d, header() * 70_000), 2, GOOD, "is damaged"),
    *((f"a long name in {kind}", lambda d, form=form: put_sources(d, [(LONG, b"a\n")], form), 0, LONG_LINES, "") for kind, form in FORMATS.items()),
    ("a time of half a second", lambda d: put_sources(d, [(member("src/a.py", mtime=1.5), b"a\n")], tarfile.PAX_FORMAT), 0, GOOD, ""),
    ("a time that is none", lambda d: put_tar(d, pax(b"15 mtime=never\n") + header() + bytes(1024)), 0, GOOD, ""),
    ("words for all members", lambda d: put_tar(d, header("g", b"%011o\0" % 12, b"g") + b"12 comment=\n" + bytes(500) + header() + bytes(1024)), 0, GOOD, ""),
    ("a size in binary digits", lambda d: put_tar(d, header(size=b"\x80" + bytes(10) + b"\2") + b"a\n" + bytes(510 + 1024)), 0, GOOD, ""),
    ("a link with a long name", lambda d: put_sources(d, [(member("src/a.py", tarfile.LNKTYPE, LONG), None)], tarfile.GNU_FORMAT), 0, None, ""),
    ("a link with a long name in pax", lambda d: put_sources(d, [(member("src/a.py", tarfile.LNKTYPE, LONG), None)], tarfile.PAX_FORMAT), 0, None, ""),
    ("an archive that is not there", lambda d: (d / "log_sources.tar.gz").unlink(), 2, UNNAMED, "cannot be opened"),
    ("a pipe as archive", lambda d: replace(d / "log_sources.tar.gz", os.mkfifo), 2, UNNAMED, "it is no file"),
    ("a link as archive", lambda d: replace(d / "log_sources.tar.gz", lambda p: p.symlink_to("/etc/passwd")), 2, UNNAMED, "it is no file"),
    ("an archive that is none", lambda d: (d / "log_sources.tar.gz").write_text("hello\n"), 2, UNNAMED, "is damaged"),
    ("a pickle that runs something", put_pickle, 0, GOOD, ""),
    ("a pipe as index", lambda d: replace(d / "log_index", os.mkfifo), 1, [], "there is no recording"),
    ("a link as index", lambda d: (d / "log_index").rename(d / "x") and (d / "log_index").symlink_to("x"), 1, [], "there is no recording"),
    ("an index without records", lambda d: (d / "log_index").write_bytes(b""), 1, [], "nothing was recorded"),
    ("an index of a thousand million records", sparse_index, 2, GOOD, "is damaged"),
    ("half a record", lambda d: os.truncate(d / "log_index", 10 * N_BLOCKS - 5), 2, GOOD[:-1], "ends within a record"),
    ("times that cannot be", lambda d: [set_time(d, number, 2**64 - 1 - number) for number in range(N_BLOCKS)], 2, [], "wrong time"),
    ("a time that goes back", lambda d: set_time(d, 20, 5), 2, GOOD[:20] + GOOD[21:], "wrong time"),
    ("a time far ahead", lambda d: set_time(d, 20, START + 10**12), 2, GOOD[:20] + GOOD[21:], "wrong time"),
    ("two recordings in one directory", lose_start_of_index, 2, [], "is damaged"),
    ("a map that is not there", lambda d: (d / "log_map/0.gz").unlink(), 2, GOOD[32:], "log_map/0 is missing"),
    ("a pipe as map", lambda d: os.mkfifo(d / "log_map/1"), 2, HALF, "it is no file"),
    ("a link as map", lambda d: (d / "log_map/1").symlink_to("/etc/passwd"), 2, HALF, "it is no file"),
    ("a directory as map", lambda d: (d / "log_map/1").mkdir(), 2, HALF, "it is no file"),
    ("a map of a gigabyte of nothing", lambda d: bomb(d / "log_map/1.gz", 1100), 2, HALF, "larger than a map"),
    ("a map with a flipped bit", lambda d: flip(d / "log_map/0.gz", 60), 2, GOOD[32:], "checksum or structure"),
    ("a map with a wrong checksum", lambda d: flip(d / "log_map/0.gz", -6), 2, GOOD[32:], "checksum or structure"),
    ("a map that is cut", lambda d: os.truncate(d / "log_map/0.gz", 200), 2, None, "is cut"),
    ("a map of an odd size", lambda d: (d / "log_map/0.gz").write_bytes(gzip.compress(bytes(8193))), 2, GOOD[32:], "another size"),
    ("an open map that is short", lambda d: (d / "log_map/1").write_bytes(gzip.decompress((d / "log_map/1.gz").read_bytes())[: 3 * 8192 + 77]), 2, GOOD[:35], "ends too early"),
    ("maps with odd names", lambda d: [(d / "log_map" / name).write_bytes(b"!") for name in ("00", "-1", "9" * 40, "1.gz.gz", "999999999999999", " 1", "2.GZ")], 0, GOOD, ""),
    ("a link as the maps' directory", lambda d: (d / "log_map").rename(d / "x") and (d / "log_map").symlink_to("x"), 1, [], "there is no recording"),
    ("a stack deeper than its block", lambda d: set_block(d, 32, struct.pack("<H", 65535) + bytes(8190), 65535), 2, HALF + FROM_33, "a stack that does not fit"),
    ("a stack that fills its block", lambda d: set_block(d, 32, block([(0, 1)] * 2047, [5]), 2047), 0, HALF + ["/src/a.py:5"] + FROM_33, ""),
    ("a time of 2^60 ticks", lambda d: set_block(d, 32, block([(0, 42)], [TIME, *[32768] * 4, 43]), 1), 2, HALF + FROM_33, "a time that cannot be"),
    ("a time behind the next block", lambda d: set_block(d, 32, block([(0, 42)], [*walt_recording.time(5000), 43]), 1), 2, HALF + FROM_33, "a time behind the next"),
    ("operands that are none", lambda d: set_block(d, 32, block([(0, 42)], [TIME, 0, 0, 0, 0, 43]), 1), 2, HALF + FROM_33, "an operation that is none"),
    ("a block without end", lambda d: set_block(d, 32, struct.pack("<HHH", 1, 0, 42) + b"\x07\0" * 4093, 1), 2, HALF + FROM_33, "an operation that is none"),
    ("calls and nothing else", lambda d: set_block(d, 32, struct.pack("<HHH", 1, 0, 42) + b"\xff" * 8184 + bytes(2), 1), 0, HALF + FROM_33, ""),
    ("returns and nothing else", lambda d: set_block(d, 32, struct.pack("<HHH", 1, 0, 42) + b"\xfe\xff" * 4092 + bytes(2), 0), 0, HALF + FROM_33, ""),
    ("lines of no frame", lambda d: set_block(d, 32, block([], [5, 6, 7]), 0), 0, HALF + FROM_33, ""),
    ("files that are not in the archive", put_all_ids, 0, None, ""),
    ("a stack that does not follow", drift, 0, ["/src/a.py:5"] * N_BLOCKS, ""),
    ("a pipe as pid", lambda d: replace(d / "pid", os.mkfifo), 0, GOOD, ""),
    ("a pid that is none", lambda d: (d / "pid").write_text("99999999999999999999\n"), 0, GOOD, ""),
]


with open(DUMP, "rb") as program:
    IS_SANITIZED = b"__asan_init" in program.read()  # which reserves terabytes of addresses


def limit():
    if not IS_SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


class HostileTest(unittest.TestCase):
    maxDiff = 3000

    def read(self, root, directory):
        started = time.monotonic()
        result = subprocess.run(
            [DUMP, "--steps", str(directory)],
            capture_output=True,
            env=dict(os.environ, LC_ALL="C.UTF-8", XDG_CACHE_HOME=str(root / "cache")),
            preexec_fn=limit,
            timeout=10 * SECONDS,
        )
        return result, time.monotonic() - started

    def check(self, row):
        _, change, status, steps, message = row
        with tempfile.TemporaryDirectory(prefix="trackexec-walt-") as name:
            root = pathlib.Path(name)
            directory = make(root / "walt")
            change(directory)
            before = sorted(path for path in root.rglob("*"))
            result, seconds = self.read(root, directory)
            said = result.stderr.decode(errors="replace")
            self.assertEqual(status, result.returncode, said)
            self.assertIn(message, said)
            if status != 0:
                self.assertIn(str(root), said)
                self.assertLessEqual(len(said.splitlines()), 3)
            rows = [line.split(b"\t") for line in result.stdout.splitlines()[1:] if not line.startswith(b"#")]
            shown = [(row[3] + b":" + row[4]).decode(errors="replace") for row in rows]
            if steps is not None:
                self.assertEqual(steps, shown)
            self.assertNotIn(b"\x1b", result.stdout + result.stderr)
            self.assertNotIn(b"root:", result.stdout)
            after = sorted(path for path in root.rglob("*") if "cache" not in path.relative_to(root).parts)
            self.assertEqual(before, after)
            self.assertFalse([path for path in (root / "cache").rglob(".*")], "something was left over")
        return seconds

    def test_evil_recordings(self):
        slowest = 0
        for row in ROWS:
            with self.subTest(row[0]):
                slowest = max(slowest, self.check(row))
        print(
            f"T20: {len(ROWS)} evil recordings of WalT's: 0 crashes, at most {slowest:.1f} s, "
            f"{MEMORY_BYTES >> 20} MiB of memory (limit), nothing followed, run or written"
        )


if __name__ == "__main__":
    unittest.main()
