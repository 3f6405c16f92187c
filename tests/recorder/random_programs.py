# SPDX-License-Identifier: BSD-3-Clause
"""Programs made at random from a seed: blocks, exceptions, generators, coroutines, comprehensions,
lambdas, decorators, classes, recursion, match and walrus nested as nobody would.

The text depends on the seed and on whether match may be used. The programs end by themselves: they make
their choices by choose(), which in the end raises what they do not catch.
"""

import random

HEAD = '''\
import functools
import sys
import warnings


class Enough(BaseException):
    pass


class Manager:
    def __init__(self, quiet):
        self.quiet = quiet

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is KeyError and choose(4) == 0:
            raise ValueError("exit")
        return self.quiet and kind is not None and issubclass(kind, Exception)


class AsyncManager:
    def __init__(self, quiet):
        self.quiet = quiet

    async def __aenter__(self):
        await Later()
        return self

    async def __aexit__(self, kind, error, trace):
        if choose(3) == 0:
            await Later()
        return self.quiet and kind is not None and issubclass(kind, Exception)


class Later:
    def __await__(self):
        got = yield "later"
        return got


state = SEED
fuel = 250
depth = 0


def choose(n):
    global state, fuel
    fuel -= 1
    if fuel < 0:
        raise Enough
    state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return (state >> 8) % n


def attempt(function):
    global depth
    if depth > 6 or fuel < 0:
        return 0
    depth += 1
    try:
        return function()
    except Exception as error:
        return len(error.args)
    finally:
        depth -= 1


def drive(function):
    """Next, send, throw, close or drop: whatever comes."""
    global depth
    if depth > 6 or fuel < 0:
        return 0
    depth += 1
    count = 0
    # Made here: before 3.12 the recorder lets arguments live longer, see call_temporary.py.
    generator = function()
    try:
        value = next(generator)
        while True:
            count += 1
            what = choose(9)
            if what == 0:
                generator.close()
                break
            elif what == 1:
                value = generator.throw(KeyError("thrown"))
            elif what == 2:
                generator = None
                break
            elif what < 5:
                value = generator.send(value)
            else:
                value = next(generator)
    except Exception:
        count += 1
    finally:
        depth -= 1
    return count


def again(times):
    """A decorator with an argument: calls what it decorates so many times."""

    def decorate(function):
        @functools.wraps(function)
        def decorated(*values):
            result = 0
            for turn in range(times):
                result = function(*values)
            return result

        return decorated

    return decorate


def plain(function):
    return lambda *values: function(*values)


async def consume(function):
    """An asynchronous generator to its end, or to where it is left alone."""
    async for value in function():
        if choose(6) == 0:
            break


def run_coroutine(function):
    global depth
    if depth > 6 or fuel < 0:
        return 0
    depth += 1
    coroutine = function()
    try:
        while True:
            if choose(8) == 0:
                coroutine.throw(KeyError("cancelled"))
            else:
                coroutine.send(None)
    except Exception as error:
        return len(error.args)
    finally:
        depth -= 1


'''

TAIL = '''\
def ignore(unraisable):
    """Of what is raised where it can not go on: an address would be printed."""
    names.append(type(unraisable.exc_value).__name__)


names = []
sys.unraisablehook = ignore
warnings.simplefilter("ignore")
try:
    while fuel >= 0:
        for function in (FUNCTIONS):
            attempt(function)
        for function in (RECURSIVE):
            attempt(lambda: function(choose(5)))
        for function in (GENERATORS):
            drive(function)
        for function in (COROUTINES):
            run_coroutine(function)
        for function in (ASYNCHRONOUS):
            run_coroutine(lambda: consume(function))
except Enough:
    pass
print("enough", state, names)
'''


class Writer:
    def __init__(self, seed, has_match=False):
        self.random = random.Random(seed)
        self.has_match = has_match
        self.lines = []
        self.functions = ["f%d" % i for i in range(4)]
        self.generators = ["g%d" % i for i in range(3)]
        self.coroutines = ["c%d" % i for i in range(2)]
        self.asynchronous = ["a%d" % i for i in range(2)]
        self.recursive = ["r%d" % i for i in range(2)]
        self.kind = ""  # of the function that is being written: f g c a r
        self.lower = []  # functions before it that it may delegate to: so that this ends
        self.loops = 0
        self.inner = 0  # functions inside functions, numbered

    def put(self, indent, text):
        self.lines.append("    " * indent + text)

    def call(self):
        """An expression that runs more of the program."""
        pick = self.random.choice
        return pick(
            (
                "attempt(%s)" % pick(self.functions),
                "drive(%s)" % pick(self.generators),
                "run_coroutine(%s)" % pick(self.coroutines),
                "run_coroutine(lambda: consume(%s))" % pick(self.asynchronous),
                "attempt(lambda: %s(choose(4)))" % pick(self.recursive),
                "sum(1 for v in (1, 2) if choose(3))",
                "len([choose(2) for v in range(3)])",
                "len({v: {w for w in range(v)} for v in range(choose(4))})",
                "sum(y for v in range(3) if (y := choose(3)))",
                "(y := choose(3)) + (lambda v: v + choose(2))(y)",
                "attempt(lambda: choose(3))",
                "attempt(lambda: [attempt(lambda: choose(v)) for v in (2, 1, 0)])",
                "sorted([2, 1, 3], key=lambda v: choose(5))[0]",
                "attempt(lambda: (choose(3) and 1 / choose(2)) or len(str(choose(9))))",
            )
        )

    def simple(self, indent):
        kinds = ["x += 1", "x = %s" % self.call(), "x = (\n%s)" % self.spread(indent), "pass"]
        kinds += ["x += 1; x += choose(2)", "assert x is not None, x"]
        if self.kind in "ga":
            kinds += ["x = yield x", "yield", "(yield 1); x = 2"] * 2
        if self.kind == "g":
            kinds += ["x = yield from %s()" % name for name in self.lower]
        if self.kind in "ca":
            kinds += ["x = await Later()"] * 2
            kinds += ["x = await %s()" % name for name in self.lower if name[0] == "c"]
            kinds += ["x = [v async for v in %s() if choose(3)]" % name for name in self.lower if name[0] == "a"]
        if self.kind == "r":
            kinds += ["x = %s(n - 1) if n > 0 else 0" % name for name in self.recursive] * 2
        self.put(indent, self.random.choice(kinds))

    def spread(self, indent):
        space = "    " * (indent + 1)
        return "%schoose(5)\n%s+ %s\n%s" % (space, space, self.call(), "    " * indent)

    def leave(self, indent):
        value = "" if self.kind == "a" else " x"
        kinds = ["raise KeyError(x)", "raise ValueError", "return" + value, "return"]
        if self.loops:
            kinds += ["break", "continue"] * 2
        self.put(indent, "if choose(4) == 0:" + self.random.choice((" ", "\n" + "    " * (indent + 1)))
                 + self.random.choice(kinds))

    def body(self, indent, level):
        names = ["simple", "simple", "leave", "loop", "branch", "handle", "enter", "define", "make_class"]
        if self.has_match:
            names.append("match")
        for _ in range(self.random.randint(1, 3)):
            name = self.random.choice(names)
            if level <= 0 or name == "simple":
                self.simple(indent)
            elif name == "leave":
                self.leave(indent)
            else:
                getattr(self, name)(indent, level - 1)

    def loop(self, indent, level):
        heads = ["for i in range(choose(4)):", "while choose(3):", "while (y := choose(3)) and y:"]
        if self.kind not in "ca":
            heads += ["for i in %s():" % name for name in self.lower[-2:] if name[0] == "g"]
        else:
            heads += ["async for i in %s():" % name for name in self.lower if name[0] == "a"]
        self.put(indent, self.random.choice(heads))
        self.loops += 1
        self.body(indent + 1, level)
        self.loops -= 1
        if self.random.random() < 0.3:
            self.put(indent, "else:")
            self.body(indent + 1, level)

    def branch(self, indent, level):
        self.put(indent, "if choose(2):")
        self.body(indent + 1, level)
        if self.random.random() < 0.4:
            self.put(indent, "elif choose(2) and not choose(3):")
            self.body(indent + 1, level)
        if self.random.random() < 0.5:
            self.put(indent, "else:")
            self.body(indent + 1, level)

    def match(self, indent, level):
        self.put(indent, "match %s:" % self.random.choice(("choose(5)", "(choose(2), choose(3))", "[x, choose(3)]")))
        cases = ["0 | 1", "(0, 1)", "(0, y) if choose(2)", "[y, *_]", "int(y) if y > 2", "2"]
        for case in self.random.sample(cases, self.random.randint(1, 3)):
            self.put(indent + 1, "case %s:" % case)
            self.body(indent + 2, level)
        if self.random.random() < 0.5:
            self.put(indent + 1, "case _:")
            self.body(indent + 2, level)

    def handle(self, indent, level):
        self.put(indent, "try:")
        self.body(indent + 1, level)
        handlers = self.random.choice((0, 1, 1, 2))
        for kind in ("KeyError", "(ValueError, TypeError) as error")[:handlers]:
            self.put(indent, "except %s:" % kind)
            self.body(indent + 1, level)
            if self.random.random() < 0.2:
                self.put(indent + 1, "raise")
        if handlers and self.random.random() < 0.4:
            self.put(indent, "else:")
            self.body(indent + 1, level)
        if not handlers or self.random.random() < 0.5:
            self.put(indent, "finally:")
            # Leaving by continue, break or return is kept out: newer Pythons warn of it.
            self.put(indent + 1, "x = %s" % self.call())
            if self.kind in "ca" and self.random.random() < 0.3:
                self.put(indent + 1, "await Later()")

    def enter(self, indent, level):
        if self.kind in "ca" and self.random.random() < 0.5:
            self.put(indent, "async with AsyncManager(%s) as m:" % (self.random.random() < 0.3))
        else:
            self.put(indent, "with Manager(%s)%s:" % (self.random.random() < 0.3, self.random.choice(
                ("", " as m", ", Manager(False) as n"))))
        self.body(indent + 1, level)

    def decorate(self, indent):
        for _ in range(self.random.choice((0, 0, 1, 2))):
            self.put(indent, self.random.choice(("@plain", "@again(2)", "@again(\n%s1\n%s)" % (
                "    " * (indent + 1), "    " * indent))))

    def define(self, indent, level):
        """A function inside the function: a closure, or a generator."""
        outer, loops = self.kind, self.loops
        self.kind, self.loops = self.random.choice("fg"), 0
        self.inner += 1
        name = "inner_%d" % self.inner
        if self.kind == "f":
            self.decorate(indent)
        self.put(indent, "def %s(z=choose(3)):" % name)
        self.put(indent + 1, "x = z")
        self.body(indent + 1, level)
        self.put(indent + 1, "yield x" if self.kind == "g" else "return x")
        self.put(indent, "x = %s(%s)" % ("drive" if self.kind == "g" else "attempt", name))
        self.kind, self.loops = outer, loops

    def make_class(self, indent, level):
        self.inner += 1
        outer, loops, lower = self.kind, self.loops, self.lower
        self.kind, self.loops, self.lower = "f", 0, []
        self.put(indent, "class Inner%d:" % self.inner)
        self.put(indent + 1, "y = attempt(lambda: %s)" % self.call())
        self.put(indent + 1, "z = [choose(2) for v in range(2)]")
        self.put(indent + 1, "@property" if self.random.random() < 0.5 else "@staticmethod")
        self.put(indent + 1, "def value(self=None):")
        self.put(indent + 2, "x = 1")
        self.body(indent + 2, level)
        self.put(indent + 2, "return x")
        self.put(indent, "x = attempt(lambda: Inner%d().value)" % self.inner)
        self.kind, self.loops, self.lower = outer, loops, lower

    def function(self, name):
        self.kind = name[0]
        same = {"c": self.coroutines, "a": self.asynchronous}.get(self.kind, self.generators)
        self.lower = same[: same.index(name)] if name in same else same
        if self.kind == "a":
            self.lower = self.lower + self.coroutines
        elif self.kind in "fr":
            self.decorate(0)
        head = "async def" if self.kind in "ca" else "def"
        self.put(0, "%s %s(%s):" % (head, name, "n" if self.kind == "r" else ""))
        self.put(1, "x = 0")
        self.body(1, 3)
        self.body(1, 2)
        if self.kind in "ga":
            self.put(1, "yield x")
        self.put(1, "return" if self.kind == "a" else "return x")
        self.put(0, "")
        self.put(0, "")

    def write(self, seed):
        parts = {
            "FUNCTIONS": self.functions,
            "GENERATORS": self.generators,
            "COROUTINES": self.coroutines,
            "ASYNCHRONOUS": self.asynchronous,
            "RECURSIVE": self.recursive,
        }
        tail = TAIL
        for word, names in parts.items():
            for name in names:
                self.function(name)
            tail = tail.replace(word, ", ".join(names))
        return HEAD.replace("SEED", str(seed)) + "\n".join(self.lines) + tail


def write(directory, seeds, has_match=False):
    """Write a program for each of SEEDS to DIRECTORY; return their paths."""
    paths = []
    for seed in seeds:
        paths.append("%s/random_%d.py" % (directory, seed))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write(Writer(seed, has_match).write(seed))
    return paths
