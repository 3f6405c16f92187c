# SPDX-License-Identifier: BSD-3-Clause
"""Record every executed line of chosen packages, to walk through it later.

    import trackexec
    trackexec.enable("/var/log/myapp/trackexec", name="server", package="myapp")

does nothing unless that directory exists. See the functions' own help. What is
recorded: which lines run, in which order and thread, and when; not the values of
variables.
"""

__all__ = [
    "MarkHandler",
    "enable",
    "mark",
    "precise_timestamping",
    "record",
    "recording",
    "stats",
    "stop",
    "watch_idle",
]

try:
    from ._recorder import mark, precise_timestamping, stats, stop, version as __version__
except ImportError as _error:  # another Python, a subinterpreter: programs go on, unrecorded
    from ._unsupported import mark, precise_timestamping, stats, stop, __version__

from ._api import enable, record, recording
from ._idle import watch_idle


def __getattr__(name):
    # The handler needs `logging`, which a program that does not use it need not load.
    if name == "MarkHandler":
        from ._handler import MarkHandler

        return MarkHandler
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
