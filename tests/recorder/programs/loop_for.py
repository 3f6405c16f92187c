# SPDX-License-Identifier: BSD-3-Clause
"""for loops: empty, with else, nested, over several kinds of iterables."""


def sums(rows):
    total = 0
    for row in rows:
        for value in row:
            total += value
    else:
        total += 1
    return total


for nothing in ():
    print("never")
else:
    print("else of an empty loop")

print(sums([[1, 2, 3], [], [4]]))
for key, value in {"a": 1, "b": 2}.items():
    print(key, value)
for index, letter in enumerate("xyz"):
    if index == 1:
        print(letter)
