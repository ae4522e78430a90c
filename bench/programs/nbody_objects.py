"""The planets' orbits, each body an object with attributes."""

from math import pi, sqrt

SOLAR_MASS = 4 * pi * pi
DAYS = 365.24


class Body:
    def __init__(self, x, y, z, vx, vy, vz, mass):
        self.x = x
        self.y = y
        self.z = z
        self.vx = vx * DAYS
        self.vy = vy * DAYS
        self.vz = vz * DAYS
        self.mass = mass * SOLAR_MASS


def system():
    sun = Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    bodies = [
        sun,
        Body(4.84143144246472082945e00, -1.16032004402742839362e00, -1.03622044471123109494e-01,
             1.66007664274403694959e-03, 7.69901118419740425080e-03, -6.90460016972063023554e-05,
             9.54791938424326609124e-04),
        Body(8.34336671824457987790e00, 4.12479856412430479268e00, -4.03523417114321381293e-01,
             -2.76742510726411899619e-03, 4.99852801234917238954e-03, 2.30417297573763929463e-05,
             2.85885980666130812119e-04),
        Body(1.28943695621391310164e01, -1.51111514016986312525e01, -2.23307578892655734398e-01,
             2.96460137564761618652e-03, 2.37847173959480950016e-03, -2.96589568540237556131e-05,
             4.36624404335156298062e-05),
        Body(1.53796971148509165498e01, -2.59193146099879641146e01, 1.79258772950371181757e-01,
             2.68067772490389322072e-03, 1.62824170038242295431e-03, -9.51592254519715870972e-05,
             5.15138902046611451304e-05),
    ]
    px = py = pz = 0.0
    for body in bodies:
        px += body.vx * body.mass
        py += body.vy * body.mass
        pz += body.vz * body.mass
    sun.vx = -px / SOLAR_MASS
    sun.vy = -py / SOLAR_MASS
    sun.vz = -pz / SOLAR_MASS
    return bodies


def advance(bodies, dt, steps):
    count = len(bodies)
    for _ in range(steps):
        for i in range(count):
            a = bodies[i]
            for j in range(i + 1, count):
                b = bodies[j]
                dx = a.x - b.x
                dy = a.y - b.y
                dz = a.z - b.z
                square = dx * dx + dy * dy + dz * dz
                mag = dt / (square * sqrt(square))
                a.vx -= dx * b.mass * mag
                a.vy -= dy * b.mass * mag
                a.vz -= dz * b.mass * mag
                b.vx += dx * a.mass * mag
                b.vy += dy * a.mass * mag
                b.vz += dz * a.mass * mag
        for body in bodies:
            body.x += dt * body.vx
            body.y += dt * body.vy
            body.z += dt * body.vz


def energy(bodies):
    total = 0.0
    for i, a in enumerate(bodies):
        total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
        for b in bodies[i + 1:]:
            dx = a.x - b.x
            dy = a.y - b.y
            dz = a.z - b.z
            total -= a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
    return total


def main(n):
    bodies = system()
    before = energy(bodies)
    advance(bodies, 0.01, n)
    return f"{before:.9f} {energy(bodies):.9f}"


def run():
    return main(60_000)


if __name__ == "__main__":
    print(run())
