# SPDX-License-Identifier: BSD-3-Clause
"""dataclasses: their generated code belongs to this module, file <string>."""
import dataclasses


@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: int = 2
    tags: list = dataclasses.field(default_factory=list, compare=False)

    def __post_init__(self):
        self.sum = self.x + self.y


@dataclasses.dataclass(frozen=True)
class Frozen:
    name: str


print(Point(1), Point(1) == Point(1, 2), Point(1) < Point(2))
frozen = Frozen("f")
try:
    frozen.name = "g"
except dataclasses.FrozenInstanceError:
    print("frozen", hash(frozen) == hash(Frozen("f")))
print(dataclasses.replace(Point(1), y=5), dataclasses.asdict(Point(3)))
