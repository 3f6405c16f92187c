# SPDX-License-Identifier: BSD-3-Clause
"""Telling idle from work: where event loops wait, the trace gets a line `<idle>` with exact times."""

import sys

try:
    from ._recorder import watch_idle as _watch
except ImportError:  # another Python, a subinterpreter: programs go on, unrecorded
    _watch = None


def _is_watched(function):
    return type(function).__name__ == "Watched" and hasattr(function, "__wrapped__")


def _find_selector(thing):
    """Return what waits for a loop: an object with a method select(), or None."""
    for _ in range(3):
        if isinstance(thing, type):  # a class is no place to wait at
            return None
        if callable(getattr(thing, "select", None)):
            return thing
        # asyncio's loops over a selector; Tornado's loops over asyncio's.
        inner = getattr(thing, "_selector", None) or getattr(thing, "asyncio_loop", None)
        if inner is None:
            return None
        thing = inner
    return None


def _watch_all():
    """Watch every selector of the standard library, those that come later included."""
    import selectors

    for kind in list(vars(selectors).values()):
        if not isinstance(kind, type) or not issubclass(kind, selectors.BaseSelector):
            continue
        select = vars(kind).get("select")
        if select is None or _is_watched(select) or getattr(select, "__isabstractmethod__", False):
            continue
        kind.select = _watch(select, True)
    return True


def _watch_one(thing):
    """Watch a selector or the one of a loop; return whether that can be."""
    selector = _find_selector(thing)
    if selector is None:
        return False
    if not (_is_watched(selector.select) or _is_watched(getattr(type(selector), "select", None))):
        selector.select = _watch(selector.select, False)
    return True


def watch_idle(loop_or_selector=None):
    """Mark where an event loop waits, so that its idle time is told from work.

    loop_or_selector: an asyncio event loop, a selector of the module `selectors`, or any object
    with a method select(timeout); without one, all selectors of the module `selectors`, and so all
    loops of asyncio that use them. While it waits, the recorded stack has one more frame, `<idle>`, entered and
    left at exact times: its self time is the loop's idle time. May be called at any time, more than once,
    and whether anything is recorded or not.

    Returns whether the loop can be watched: one that waits in C (uvloop) cannot.
    """
    if _watch is None:
        return False
    try:
        return _watch_all() if loop_or_selector is None else _watch_one(loop_or_selector)
    except Exception:  # it has no place for an attribute, or stands for another that is not there
        return False


def watch_running_loop():
    """watch_idle() for the event loop that runs in this thread; False where none does."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        return watch_idle(asyncio.get_running_loop())
    except RuntimeError:
        return False
