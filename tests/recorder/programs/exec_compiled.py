# SPDX-License-Identifier: BSD-3-Clause
"""Code from compile, exec and eval: with file names of its own, in our module."""

source = """\
def made(n):
    if n:
        return made(n - 1) + 1
    return 0

result = made(2)
"""
exec(compile(source, "/nowhere/made.py", "exec"))
print(result, made(1))
exec("x = 1\ny = x + 1\n")
print(eval("x + y"), eval(compile("made(\n3)", "<expression>", "eval")))
other = {"__name__": "elsewhere"}
exec(source, other)
print(other["result"])
nameless = {}
exec("value = 5", nameless)
print(nameless["value"])
for i in range(3):
    exec("z = %d\nz += 1" % i)
print(z)
