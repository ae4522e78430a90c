"""Powers of small matrices kept as tuples: the Fibonacci numbers modulo a prime, and rotations."""


def multiply(a, b, modulus):
    a00, a01, a10, a11 = a
    b00, b01, b10, b11 = b
    return ((a00 * b00 + a01 * b10) % modulus, (a00 * b01 + a01 * b11) % modulus,
            (a10 * b00 + a11 * b10) % modulus, (a10 * b01 + a11 * b11) % modulus)


def power(matrix, exponent, modulus):
    result = (1, 0, 0, 1)
    while exponent:
        if exponent & 1:
            result = multiply(result, matrix, modulus)
        matrix = multiply(matrix, matrix, modulus)
        exponent >>= 1
    return result


def main(n):
    total = 0
    for i in range(n):
        total += power((1, 1, 1, 0), 1_000_003 + i, 998_244_353)[1]
    return total


def run():
    return main(25_000)


if __name__ == "__main__":
    print(run())
