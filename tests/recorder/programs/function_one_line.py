# SPDX-License-Identifier: BSD-3-Clause
"""Functions and classes whole on one line: the def line is the body's line."""


def one(x): return x + 1
def two(x): y = one(x); return one(y)
class C: a = one(1); b = two(2)
class D:
    def get(self): return self
    def chain(self): return self.get().get()
def generate(): yield 1; yield 2
def gen2(): return (yield)
def raising(): raise KeyError


print(one(1), two(2), C.a, C.b)
d = D()
print(d.chain() is d)
print(list(generate()))
g = gen2()
next(g)
try:
    g.send(3)
except StopIteration as stop: print(stop.value)
try: raising()
except KeyError: print("key")
if one(0): print("yes")
else: print("no")
for i in range(3): one(i)
