"""A hot loop at module level, run when the program is executed as a script or with run()."""

SOURCE = """
total = 0
x = 1.0
for i in range(size):
    total += i & 7
    x = x * 0.999 + total % 3
    if i % 1000 == 0:
        total ^= i
"""

CODE = compile(SOURCE, "<module loop>", "exec")


def main(n):
    names = {"size": n}
    exec(CODE, names)
    return names["total"], f"{names['x']:.9f}"


def run():
    return main(2_500_000)


if __name__ == "__main__":
    print(run())
