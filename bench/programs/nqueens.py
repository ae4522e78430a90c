"""The number of ways to place n queens: recursion over lists of taken columns and diagonals."""


def place(row, n, columns, rising, falling):
    if row == n:
        return 1
    count = 0
    for column in range(n):
        if not columns[column] and not rising[row + column] and not falling[row - column + n]:
            columns[column] = rising[row + column] = falling[row - column + n] = True
            count += place(row + 1, n, columns, rising, falling)
            columns[column] = rising[row + column] = falling[row - column + n] = False
    return count


def main(n):
    return place(0, n, [False] * n, [False] * (2 * n), [False] * (2 * n))


def run():
    return main(12)


if __name__ == "__main__":
    print(run())
