# SPDX-License-Identifier: BSD-3-Clause
"""How much a recording may take: what callers and the environment say of it, as numbers.

Knows nothing of recording or of files. A number of 0 is the extension's default, NONE no limit.
"""

NONE = 2**64 - 1

_SIZES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_AGES = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def _split(value, units):
    """Return the number that a text such as `512M` or `2 GiB` stands for, or raise ValueError."""
    text = str(value).strip().lower()
    for ending in ("ib", "b"):
        if text.endswith(ending) and units is _SIZES:
            text = text[: -len(ending)]
            break
    unit = text[-1:] if text[-1:].isalpha() else ""
    number = text[: len(text) - len(unit)].strip()
    if unit not in units or not number.replace(".", "", 1).isdecimal():
        raise ValueError
    return float(number) * units[unit]


def _read_size(value):
    return value if type(value) is int else int(_split(value, _SIZES))


def _read_age(value):
    if hasattr(value, "total_seconds"):  # a timedelta
        value = value.total_seconds()
    return int(_split(value, _AGES) * 1e9)


def _read_count(value):
    return int(value)


# In the order in which the extension takes them.
_LIMITS = {
    "max_size": (_read_size, "a size such as '512M' or '2G'"),
    "min_free": (_read_size, "a size such as '512M' or '2G'"),
    "max_age": (_read_age, "an age such as '12h' or '7d'"),
    "keep_runs": (_read_count, "a number of runs"),
}


def _read(name, value):
    """Return the number that value stands for; raise ValueError with a clear word."""
    read, wanted = _LIMITS[name]
    if isinstance(value, str) and value.strip().lower() in ("none", "unlimited"):
        return NONE
    try:
        number = read(value)
    except (TypeError, ValueError, OverflowError):
        number = 0
    if number <= 0:
        raise ValueError(f"{name} must be {wanted}, or 'none', not {value!r}")
    return min(number, NONE)


def read(given, environ):
    """Return (numbers for the extension, lines for `info`).

    given: the caller's limits by name, None where it says nothing; then the environment's
    TRACKEXEC_MAX_SIZE and so on are taken. A bad value of the caller's raises ValueError; one of
    the environment's is left out and told of.
    """
    numbers = []
    lines = []
    for name in _LIMITS:
        number = 0
        variable = "TRACKEXEC_" + name.upper()
        if given.get(name) is not None:
            number = _read(name, given[name])
        elif environ.get(variable):
            try:
                number = _read(name, environ[variable])
            except ValueError as error:
                lines.append(("warning." + name, f"{variable} is left out: {error}"))
        numbers.append(number)
    unknown = set(given) - set(_LIMITS)
    if unknown:
        raise TypeError(f"unexpected keyword argument {unknown.pop()!r}")
    return tuple(numbers), lines
