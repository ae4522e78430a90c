"""Run one benchmark program repeatedly in this process and print what was seen as a line of JSON.

    python bench/driver.py NAME [--seconds S]              python -m tiercel bench/driver.py NAME [--seconds S]

The program itself decides nothing about measuring: it has a `run()` that returns a checkable result.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pathlib
import resource
import sys
import time
from types import ModuleType

PROGRAMS = pathlib.Path(__file__).parent / "programs"
STABLE = 0.02       # the last three iterations lie within this share of each other: warmed up
STEADY = 5          # iterations measured after that


def iterate(program: ModuleType, seconds: float) -> tuple[list[float], int, list[str]]:
    """Run until warm and then a few times more; the times, how many of them were warm-up, the results seen."""
    times: list[float] = []
    results: set[str] = set()
    warm = 0
    begun = time.perf_counter()
    while True:
        start = time.perf_counter()
        result = program.run()
        end = time.perf_counter()
        times.append(end - start)
        results.add(repr(result))
        last = times[-3:]
        if not warm and len(times) >= 3 and max(last) - min(last) <= STABLE * min(last):
            warm = len(times) - len(last)
        if warm and len(times) - warm >= STEADY:
            break
        if end - begun > seconds and len(times) >= 3:
            warm = warm or len(times) // 2
            break
    return times, warm, sorted(results)


def compiled() -> dict[str, int] | None:
    """What compiling cost in this process, where Tiercel is active and keeps account of it."""
    control = sys.modules.get("tiercel.control")
    statistics = getattr(control, "statistics", None)
    if statistics is None:
        return None
    seen = statistics()
    return {name: int(getattr(seen, name, 0)) for name in ("compile_ns", "functions", "instructions")}


def main() -> None:
    """Run the program named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--seconds", type=float, default=8.0, help="stop measuring after this long")
    options = parser.parse_args()
    sys.path.insert(0, str(PROGRAMS))
    program = importlib.import_module(options.name)
    times, warm, results = iterate(program, options.seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"times": times, "warm": warm, "results": results, "peak_kb": peak, "compiled": compiled()}))


if __name__ == "__main__":
    main()
