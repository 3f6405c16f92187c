# SPDX-License-Identifier: BSD-3-Clause
"""async for: over a class, over an async generator, with else and break."""
import asyncio


class Countdown:
    def __init__(self, n):
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.n == 0:
            raise StopAsyncIteration
        self.n -= 1
        await asyncio.sleep(0)
        return self.n


async def letters():
    for letter in "abc":
        yield letter


async def main():
    async for n in Countdown(3):
        print(n)
    else:
        print("done")
    async for letter in letters():
        if letter == "b":
            break
        print(letter)
    print([n async for n in Countdown(3) if n % 2 == 0])
    print({letter: n for n, letter in enumerate([x async for x in letters()])})


asyncio.run(main())
