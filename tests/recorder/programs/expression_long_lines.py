# SPDX-License-Identifier: BSD-3-Clause
"""Lines with many things on them, and statements joined by semicolons."""


def f(x): return x


a = f(1); b = f(2); c = f(a) + f(b); print(a, b, c)
if f(a) and f(b): a = f(3); b = f(4)
d = [f(i) for i in range(5)] + [f(f(i)) for i in (f(1), f(2))] + sorted((f(i) for i in (3, 2)), key=lambda x: f(-x)); print(d)
for i in range(3): e = f(i); e += f(e)
try: f(1); [][1]; f(2)
except IndexError: f(3); print("index")
finally: f(4); f(5)
print(a, b, e)
