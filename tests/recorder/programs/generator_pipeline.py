# SPDX-License-Identifier: BSD-3-Clause
"""A pipeline of generators, each pulling from the one before."""


def read(text):
    for line in text.splitlines():
        yield line


def strip(lines):
    for line in lines:
        line = line.partition("#")[0].strip()
        if line:
            yield line


def split(lines):
    for line in lines:
        yield from line.split(",")


def numbers(words):
    for word in words:
        try:
            yield int(word)
        except ValueError:
            yield None


text = """1, 2 # first
# only a comment
x,3

4"""
print(list(numbers(split(strip(read(text))))))
