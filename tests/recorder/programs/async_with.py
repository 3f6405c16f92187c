# SPDX-License-Identifier: BSD-3-Clause
"""async with: entered, left, suppressing, several at once."""
import asyncio
import contextlib


class Resource:
    def __init__(self, name, quiet=False):
        self.name = name
        self.quiet = quiet

    async def __aenter__(self):
        await asyncio.sleep(0)
        print("enter", self.name)
        return self

    async def __aexit__(self, kind, error, trace):
        await asyncio.sleep(0)
        print("exit", self.name, kind and kind.__name__)
        return self.quiet


@contextlib.asynccontextmanager
async def managed(name):
    print("open", name)
    try:
        yield name
    finally:
        print("close", name)


async def main():
    async with Resource("a") as a, Resource("b"):
        print(a.name)
    async with Resource("c", quiet=True):
        raise KeyError
    async with managed("d") as d:
        print(d)
    try:
        async with managed("e"):
            raise ValueError("e")
    except ValueError as error:
        print("caught", error)


asyncio.run(main())
