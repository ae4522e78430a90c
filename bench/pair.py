"""Two processes of the same program, without and with Tiercel, that are measured in turns.

On a machine whose speed changes from one minute to the next, times that were taken one after the other cannot be
compared; turns of a quarter of a second can.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import select
import signal
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import measure

FEWEST = 6          # turns, so that their last third says more than one
LONGEST = 300.0     # seconds that a turn may take


@dataclasses.dataclass(frozen=True)
class Turn:
    """Mean seconds of a round in both modes, and how many versions there were after it."""

    plain: float
    tiercel: float
    versions: int


@dataclasses.dataclass
class Seen:
    """The turns of each benchmark of a program, and the most memory that both modes took."""

    turns: dict[str, list[Turn]]
    peak_mb: tuple[int, int] = (0, 0)


@dataclasses.dataclass(frozen=True)
class Process:
    """A running driver: it reports, and is stopped until it is its turn."""

    process: subprocess.Popen
    orders: int         # a pipe's end
    reports: TextIO
    errors: TextIO

    def report(self) -> dict[str, Any]:
        """What it says next; then it is stopped, with what it has under way.  Failed: it ended, or says nothing."""
        ready, _, _ = select.select([self.reports], [], [], LONGEST)
        if not ready:
            raise measure.Failed(f"no end of a turn within {LONGEST:.0f} s")
        line = self.reports.readline()
        if not line:
            self.errors.seek(0)
            raise measure.Failed(f"exit code {self.process.wait()}: {self.errors.read().strip()[-400:]}")
        self.process.send_signal(signal.SIGSTOP)
        return json.loads(line)

    def turn(self) -> dict[str, Any]:
        """Let it run for a turn; its report."""
        return self._go_on(b"g")

    def leave(self) -> dict[str, Any]:
        """Let it leave the benchmark that it is in; its report when it is to begin with the next."""
        return self._go_on(b"s")

    def _go_on(self, order: bytes) -> dict[str, Any]:
        self.process.send_signal(signal.SIGCONT)
        os.write(self.orders, order)
        return self.report()


@contextlib.contextmanager
def started(mode: str, arguments: Sequence[str]) -> Iterator[Process]:
    """A driver in a fresh process, which is ended in the end, whatever it does."""
    orders, order = os.pipe()
    reports, report = os.pipe()
    command = measure.command(mode, "bench/suite_driver.py", "--turns", str(orders), str(report), *arguments)
    with open(reports) as said, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, cwd=measure.ROOT, env=measure.environment(), pass_fds=(orders, report),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
        os.close(orders)
        os.close(report)
        try:
            yield Process(process, order, said, errors)
        finally:
            process.kill()
            process.wait()
            os.close(order)


def measured(arguments: Sequence[str], seconds: float, most: float) -> Seen:
    """Measure a program of pyperformance: with Tiercel for some seconds, up to `most` while it still makes versions.

    Failed: a process did not end well.
    """
    with started(measure.PLAIN, arguments) as plain, started(measure.TIERCEL, arguments) as tiercel:
        seen = Seen({})
        reports = plain.report(), tiercel.report()
        while "name" in reports[1]:
            turns = seen.turns[reports[1]["name"]] = []
            spent = 0.0
            while not enough(turns, spent, seconds, most):
                plainly, compiled = plain.turn(), tiercel.turn()
                turns.append(Turn(statistics.mean(plainly["rounds"]), statistics.mean(compiled["rounds"]),
                                  compiled["versions"]))
                spent += compiled["seconds"]
            reports = plain.leave(), tiercel.leave()
        seen.peak_mb = reports[0]["peak_kb"] // 1024, reports[1]["peak_kb"] // 1024
    return seen


def enough(turns: list[Turn], spent: float, seconds: float, most: float) -> bool:
    """Whether what was seen after so many seconds with Tiercel is its steady state."""
    if len(turns) < FEWEST or spent < seconds:
        return False
    return spent >= most or last_third(turns)[0].versions == turns[-1].versions


def last_third(turns: list[Turn]) -> list[Turn]:
    """The turns that count."""
    return turns[-max(len(turns) // 3, 1):]
