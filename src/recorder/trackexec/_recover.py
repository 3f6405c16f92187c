# SPDX-License-Identifier: BSD-3-Clause
"""`python -m trackexec recover`: seal what processes that died have left in shared memory.

The next start of a service does the same by itself, in the background.
"""

import os
import signal
import sys

USAGE = """\
usage: python -m trackexec recover [-v] [--ring-dir DIR] [DIR]...

Append what processes that died have left in shared memory to their traces, so that a copied
directory is whole, and remove what no trace needs. Each DIR is a base directory, a run or a
trace, of this user (default: TRACKEXEC_DIR in the environment, else trackexec-traces). Traces
of processes that live are left alone.

      --ring-dir DIR   where the recordings were told to keep their rings
  -v, --verbose        say what was done, also when it is nothing
  -h, --help           print this text

Exit status: 0 all is sealed, 1 something could not be.
"""


class UsageError(Exception):
    """What was given on the command line is not understood."""


def _parse(words):
    """Return (directories, ring_dir, verbose); no directories where help is asked for."""
    directories, ring_dir, verbose = [], None, False
    words = list(words)
    while words:
        word = words.pop(0)
        if word in ("-h", "--help"):
            return [], None, False
        if word in ("-v", "--verbose"):
            verbose = True
        elif word == "--ring-dir" and words:
            ring_dir = words.pop(0)
        elif word.startswith("--ring-dir="):
            ring_dir = word[len("--ring-dir=") :]
        elif word == "--":
            directories += words
            break
        elif word.startswith("-"):
            raise UsageError(f"unknown option {word!r}, or its value is missing")
        else:
            directories.append(word)
    return directories or [os.environ.get("TRACKEXEC_DIR") or "trackexec-traces"], ring_dir, verbose


def _tell(directory, done, verbose):
    """Say what was done; return whether anything went wrong."""
    if done["sealed"] or done["rings_removed"] or verbose:
        text = f"{done['sealed']} traces sealed ({done['blocks']} blocks)"
        text += f", {done['rings_removed']} rings removed" if done["rings_removed"] else ""
        text += f", {done['alive']} still recording" if done["alive"] else ""
        text += f", {done['busy']} being sealed by another" if done["busy"] else ""
        text += f", {done['tail_missing']} without their last moments" if done["tail_missing"] else ""
        sys.stdout.write(f"{directory}: {text}\n")
    if not done["failed"]:
        return False
    more = f" ({done['failed'] - 1} more)" if done["failed"] > 1 else ""
    sys.stderr.write(f"trackexec: {done['error']}{more}\n")
    return True


def main(words):
    """Obey the command line; return the exit status."""
    from trackexec import _api

    try:
        directories, ring_dir, verbose = _parse(words)
    except UsageError as error:
        sys.stderr.write(f"trackexec: {error}; see python -m trackexec recover --help\n")
        return 1
    if not directories:
        sys.stdout.write(USAGE)
        return 0
    if _api._recorder is None:
        sys.stderr.write(f"trackexec: cannot recover: {_api._why_not}\n")
        return 1
    # It may be cut short anywhere, so it need not come to an end for that.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    failed = False
    for directory in directories:
        failed |= _tell(directory, _api._recorder.recover(directory, ring_dir), verbose)
    return int(failed)
