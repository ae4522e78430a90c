"""64-bit hashing: FNV-1a over bytes and splitmix64, with the masks that keep Python's ints at 64 bits."""

MASK = 0xFFFFFFFFFFFFFFFF


def fnv1a(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h ^= byte
        h = (h * 0x100000001B3) & MASK
    return h


def splitmix(state, count):
    total = 0
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        total ^= z ^ (z >> 31)
    return total


def main(n):
    data = bytes(i * 7 % 256 for i in range(4096))
    result = 0
    for i in range(n):
        result ^= fnv1a(data) ^ splitmix(i, 4096)
    return hex(result)


def run():
    return main(150)


if __name__ == "__main__":
    print(run())
