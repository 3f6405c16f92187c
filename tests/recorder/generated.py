# SPDX-License-Identifier: BSD-3-Clause
"""Programs of the oracle test that are too long to keep: written when it runs.

Each function returns the text of one program; PROGRAMS names them.
"""


def far_lines():
    """Line numbers beyond 65,535, with jumps of up to 70,000 lines in one frame."""
    head = ["def far(n):", "    total = 0", "    for i in range(n):", "        total += i"]
    head += [""] * 70000
    middle = ["        if i % 2:", "            continue"]
    middle += [""] * 60000
    middle += ["        total += near(i)", "    return total", ""]
    middle += [""] * 3
    tail = ["def near(n):", "    return (", "        n"] + [""] * 1000 + ["        + 1)", ""]
    return head + middle + tail + ["print(far(6), near(", *[""] * 300, "    2))"]


def long_function():
    """A function of 3,000 lines, with loops, calls, branches and exceptions all along it."""
    lines = ["def small(n):", "    return n + 1", "", "", "def long(n):", "    total = 0"]
    for i in range(250):
        lines += [
            "    total += %d" % i,
            "    if total % 3 == 0:",
            "        total = small(total)",
            "    else:",
            "        total -= 1",
            "    for i in range(n):",
            "        total += i",
            "        total += small(i)",
            "    try:",
            "        total //= (total + %d) %% %d" % (i, i % 5 + 1),
            "    except ZeroDivisionError:",
            "        total += %d" % i,
        ]
    return lines + ["    return total", "", "", "print(long(0), long(3))"]


def long_straight():
    """A function of 3,000 plain lines in a row, called again and again."""
    lines = ["def long(x):"]
    lines += ["    x = x + %d" % (i % 7) for i in range(3000)]
    return lines + ["    return x", "", "", "print([long(i) for i in range(3)])"]


def long_generator():
    """A generator of 2,000 lines that is suspended on every tenth."""
    lines = ["def long(x):"]
    lines += ["    yield x" if i % 10 == 0 else "    x = x + %d" % (i % 7) for i in range(2000)]
    return lines + ["", "", "print(sum(long(1)))"]


def long_module():
    """A module body of 4,000 lines, defining and calling 1,300 functions."""
    lines = []
    for i in range(1300):
        lines += ["def f%d(n):" % i, "    return n + %d" % i, "total = f%d(1)" % i]
    return lines + ["print(total)"]


def many_classes():
    """500 classes of the same names, made in a loop by a function, each with its code."""
    return [
        "import types",
        "def make(n):",
        "    space = {'__name__': '__main__'}",
        "    exec(compile('def f():\\n    x = %d\\n    return x\\n' % n, '<made %d>' % n, 'exec'), space)",
        "    return space['f']",
        "total = 0",
        "for n in range(500):",
        "    f = make(n)",
        "    total += f()",
        "    total += f()",
        "print(total)",
    ]


def deep_nesting():
    """Blocks 18 deep and functions 30 deep, with a way out from the bottom."""
    lines, indent = ["def blocks(n):"], "    "
    for i in range(6):
        for opening in ("for i%d in range(2):" % i, "if i%d < n:" % i, "try:"):
            lines.append(indent + opening)
            indent += "    "
    lines.append(indent + "return i0 + i5 if n > 2 else 1 / 0")
    for i in range(6):
        indent = indent[4:]
        lines += [indent + "except ZeroDivisionError:", indent + "    n += 1"]
        indent = indent[8:]
    lines += ["    return n", "", ""]
    for i in range(30):
        lines.append("    " * i + "def f%d(n):" % i)
    lines.append("    " * 30 + "return n + 1")
    for i in reversed(range(1, 30)):
        lines.append("    " * i + "return f%d(n + 1)" % i)
    return lines + ["", "", "print(blocks(1), blocks(2), blocks(3), f0(1))"]


def wide_statement():
    """One expression over 600 lines: the line goes forwards and backwards in it."""
    lines = ["def f(*args): return len(args)", "print(f("]
    lines += ["    f(%d)," % i if i % 3 else "    %d," % i for i in range(250)]
    lines += ["    f("] + ["        f(", "            %d" % 1, "        )," ] * 100 + ["    ),"]
    return lines + ["))"]


PROGRAMS = (
    far_lines,
    long_function,
    long_straight,
    long_generator,
    long_module,
    many_classes,
    deep_nesting,
    wide_statement,
)


def write(directory):
    """Write all programs to DIRECTORY; return their paths."""
    paths = []
    for make in PROGRAMS:
        paths.append("%s/generated_%s.py" % (directory, make.__name__))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write("\n".join(make()) + "\n")
    return paths
