# SPDX-License-Identifier: BSD-3-Clause
"""Recording on and off: what a program calls once. The rest is in the extension."""

import os
import sys
import time
from types import ModuleType

from . import _directory, _limits, _startup

try:
    from . import _recorder
except ImportError as error:
    _recorder = None
    _why_not = str(error)

_fork_is_registered = False
_multiprocessing_is_told = False
_said = set()


def _say(message, *args):
    """Log a message of ours, each once a process, where the program wants to see it."""
    if message in _said or "logging" not in sys.modules:
        return  # said already, or there is nobody to hear it
    _said.add(message)
    try:
        import logging

        logger = logging.getLogger("trackexec")
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
        logger.warning(message, *args)
    except Exception:  # of a handler of the program's, or of its own module of this name
        pass


def _get_items(scopes):
    """Return the filter's items (module names and paths) for what a caller gave as scope."""
    if isinstance(scopes, (str, bytes, ModuleType, os.PathLike)):
        scopes = (scopes,)
    items = []
    for scope in scopes:
        if isinstance(scope, ModuleType):
            items.append(scope.__name__)
        elif isinstance(scope, os.PathLike):
            items.append(os.path.abspath(scope))
        elif isinstance(scope, (str, bytes)):
            items.append(os.fsdecode(scope))
        else:
            raise TypeError(f"a module, a name or a path is needed, not {type(scope).__name__}")
    if "" in items:
        raise ValueError("an empty name cannot be recorded")
    return items


def _get_zone():
    """Return (name of the zone, seconds east of UTC)."""
    now = time.localtime()
    try:
        link = os.readlink("/etc/localtime")
    except OSError:
        link = ""
    name = os.environ.get("TZ", "").lstrip(":")
    if not name and "zoneinfo/" in link:
        name = link.split("zoneinfo/", 1)[1]
    return name or now.tm_zone, now.tm_gmtoff


def _get_working_directory():
    """Return its path; "" when it was removed, or may not be looked at."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def _get_arguments():
    """Return sys.argv as texts, whatever the program has made of it."""
    argv = getattr(sys, "argv", None)
    if not isinstance(argv, (list, tuple)):
        return []
    return [os.fsdecode(word) if isinstance(word, (str, bytes, os.PathLike)) else repr(word) for word in argv]


def _clean(text):
    """Return a text as `info` can have it: with no zeros, and encoded also where it is no file's name."""
    text = text.replace("\0", " ")
    try:
        return os.fsencode(text)
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def _get_info(items, exclude):
    """Return the lines for the trace's `info` file that only Python knows."""
    zone, offset = _get_zone()
    argv = _get_arguments()
    lines = [
        ("program", argv[0] if argv else ""),
        ("argv", repr(argv)),
        ("cwd", _get_working_directory()),
        ("python", sys.version.split()[0]),
        ("python_version", sys.version),
        ("implementation", sys.implementation.name),
        ("executable", sys.executable or ""),
        ("gil", "yes"),
        ("filter", " ".join(items + ["-" + item for item in exclude])),
        ("host", os.uname().nodename),
        ("zone", zone),
        ("utc_offset_s", str(offset)),
        ("recorder", _recorder.version),
    ]
    return [(key, _clean(value)) for key, value in lines]


def _end_with_process(unused):
    """Let a process of multiprocessing, which ends without the interpreter's end, close its trace."""
    sys.modules["multiprocessing.util"].Finalize(None, _recorder.stop, exitpriority=-1000)


def _after_fork_in_child():
    global _multiprocessing_is_told
    _recorder.after_fork_in_child()
    # Another thread may have been about to import it.
    register = getattr(sys.modules.get("multiprocessing.util"), "register_after_fork", None)
    if register is not None and not _multiprocessing_is_told:
        # It first forgets what its parent had registered, and then calls these.
        register(_end_with_process, _end_with_process)
        _multiprocessing_is_told = True


def _read_children(children):
    """Return whether forked children are recorded."""
    if children not in ("trace", "none"):
        raise ValueError(f"children must be 'trace' or 'none', not {children!r}")
    return children == "trace"


def read_children(given, environ):
    """Return (whether forked children are recorded, lines for `info`).

    given: what the caller says; where that is nothing, the environment's TRACKEXEC_CHILDREN is taken,
    which is left out and told of if it is bad, as limits are.
    """
    if given:
        return _read_children(given), []
    try:
        return _read_children(environ.get("TRACKEXEC_CHILDREN") or "trace"), []
    except ValueError as error:
        return True, [("warning.children", f"TRACKEXEC_CHILDREN is left out: {error}")]


def _start(items, directory, exclude, ring_dir, limits, children=False, links=(), recover=None):
    """Begin to record into an empty directory; seal traces of dead processes below recover."""
    global _fork_is_registered
    exclude = _get_items(exclude)
    options = {} if ring_dir is None else {"ring_dir": os.fspath(ring_dir)}
    if recover is not None:
        options["recover"] = os.path.abspath(recover)
    numbers, lines = _limits.read(limits, os.environ)
    info = _get_info(items, exclude) + lines + list(links)
    _recorder.start(directory, items, exclude, info, children=children, limits=numbers, **options)
    if not _fork_is_registered:
        # Such functions cannot be taken back, so they are registered at need, and once.
        os.register_at_fork(
            before=_recorder.before_fork,
            after_in_parent=_recorder.after_fork_in_parent,
            after_in_child=_after_fork_in_child,
        )
        _fork_is_registered = True


def start_in_run(items, directory, exclude, ring_dir, limits, children, links, base):
    """Begin to record into a directory that make_run() made, and let `latest` point there."""
    try:
        _start(items, directory, exclude, ring_dir, limits, children, links, base)
    except BaseException:
        _directory.remove_run(directory)
        raise
    try:
        _directory.publish_run(directory)
    except OSError as error:
        _say("`latest` could not be moved to this recording's run: %s", error)


def record(package_or_module, dir, *, exclude=(), ring_dir=None, children="none", **limits):
    """Record every line of a package or module into the directory dir, until stop().

    package_or_module: a module, a module's name (stands for all below it, too), a path of a file
    or directory (has a `/` or ends in `.py`), or several of them. dir is made; if it exists it
    must be empty. exclude: what to leave out, in the same forms. ring_dir: where the ring of the
    last moments is kept in memory (default: /dev/shm). children: "trace" lets forked children go on
    in traces of their own, `<dir>.<pid>`; "none" leaves them unrecorded.

    Limits: max_size ('512M'; default 1 GiB or a tenth of the file system): the oldest parts of the
    trace make room, their totals stay. min_free ('2G'; default a twentieth of the file system, at most
    2 GiB): left to others; where that cannot be, recording rests. max_age ('7d'; default none):
    older parts go. Each may be 'none'; defaults are in the environment's TRACKEXEC_MAX_SIZE,
    TRACKEXEC_MIN_FREE, TRACKEXEC_MAX_AGE.

    Frames that run already are on the recorded stack. Raises OSError when dir cannot be written,
    RuntimeError when a recording is running or this Python cannot be recorded.
    """
    if _recorder is None:
        raise RuntimeError(f"trackexec cannot record here: {_why_not}")
    if _recorder.is_recording():
        raise RuntimeError("a recording is already running in this process")
    items = _get_items(package_or_module)
    children = _read_children(children or "none")
    directory = _directory.make_private(os.fspath(dir))
    try:
        _start(items, directory, exclude, ring_dir, limits, children)
    except BaseException:
        _directory.remove_empty(directory)
        raise


class recording:
    """A context manager: record() at its beginning, stop() at its end. Takes record()'s arguments."""

    def __init__(
        self, package_or_module, dir, *, exclude=(), ring_dir=None, children="none", **limits
    ):
        self._arguments = (package_or_module, dir)
        self._options = {"exclude": exclude, "ring_dir": ring_dir, "children": children, **limits}

    def __enter__(self):
        record(*self._arguments, **self._options)

    def __exit__(self, *unused):
        _recorder.stop()


def _get_default_scope(frame):
    """Return the top-level package of the caller of enable()."""
    module = frame.f_globals.get("__name__") or "__main__"
    return [module.split(".")[0]]


def _get_default_name():
    name = os.path.basename((_get_arguments() or [""])[0])
    if name in ("-c", "-m", "-"):  # at the interpreter's start, or from standard input
        return _startup.get_name()
    return name[:-3] if name.endswith(".py") else name or "python"


def _get_name_beside(parent):
    """Return the default name of a process that a recorded one has started."""
    name = _get_default_name()
    return f"{parent if name in ('-c', '-m', 'python') else name}.{os.getpid()}"


# (process, TRACKEXEC_PARENT as it has set it, and as it was before)
_parent_told = (0, None, None)


def _get_parent():
    """Return what the environment says of the trace of the process that started us."""
    parent = os.environ.get("TRACKEXEC_PARENT")
    return _parent_told[2] if _parent_told[:2] == (os.getpid(), parent) else parent


def _tell_parent(directory):
    """Let what this process starts, and records itself, join the run of the trace in this directory."""
    global _parent_told
    _parent_told = os.getpid(), directory, _get_parent()
    os.environ["TRACKEXEC_PARENT"] = directory


def _make_run(base, name, start_time):
    """Make the trace's directory: in a run of its own, or in that of the process that started us.

    Return it, and the lines of `info` that link to the parent.
    """
    run, parent = _directory.find_parent(base, _get_parent())
    if run is None or (start_time is not None and _directory.format_start(start_time) != run):
        return _directory.make_run(base, name or _get_default_name(), start_time), []
    directory = _directory.make_run(base, name or _get_name_beside(parent), run)
    return directory, [("parent", parent), ("parent_pid", str(os.getppid()))]


def _enable(base, name, items, exclude, start_time, ring_dir, children, limits):
    if _recorder is None:
        _say("nothing is recorded: %s", _why_not)
        return False
    if _recorder.is_recording():
        _say("enable() is left out: a recording is already running in this process")
        return False
    children, lines = read_children(children, os.environ)
    directory, links = _make_run(base, name, start_time)
    start_in_run(items, directory, exclude, ring_dir, limits, children, lines + links, base)
    if children:
        _tell_parent(directory)
    _startup.watch_as_asked()
    return True


def enable(
    base=None,
    name=None,
    package=None,
    *,
    packages=None,
    exclude=(),
    start_time=None,
    ring_dir=None,
    children=None,
    **limits,
):
    """Record this process if the directory base exists; else do nothing, at the cost of a stat().

    Makes `<base>/<YYMMDD-HHMMSS>/<name>/` and moves the link `<base>/latest` to that run.

    base: default is the environment's TRACKEXEC_DIR. name: of this process among those of the
    service; default is the program's name. package, packages: what to record, as for record();
    default is the environment's TRACKEXEC (names with commas between), else the caller's
    top-level package. exclude: what to leave out. start_time: for processes of one service that
    share a run: when it started (epoch seconds, a datetime, or the run's name). children: "trace"
    lets forked children go on in traces of their own, `<name>.<pid>` in the same run, which begin
    with their first event; "none" leaves them unrecorded; default is the environment's
    TRACKEXEC_CHILDREN, else "trace". Processes that this one starts and that call enable()
    themselves join the run: TRACKEXEC_PARENT is set in the environment for them. With TRACKEXEC_IDLE=1 in
    the environment watch_idle() is called, too. max_size, min_free,
    max_age: as for record(); keep_runs (default 32; TRACKEXEC_KEEP_RUNS): so many runs stay, with
    this one; older ones, and those that ended longer than max_age ago, are removed in the background
    unless a process of theirs lives or they hold anything that is not ours.

    Returns whether it records. An error of ours is logged once, by the logger `trackexec`, and
    never reaches the program.
    """
    try:
        if base is None:
            base = os.environ.get("TRACKEXEC_DIR")
        if not base or not os.path.isdir(base):
            return False
        items = _get_items(package) if package is not None else []
        items += _get_items(packages) if packages is not None else []
        if not items:
            items = _startup.get_items()
        if not items:
            items = _get_default_scope(sys._getframe(1))
        return _enable(base, name, items, exclude, start_time, ring_dir, children, limits)
    except Exception as error:
        _say("nothing is recorded: %s", error)
        return False
