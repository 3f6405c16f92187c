# SPDX-License-Identifier: BSD-3-Clause
"""Directories of traces: making them, and the checks that keep others out.

A base directory holds runs, `<YYMMDD-HHMMSS>`, each of which holds a trace for each process;
`latest` links to the newest run. Knows nothing of recording.
"""

import errno
import os
import stat
import sys
import time

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def _refuse(number, path, why):
    raise OSError(number, f"{os.strerror(number)}: {why}", path)


def _check_private(fd, path):
    """Raise unless only we (or root, or the sticky bit) decide what is in an open directory."""
    status = os.fstat(fd)
    if status.st_uid not in (0, os.geteuid()):
        _refuse(errno.EPERM, path, "the directory belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not status.st_mode & stat.S_ISVTX:
        _refuse(errno.EPERM, path, "others may write in the directory")


def format_start(start_time=None):
    """Return the name of a run that began at start_time (epoch seconds, datetime or such a name)."""
    if isinstance(start_time, str):
        return start_time
    if hasattr(start_time, "timestamp"):
        start_time = start_time.timestamp()
    return time.strftime("%y%m%d-%H%M%S", time.localtime(start_time))


def _clean_name(name):
    """Return name as one component of a path that neither hides nor escapes, and is no longer than they may be."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        name = os.fsdecode(name.encode(sys.getfilesystemencoding(), "backslashreplace"))
    name = "".join("_" if c == "/" or ord(c) < 32 or ord(c) == 127 else c for c in name)[:100]
    while len(os.fsencode(name)) > 200:
        name = name[:-1]
    return name if name.strip(". ") and not name.startswith(".") else "_" + name


def _open_new(name, parent_fd, path):
    """Make the directory, mode 0700 whatever the umask is, and return it open."""
    os.mkdir(name, 0o700, dir_fd=parent_fd)
    fd = os.open(name, _OPEN | os.O_NOFOLLOW, dir_fd=parent_fd)
    try:
        _check_private(fd, path)
        os.fchmod(fd, 0o700)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _open_run(name, base_fd, path):
    """Return the run's directory, open: made now, or by another process of the same start."""
    try:
        return _open_new(name, base_fd, path)
    except FileExistsError:
        pass
    fd = os.open(name, _OPEN | os.O_NOFOLLOW, dir_fd=base_fd)
    try:
        _check_private(fd, path)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _make_trace(name, run_fd, path):
    """Make a trace's directory under a name that is still free; return that name."""
    pid = os.getpid()
    for attempt in range(1000):
        candidate = name
        if attempt == 1 and not name.endswith(f".{pid}"):
            candidate = f"{name}.{pid}"
        elif attempt >= 1:
            candidate = f"{name}-{attempt + 1}"
        try:
            os.close(_open_new(candidate, run_fd, os.path.join(path, candidate)))
        except FileExistsError:
            continue
        return candidate
    raise FileExistsError(errno.EEXIST, "no free name for the trace", path)


def _has_trace(run, base_fd):
    """Tell whether a run of ours holds a trace that was begun, and so is there to stay."""
    try:
        run_fd = os.open(run, _OPEN | os.O_NOFOLLOW, dir_fd=base_fd)
    except OSError:  # no directory, another user's, or an old one, removed meanwhile
        return False
    try:
        if os.fstat(run_fd).st_uid != os.geteuid():
            return False
        for trace in os.listdir(run_fd):
            try:
                os.stat(os.path.join(trace, "info"), dir_fd=run_fd, follow_symlinks=False)
            except OSError:
                continue
            return True
    finally:
        os.close(run_fd)
    return False


def _find_newest(run, base_fd):
    """Return the name of the newest run of ours, at least run."""
    for name in sorted(os.listdir(base_fd), reverse=True):
        if name <= run:
            break
        if len(name) == 13 and name[6] == "-" and (name[:6] + name[7:]).isdecimal():
            if _has_trace(name, base_fd):
                return name
    return run


def _move_latest(run, base_fd):
    """Let `latest` point to run, in one step, unless it points to a later one."""
    while True:
        try:
            if os.readlink("latest", dir_fd=base_fd) >= run:
                return
        except OSError:
            pass
        temporary = f".latest-{os.getpid()}-{time.monotonic_ns()}"
        os.symlink(run, temporary, dir_fd=base_fd)
        try:
            os.rename(temporary, "latest", src_dir_fd=base_fd, dst_dir_fd=base_fd)
        except BaseException:
            os.unlink(temporary, dir_fd=base_fd)
            raise
        # Between looking and moving another process may have moved it farther.
        run = _find_newest(run, base_fd)


def find_parent(base, parent):
    """Return (run, name) of the trace in base of the process that started us; (None, None) without.

    parent: the path of a trace, of an ancestor.
    """
    try:
        path, name = os.path.split(parent or "")
        base_of_parent, run = os.path.split(path)
        if not (name and run and os.path.isdir(parent) and os.path.samefile(base_of_parent, base)):
            return None, None
    except (OSError, ValueError):
        return None, None
    # The one that started us may be a forked child of it.
    child = f"{name}.{os.getppid()}"
    return run, child if os.path.isdir(os.path.join(path, child)) else name


def _open_base(base):
    """Return the base directory, open; raise OSError, also when others could tamper with it."""
    base_fd = os.open(base, _OPEN)
    try:
        _check_private(base_fd, base)
    except BaseException:
        os.close(base_fd)
        raise
    return base_fd


def make_run(base, name, start_time=None):
    """Make `<base>/<run>/<name>/`; return this path, of the trace's directory.

    The base must exist. Raises OSError, also when others could tamper with the base. When the
    trace was begun, publish_run() is to be called with the path, else remove_run().
    """
    base = os.path.abspath(base)
    run = _clean_name(format_start(start_time))
    path = os.path.join(base, run)
    base_fd = _open_base(base)
    try:
        for attempts_left in reversed(range(100)):
            try:
                run_fd = _open_run(run, base_fd, path)
                try:
                    return os.path.join(path, _make_trace(_clean_name(name), run_fd, path))
                finally:
                    os.close(run_fd)
            except FileNotFoundError:
                # Another process of the same start removed the run, for it could not begin.
                if attempts_left == 0:
                    raise
    finally:
        os.close(base_fd)


def publish_run(directory):
    """Move `latest` to the run of the trace in this directory, which was begun; raise OSError."""
    path = os.path.dirname(directory)
    base_fd = _open_base(os.path.dirname(path))
    try:
        _move_latest(os.path.basename(path), base_fd)
    finally:
        os.close(base_fd)


def remove_run(directory):
    """Remove the directory of a trace that could not be begun, and its run if it holds no other."""
    remove_empty(directory)
    remove_empty(os.path.dirname(directory))


def make_private(path):
    """Make a directory of mode 0700, and the missing ones above it; it may exist if it is empty."""
    path = os.path.abspath(path)
    try:
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        os.mkdir(path, 0o700)
    except FileExistsError:
        if os.listdir(path):
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), path) from None
    else:
        os.chmod(path, 0o700)
    return path


def remove_empty(path):
    """Remove a directory that nothing is in, of a trace that could not be begun."""
    try:
        os.rmdir(path)
    except OSError:
        pass
