# SPDX-License-Identifier: BSD-3-Clause
"""`python -m trackexec enable-startup` and `disable-startup`: the start-up hook, a `.pth` file.

Python runs the one line of that file whenever it starts. Without TRACKEXEC and TRACKEXEC_DIR in the
environment the line looks these up and is done; it never raises, whatever has become of this package.
"""

import os
import site
import sys
import sysconfig

NAME = "trackexec-startup.pth"
# One line for any Python, for a directory of packages may serve several.
LINE = (
    "import os; 'TRACKEXEC_DIR' in os.environ and exec('try:\\n if os.environ.get(\"TRACKEXEC\"):\\n"
    "  import trackexec._startup as s; s.begin()\\nexcept Exception:\\n pass')\n"
)

USAGE = """\
usage: python -m trackexec enable-startup [--user]
       python -m trackexec disable-startup [--user]

Put the start-up hook into this Python, or take it away. With it, TRACKEXEC=pkg1,pkg2 and
TRACKEXEC_DIR=/var/log/myapp/trackexec in the environment are enough for a program to be
recorded, if that directory exists.

      --user   for this user only (default: for all who use this Python)
  -h, --help   print this text
"""


class HookError(Exception):
    """The hook can not be put there or taken away; the text says why and what to do."""


def _get_package_directory():
    """Return the directory that this package is imported from."""
    return os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def get_directories():
    """Return the directories whose `.pth` files this Python reads at its start, and the user's."""
    directories = list(getattr(site, "getsitepackages", list)())
    user = site.getusersitepackages() if hasattr(site, "getusersitepackages") else None
    return directories, user


def _choose_directory(is_user):
    directories, user = get_directories()
    if is_user:
        if not site.ENABLE_USER_SITE:
            raise HookError(
                "cannot enable the start-up hook for the user: this Python does not read the user's"
                " packages (a virtual environment, or -s); leave out --user"
            )
        return user
    package = _get_package_directory()
    for directory in directories:
        if os.path.realpath(directory) == package:
            return directory
    purelib = sysconfig.get_path("purelib")
    if purelib in directories or not directories:
        return purelib
    return directories[0]


def find():
    """Return the hooks that this Python reads, as paths."""
    directories, user = get_directories()
    if user and site.ENABLE_USER_SITE:
        directories = [*directories, user]
    paths = [os.path.join(directory, NAME) for directory in directories]
    return [path for path in dict.fromkeys(paths) if os.path.lexists(path)]


def is_current(path):
    """Tell whether a hook is the one that this version would install."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read() == LINE
    except (OSError, ValueError):
        return False


def is_package_found():
    """Tell whether programs find this package without PYTHONPATH: it lies where hooks do."""
    directories, user = get_directories()
    places = [*directories, *([user] if user and site.ENABLE_USER_SITE else [])]
    return _get_package_directory() in map(os.path.realpath, places)


def _write(path):
    """Put the hook in place in one step, readable for all whatever the umask is."""
    temporary = f"{path}.{os.getpid()}"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with open(fd, "w", encoding="utf-8") as file:
            file.write(LINE)
            os.fchmod(file.fileno(), 0o644)
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def enable(is_user):
    """Install the hook; return the lines to say."""
    directory = _choose_directory(is_user)
    path = os.path.join(directory, NAME)
    if is_current(path):
        said = [f"the start-up hook is there already: {path}"]
    else:
        try:
            os.makedirs(directory, exist_ok=True)
            _write(path)
        except OSError as error:
            hint = "" if is_user else " or, for yourself only, add --user"
            raise HookError(
                f"cannot write {path!r}: {error.strerror}: run this as the owner of this Python{hint}"
            ) from error
        said = [f"the start-up hook is installed: {path}"]
    if not is_package_found():
        said.append(
            f"note: trackexec itself is in {_get_package_directory()!r}, where programs find it only with"
            " PYTHONPATH: install it (pip install .) for this Python"
        )
    return said


def disable(is_user):
    """Take the hook away, wherever this Python reads it; return the lines to say."""
    paths = find()
    if is_user:
        user = get_directories()[1]
        paths = [path for path in paths if user and os.path.dirname(path) == user]
    said = []
    for path in paths:
        try:
            os.unlink(path)
        except OSError as error:
            raise HookError(
                f"cannot remove {path!r}: {error.strerror}: run this as the owner of this Python"
            ) from error
        said.append(f"the start-up hook is removed: {path}")
    return said or ["the start-up hook is not installed"]


def main(command, words):
    """Obey the command line; return the exit status."""
    if "-h" in words or "--help" in words:
        sys.stdout.write(USAGE)
        return 0
    if words not in ([], ["--user"]):
        sys.stderr.write(f"trackexec: {command} takes only --user: see --help\n")
        return 1
    try:
        said = (enable if command == "enable-startup" else disable)(bool(words))
    except HookError as error:
        sys.stderr.write(f"trackexec: {error}\n")
        return 1
    sys.stdout.write("".join(f"trackexec: {line}\n" for line in said))
    return 0
