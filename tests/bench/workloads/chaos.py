# SPDX-License-Identifier: BSD-3-Clause
"""The chaos game along a curve: floats, small objects, list indexing."""

SCALE = 180000


class Random:
    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return self.state % limit


class Point:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)

    def scaled(self, factor):
        return Point(self.x * factor, self.y * factor)

    def toward(self, other, share):
        return self.scaled(1.0 - share) + other.scaled(share)


class Curve:
    def __init__(self, points):
        self.points = points

    def at(self, t):
        work = self.points
        while len(work) > 1:
            closer = []
            for i in range(len(work) - 1):
                closer.append(work[i].toward(work[i + 1], t))
            work = closer
        return work[0]


class Game:
    def __init__(self, curves, width, height):
        self.random = Random(42)
        self.curves = curves
        self.width = width
        self.height = height
        self.image = [[0] * width for _ in range(height)]

    def transform(self, point):
        if self.random.below(8) == 0:
            curve = self.curves[self.random.below(len(self.curves))]
            corner = curve.at(self.random.below(100) / 100.0)
        else:
            points = self.curves[self.random.below(len(self.curves))].points
            corner = points[self.random.below(len(points))]
        point = point.toward(corner, 0.5)
        if point.x < 0.0:
            point.x = 0.0
        if point.y < 0.0:
            point.y = 0.0
        return point

    def plot(self, point):
        x = int(point.x * self.width)
        y = int(point.y * self.height)
        if x >= self.width:
            x = self.width - 1
        if y >= self.height:
            y = self.height - 1
        self.image[y][x] += 1

    def play(self, turns):
        point = Point(0.1, 0.2)
        for _ in range(turns):
            point = self.transform(point)
            self.plot(point)
        return sum(1 for row in self.image for cell in row if cell)


def run(scale):
    curves = [
        Curve([Point(0.1, 0.1), Point(0.5, 0.9), Point(0.9, 0.2)]),
        Curve([Point(0.2, 0.8), Point(0.4, 0.1), Point(0.6, 0.7), Point(0.9, 0.9)]),
    ]
    return Game(curves, 120, 90).play(scale // 2)
