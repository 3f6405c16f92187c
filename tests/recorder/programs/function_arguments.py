# SPDX-License-Identifier: BSD-3-Clause
"""Star-arguments, keyword-only, positional-only, defaults with side effects."""


def default(log=[]):
    log.append(len(log))
    return log


def spread(a, /, b, *rest, c=default(), d, **more):
    return a, b, rest, c, d, sorted(more)


def forward(*args, **keywords):
    return spread(
        *args,
        *(9, 8),
        d=4,
        **keywords,
        **{"z": 1},
    )


print(forward(1))
print(forward(1, 2, x=3))
print(default(), default())
try:
    spread(1)
except TypeError:
    print("refused")
