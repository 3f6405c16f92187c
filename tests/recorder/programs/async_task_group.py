# SPDX-License-Identifier: BSD-3-Clause
# requires: 3.11
"""TaskGroup and timeout: structured concurrency with a failing child."""
import asyncio


async def good(name, turns):
    for _ in range(turns):
        await asyncio.sleep(0)
    return name


async def bad():
    await asyncio.sleep(0)
    raise LookupError("bad")


async def main():
    async with asyncio.TaskGroup() as group:
        first = group.create_task(good("a", 1))
        second = group.create_task(good("b", 3))
    print(first.result(), second.result())
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(bad())
            group.create_task(good("c", 50))
    except ExceptionGroup as errors:
        print(len(errors.exceptions))


asyncio.run(main())
