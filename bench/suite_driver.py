"""Run one program of pyperformance in this process, again and again, and report the seconds that its rounds took.

    python bench/suite_driver.py [--seconds S] PROGRAM [arguments of the program]

The programs are written for pyperf, which runs each in many processes.  What matters for a compiler that works while
a program runs is the steady state of one process; so `pyperf.Runner` is replaced by one that repeats a benchmark here:
for some seconds, or, of two processes that are measured together, whenever it is this one's turn.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
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
TURN = 0.25     # seconds: a turn of two processes ends with the first round that ends later


def programs() -> pathlib.Path:
    """The folder of pyperformance's programs; SystemExit where it is not installed."""
    spec = importlib.util.find_spec("pyperformance")
    if spec is None or spec.origin is None:
        raise SystemExit("pyperformance is not installed; `make bench-pyperformance` installs it")
    return pathlib.Path(spec.origin).parent / "data-files" / "benchmarks"


class Alone:
    """Measures for some seconds, and prints a line of JSON at the end."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.begun: dict[str, float] = {}
        self.seen: dict[str, list[float]] = {}

    def goes_on(self, name: str, rounds: list[float]) -> bool:
        """Whether a benchmark is to run again, after these rounds of it."""
        self.seen[name] = rounds
        now = time.perf_counter()
        return now - self.begun.setdefault(name, now) < self.seconds or len(rounds) < ROUNDS

    def end(self) -> None:
        """All benchmarks are done."""
        print("\n" + json.dumps({"rounds": self.seen, "peak_kb": peak_memory()}))


class InTurn:
    """Measures when it is told to.  After each turn its rounds are reported, a line of JSON in a pipe; in another comes
    a byte: `g` for the next turn, `s` if the benchmark has run enough."""

    def __init__(self, orders: int, reports: int) -> None:
        self.orders, self.reports = orders, reports
        self.begun, self.reported = 0.0, 0

    def goes_on(self, name: str, rounds: list[float]) -> bool:
        """Whether a benchmark is to run again, after these rounds of it; waits for the next turn where one is over."""
        now = time.perf_counter()
        if rounds and now < self.begun + TURN:
            return True
        self._report({"name": name, "rounds": rounds[self.reported:], "seconds": now - self.begun if rounds else 0.0,
                      "versions": versions_made()})
        goes_on = os.read(self.orders, 1) == b"g"
        self.reported = len(rounds) if goes_on else 0
        self.begun = time.perf_counter()
        return goes_on

    def end(self) -> None:
        """All benchmarks are done."""
        self._report({"peak_kb": peak_memory()})

    def _report(self, message: dict[str, Any]) -> None:
        os.write(self.reports, json.dumps(message).encode() + b"\n")


def peak_memory() -> int:
    """Kilobytes that were resident at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def versions_made() -> int:
    """How many versions Tiercel has made here; 0 without it."""
    records = sys.modules.get("tiercel.control.records")
    return records.totals.functions if records is not None else 0


class Runner:
    """Stands for `pyperf.Runner`: measures in this process."""

    turns: Alone | InTurn = Alone(5.0)

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
        while self.turns.goes_on(name, rounds):
            rounds.append(timed(loops) / loops)


def main() -> None:
    """Run the program named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each benchmark is repeated")
    parser.add_argument("--turns", type=int, nargs=2, metavar=("ORDERS", "REPORTS"),
                        help="be measured together with another process; the descriptors of two pipes")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="arguments of the program")
    options = parser.parse_args()
    script = programs() / f"bm_{options.program}" / "run_benchmark.py"
    if not script.exists():
        parser.error(f"pyperformance has no program {options.program}")
    Runner.turns = InTurn(*options.turns) if options.turns else Alone(options.seconds)
    pyperf.Runner = Runner
    sys.argv = [str(script), *options.arguments]
    sys.path.insert(0, str(script.parent))
    runpy.run_path(str(script), run_name="__main__")
    Runner.turns.end()


if __name__ == "__main__":
    main()
