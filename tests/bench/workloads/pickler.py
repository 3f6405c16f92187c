# SPDX-License-Identifier: BSD-3-Clause
"""A serialiser and its reader in plain Python: dispatch by type, byte strings, memo."""
import struct

SCALE = 80


class Writer:
    def __init__(self):
        self.parts = []
        self.memo = {}

    def write(self, value):
        kind = type(value)
        method = self.dispatch.get(kind)
        if method is None:
            raise TypeError(kind)
        method(self, value)

    def write_none(self, value):
        self.parts.append(b"N")

    def write_bool(self, value):
        self.parts.append(b"T" if value else b"F")

    def write_int(self, value):
        if 0 <= value < 256:
            self.parts.append(b"b")
            self.parts.append(bytes((value,)))
        elif -(1 << 31) <= value < 1 << 31:
            self.parts.append(b"i")
            self.parts.append(struct.pack("<i", value))
        else:
            text = str(value).encode()
            self.parts.append(b"I")
            self.size(len(text))
            self.parts.append(text)

    def write_float(self, value):
        self.parts.append(b"d")
        self.parts.append(struct.pack("<d", value))

    def write_str(self, value):
        if self.remembered(value):
            return
        data = value.encode()
        self.parts.append(b"s")
        self.size(len(data))
        self.parts.append(data)

    def write_list(self, value):
        self.parts.append(b"l")
        self.size(len(value))
        for item in value:
            self.write(item)

    def write_tuple(self, value):
        self.parts.append(b"t")
        self.size(len(value))
        for item in value:
            self.write(item)

    def write_dict(self, value):
        self.parts.append(b"D")
        self.size(len(value))
        for key, item in value.items():
            self.write(key)
            self.write(item)

    def remembered(self, value):
        index = self.memo.get(value)
        if index is None:
            self.memo[value] = len(self.memo)
            return False
        self.parts.append(b"m")
        self.size(index)
        return True

    def size(self, size):
        while size >= 128:
            self.parts.append(bytes((size & 127 | 128,)))
            size >>= 7
        self.parts.append(bytes((size,)))

    dispatch = {
        type(None): write_none,
        bool: write_bool,
        int: write_int,
        float: write_float,
        str: write_str,
        list: write_list,
        tuple: write_tuple,
        dict: write_dict,
    }


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0
        self.memo = []

    def take(self, count):
        at = self.at
        self.at = at + count
        return self.data[at : self.at]

    def size(self):
        size = 0
        shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            size |= (byte & 127) << shift
            if byte < 128:
                return size
            shift += 7

    def read(self):
        code = self.data[self.at]
        self.at += 1
        return self.dispatch[code](self)

    def read_str(self):
        value = self.take(self.size()).decode()
        self.memo.append(value)
        return value

    def read_list(self):
        return [self.read() for _ in range(self.size())]

    def read_tuple(self):
        return tuple(self.read_list())

    def read_dict(self):
        result = {}
        for _ in range(self.size()):
            key = self.read()
            result[key] = self.read()
        return result

    dispatch = {
        ord("N"): lambda self: None,
        ord("T"): lambda self: True,
        ord("F"): lambda self: False,
        ord("b"): lambda self: self.take(1)[0],
        ord("i"): lambda self: struct.unpack("<i", self.take(4))[0],
        ord("I"): lambda self: int(self.take(self.size())),
        ord("d"): lambda self: struct.unpack("<d", self.take(8))[0],
        ord("s"): read_str,
        ord("m"): lambda self: self.memo[self.size()],
        ord("l"): read_list,
        ord("t"): read_tuple,
        ord("D"): read_dict,
    }


def make(n):
    rows = []
    for i in range(n):
        rows.append(
            {
                "number": i * 37 - 500,
                "name": "row %d" % (i % 50),
                "share": i / 7.0,
                "flags": (i % 2 == 0, None, [i, i + 1, 1 << (i % 70)]),
            }
        )
    return rows


def run(scale):
    total = 0
    for turn in range(scale):
        rows = make(130)
        writer = Writer()
        writer.write(rows)
        data = b"".join(writer.parts)
        if Reader(data).read() != rows:
            raise AssertionError("not the same")
        total += len(data)
    return total
