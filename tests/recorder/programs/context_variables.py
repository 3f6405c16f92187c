# SPDX-License-Identifier: BSD-3-Clause
"""contextvars: copied, run in, reset, and seen by tasks."""
import asyncio
import contextvars

current = contextvars.ContextVar("current", default="none")


def show(text):
    return text + current.get()


def change(value):
    token = current.set(value)
    inner = show("in ")
    current.reset(token)
    return inner


async def task(value):
    current.set(value)
    await asyncio.sleep(0)
    return show("task ")


async def main():
    return await asyncio.gather(task("a"), task("b"))


context = contextvars.copy_context()
print(context.run(change, "x"), show("out "))
print(asyncio.run(main()))
