# SPDX-License-Identifier: BSD-3-Clause
"""atexit functions, a global with __del__ at the end, and the order of both."""
import atexit


class Last:
    def __del__(self):
        self.say("gone")

    def say(self, text):
        print(text)


def bye(name):
    print("bye", name)


atexit.register(bye, "first")
atexit.register(lambda: bye("second"))
last = Last()
print("end of the module")
