# SPDX-License-Identifier: BSD-3-Clause
"""Async generators that walk trees, one inside the other, under asyncio."""
import asyncio

SCALE = 55


class Node:
    def __init__(self, value, left, right):
        self.value = value
        self.left = left
        self.right = right

    async def walk(self):
        if self.left is not None:
            async for value in self.left.walk():
                yield value
        yield self.value
        if self.right is not None:
            async for value in self.right.walk():
                yield value


def build(low, high):
    if low >= high:
        return None
    middle = (low + high) // 2
    return Node(middle, build(low, middle), build(middle + 1, high))


async def evens(values):
    async for value in values:
        if value % 2 == 0:
            yield value


async def total(tree):
    result = 0
    async for value in evens(tree.walk()):
        result += value
    return result


async def main(scale):
    result = 0
    for turn in range(scale):
        tree = build(0, 1500)
        result += await total(tree)
    return result


def run(scale):
    return asyncio.run(main(scale))
