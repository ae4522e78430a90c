"""Edit distance between words, two rows of the table at a time."""


def distance(a, b):
    previous = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        current = [i]
        for j, right in enumerate(b, 1):
            cost = 0 if left == right else 1
            current.append(min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost))
        previous = current
    return previous[-1]


def main(n):
    words = ["interpretation", "interruption", "compilation", "complication", "peregrine", "perennial", "saturation"]
    total = 0
    for _ in range(n):
        for a in words:
            for b in words:
                total += distance(a, b)
    return total


def run():
    return main(500)


if __name__ == "__main__":
    print(run())
