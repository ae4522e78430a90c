"""Euclid's algorithm and modular powers over many pairs."""


def gcd(a, b):
    while b:
        a, b = b, a % b
    return a


def power(base, exponent, modulus):
    result = 1
    base %= modulus
    while exponent > 0:
        if exponent & 1:
            result = result * base % modulus
        base = base * base % modulus
        exponent >>= 1
    return result


def main(n):
    coprime = 0
    total = 0
    for a in range(1, n):
        for b in range(1, a, 3):
            if gcd(a, b) == 1:
                coprime += 1
        total += power(a, 1_000_003, 1_000_000_007)
    return coprime, total


def run():
    return main(4000)


if __name__ == "__main__":
    print(run())
