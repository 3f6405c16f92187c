# SPDX-License-Identifier: BSD-3-Clause
"""Exceptions through several awaits, and one never retrieved."""
import asyncio


async def bottom(kind):
    await asyncio.sleep(0)
    raise kind("bottom")


async def middle(kind):
    try:
        return await bottom(kind)
    except KeyError:
        raise ValueError("middle") from None
    finally:
        print("finally in middle")


async def top(kind):
    try:
        await middle(kind)
    except ValueError as error:
        return str(error)


async def main():
    print(await top(KeyError))
    print(await top(ValueError))
    try:
        await top(TypeError)
    except TypeError as error:
        print("type", error)


asyncio.run(main())
