"""The Mandelbrot set on a grid of floats: a tight float loop with an early exit."""


def escape(cr, ci, limit):
    zr = zi = 0.0
    for i in range(limit):
        zr2 = zr * zr
        zi2 = zi * zi
        if zr2 + zi2 > 4.0:
            return i
        zi = 2.0 * zr * zi + ci
        zr = zr2 - zi2 + cr
    return limit


def main(n):
    total = 0
    for y in range(n):
        ci = 3.0 * y / n - 1.5
        for x in range(n):
            total += escape(3.0 * x / n - 2.0, ci, 200)
    return total


def run():
    return main(380)


if __name__ == "__main__":
    print(run())
