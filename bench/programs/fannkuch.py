"""Fannkuch: all permutations of a list, flipping prefixes until the first item is 0."""


def fannkuch(n):
    permutation = list(range(n))
    count = [0] * n
    checksum = 0
    most = 0
    r = n
    index = 0
    while True:
        while r != 1:
            count[r - 1] = r
            r -= 1
        flips = 0
        work = permutation[:]
        first = work[0]
        while first:
            work[:first + 1] = work[first::-1]
            flips += 1
            first = work[0]
        if flips > most:
            most = flips
        checksum += flips if index % 2 == 0 else -flips
        while True:
            if r == n:
                return checksum, most
            moved = permutation[0]
            for i in range(r):
                permutation[i] = permutation[i + 1]
            permutation[r] = moved
            count[r] -= 1
            if count[r] > 0:
                break
            r += 1
        index += 1


def main(n):
    return fannkuch(n)


def run():
    return main(9)


if __name__ == "__main__":
    print(run())
