"""All shortest paths in a graph, the distance table a list of lists with infinities."""

from math import inf


def shortest_paths(n, edges):
    distance = [[inf] * n for _ in range(n)]
    for i in range(n):
        distance[i][i] = 0
    for start, end, weight in edges:
        distance[start][end] = min(distance[start][end], weight)
    for k in range(n):
        for i in range(n):
            first = distance[i][k]
            if first == inf:
                continue
            for j in range(n):
                through = first + distance[k][j]
                if through < distance[i][j]:
                    distance[i][j] = through
    return distance


def main(n):
    edges = [(i, (i * 7 + k * 31 + 1) % n, (i * 13 + k * 5) % 50 + 1) for i in range(n) for k in range(3)]
    distance = shortest_paths(n, edges)
    return sum(d for row in distance for d in row if d != inf)


def run():
    return main(300)


if __name__ == "__main__":
    print(run())
