# SPDX-License-Identifier: BSD-3-Clause
"""A ray tracer: vectors as objects, spheres and a plane, shadows and reflections."""
import math

SCALE = 110

EPSILON = 0.0001


class Vector:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def scale(self, factor):
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def length(self):
        return math.sqrt(self.dot(self))

    def unit(self):
        return self.scale(1.0 / self.length())

    def reflect(self, normal):
        return self - normal.scale(2.0 * self.dot(normal))


class Ray:
    def __init__(self, origin, direction):
        self.origin = origin
        self.direction = direction.unit()

    def at(self, distance):
        return self.origin + self.direction.scale(distance)


class Sphere:
    def __init__(self, centre, radius, shade):
        self.centre = centre
        self.radius = radius
        self.shade = shade

    def meet(self, ray):
        to_centre = self.centre - ray.origin
        along = to_centre.dot(ray.direction)
        if along < 0.0:
            return None
        inside = self.radius * self.radius - to_centre.dot(to_centre) + along * along
        if inside < 0.0:
            return None
        return along - math.sqrt(inside)

    def normal(self, point):
        return (point - self.centre).unit()

    def colour(self, point):
        return self.shade


class Floor:
    def __init__(self, height):
        self.height = height
        self.up = Vector(0.0, 1.0, 0.0)

    def meet(self, ray):
        if ray.direction.y >= -EPSILON:
            return None
        return (self.height - ray.origin.y) / ray.direction.y

    def normal(self, point):
        return self.up

    def colour(self, point):
        if (int(math.floor(point.x)) + int(math.floor(point.z))) % 2:
            return 0.2
        return 0.9


class Scene:
    def __init__(self):
        self.objects = []
        self.light = Vector(-5.0, 10.0, -5.0)

    def nearest(self, ray):
        best = None
        found = None
        for thing in self.objects:
            distance = thing.meet(ray)
            if distance is not None and distance > EPSILON:
                if best is None or distance < best:
                    best = distance
                    found = thing
        return found, best

    def is_lit(self, point):
        ray = Ray(point, self.light - point)
        for thing in self.objects:
            distance = thing.meet(ray)
            if distance is not None and distance > EPSILON:
                return False
        return True

    def trace(self, ray, depth):
        thing, distance = self.nearest(ray)
        if thing is None:
            return 0.1
        point = ray.at(distance)
        normal = thing.normal(point)
        value = 0.1
        if self.is_lit(point):
            light = (self.light - point).unit().dot(normal)
            if light > 0.0:
                value += thing.colour(point) * light
        if depth > 0:
            mirrored = Ray(point, ray.direction.reflect(normal))
            value += 0.3 * self.trace(mirrored, depth - 1)
        return value


def run(scale):
    scene = Scene()
    scene.objects.append(Floor(-1.0))
    for i in range(4):
        scene.objects.append(Sphere(Vector(i - 1.5, 0.2 * i, 4.0 + i), 0.8, 0.3 + 0.1 * i))
    eye = Vector(0.0, 0.5, -3.0)
    total = 0.0
    for row in range(scale):
        for column in range(scale):
            target = Vector(column / scale - 0.5, 0.5 - row / scale, 0.0)
            total += scene.trace(Ray(eye, target + Vector(0.0, 0.3, 1.0) - eye), 2)
    return int(total * 100)
