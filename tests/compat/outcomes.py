"""How the tests of a suite ended in one mode or another: children that run them, what they wrote down, the comparison.

A child writes a line of JSON when a test begins and one when it has ended, and a last one when it is done, so that a
crash or a hang names its test.  The suite then goes on without the tests that have been seen.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import resource
import signal
import subprocess
import tempfile
import time
import zlib
from collections.abc import Callable
from time import process_time
from typing import Any, TextIO

LATE = "no end within"
MISSING = "missing"
SHOWN = 12          # differing tests printed for a suite, unless asked for all
LOG = 3000          # characters of a child's output kept when it ends badly
CRASHES = 8         # so many tests may kill their process before a suite is given up


class Notes:
    """What a child writes: `begin` and `end` of each test, and `done`."""

    def __init__(self, out: TextIO) -> None:
        self.out = out

    def done(self, **more: float) -> None:
        """All tests have ended; what they cost: seconds of the processor, and MB of memory at most."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.write(done=True, processor=sum(os.times()[:4]), own=process_time(), peak=peak, **more)

    def write(self, **entry: Any) -> None:
        """A line of JSON."""
        self.out.write(json.dumps(entry) + "\n")
        self.out.flush()


@dataclasses.dataclass
class Run:
    """One child process: its lines and, if it ended badly, how."""

    lines: list[dict[str, Any]]
    trouble: str


@dataclasses.dataclass
class Seen:
    """How the tests of a suite ended in one mode, and what it took: seconds by the clock and of the processor, its
    children's included, `own` without; `peak`, MB of memory; of `own` what compiling took; KB of machine code at the end.
    `blocks` are those that CPython's allocator has given out after each repetition, where the suite was repeated."""

    outcomes: dict[str, str] = dataclasses.field(default_factory=dict)
    details: dict[str, str] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    processor: float = 0.0
    own: float = 0.0
    peak: float = 0.0
    compiling: float = 0.0
    machine_code: float = 0.0
    trouble: str = ""
    blocks: list[int] = dataclasses.field(default_factory=list)

    def note(self, test: str, outcome: str, detail: str) -> None:
        """Keep the worse outcome of a test that ran more than once under one name."""
        if self.outcomes.get(test) in (None, "ok", "skipped"):
            self.outcomes[test] = outcome
            self.details[test] = detail

    def cost(self, line: dict[str, Any]) -> None:
        """Add what the last line of a child tells."""
        self.processor += line["processor"]
        self.own += line["own"]
        self.compiling += line.get("compiling", 0.0)
        self.peak = max(self.peak, line["peak"])
        self.machine_code = max(self.machine_code, line.get("machine_code", 0.0))

    def part(self, one_in: int) -> Seen:
        """Of the tests, the part that `is_chosen`."""
        chosen = {test: outcome for test, outcome in self.outcomes.items() if is_chosen(test, one_in)}
        return dataclasses.replace(self, outcomes=chosen)


def is_chosen(test: str, one_in: int) -> bool:
    """Whether a test is in the part of a suite that has one in so many, always the same ones."""
    return zlib.crc32(test.encode()) % one_in == 0


def child_environment(**switches: str) -> dict[str, str]:
    """The environment of a child: these switches of Tiercel and no others, and hashes that are the same in each run."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("TIERCEL")}
    return inherited | {"PYTHONHASHSEED": "0"} | {f"TIERCEL_{name.upper()}": value for name, value in switches.items()}


def run_child(command: list[str], folder: pathlib.Path | None, environment: dict[str, str], timeout: float,
              skipped: list[str]) -> Run:
    """`command`, with a file for its notes and one with the tests to skip appended, in a folder, by default a new one."""
    with tempfile.TemporaryDirectory() as own:
        notes, skip, log, work = (pathlib.Path(own) / name for name in ("notes", "skip", "log", "work"))
        notes.touch()
        work.mkdir()
        skip.write_text(json.dumps(skipped))
        trouble, code = "", 0
        with open(log, "w") as stream:
            process = subprocess.Popen([*command, str(notes), str(skip)], cwd=folder or work, env=environment,
                                       stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
                                       start_new_session=True)
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                trouble = f"{LATE} {timeout:.0f} s"
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)      # also what it left behind
            process.wait()
        lines = []
        for line in notes.read_text().splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                break
        if code or not trouble and not any("done" in line for line in lines):
            trouble = f"exit code {code}: " + log.read_text(errors="replace")[-LOG:].strip()
        return Run(lines, trouble)


def run_suite(once: Callable[[list[str], float], Run], timeout: float) -> Seen:
    """A suite in one mode: `once(skipped, timeout)`, and again without what has been seen when a test kills the process."""
    seen = Seen()
    begun = time.monotonic()
    for _ in range(CRASHES + 1):
        run = once(list(seen.outcomes), timeout - (time.monotonic() - begun))
        started = [line["begin"] for line in run.lines if "begin" in line]
        ended = {line["end"] for line in run.lines if "end" in line}
        for line in run.lines:
            if "end" in line:
                seen.note(line["end"], line["outcome"], line["detail"])
            if "done" in line:
                seen.cost(line)
            seen.blocks += [line["blocks"]] if "blocks" in line else []
        if not run.trouble:
            break
        if not started or started[-1] in ended or run.trouble.startswith(LATE):
            seen.trouble = run.trouble
            break
        seen.outcomes[started[-1]] = "crash"
        seen.details[started[-1]] = run.trouble
    else:
        seen.trouble = f"given up after {CRASHES} crashes"
    seen.seconds = time.monotonic() - begun
    return seen


def kept(folder: pathlib.Path, name: str) -> dict[str, Seen]:
    """What earlier runs saw of a suite, by mode."""
    path = folder / f"{name}.json"
    if not path.exists():
        return {}
    return {mode: Seen(**seen) for mode, seen in json.loads(path.read_text()).items()}


def keep(folder: pathlib.Path, name: str, seen: dict[str, Seen]) -> None:
    """Write down what was seen of a suite."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({mode: dataclasses.asdict(each) for mode, each in seen.items()}))


def write_table(page: pathlib.Path, begin: str, end: str, lines: list[str]) -> None:
    """Put lines between two marks of a page."""
    before, _, rest = page.read_text().partition(begin)
    _, _, after = rest.partition(end)
    page.write_text("\n".join([before + begin, *lines, end]) + after)


def allowed(path: pathlib.Path) -> dict[str, str]:
    """The differences that are known, with their reasons."""
    known = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            test, _, reason = line.partition(": ")
            known[test.strip()] = reason.strip()
    return known


@dataclasses.dataclass
class Report:
    """What the comparison of one suite came to."""

    name: str
    plain: Seen
    tiercel: Seen
    differing: list[str]
    excused: list[str]

    @property
    def good(self) -> bool:
        return not self.differing and not self.tiercel.trouble and not self.plain.trouble


def compared(name: str, plain: Seen, tiercel: Seen, known: dict[str, str]) -> Report:
    """The tests that ended otherwise, without and with an excuse; where a suite did not end, only tests that did."""
    whole = not plain.trouble and not tiercel.trouble
    tests = [test for test in {**plain.outcomes, **tiercel.outcomes}
             if (whole or test in plain.outcomes and test in tiercel.outcomes)
             and plain.outcomes.get(test, MISSING) != tiercel.outcomes.get(test, MISSING)]
    return Report(name, plain, tiercel, [test for test in tests if test not in known],
                  [test for test in tests if test in known])


def printed(report: Report, verbose: bool) -> None:
    """A line for a suite and lines for each difference."""
    counted = f"{len(report.plain.outcomes):5} tests {report.plain.seconds:6.1f}s {report.tiercel.seconds:7.1f}s"
    verdict = "same" if report.good else f"{len(report.differing)} DIFFER" if report.differing else "DID NOT END WELL"
    if report.excused:
        verdict += f", {len(report.excused)} allowed"
    print(f"{report.name:26} {counted}  {verdict}", flush=True)
    for seen, mode in ((report.plain, "plain"), (report.tiercel, "tiercel")):
        if seen.trouble:
            print(f"    {mode}: {seen.trouble}")
    for test in report.differing if verbose else report.differing[:SHOWN]:
        expected = report.plain.outcomes.get(test, MISSING)
        print(f"    {test}: {expected} plainly, {report.tiercel.outcomes.get(test, MISSING)} under Tiercel")
        detail = report.tiercel.details.get(test, "") or report.plain.details.get(test, "")
        lines = detail.strip().splitlines()
        for line in lines if verbose else lines[-3:]:
            print(f"        {line}")
