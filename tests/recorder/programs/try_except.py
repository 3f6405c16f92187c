# SPDX-License-Identifier: BSD-3-Clause
"""except clauses: matching, not matching, tuples, with and without a name."""


def attempt(action):
    try:
        value = action()
    except (KeyError, IndexError) as error:
        return type(error).__name__
    except ValueError:
        return "value"
    except Exception as error:
        name = type(error).__name__
        return name.lower()
    else:
        return value


for action in (
    lambda: 1,
    lambda: {}["x"],
    lambda: [][0],
    lambda: int("x"),
    lambda: 1 / 0,
):
    print(attempt(action))
