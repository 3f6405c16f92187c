# SPDX-License-Identifier: BSD-3-Clause
"""For programs on asyncio: their event loop's idle time told from work.

    import trackexec.asyncio

    async def main():
        trackexec.asyncio.watch_idle()
        ...
"""

from ._idle import watch_idle as _watch_idle
from ._idle import watch_running_loop as _watch_running_loop

__all__ = ["watch_idle"]


def watch_idle(loop=None):
    """Mark where the event loop (default: the running one) waits; see trackexec.watch_idle().

    Returns whether it can be watched.
    """
    return _watch_running_loop() if loop is None else _watch_idle(loop)
