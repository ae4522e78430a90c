"""Conway's game of life on a torus of lists of lists."""


def step(grid):
    height = len(grid)
    width = len(grid[0])
    result = []
    for y in range(height):
        above = grid[y - 1]
        here = grid[y]
        below = grid[(y + 1) % height]
        row = []
        for x in range(width):
            right = (x + 1) % width
            neighbours = (above[x - 1] + above[x] + above[right] + here[x - 1] + here[right]
                          + below[x - 1] + below[x] + below[right])
            row.append(1 if neighbours == 3 or (neighbours == 2 and here[x]) else 0)
        result.append(row)
    return result


def main(n):
    size = 64
    grid = [[1 if (x * x + y * 13) % 7 < 3 else 0 for x in range(size)] for y in range(size)]
    for _ in range(n):
        grid = step(grid)
    return sum(sum(row) for row in grid), grid[0][:8]


def run():
    return main(600)


if __name__ == "__main__":
    print(run())
