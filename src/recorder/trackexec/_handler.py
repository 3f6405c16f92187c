# SPDX-License-Identifier: BSD-3-Clause
"""The bridge from `logging`: what is logged becomes a mark in the trace."""

import logging
import threading

from . import mark

try:
    from ._recorder import is_active as _is_active
except ImportError:  # another Python, a subinterpreter: nothing is ever recorded

    def _is_active():
        return False


_FORMAT = "%(levelname)s %(name)s: %(message)s"


class MarkHandler(logging.Handler):
    """Leave a mark in the trace for each record of at least the handler's level.

    The text is what the handler's formatter makes of the record; by default its level, its logger and
    its message. Nothing is formatted when nothing is recorded. A record that cannot be formatted leaves no
    mark, and no trace on standard error either: the program's other handlers tell of it. What is logged
    while a record is formatted leaves none.
    """

    def __init__(self, level=logging.NOTSET):
        super().__init__(level)
        self._formatting = threading.local()
        self.setFormatter(logging.Formatter(_FORMAT))

    def handle(self, record):
        """Emit the record if no filter is against it; without the lock, for which one thread might wait for another."""
        kept = self.filter(record)
        if kept:
            self.emit(kept if isinstance(kept, logging.LogRecord) else record)
        return kept

    def emit(self, record):
        """Leave the mark; does nothing when nothing is recorded."""
        if not _is_active() or getattr(self._formatting, "is_on", False):
            return
        self._formatting.is_on = True
        try:
            # Formatters leave what they made in the record, for the handlers that follow: so they get another.
            other = object.__new__(type(record))
            vars(other).update(vars(record))
            mark(self.format(other))
        except Exception:
            pass
        finally:
            self._formatting.is_on = False
