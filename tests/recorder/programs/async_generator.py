# SPDX-License-Identifier: BSD-3-Clause
"""Async generators: asend, athrow, aclose, and one left unfinished."""
import asyncio


async def echo():
    got = None
    try:
        while True:
            try:
                got = yield got
            except KeyError:
                got = "key"
            await asyncio.sleep(0)
    finally:
        print("echo ends")


async def squares(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i * i


async def main():
    generator = echo()
    await generator.asend(None)
    print(await generator.asend(1))
    print(await generator.athrow(KeyError()))
    await generator.aclose()
    total = 0
    async for square in squares(4):
        total += square
    print(total)
    left = squares(5)
    print(await left.__anext__(), await left.__anext__())


asyncio.run(main())
