"""Run CPython's own test files plainly and under Tiercel, and compare them test for test.

    python tests/compat/run_cpython_tests.py [name ...] [--share ci] [--jobs N] [--timeout S] [--threshold N]
                                             [--everything]

Tiercel compiles the test files' code at the first call (threshold 1), synchronously, and raises its internal errors;
with --everything also the library's, unittest included.  A test that kills its process is noted and the file goes on
without it.  The exit code is 1 if a test ended otherwise than in plain CPython without standing in allowed.txt.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
ALLOWED = HERE / "allowed.txt"
CI = """
    test_grammar test_int test_long test_float test_bool test_complex test_list test_tuple test_range test_slice
    test_enumerate test_iter test_unpack test_unpack_ex test_augassign test_opcodes test_compare test_contains
    test_math test_operator test_builtin test_exceptions test_raise test_scope test_call test_extcall
    test_keywordonlyarg test_positional_only_arg test_generators test_dict test_set test_string_literals test_with
    test_frame test_sys_settrace test_monitoring test_gc test_weakref test_threading
    test_class test_descr test_property test_super test_functools test_deque test_defaultdict test_ordered_dict
    test_userdict test_fstring test_format test_string test_heapq test_bisect test_random test_fractions test_copy
    test_exception_group test_except_star test_contextlib test_contextlib_async test_coroutines test_yield_from
    test_setcomps test_dictcomps test_genexps test_named_expressions test_decorators test_funcattrs test_descrtut
    test_pow test_int_literal test_index test_userlist test_userstring test_abc test_dictviews test_sort
    test_memoryview test_pickle
""".split()
LONG = """
    test_asyncio test_collections test_unittest test_logging test_inspect test_array test_itertools test_listcomps
    test_statistics test_json test_struct test_re test_traceback test_decimal test_patma test_dis test_dataclasses
    test_enum test_typing test_asyncgen test_str test_bytes test_datetime
""".split()
LONGEST_FIRST = ("test_threading", "test_builtin", "test_exceptions", "test_monitoring", "test_weakref", "test_set", *LONG)
LATE = "no end within"
SHOWN = 12          # differing tests printed for a file, unless asked for all
CRASHES = 8         # so many tests may kill their process before a file is given up
MODES = ("plain", "tiercel")


@dataclasses.dataclass
class Seen:
    """How the tests of a file ended in one mode."""

    outcomes: dict[str, str] = dataclasses.field(default_factory=dict)
    details: dict[str, str] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    trouble: str = ""

    def note(self, test: str, outcome: str, detail: str) -> None:
        """Keep the worse outcome of a test that ran more than once under one name."""
        if self.outcomes.get(test) in (None, "ok", "skipped"):
            self.outcomes[test] = outcome
            self.details[test] = detail


def run_once(name: str, mode: str, skipped: list[str], options: argparse.Namespace) -> tuple[list[dict], str]:
    """One child process: its lines and, if it ended badly, how."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TIERCEL")}
    environment |= {"PYTHONHASHSEED": "0"}
    if mode == "tiercel":
        environment |= {"TIERCEL_THRESHOLD": str(options.threshold), "TIERCEL_SYNC": "1", "TIERCEL_STRICT": "1"}
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "outcomes"
        output.touch()
        work = pathlib.Path(folder) / "work"
        work.mkdir()
        command = [sys.executable, str(HERE / "child.py"), name, str(output), mode]
        if options.everything:
            command.append("--everything")
        for test in skipped:
            command += ["--skip", test]
        log = pathlib.Path(folder) / "log"
        trouble = ""
        with open(log, "w") as stream:
            try:
                code = subprocess.run(command, cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=stream,
                                      stderr=subprocess.STDOUT, timeout=options.timeout).returncode
            except subprocess.TimeoutExpired:
                code, trouble = 0, f"{LATE} {options.timeout:.0f} s"
        lines = []
        for line in output.read_text().splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                break
        if code or not trouble and not any("done" in line or line.get("end") == name for line in lines):
            trouble = f"exit code {code}: " + log.read_text(errors="replace")[-1500:].strip()
        return lines, trouble


def run_file(name: str, mode: str, options: argparse.Namespace) -> Seen:
    """A file in one mode; again without the tests that killed the process."""
    seen = Seen()
    begun = time.monotonic()
    skipped: list[str] = []
    for _ in range(CRASHES + 1):
        lines, trouble = run_once(name, mode, skipped, options)
        for line in lines:
            if "end" in line:
                seen.note(line["end"], line["outcome"], line["detail"])
        if not trouble:
            break
        started = [line["begin"] for line in lines if "begin" in line]
        ended = {line["end"] for line in lines if "end" in line}
        if not started or started[-1] in ended or trouble.startswith(LATE):
            seen.trouble = trouble
            break
        seen.outcomes[started[-1]] = "crash"
        seen.details[started[-1]] = trouble
        skipped.append(started[-1])
    else:
        seen.trouble = f"given up after {CRASHES} crashes"
    seen.seconds = time.monotonic() - begun
    return seen


def allowed() -> dict[str, str]:
    """The differences that are known, with their reasons."""
    known = {}
    for line in ALLOWED.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            test, _, reason = line.partition(":")
            known[test.strip()] = reason.strip()
    return known


@dataclasses.dataclass
class Report:
    """What the comparison of one file came to."""

    name: str
    plain: Seen
    tiercel: Seen
    differing: list[str]
    excused: list[str]

    @property
    def good(self) -> bool:
        return not self.differing and not self.tiercel.trouble and not self.plain.trouble


def compared(name: str, plain: Seen, tiercel: Seen, known: dict[str, str]) -> Report:
    """The tests that ended otherwise, without and with an excuse; where a file did not end, only tests that did."""
    whole = not plain.trouble and not tiercel.trouble
    tests = [test for test in {**plain.outcomes, **tiercel.outcomes}
             if (whole or test in plain.outcomes and test in tiercel.outcomes)
             and plain.outcomes.get(test, "missing") != tiercel.outcomes.get(test, "missing")]
    return Report(name, plain, tiercel, [test for test in tests if test not in known],
                  [test for test in tests if test in known])


def printed(report: Report, verbose: bool) -> None:
    """A line for a file and lines for each difference."""
    counted = f"{len(report.plain.outcomes):5} tests {report.plain.seconds:6.1f}s {report.tiercel.seconds:7.1f}s"
    verdict = "same" if report.good else f"{len(report.differing)} DIFFER" if report.differing else "DID NOT END WELL"
    if report.excused:
        verdict += f", {len(report.excused)} allowed"
    print(f"{report.name:26} {counted}  {verdict}", flush=True)
    for seen, mode in ((report.plain, "plain"), (report.tiercel, "tiercel")):
        if seen.trouble:
            print(f"    {mode}: {seen.trouble}")
    for test in report.differing if verbose else report.differing[:SHOWN]:
        expected = report.plain.outcomes.get(test, "missing")
        print(f"    {test}: {expected} plainly, {report.tiercel.outcomes.get(test, 'missing')} under Tiercel")
        detail = report.tiercel.details.get(test, "") or report.plain.details.get(test, "")
        lines = detail.strip().splitlines()
        for line in lines if verbose else lines[-3:]:
            print(f"        {line}")


def main() -> int:
    """Run the files on some processes at a time and print the differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help="test files; by default all that are listed here")
    parser.add_argument("--share", choices=["ci"], help="only the files that continuous integration runs")
    parser.add_argument("--jobs", type=int, default=os.process_cpu_count() or 1, help="files run at a time")
    parser.add_argument("--timeout", type=float, default=1200.0, help="seconds for a file in one mode")
    parser.add_argument("--threshold", type=int, default=1, help="calls before Tiercel compiles")
    parser.add_argument("--everything", action="store_true", help="compile the library's code too")
    parser.add_argument("--verbose", action="store_true", help="the whole report of each differing test")
    options = parser.parse_args()
    names = options.names or (CI if options.share else CI + LONG)
    order = sorted(names, key=lambda name: name not in LONGEST_FIRST)
    known = allowed()
    reports: dict[str, Report] = {}
    print(f"{'file':26} {'':11} {'plain':>7} {'tiercel':>8}")

    def both(name: str) -> Report:
        plain, tiercel = (run_file(name, mode, options) for mode in MODES)
        return compared(name, plain, tiercel, known)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for future in concurrent.futures.as_completed([pool.submit(both, name) for name in order]):
            report = future.result()
            reports[report.name] = report
            printed(report, options.verbose)
    differing = sum(len(report.differing) for report in reports.values())
    excused = {test for report in reports.values() for test in report.excused}
    idle = sorted(set(known) - excused) if not options.names and not options.share else []
    if idle:
        print("Allowed but the same as plain CPython this time:", *idle, sep="\n    ")
    bad = [name for name in names if not reports[name].good]
    total = sum(len(report.plain.outcomes) for report in reports.values())
    print(f"{total} tests in {len(names)} files: {differing} differ, {len(excused)} more are allowed to"
          + (f"; not the same: {' '.join(bad)}" if bad else ""))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
