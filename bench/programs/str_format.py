"""String formatting: f-strings, %, str.format and join, all of it CPython's own C code."""


def main(n):
    lines = []
    size = 0
    for i in range(n):
        line = f"{i:>8} {i / 7:.3f} {i:x}"
        line += " %s=%05d" % ("key", i)
        line += " {0!r}:{1:,}".format(line[-3:], i * 1000)
        lines.append(line)
        if len(lines) == 100:
            size += len("\n".join(lines))
            lines.clear()
    return size


def run():
    return main(400_000)


if __name__ == "__main__":
    print(run())
