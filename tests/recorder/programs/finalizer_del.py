# SPDX-License-Identifier: BSD-3-Clause
"""__del__: at del, at rebinding, at the end of a scope, raising, resurrecting."""
import weakref


class Noisy:
    kept = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name)
        if self.name == "kept":
            Noisy.kept.append(self)


def scope():
    local = Noisy("local")
    return local.name


a = Noisy("a")
del a
b = Noisy("b")
b = Noisy("b2")
print(scope())
Noisy("at once")
c = Noisy("kept")
c = None
print(len(Noisy.kept))
Noisy.kept[0].name = "last"
watched = Noisy("watched")
reference = weakref.ref(watched, lambda ref: print("weak"))
finalizer = weakref.finalize(watched, lambda text: print(text), "final")
del watched
Noisy.kept.clear()
b = None
