# SPDX-License-Identifier: BSD-3-Clause
"""__await__ in Python, and a small scheduler of one's own."""
import collections


class Pause:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        got = yield self.value
        return got


async def worker(name, n):
    log = []
    for i in range(n):
        log.append(await Pause((name, i)))
    return log


def run(*coroutines):
    ready = collections.deque((coroutine, None) for coroutine in coroutines)
    results = []
    while ready:
        coroutine, value = ready.popleft()
        try:
            asked = coroutine.send(value)
        except StopIteration as stop:
            results.append(stop.value)
        else:
            ready.append((coroutine, asked))
    return results


print(run(worker("a", 2), worker("b", 1), worker("c", 3)))
