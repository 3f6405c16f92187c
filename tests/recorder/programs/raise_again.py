# SPDX-License-Identifier: BSD-3-Clause
"""Re-raising: bare, from the name, from a nested handler, and from finally."""


def bare():
    try:
        {}["bare"]
    except KeyError:
        raise


def named():
    try:
        {}["named"]
    except KeyError as error:
        raise error


def after_nested():
    try:
        raise ValueError("outer")
    except ValueError:
        try:
            raise TypeError("inner")
        except TypeError:
            pass
        raise


def replaced():
    try:
        raise ValueError("first")
    finally:
        raise RuntimeError("second")


for function in (bare, named, after_nested, replaced):
    try:
        function()
    except Exception as error:
        print(type(error).__name__, error.args[0], type(error.__context__).__name__)
