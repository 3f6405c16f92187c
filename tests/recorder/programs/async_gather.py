# SPDX-License-Identifier: BSD-3-Clause
"""Tasks side by side, switching at each sleep(0), gathered."""
import asyncio


async def worker(name, turns, log):
    for turn in range(turns):
        log.append((name, turn))
        await asyncio.sleep(0)
    return name.upper()


async def failing():
    await asyncio.sleep(0)
    raise LookupError("task")


async def main():
    log = []
    names = await asyncio.gather(
        worker("a", 3, log),
        worker("b", 1, log),
        worker("c", 2, log),
    )
    print(names, log)
    results = await asyncio.gather(failing(), worker("d", 2, log), return_exceptions=True)
    print(results)
    task = asyncio.create_task(worker("e", 2, log))
    task.add_done_callback(lambda done: print("done", done.result()))
    await task
    await asyncio.sleep(0)


asyncio.run(main())
