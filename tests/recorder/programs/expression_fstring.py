# SPDX-License-Identifier: BSD-3-Clause
"""f-strings: nested, formatted, over several lines, with calls in them."""


def name(n):
    return f"name{n}"


def wide(n):
    return n * 2


value = 3.14159
print(f"{value:.{wide(1)}f} {name(1)!r:>{wide(6)}}")
text = (
    f"first {name(1)}\n"
    f"second {name(2)} "
    f"{[name(i) for i in range(2)]}"
)
print(text)
block = f"""
{name(1)}
  {name(2)}
{
    name(3)
}
"""
print(block)
print("%s and %s" % (
    name(4),
    name(5),
))
print("{} {x}".format(
    name(6),
    x=name(7)))
