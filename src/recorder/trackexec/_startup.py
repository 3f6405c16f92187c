# SPDX-License-Identifier: BSD-3-Clause
"""What the start-up hook calls in each interpreter whose environment asks to be recorded.

The hook is a file of site-packages that `python -m trackexec enable-startup` puts there (see
_hook.py). It runs before the program, and nothing may go wrong: an error leaves the program unrecorded,
and `python -m trackexec doctor` tells why.
"""

import os
import sys

# Helpers of the standard library that run as processes of their own and are nobody's program.
_HELPERS = ("from multiprocessing.resource_tracker ", "from multiprocessing.semaphore_tracker ")

_has_begun = False


def get_items():
    """Return what is to be recorded as the environment's TRACKEXEC says: names with commas between."""
    items = (item.strip() for item in os.environ.get("TRACKEXEC", "").split(","))
    return [item for item in items if item]


def watch_as_asked():
    """Mark where event loops wait, if the environment asks for that."""
    if os.environ.get("TRACKEXEC_IDLE", "0") not in ("", "0"):
        from ._idle import watch_idle

        watch_idle()


def _get_words():
    """Return the interpreter's whole command line."""
    words = getattr(sys, "orig_argv", None)
    if words is None:  # before 3.10
        with open("/proc/self/cmdline", "rb") as file:
            words = [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]
    return list(words)


def split_command_line(words):
    """Return (option, value, arguments) of an interpreter's command line.

    option: "-c" with the code as value, "-m" with the module, "" with the script, which is empty where
    the program comes from standard input.
    """
    words = list(words[1:])
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word.startswith("--"):
            if word == "--check-hash-based-pycs":
                words[:1] = []
            continue
        for at, letter in enumerate(word[1:], 2):
            if letter in "cm":
                value = word[at:] or (words.pop(0) if words else "")
                return "-" + letter, value, words
            if letter in "WX":
                if not word[at:]:
                    words[:1] = []
                break
    return "", words[0] if words else "", words[1:]


def get_name():
    """Return what to call a program that sys.argv has no name for: its module, or "python"."""
    option, value, _ = split_command_line(_get_words())
    return value if option == "-m" and value else "python"


def _is_left_out():
    """Tell whether this process is a command of ours, or a helper of the standard library."""
    option, value, _ = split_command_line(_get_words())
    if option == "-m":
        return value.split(".")[0] == "trackexec"
    return option == "-c" and value.startswith(_HELPERS)


def begin():
    """Record this process as the environment says; called by the hook.

    In a virtual environment most interpreters run the hook twice.
    """
    global _has_begun
    if _has_begun:
        return False
    _has_begun = True
    items = get_items()
    base = os.environ.get("TRACKEXEC_DIR")
    if not items or not base or not os.path.isdir(base) or _is_left_out():
        return False
    from . import enable

    return enable(base, package=items)
