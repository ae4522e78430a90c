"""Time the benchmark programs under CPython and under Tiercel.

    python bench/run.py [names] [--rounds N] [--seconds S] [--write]

Every measurement is a fresh process, plain and Tiercel in turn.  A program's steady time is the median of its
iterations once three in a row agree, its first run what the first iteration took, compiling included.  `--write`
puts the tables into docs/performance.md, together with those of calls.py and startup.py.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Iterator

import calls
import measure
import startup
from driver import PROGRAMS

REPORT = measure.ROOT / "docs" / "performance.md"
NOTES = measure.ROOT / "bench" / "notes.md"    # what measuring does not tell, written by hand

# Steady-state ratios over plain CPython: what each program must reach at least, and what it aims at.
TARGETS = {
    "fib": (12, 20), "mandelbrot": (50, 90), "collatz": (35, 60), "hashing": (25, 60), "sieve": (12, 30),
    "matmul": (12, 30), "nbody_objects": (8, 15), "nbody_lists": (8, 15), "fannkuch": (5, 8),
    "selection_sort": (12, 20), "float_chain": (20, 60), "nqueens": (6, 10),
}
NO_SLOWER = 0.97    # the least ratio of every other program
MAIN = (*TARGETS, "str_format", "json_dumps", "regex", "pidigits")


@dataclasses.dataclass
class Timing:
    """What the processes of one program in one mode showed."""

    steady: list[float] = dataclasses.field(default_factory=list)
    first: list[float] = dataclasses.field(default_factory=list)
    peak_kb: list[int] = dataclasses.field(default_factory=list)
    results: set[str] = dataclasses.field(default_factory=set)
    compiled: dict[str, int] | None = None

    def add(self, seen: dict) -> None:
        """Take over what the driver printed."""
        self.steady.append(measure.median(seen["times"][seen["warm"]:]))
        self.first.append(seen["times"][0])
        self.peak_kb.append(seen["peak_kb"])
        self.results.update(seen["results"])
        self.compiled = seen["compiled"] or self.compiled


@dataclasses.dataclass
class Row:
    """One program, both ways."""

    name: str
    plain: Timing = dataclasses.field(default_factory=Timing)
    tiercel: Timing = dataclasses.field(default_factory=Timing)
    failure: str = ""

    @property
    def ratio(self) -> float:
        return measure.median(self.plain.steady) / measure.median(self.tiercel.steady)

    @property
    def first_ratio(self) -> float:
        return measure.median(self.plain.first) / measure.median(self.tiercel.first)

    @property
    def least(self) -> float:
        return TARGETS[self.name][0] if self.name in TARGETS else NO_SLOWER

    @property
    def same(self) -> bool:
        return not self.failure and len(self.plain.results) == 1 and self.plain.results == self.tiercel.results

    @property
    def verdict(self) -> str:
        if self.failure:
            return "failed: " + self.failure
        return "same output" if self.same else "DIFFERENT OUTPUT"


HEADINGS = ("program", "CPython s", "Tiercel s", "ratio", "at least", "aim", "first run", "compile ms", "functions",
            "us/instr.", "memory MB", "output")


def cells(row: Row) -> tuple[str, ...]:
    """A table line."""
    least, aim = TARGETS.get(row.name, (NO_SLOWER, ""))
    if row.failure:
        return (row.name, "", "", "", str(least), str(aim), "", "", "", "", "", row.verdict)
    seen = row.tiercel.compiled
    costs = ("", "", "")
    if seen:
        share = f"{seen['compile_ns'] / 1e3 / seen['instructions']:.0f}" if seen["instructions"] else ""
        costs = (f"{seen['compile_ns'] / 1e6:.0f}", str(seen["functions"]), share)
    memory = f"{max(row.plain.peak_kb) / 1024:.0f} / {max(row.tiercel.peak_kb) / 1024:.0f}"
    return (row.name, f"{measure.median(row.plain.steady):.3f}", f"{measure.median(row.tiercel.steady):.4f}",
            f"{row.ratio:.2f}", str(least), str(aim), f"{row.first_ratio:.2f}", *costs, memory, row.verdict)


def measured(name: str, rounds: int, seconds: float) -> Row:
    """Run a program in turn plain and with Tiercel, each time in a fresh process."""
    row = Row(name)
    try:
        for _ in range(rounds):
            for mode in measure.MODES:
                output = measure.run(measure.command(mode, "bench/driver.py", name, "--seconds", str(seconds)))
                getattr(row, mode).add(json.loads(output.splitlines()[-1]))
    except measure.Failed as failure:
        row.failure = str(failure).replace("\n", " ").replace("|", "/")
    return row


def markdown(headings: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    """A Markdown table, its columns aligned for reading as plain text too."""
    widths = [max(len(line[i]) for line in (headings, *lines)) for i in range(len(headings))]
    rows = [headings, tuple("-" * width for width in widths), *lines]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows)


def summary(rows: list[Row]) -> Iterator[str]:
    """What the whole run came to, misses included."""
    good = [row for row in rows if not row.failure]
    missed = [f"{row.name} ({row.ratio:.2f} of {row.least})" for row in good if row.ratio < row.least]
    late = [f"{row.name} ({row.first_ratio:.2f})" for row in good
            if row.first_ratio < 1.0 and measure.median(row.plain.first) >= 0.5]
    spent = [row.tiercel.compiled for row in good if row.tiercel.compiled]
    instructions = sum(seen["instructions"] for seen in spent)
    if instructions:
        total = sum(seen["compile_ns"] for seen in spent) / 1e6
        functions = sum(seen["functions"] for seen in spent)
        yield (f"Compiling: {total:.0f} ms for {functions} compilations of {instructions} bytecode instructions,"
               f" {total / max(functions, 1):.2f} ms each, {total / instructions:.3f} ms an instruction"
               " (at most 0.3, aim 0.12).")
    yield "Below the least ratio: " + (", ".join(missed) or "none") + "."
    yield "First run slower than CPython's, of those that last 0.5 s or more: " + (", ".join(late) or "none") + "."


def document(rows: list[Row], rounds: int) -> str:
    """The text of docs/performance.md."""
    return "\n".join([
        "# Performance", "",
        "Written by `make bench`; not edited by hand, but for the notes, which are in `bench/notes.md`.", "",
        f"- Machine: {measure.machine()}",
        f"- Interpreter: {measure.interpreter()}",
        f"- Date: {time.strftime('%Y-%m-%d')}; {rounds} fresh processes a program and mode, plain and Tiercel in turn",
        "",
        "*Ratio*: median steady iteration of CPython over Tiercel's. *First run*: the same for the first iteration,"
        " compiling and loading LLVM included. *Memory*: peak resident size, CPython / Tiercel. *us/instr.*: compile"
        " time for each bytecode instruction compiled.", "",
        "## Programs", "", markdown(HEADINGS, [cells(row) for row in rows]), "",
        *(f"- {line}" for line in summary(rows)), "",
        NOTES.read_text(),
        "## Calls", "", markdown(calls.HEADINGS, calls.table()), "",
        "One call of `def f(a, b): return a + b` from an interpreted loop, the loop's own cost taken off.", "",
        "## Starting up", "", markdown(startup.HEADINGS, startup.table()), "",
    ])


def main() -> int:
    """Measure, print, and write the report if asked."""
    known = sorted(path.stem for path in PROGRAMS.glob("*.py"))
    ordered = [*MAIN, *(name for name in known if name not in MAIN)]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name",
                        help="programs to measure, all by default; 'main' for the main ones")
    parser.add_argument("--rounds", type=int, default=2, help="fresh processes for each program and mode")
    parser.add_argument("--seconds", type=float, default=4.0, help="the longest a process measures")
    parser.add_argument("--write", action="store_true", help=f"write docs/{REPORT.name}")
    options = parser.parse_args()
    given = [name for each in options.names for name in (MAIN if each == "main" else (each,))]
    names = measure.chosen(parser, given, ordered)
    rows = []
    print(f"{'program':15} {'CPython':>9} {'Tiercel':>9} {'ratio':>7} {'first run':>9}")
    for name in names:
        row = measured(name, options.rounds, options.seconds)
        rows.append(row)
        if row.failure:
            print(f"{name:15} {row.verdict}", flush=True)
        else:
            print(f"{name:15} {measure.median(row.plain.steady):8.3f}s {measure.median(row.tiercel.steady):8.4f}s"
                  f" {row.ratio:6.2f}x {row.first_ratio:8.2f}x  {row.verdict}", flush=True)
    print(*summary(rows), sep="\n")
    if options.write:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(document(rows, options.rounds))
    return 0 if all(row.same for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
