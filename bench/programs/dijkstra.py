"""Shortest paths on a grid with heapq."""

from heapq import heappop, heappush


def neighbours(node, width, height):
    y, x = divmod(node, width)
    if x > 0:
        yield node - 1
    if x + 1 < width:
        yield node + 1
    if y > 0:
        yield node - width
    if y + 1 < height:
        yield node + width


def shortest(costs, width, height):
    distance = {0: 0}
    done = set()
    queue = [(0, 0)]
    while queue:
        so_far, node = heappop(queue)
        if node in done:
            continue
        done.add(node)
        for other in neighbours(node, width, height):
            through = so_far + costs[other]
            if other not in distance or through < distance[other]:
                distance[other] = through
                heappush(queue, (through, other))
    return distance[width * height - 1]


def main(n):
    costs = [1 + i * i * 31 % 17 for i in range(n * n)]
    return shortest(costs, n, n)


def run():
    return main(650)


if __name__ == "__main__":
    print(run())
