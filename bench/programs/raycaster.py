"""A small ray caster over vectors and spheres that are ordinary classes with operators."""

from math import sqrt


class Vec:
    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z

    def __add__(self, other):
        return Vec(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other):
        return Vec(self.x - other.x, self.y - other.y, self.z - other.z)

    def scale(self, factor):
        return Vec(self.x * factor, self.y * factor, self.z * factor)

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z

    def unit(self):
        return self.scale(1.0 / sqrt(self.dot(self)))


class Sphere:
    def __init__(self, centre, radius, shade):
        self.centre = centre
        self.radius = radius
        self.shade = shade

    def hit(self, origin, direction):
        offset = origin - self.centre
        b = offset.dot(direction)
        inside = b * b - offset.dot(offset) + self.radius * self.radius
        if inside < 0.0:
            return -1.0
        return -b - sqrt(inside)


def trace(scene, origin, direction, light):
    nearest = 1e30
    found = None
    for sphere in scene:
        t = sphere.hit(origin, direction)
        if 0.0 < t < nearest:
            nearest = t
            found = sphere
    if found is None:
        return 0.0
    point = origin + direction.scale(nearest)
    normal = (point - found.centre).unit()
    return found.shade * max(0.1, normal.dot(light))


def main(n):
    scene = [Sphere(Vec(0.0, 0.0, 5.0), 1.0, 1.0), Sphere(Vec(1.5, 0.5, 4.0), 0.5, 0.8),
             Sphere(Vec(-1.0, -0.7, 3.5), 0.6, 0.6)]
    light = Vec(-1.0, 1.0, -1.0).unit()
    origin = Vec(0.0, 0.0, 0.0)
    total = 0.0
    for j in range(n):
        for i in range(n):
            direction = Vec(2.0 * i / n - 1.0, 2.0 * j / n - 1.0, 2.0).unit()
            total += trace(scene, origin, direction, light)
    return f"{total:.9f}"


def run():
    return main(450)


if __name__ == "__main__":
    print(run())
