# SPDX-License-Identifier: BSD-3-Clause
"""Assignment expressions in conditions, comprehensions and while loops."""


def halve(n):
    return n // 2 if n % 2 == 0 else None


def run(items):
    found = [half for item in items if (half := halve(item)) is not None]
    return found, half


if (count := len("four")) > 3:
    print(count)
print(run([1, 2, 3, 8]))
pending = [1, 2, 3]
while (item := pending.pop()) != 1:
    print(item)
total = 0
print([total := total + n for n in range(5)])
