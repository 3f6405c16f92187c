# SPDX-License-Identifier: BSD-3-Clause
"""Our functions called by C and by the standard library: sort, map, re, json."""
import functools
import json
import re


class Key:
    def __init__(self, value):
        self.value = value

    def __lt__(self, other):
        return self.value > other.value


def shout(match):
    return match.group().upper()


def encode(value):
    if isinstance(value, set):
        return sorted(value)
    raise TypeError(value)


def hook(pairs):
    return {key + "!": value for key, value in pairs.items()}


print(sorted([3, 1, 2], key=Key))
print(re.sub("[aeiou]", shout, "recorder"))
print(json.dumps({"s": {2, 1}}, default=encode))
print(json.loads('{"a": {"b": 1}}', object_hook=hook))
print(functools.reduce(lambda a, b: a * 10 + b, range(1, 5)))
print(list(map(shout, re.finditer("r", "recorder"))), list(filter(None, map(len, ["", "x"]))))
print(max("abc", key=lambda c: -ord(c)), min([3, 1], default=0, key=abs))
