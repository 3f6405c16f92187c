# SPDX-License-Identifier: BSD-3-Clause
"""Chained comparisons, on one line and on several, with middle terms once."""


def term(n):
    print("term", n)
    return n


print(term(1) < term(2) < term(3))
print(term(1) > term(2) > term(3))
if (
    term(1)
    < term(2)
    <= term(2)
    != term(5)
):
    print("in order")
print(1 < 3 in [3], "a" in "abc" == True)
assert term(0) == 0 < term(1) is not None
