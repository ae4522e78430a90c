"""The product of two matrices kept as lists of lists of floats."""


def make(n, seed):
    return [[(i * seed + j) % 17 / 8.0 for j in range(n)] for i in range(n)]


def multiply(a, b):
    rows = len(a)
    inner = len(b)
    columns = len(b[0])
    result = [[0.0] * columns for _ in range(rows)]
    for i in range(rows):
        for j in range(columns):
            total = 0.0
            for k in range(inner):
                total += a[i][k] * b[k][j]
            result[i][j] = total
    return result


def main(n):
    product = multiply(make(n, 3), make(n, 5))
    return sum(product[i][i] for i in range(n))


def run():
    return main(200)


if __name__ == "__main__":
    print(run())
