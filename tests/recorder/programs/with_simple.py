# SPDX-License-Identifier: BSD-3-Clause
"""with: one manager, several, nested, entered and left in order."""


class Manager:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        print("enter", self.name)
        return self

    def __exit__(self, kind, error, trace):
        print("exit", self.name, kind)


def early():
    with Manager("early") as manager:
        return manager.name


with Manager("a"):
    print("in a")
with Manager("b") as b, Manager("c") as c:
    print(b.name, c.name)
with Manager("d"):
    with Manager("e"):
        print("deep")
    print("between")
print(early())
for i in range(2):
    with Manager(i):
        if i == 0:
            continue
        print("second")
