# SPDX-License-Identifier: BSD-3-Clause
"""One code object run many times, and equal ones from different places."""

text = "def f():\n    return 1\nf()\n"
once = compile(text, "<once>", "exec")
for i in range(3):
    exec(once)
first = compile(text, "<equal>", "exec")
second = compile(text, "<equal>", "exec")
print(first == second)
exec(first)
exec(second)
f2 = type(f)(f.__code__.replace(co_firstlineno=50), globals())
print(f2())
