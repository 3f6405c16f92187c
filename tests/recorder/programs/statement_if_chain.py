# SPDX-License-Identifier: BSD-3-Clause
"""if, elif, else: taken and not, constant tests, pass, and dead code."""


def grade(n):
    if n > 90:
        return "a"
    elif n > 80:
        return "b"
    elif n > 70:
        pass
    else:
        return "d"
    return "c"


def constants():
    if True:
        a = 1
    if False:
        a = 2
    while True:
        break
    if 0:
        a = 3
    else:
        a += 4
    if __debug__:
        a += 10
    return a
    a = 5


for n in (95, 85, 75, 65):
    print(grade(n))
print(constants())
if not constants():
    pass
else:
    pass
pass
...
"a string"
