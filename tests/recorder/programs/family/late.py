# SPDX-License-Identifier: BSD-3-Clause
"""Imported by a function, the first time that it runs."""
_value = []


def value():
    _value.append(1)
    return len(_value)
