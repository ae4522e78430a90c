"""What Tiercel adds to starting Python: importing it, and running an empty program through `python -m tiercel`.

    python bench/startup.py
"""

from __future__ import annotations

import sys
import time

import measure

ROUNDS = 25
HEADINGS = ("command", "ms", "over plain", "at most")

COMMANDS: dict[str, tuple[tuple[str, ...], str]] = {
    "python -c pass": (("-c", "pass"), ""),
    "python -c 'import tiercel'": (("-c", "import tiercel"), "30"),
    "python -m tiercel -c pass": (("-m", "tiercel", "-c", "pass"), "40"),
}


def table() -> list[tuple[str, ...]]:
    """The commands in turn, medians."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, (arguments, _) in COMMANDS.items():
            start = time.perf_counter()
            measure.run([sys.executable, *arguments])
            times[name].append((time.perf_counter() - start) * 1e3)
    plain = measure.median(next(iter(times.values())))
    return [(name, f"{measure.median(times[name]):.1f}", f"{measure.median(times[name]) - plain:.1f}", most)
            for name, (_, most) in COMMANDS.items()]


def main() -> None:
    """Print the table."""
    for line in (HEADINGS, *table()):
        print("{:28} {:>7} {:>11} {:>8}".format(*line))


if __name__ == "__main__":
    main()
