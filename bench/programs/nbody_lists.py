"""The planets' orbits, each body a list of position, velocity and mass."""

from math import pi

SOLAR_MASS = 4 * pi * pi
DAYS = 365.24


def system():
    sun = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, SOLAR_MASS]
    jupiter = [4.84143144246472082945e00, -1.16032004402742839362e00, -1.03622044471123109494e-01,
               1.66007664274403694959e-03 * DAYS, 7.69901118419740425080e-03 * DAYS,
               -6.90460016972063023554e-05 * DAYS, 9.54791938424326609124e-04 * SOLAR_MASS]
    saturn = [8.34336671824457987790e00, 4.12479856412430479268e00, -4.03523417114321381293e-01,
              -2.76742510726411899619e-03 * DAYS, 4.99852801234917238954e-03 * DAYS,
              2.30417297573763929463e-05 * DAYS, 2.85885980666130812119e-04 * SOLAR_MASS]
    uranus = [1.28943695621391310164e01, -1.51111514016986312525e01, -2.23307578892655734398e-01,
              2.96460137564761618652e-03 * DAYS, 2.37847173959480950016e-03 * DAYS,
              -2.96589568540237556131e-05 * DAYS, 4.36624404335156298062e-05 * SOLAR_MASS]
    neptune = [1.53796971148509165498e01, -2.59193146099879641146e01, 1.79258772950371181757e-01,
               2.68067772490389322072e-03 * DAYS, 1.62824170038242295431e-03 * DAYS,
               -9.51592254519715870972e-05 * DAYS, 5.15138902046611451304e-05 * SOLAR_MASS]
    bodies = [sun, jupiter, saturn, uranus, neptune]
    for axis in range(3):
        sun[3 + axis] = -sum(body[3 + axis] * body[6] for body in bodies) / SOLAR_MASS
    return bodies


def advance(bodies, pairs, dt, steps):
    for _ in range(steps):
        for a, b in pairs:
            dx = a[0] - b[0]
            dy = a[1] - b[1]
            dz = a[2] - b[2]
            mag = dt * (dx * dx + dy * dy + dz * dz) ** -1.5
            pull = b[6] * mag
            a[3] -= dx * pull
            a[4] -= dy * pull
            a[5] -= dz * pull
            pull = a[6] * mag
            b[3] += dx * pull
            b[4] += dy * pull
            b[5] += dz * pull
        for body in bodies:
            body[0] += dt * body[3]
            body[1] += dt * body[4]
            body[2] += dt * body[5]


def energy(bodies, pairs):
    total = 0.0
    for x, y, z, vx, vy, vz, mass in bodies:
        total += 0.5 * mass * (vx * vx + vy * vy + vz * vz)
    for a, b in pairs:
        dx = a[0] - b[0]
        dy = a[1] - b[1]
        dz = a[2] - b[2]
        total -= a[6] * b[6] / (dx * dx + dy * dy + dz * dz) ** 0.5
    return total


def main(n):
    bodies = system()
    pairs = [(a, b) for i, a in enumerate(bodies) for b in bodies[i + 1:]]
    before = energy(bodies, pairs)
    advance(bodies, pairs, 0.01, n)
    return f"{before:.9f} {energy(bodies, pairs):.9f}"


def run():
    return main(70_000)


if __name__ == "__main__":
    print(run())
