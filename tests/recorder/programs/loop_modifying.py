# SPDX-License-Identifier: BSD-3-Clause
"""A list that grows while it is walked, and an iterator shared by two loops."""

items = [1]
for item in items:
    if len(items) < 6:
        items.append(item * 2)
print(items)

shared = iter(range(7))
for first in shared:
    for second in shared:
        if second % 3 == 0:
            break
    print(first, second)
