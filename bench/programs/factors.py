"""Prime factors by trial division, collected in lists."""


def factors(n):
    found = []
    divisor = 2
    while divisor * divisor <= n:
        while n % divisor == 0:
            found.append(divisor)
            n //= divisor
        divisor += 1 if divisor == 2 else 2
    if n > 1:
        found.append(n)
    return found


def main(n):
    total = 0
    for number in range(10**9, 10**9 + n):
        total += sum(factors(number))
    return total


def run():
    return main(2000)


if __name__ == "__main__":
    print(run())
