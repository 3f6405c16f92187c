# SPDX-License-Identifier: BSD-3-Clause
"""Cancelled tasks: with cleanup, without, refusing, and a timeout."""
import asyncio


async def cleaning(log):
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        log.append("cancelled")
        raise
    finally:
        log.append("finally")


async def plain():
    await asyncio.sleep(100)


async def refusing(log):
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        log.append("refused")
    return "went on"


async def nested(log):
    await cleaning(log)
    log.append("never")


async def cancel(coroutine):
    task = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0)
    task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        return "was cancelled"


async def main():
    log = []
    print(await cancel(cleaning(log)))
    print(await cancel(plain()))
    print(await cancel(refusing(log)))
    print(await cancel(nested(log)))
    try:
        await asyncio.wait_for(plain(), 0.01)
    except asyncio.TimeoutError:
        print("too late")
    print(log)


asyncio.run(main())
