# SPDX-License-Identifier: BSD-3-Clause
"""A module of the package."""
from . import name as parent_name


def name():
    return parent_name() + "/child"
