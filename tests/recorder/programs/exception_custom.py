# SPDX-License-Identifier: BSD-3-Clause
"""Exception classes with code of their own: __init__, __str__, and a property."""


class Failure(Exception):
    def __init__(self, code, text=None):
        super().__init__(code)
        self.code = code
        self.text = text or self.default()

    def default(self):
        return "failure %d" % self.code

    def __str__(self):
        return "<" + self.text + ">"

    @property
    def fatal(self):
        return self.code > 1


class Worse(Failure):
    def default(self):
        text = super().default()
        return text.upper()


for kind, code in ((Failure, 1), (Worse, 2)):
    try:
        raise kind(code)
    except Failure as failure:
        print(failure, failure.fatal)
