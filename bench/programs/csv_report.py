"""Reading comma separated text and grouping it: str methods, dicts of lists, sorted with keys."""


def make(n):
    cities = ["Oslo", "Turin", "Quito", "Lagos", "Perth"]
    return "\n".join(f"{cities[i * 7 % 5]},{i % 12 + 1},{i * 31 % 400 / 10}" for i in range(n))


def report(text):
    groups = {}
    for line in text.splitlines():
        city, month, value = line.split(",")
        groups.setdefault(city, []).append((int(month), float(value)))
    rows = []
    for city, values in sorted(groups.items()):
        warm = [v for _, v in values if v > 20.0]
        mean = sum(v for _, v in values) / len(values)
        rows.append(f"{city}: {mean:.3f} {len(warm)} {max(values)[1]}")
    return rows


def main(n):
    text = make(20_000)
    rows = []
    for _ in range(n):
        rows = report(text)
    return rows


def run():
    return main(60)


if __name__ == "__main__":
    print(run())
