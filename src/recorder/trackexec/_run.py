# SPDX-License-Identifier: BSD-3-Clause
"""`python -m trackexec run`: record a program without changing it.

The program finds the sys.argv, sys.path, `__main__` and stack of a plain run; what it prints,
raises and returns is its own. Few modules are loaded here, for it would find them loaded.
"""

import os
import sys

USAGE = """\
usage: python -m trackexec run [OPTION]... SCRIPT.py [ARGUMENT]...
       python -m trackexec run [OPTION]... -m MODULE [ARGUMENT]...

Record every line of a program that runs, to walk through it later.

  -p, --package ITEM   record this module and those below it, or this file or directory
                       (has a / or ends in .py); may be repeated; `__main__` is the
                       program itself; default: `__main__` and the modules beside the
                       script, or the top-level package of MODULE; then TRACKEXEC in the
                       environment, names with commas between, is heeded first
  -x, --exclude ITEM   leave this out; may be repeated
  -o, --output DIR     put the run into this directory, which is made when missing
                       (default: TRACKEXEC_DIR in the environment, else trackexec-traces)
  -n, --name NAME      name of the trace in the run (default: the program's name)
  -v, --verbose        say on standard error where the trace is
      --version        print the version
  -h, --help           print this text

Forked children are recorded beside it, unless TRACKEXEC_CHILDREN=none is in the environment.
With TRACKEXEC_IDLE=1 there it is marked where event loops wait.

Other commands (each has a --help): recover, seal what processes that died have left;
doctor, what would be recorded and what prevents it;
enable-startup and disable-startup, a hook by which the environment alone is enough.
"""

_WITH_VALUE = {
    "-p": "package",
    "--package": "package",
    "-x": "exclude",
    "--exclude": "exclude",
    "-o": "output",
    "--output": "output",
    "-n": "name",
    "--name": "name",
    "-m": "module",
}


_ASKING = ("-h", "--help", "--version")


class UsageError(Exception):
    """What was given on the command line is not understood."""


class Options:
    """The command line, parsed."""

    def __init__(self):
        self.package = []
        self.exclude = []
        self.output = []
        self.name = []
        self.module = []
        self.verbose = False
        self.asked = ""  # an option that only prints something
        self.arguments = []

    def get_last(self, name, default):
        """Return the value of an option that counts once."""
        values = getattr(self, name)
        return values[-1] if values else default


def split(word):
    """Return (option, value or None) of one word: `--name=x`, `-px`, `-p`."""
    if word.startswith("--"):
        option, equals, value = word.partition("=")
        return option, value if equals else None
    return word[:2], word[2:] or None


def parse(words):
    """Return the Options; raise UsageError."""
    options = Options()
    words = list(words)
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word == "--":
            break
        if word in _ASKING:
            options.asked = word
            return options
        if word in ("-v", "--verbose"):
            options.verbose = True
            continue
        option, value = split(word)
        if option not in _WITH_VALUE:
            raise UsageError(f"unknown option {word!r}")
        if value is None:
            if not words:
                raise UsageError(f"option {option!r} needs a value")
            value = words.pop(0)
        getattr(options, _WITH_VALUE[option]).append(value)
        if option == "-m":
            break
    options.arguments = words
    if not options.module and not words:
        raise UsageError("a script or -m MODULE is needed")
    return options


def _find_beside(directory):
    """Return the names of the modules and packages in a script's directory."""
    names = []
    try:
        entries = sorted(os.listdir(directory))
    except OSError:
        return names
    for entry in entries:
        stem, extension = os.path.splitext(entry)
        if extension == ".py" and stem.isidentifier():
            names.append(stem)
        elif entry.isidentifier() and os.path.isfile(os.path.join(directory, entry, "__init__.py")):
            names.append(entry)
    return names


def get_scope(options):
    """Return what to record."""
    if options.package:
        return options.package
    from trackexec import _startup

    items = _startup.get_items()
    if items:
        return items
    if options.module:
        return ["__main__", options.module[-1].split(".")[0]]
    script = options.arguments[0]
    if _is_container(script):
        return ["__main__"] + (_find_beside(script) if os.path.isdir(script) else [os.path.realpath(script)])
    beside = _find_beside(_get_directory(script))
    return ["__main__"] + [name for name in beside if name != "__main__"]


def _get_path(script):
    """Return the script's path as Python makes it absolute: as it is where the working directory is gone."""
    try:
        return os.path.join(os.getcwd(), script)
    except OSError:
        return script


def _get_directory(path):
    """Return the directory of a script as Python finds it: behind links, of a pipe where its name is."""
    try:
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    except OSError:
        pass
    try:
        real = os.path.realpath(path)
    except OSError:
        real = path
    return os.path.dirname(real if os.path.exists(real) else path)


def _is_container(script):
    """Tell whether Python would run `__main__.py` in this (a directory, a zip file), in Python's way."""
    for hook in sys.path_hooks:
        try:
            hook(_get_path(script))
        except ImportError:
            continue
        return True
    return False


def _say(text):
    """Say something on standard error, if there is one: the program runs without, too."""
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")


def _fail(message, status):
    _say(f"trackexec: {message}")
    sys.exit(status)


def _answer(word):
    """Print what an option asks for that does nothing else."""
    if word == "--version":
        import trackexec

        text = f"trackexec {trackexec.__version__}\n"
    else:
        text = USAGE
    if sys.stdout is not None:
        sys.stdout.write(text)


def _start(options):
    """Begin to record; end the process with a message where that fails."""
    from trackexec import _api, _directory, _startup

    base = options.get_last("output", os.environ.get("TRACKEXEC_DIR") or "trackexec-traces")
    default = options.module[-1] if options.module else os.path.basename(options.arguments[0])
    name = options.get_last("name", default[:-3] if default.endswith(".py") else default)
    try:
        if _api._recorder is None:
            raise RuntimeError(_api._why_not)
        os.makedirs(base, 0o700, exist_ok=True)
        children, lines = _api.read_children(None, os.environ)
        items = _api._get_items(get_scope(options))
        directory = _directory.make_run(base, name)
        _api.start_in_run(items, directory, options.exclude, None, {}, children, lines, base)
    except (OSError, RuntimeError, ValueError) as error:
        _fail(f"cannot record into {base!r}: {error}", 1)
    if children and os.environ.get("TRACKEXEC_DIR"):
        _api._tell_parent(directory)
    _startup.watch_as_asked()
    if options.verbose:
        _say(f"trackexec: recording into {directory}")


def _make_main():
    """Put a fresh `__main__` module in place, as the interpreter makes it."""
    from importlib.machinery import BuiltinImporter
    from types import ModuleType

    import builtins

    main_module = ModuleType("__main__")
    main_module.__builtins__ = builtins
    main_module.__loader__ = BuiltinImporter
    if sys.version_info < (3, 14):
        main_module.__annotations__ = {}
    ours = sys.modules["__main__"]
    sys.modules["__main__"] = main_module
    return ours


def _has_safe_path():
    return bool(getattr(sys.flags, "safe_path", False) or sys.flags.isolated)


def _put_first(directory):
    """Let modules be looked for here first, instead of in the working directory, where `-m` put that."""
    try:
        os.getcwd()
    except OSError:
        sys.path.insert(0, directory)
    else:
        sys.path[0] = directory


def _run_module(options):
    import runpy

    from trackexec import _recorder

    sys.argv[:] = ["-m", *options.arguments]
    keep = _make_main()
    _start(options)
    status = _recorder.run_call(runpy._run_module_as_main, options.module[-1], True)
    del keep
    return status


def _run_container(options):
    import runpy

    from trackexec import _recorder

    script = options.arguments[0]
    sys.argv[:] = options.arguments
    path = _get_path(script)
    if not _has_safe_path():
        _put_first(path)
    else:
        sys.path.insert(0, path)
    keep = _make_main()
    _start(options)
    status = _recorder.run_call(runpy._run_module_as_main, "__main__", False)
    del keep
    return status


def _run_script(options):
    from trackexec import _recorder

    script = options.arguments[0]
    path = _get_path(script)
    try:
        if os.path.isfile(path) or not os.path.exists(path):  # a pipe can be opened once
            open(path, "rb").close()
    except OSError as error:
        _say(f"{sys.executable}: can't open file {path!r}: [Errno {error.errno}] {error.strerror}")
        return 2
    sys.argv[:] = options.arguments
    if not _has_safe_path():
        _put_first(_get_directory(path))
    keep = _make_main()
    _start(options)
    status = _recorder.run_file(path)
    del keep
    return status


def run(options):
    """Run and record the program; return its exit status, if it comes back at all."""
    if options.module:
        return _run_module(options)
    if _is_container(options.arguments[0]):
        return _run_container(options)
    return _run_script(options)


def main():
    """Obey the command line."""
    words = sys.argv[1:]
    command = words.pop(0) if words else "--help"
    if command in _ASKING:
        _answer(command)
        sys.exit(0)
    if command != "run":
        _fail(f"unknown command {command!r}; see python -m trackexec --help", 1)
    try:
        options = parse(words)
    except UsageError as error:
        _fail(f"{error}; see python -m trackexec --help", 1)
    if options.asked:
        _answer(options.asked)
        sys.exit(0)
    sys.exit(run(options))
