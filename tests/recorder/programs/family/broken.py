# SPDX-License-Identifier: BSD-3-Clause
"""Fails while it is imported."""


def fail():
    return 1 // 0


fail()
