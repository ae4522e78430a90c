"""Run one program of pyperformance in this process, again and again, and print what was seen as a line of JSON.

    python bench/suite_driver.py [--seconds S] PROGRAM [arguments of the program]

The programs are written for pyperf, which runs each in many processes.  What matters for a compiler that works while
a program runs is the steady state of one process; so `pyperf.Runner` is replaced by one that repeats a benchmark here.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import pathlib
import resource
import runpy
import sys
import time
from collections.abc import Callable
from typing import Any

import pyperf

LEAST = 0.02    # seconds: shorter benchmarks are repeated within one measurement
ROUNDS = 6      # at least, so that the last third says more than one


def programs() -> pathlib.Path:
    """The folder of pyperformance's programs; SystemExit where it is not installed."""
    spec = importlib.util.find_spec("pyperformance")
    if spec is None or spec.origin is None:
        raise SystemExit("pyperformance is not installed; `make bench-pyperformance` installs it")
    return pathlib.Path(spec.origin).parent / "data-files" / "benchmarks"


class Runner:
    """Stands for `pyperf.Runner`: measures in this process and keeps the seconds of each round."""

    seconds = 5.0
    seen: dict[str, list[float]] = {}

    def __init__(self, add_cmdline_args: Callable | None = None, **_: Any) -> None:
        self.metadata: dict[str, Any] = {}
        self.argparser = argparse.ArgumentParser()
        self.args: argparse.Namespace | None = None

    def parse_args(self, args: list[str] | None = None) -> argparse.Namespace:
        """The program's own arguments."""
        self.args = self.argparser.parse_args(args)
        return self.args

    def bench_func(self, name: str, func: Callable, *args: Any, inner_loops: int = 1, **_: Any) -> None:
        """Measure calls of `func(*args)`."""
        def timed(loops: int) -> float:
            rounds = range(loops)
            begun = time.perf_counter()
            for _ in rounds:
                func(*args)
            return time.perf_counter() - begun
        self._measure(name, timed)

    def bench_time_func(self, name: str, func: Callable, *args: Any, inner_loops: int = 1, **_: Any) -> None:
        """Measure by `func(loops, *args)`, which returns the seconds that they took."""
        self._measure(name, lambda loops: func(loops, *args))

    def bench_async_func(self, name: str, func: Callable, *args: Any, loop_factory: Any = None, **_: Any) -> None:
        """Measure awaiting `func(*args)`."""
        async def timed(loops: int) -> float:
            begun = time.perf_counter()
            for _ in range(loops):
                await func(*args)
            return time.perf_counter() - begun

        def run(loops: int) -> float:
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                return runner.run(timed(loops))
        self._measure(name, run)

    def _measure(self, name: str, timed: Callable[[int], float]) -> None:
        loops = 1
        while timed(loops) < LEAST:
            loops *= 2
        rounds: list[float] = []
        begun = time.perf_counter()
        while time.perf_counter() - begun < self.seconds or len(rounds) < ROUNDS:
            rounds.append(timed(loops) / loops)
        self.seen[name] = rounds


def main() -> None:
    """Run the program named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each benchmark is repeated")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="arguments of the program")
    options = parser.parse_args()
    script = programs() / f"bm_{options.program}" / "run_benchmark.py"
    if not script.exists():
        parser.error(f"pyperformance has no program {options.program}")
    Runner.seconds = options.seconds
    pyperf.Runner = Runner
    sys.argv = [str(script), *options.arguments]
    sys.path.insert(0, str(script.parent))
    runpy.run_path(str(script), run_name="__main__")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print("\n" + json.dumps({"rounds": Runner.seen, "peak_kb": peak}))


if __name__ == "__main__":
    main()
