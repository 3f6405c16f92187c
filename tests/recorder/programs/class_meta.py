# SPDX-License-Identifier: BSD-3-Clause
"""Metaclasses: __prepare__, __new__, __init__, __call__, __init_subclass__."""


class Meta(type):
    @classmethod
    def __prepare__(mcs, name, bases, **keywords):
        return {"prepared": name}

    def __new__(mcs, name, bases, namespace, **keywords):
        cls = super().__new__(mcs, name, bases, dict(namespace))
        cls.keywords = sorted(keywords)
        return cls

    def __init__(cls, name, bases, namespace, **keywords):
        super().__init__(name, bases, namespace)

    def __call__(cls, *args):
        instance = super().__call__(*args)
        instance.made_by = "meta"
        return instance


class Base(metaclass=Meta, option=1):
    children = []

    def __init_subclass__(cls, **keywords):
        super().__init_subclass__()
        Base.children.append(cls.__name__)

    def __init__(self, value):
        self.value = value


class Child(
    Base,
    other=2,
):
    def get(self):
        return self.value


child = Child(3)
print(child.get(), child.made_by, Child.prepared, Child.keywords, Base.children)
