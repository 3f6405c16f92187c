# SPDX-License-Identifier: BSD-3-Clause
"""What a program gets where the extension cannot be loaded: everything does nothing."""

__version__ = "unknown"


class _Section:
    def __enter__(self):
        return None

    def __exit__(self, *unused):
        return None


_section = _Section()


def mark(text, /):
    """Do nothing: this Python is not supported."""


def precise_timestamping():
    """Do nothing: this Python is not supported."""
    return _section


def stats():
    """Return {'recording': False}: this Python is not supported."""
    return {"recording": False}


def stop():
    """Do nothing: this Python is not supported."""
