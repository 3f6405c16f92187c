# SPDX-License-Identifier: BSD-3-Clause
"""Recordings of WalT's trackexec read and written in a slow and simple way, to compare the converter with.

Nothing here is the converter's: what it says of the samples is checked against what WalT's own reader
computed from them (`*.expect.json`)."""

import functools
import gzip
import io
import pathlib
import struct
import tarfile

TICK_NS = 10**9 / 2**20
BLOCK_WORDS = 4096
BLOCKS_PER_MAP = 32
CALL, RETURN, TIME = 0xFFFF, 0xFFFE, 0xFFFD


class Recording:
    """What is in a directory: blocks as lists of words, records of the index, names of files."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        index = (self.directory / "log_index").read_bytes()
        self.index = [struct.unpack_from("<QH", index, 10 * i) for i in range(len(index) // 10)]
        self.blocks = [self.read_block(i) for i in range(len(self.index))]
        with tarfile.open(self.directory / "log_sources.tar.gz") as archive:
            self.members = archive.getmembers()
            self.files = ["/" + member.name for member in self.members]
            self.texts = [archive.extractfile(member).read() for member in self.members if member.isreg()]

    def read_block(self, number):
        name = self.directory / "log_map" / str(number // BLOCKS_PER_MAP)
        content = name.read_bytes() if name.exists() else gzip.open(f"{name}.gz").read()
        return struct.unpack_from(f"<{BLOCK_WORDS}H", content, number % BLOCKS_PER_MAP * 2 * BLOCK_WORDS)

    def operations(self, number):
        """(kind, operand) of a block, `time` with ticks since the epoch; then `end` with the next block's start."""
        words = self.blocks[number]
        position = 1 + 2 * words[0]
        ticks = self.index[number][0]
        while words[position] != 0:
            word = words[position]
            position += 1
            if word == CALL:
                yield "call", words[position]
                position += 1
            elif word == RETURN:
                yield "return", None
            elif word == TIME:
                ticks += sum((part - 1) << 15 * i for i, part in enumerate(words[position : position + 4]))
                position += 4
                yield "time", ticks
            else:
                yield "line", word
        yield "end", self.index[number + 1][0] if number + 1 < len(self.index) else ticks

    def stack(self, number):
        words = self.blocks[number]
        return [(words[1 + 2 * i], words[2 + 2 * i]) for i in range(words[0])]

    @functools.cached_property
    def events(self):
        return list(self.iterate_events())

    def iterate_events(self):
        """(kind, file, line, depth, ticks) of all lines, calls and returns, with `block` before each block.

        Lines between two times are spread evenly, rounded as WalT's reader does it; calls and returns have the
        time of the next line, else of the next time; what follows a time directly has that."""
        stack, run = [], []

        def close(start, end):
            n_lines = sum(kind == "line" for kind, *_ in run)
            done = 0
            for number, (kind, file, line, depth) in enumerate(run):
                share = (float(end) - float(start)) / n_lines if n_lines else 0.0
                ticks = end if done >= n_lines and (n_lines or number) else int(float(start) + done * share)
                yield kind, file, line, depth, ticks
                done += kind == "line"
            run.clear()

        for number in range(len(self.blocks)):
            start = self.index[number][0]
            yield "block", None, None, None, start
            if number == 0:
                stack = self.stack(0)
            for kind, operand in self.operations(number):
                if kind in ("time", "end"):
                    yield from close(start, operand)
                    start = operand
                elif kind == "call":
                    stack.append((operand, 0))
                    run.append(("call", operand, 0, len(stack)))
                elif kind == "return":
                    run.append(("return", stack[-1][0], stack[-1][1], len(stack)))
                    stack.pop()
                else:
                    stack[-1] = (stack[-1][0], operand)
                    run.append(("line", stack[-1][0], operand, len(stack)))
        yield "end", None, None, None, start

    def lines(self):
        return [event[1:] for event in self.events if event[0] == "line"]

    @functools.cached_property
    def steps(self):
        return list(self.iterate_steps())

    def iterate_steps(self):
        """As lines(), without those that are their frame's line already: one step here, several there."""
        stack = [list(frame) for frame in self.stack(0)]
        for kind, file, line, depth, ticks in self.events:
            if kind == "call":
                stack.append([file, 0])
            elif kind == "return":
                stack.pop()
            elif kind == "line" and stack[-1][1] != line:
                stack[-1][1] = line
                yield file, line, depth, ticks

    def stacks(self, every):
        """{number of the step: its stack, outermost first} of each @every-th step."""
        stack, stacks, number = [list(frame) for frame in self.stack(0)], {}, 0
        for kind, file, line, *_ in self.events:
            if kind == "call":
                stack.append([file, 0])
            elif kind == "return":
                stack.pop()
            elif kind == "line" and stack[-1][1] != line:
                stack[-1][1] = line
                if number % every == 0:
                    stacks[number] = [tuple(frame) for frame in stack]
                number += 1
        return stacks

    def hot_spots_of_walt(self):
        """{(file, line): [occurrences, ticks]} as WalT's reader adds them up: block by block, each line up to the next
        one that is not deeper, each level of a recursion for itself."""
        spots = {}
        lines = iter(self.lines())
        for number in range(len(self.blocks)):
            start = self.index[number][0]
            rows = [(file, line, depth + 1, start, 0) for depth, (file, line) in enumerate(self.stack(number))]
            count = sum(kind == "line" for kind, _ in self.operations(number))
            rows += [(*next(lines), 1) for _ in range(count)]
            end = self.index[number + 1][0] if number + 1 < len(self.index) else rows[-1][3]
            pending = []
            for row in rows:
                while pending and pending[-1][2] >= row[2]:
                    add(spots, pending.pop(), row[3])
                pending.append(row)
            for row in pending:
                add(spots, row, end)
        return spots

    def hot_spots(self):
        """{(file, line): [count, cumulated ticks]} as here: up to the frame's next line or its return, a recursion
        counted once."""
        spots, stack, on_stack = {}, [], {}

        def enter(key, ticks):
            number, since = on_stack.get(key, (0, ticks))
            on_stack[key] = (number + 1, since)

        def leave(key, ticks):
            number, since = on_stack.pop(key)
            if number > 1:
                on_stack[key] = (number - 1, since)
            else:
                spots.setdefault(key, [0, 0])[1] += ticks - since

        def begin(frame, ticks):
            stack.append(frame)
            enter(frame, ticks)

        for kind, file, line, _, ticks in self.events:
            if kind == "block" and not stack and not spots:
                for frame in self.stack(0):
                    begin(frame, ticks)
            elif kind == "call":
                begin((file, 0), ticks)
            elif kind == "return":
                leave(stack.pop(), ticks)
            elif kind == "line" and stack[-1] != (file, line):
                leave(stack.pop(), ticks)
                begin((file, line), ticks)
                spots.setdefault((file, line), [0, 0])[0] += 1
            elif kind == "end":
                while stack:
                    leave(stack.pop(), ticks)
        return spots


def add(spots, row, end):
    entry = spots.setdefault(row[:2], [0, 0])
    entry[0] += row[4]
    entry[1] += end - row[3]


# ---- Writing ----


def block(stack=(), operations=()):
    """The bytes of a block: @operations are words."""
    words = [len(stack)]
    for file, line in stack:
        words += [file, line]
    words += operations
    return struct.pack(f"<{BLOCK_WORDS}H", *words, *[0] * (BLOCK_WORDS - len(words)))


def time(ticks):
    return [TIME] + [(ticks >> 15 * i & 0x7FFF) + 1 for i in range(4)]


def archive(members, form=tarfile.DEFAULT_FORMAT):
    """A source archive: (name, text) each, or a TarInfo with or without a text."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz", format=form) as tar:
        for member, text in members:
            if isinstance(member, str):
                member = tarfile.TarInfo(member)
            if text is not None:
                member.size = len(text)
            tar.addfile(member, io.BytesIO(text or b""))
    return output.getvalue()


def write(directory, blocks, index, members=(("src/a.py", b"a = 1\n" * 100),), packed=True):
    """A recording with these blocks, as maps of 32."""
    directory = pathlib.Path(directory)
    (directory / "log_map").mkdir(parents=True)
    (directory / "pid").write_text("4711\n")
    (directory / "log_index").write_bytes(b"".join(struct.pack("<QH", *record) for record in index))
    (directory / "log_sources.tar.gz").write_bytes(archive(members))
    for first in range(0, len(blocks), BLOCKS_PER_MAP):
        content = b"".join(blocks[first : first + BLOCKS_PER_MAP])
        name = directory / "log_map" / str(first // BLOCKS_PER_MAP)
        if packed:
            pathlib.Path(f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            name.write_bytes(content)
    return directory
