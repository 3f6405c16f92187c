# SPDX-License-Identifier: BSD-3-Clause
"""del of names, items, slices and attributes, with hooks."""


class Box:
    def __init__(self):
        self.items = list(range(6))
        self.extra = 1

    def __delitem__(self, index):
        print("delitem", index)
        del self.items[index]

    def __delattr__(self, name):
        print("delattr", name)
        object.__delattr__(self, name)


box = Box()
del box[0]
del box[1:3], box.extra
print(box.items, hasattr(box, "extra"))
a = b = c = 1
del a, \
    b
try:
    a
except NameError:
    print("gone")
del c
