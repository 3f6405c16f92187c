# SPDX-License-Identifier: BSD-3-Clause
"""Coroutines awaited in a chain, by hand and by asyncio.run."""
import asyncio


async def leaf(n):
    return n * 2


async def branch(n):
    first = await leaf(n)
    second = await leaf(first)
    return first + second


async def main():
    total = 0
    for n in range(3):
        total += await branch(n)
    await asyncio.sleep(0)
    return total


coroutine = branch(5)
try:
    coroutine.send(None)
except StopIteration as stop:
    print(stop.value)
print(asyncio.run(main()))
unawaited = leaf(1)
unawaited.close()
