# SPDX-License-Identifier: BSD-3-Clause
# packages: family
"""A package in scope: its __init__, a submodule, a lazy import, a missing one."""
import family
from family import child


def lazily():
    from family import late

    return late.value()


print(family.name(), child.name(), lazily(), lazily())
try:
    import family.missing
except ImportError:
    print("missing")
try:
    import family.broken
except ZeroDivisionError:
    print("broken")
