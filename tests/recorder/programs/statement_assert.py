# SPDX-License-Identifier: BSD-3-Clause
"""assert: passing, failing, with a message that is computed."""


def message(n):
    return "message %d" % n


def check(n):
    assert n < 10, message(n)
    assert (
        n > 0
    ), (
        "negative"
    )
    return n


print(check(5))
for n in (20, -1):
    try:
        check(n)
    except AssertionError as error:
        print(error)
