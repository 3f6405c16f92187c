# SPDX-License-Identifier: BSD-3-Clause
"""Producer and consumers over asyncio.Queue, with a lock and an event."""
import asyncio


async def produce(queue, n):
    for i in range(n):
        await queue.put(i)
    await queue.put(None)


async def consume(name, queue, lock, log):
    while True:
        item = await queue.get()
        if item is None:
            await queue.put(None)
            break
        async with lock:
            log.append((name, item))
            await asyncio.sleep(0)


async def main():
    queue = asyncio.Queue(maxsize=2)
    lock = asyncio.Lock()
    log = []
    await asyncio.gather(
        produce(queue, 5),
        consume("x", queue, lock, log),
        consume("y", queue, lock, log),
    )
    print(sorted(item for name, item in log))


asyncio.run(main())
