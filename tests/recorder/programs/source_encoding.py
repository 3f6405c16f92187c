# SPDX-License-Identifier: BSD-3-Clause
# -*- coding: latin-1 -*-
"""A source file that is not UTF-8, with form feeds and odd separators in it."""


def accents():
    text = "déjà vu …"
    return len(text)


def separators():
    text = "abc…d"
    return text.split("b")


print(accents())
print(len(separators()))
