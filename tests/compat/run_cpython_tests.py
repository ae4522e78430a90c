"""Run CPython's own test files plainly and under Tiercel, and compare them test for test.

    python tests/compat/run_cpython_tests.py [name ...] [--share ci] [--mode everything|storm|again|hot] [--resume] [--write]
                                             [--jobs N] [--timeout S] [--stalled S] [--library]

Without names it runs all test files that are installed.  In the first mode Tiercel compiles `everything`, that is, all
of the test files' code at its first call; with --library also the library's, unittest included.  In a `storm` it
compiles at the second call, and each guard fails once although it holds.  Both compile synchronously and raise internal
errors.  In the others each file's tests run six times in one process, and after the third no more memory may be lost
than plainly, while nothing more is compiled: `again` with everything compiled, `hot` with the default switches.
A test that kills its process, or does not end, is noted, and the file goes on without it.  A test that differs and
whose outcome is not the same in a second plain run says nothing.  What was seen is kept below `build/`: --resume leaves
out the files that are done, and --write puts the table of all results into docs/cpython-tests.md.
The exit code is 1 if a test ended otherwise than in plain CPython without standing in allowed.txt.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import pathlib
import sys

from outcomes import (
    Report,
    Run,
    Seen,
    allowed,
    child_environment,
    compared,
    keep,
    kept,
    printed,
    run_child,
    run_suite,
    write_table,
)
from test.libregrtest import findtests

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
RESULTS = ROOT / "build" / "cpython"
ALLOWED = HERE / "allowed.txt"
PAGE = ROOT / "docs" / "cpython-tests.md"
BEGIN, END = "<!-- files -->", "<!-- end of files -->"
WARMUPS = 3
UNSTEADY = "varies"
SLACK = 20          # blocks of memory that a repetition may keep more than any plain one
CI = """
    test_grammar test_int test_long test_float test_bool test_complex test_list test_tuple test_range test_slice
    test_enumerate test_iter test_unpack test_unpack_ex test_augassign test_opcodes test_compare test_contains
    test_math test_operator test_builtin test_exceptions test_raise test_scope test_call test_extcall
    test_keywordonlyarg test_positional_only_arg test_generators test_dict test_set test_string_literals test_with
    test_frame test_sys_settrace test_monitoring test_gc test_weakref test_threading
    test_class test_descr test_property test_super test_functools test_defaultdict
    test_userdict test_fstring test_format test_string test_heapq test_bisect test_fractions test_copy
    test_exception_group test_except_star test_contextlib test_coroutines test_yield_from
    test_setcomps test_dictcomps test_genexps test_named_expressions test_decorators test_funcattrs test_descrtut
    test_pow test_int_literal test_index test_userlist test_abc test_dictviews test_sort
    test_memoryview
""".split()
# For each mode the arguments of the child and the switches of Tiercel; the plain run beside it.
MODES: dict[str, tuple[list[str], dict[str, str] | None]] = {
    "plain": ([], None),
    "everything": ([], {"threshold": "1", "sync": "1", "strict": "1"}),
    "storm": ([], {"threshold": "2", "sync": "1", "strict": "1", "exit_storm": "1"}),
    "plain again": (["--repeat", "6"], None),
    "again": (["--repeat", "6", "--settle"], {"threshold": "1", "sync": "1", "strict": "1"}),
    "hot": (["--repeat", "6", "--settle", "--library"], {"strict": "1"}),
}
BESIDE = {"everything": "plain", "storm": "plain", "again": "plain again", "hot": "plain again"}


def found(names: list[str]) -> list[str]:
    """The test files that are installed, those of packages by themselves: all, or those that these names stand for."""
    known = [name.removeprefix("test.") for name in findtests.findtests()]
    if not names:
        return known
    return [file for name in names for file in ([each for each in known if each.startswith(f"{name}.")] or [name])]


def run_file(name: str, mode: str, options: argparse.Namespace) -> Seen:
    """A file in one mode."""
    arguments, switches = MODES[mode]
    command = [sys.executable, str(HERE / "child.py"), name, "plain" if switches is None else "tiercel", *arguments,
               "--stalled", str(options.stalled), *["--library"] * options.library]

    def once(skipped: list[str], timeout: float) -> Run:
        return run_child(command, None, child_environment(**switches or {}), timeout, skipped)

    return run_suite(once, options.timeout)


def run_both(name: str, options: argparse.Namespace, known: dict[str, str]) -> Report:
    """A file plainly and in the mode that was asked for."""
    mode, beside = options.mode, BESIDE[options.mode]
    seen = kept(RESULTS, name)
    if not options.resume or mode not in seen:
        if not options.resume or beside not in seen:
            seen[beside] = run_file(name, beside, options)
        seen[mode] = run_file(name, mode, options)
        if compared(name, seen[beside], seen[mode], known).differing:
            again = run_file(name, beside, options)
            for test, outcome in again.outcomes.items():
                if seen[beside].outcomes.get(test, outcome) != outcome:
                    seen[beside].outcomes[test] = seen[mode].outcomes[test] = UNSTEADY
        keep(RESULTS, name, seen)
    report = compared(name, seen[beside], seen[mode], known)
    if (lost := leaked(seen[beside], seen[mode])):
        report.tiercel.trouble = report.tiercel.trouble or lost
    return report


def leaked(plain: Seen, tiercel: Seen) -> str:
    """What is kept by each repetition after some, in words, if that is more than plainly."""
    grown, expected = ([after - before for before, after in zip(seen.blocks[WARMUPS - 1:], seen.blocks[WARMUPS:])]
                       for seen in (tiercel, plain))
    if grown and expected and min(grown) > max(expected) + SLACK:
        return f"each repetition keeps more memory: {grown} blocks, plainly {expected}"
    return ""


def by_length(name: str) -> int:
    """The size of a test file, for the short ones to come first."""
    path = pathlib.Path(findtests.findtestdir()) / name.replace(".", "/")
    path = path if path.is_dir() else path.with_suffix(".py")
    return sum(each.stat().st_size for each in path.rglob("*.py")) if path.is_dir() else path.stat().st_size


def write(known: dict[str, str]) -> None:
    """The table of all that is kept, into the page."""
    lines = ["| file | tests | skipped | everything | storm | again | hot |", "|---|---:|---:|---:|---:|---:|---:|"]
    totals = dict.fromkeys(BESIDE, (0, 0))
    for name in found([]):
        seen = kept(RESULTS, name)
        cells = []
        for mode, beside in BESIDE.items():
            if mode not in seen:
                cells.append("-")
                continue
            report = compared(name, seen[beside], seen[mode], known)
            differing = len(report.differing) + len(report.excused)
            cells.append(f"{differing} of {len(seen[mode].outcomes):,}" + ("*" if seen[mode].trouble else ""))
            totals[mode] = tuple(map(sum, zip(totals[mode], (differing, len(seen[mode].outcomes)))))
        plain = seen.get("plain", seen.get("plain again"))
        if plain is not None:
            skipped = sum(outcome == "skipped" for outcome in plain.outcomes.values())
            lines.append(f"| {name} | {len(plain.outcomes):,} | {skipped:,} | {' | '.join(cells)} |")
    lines.append("| all | | | " + " | ".join(f"{differing} of {tests:,}" for differing, tests in totals.values()) + " |")
    write_table(PAGE, BEGIN, END, lines)


def main() -> int:
    """Run the files on some processes at a time and print the differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help="test files or packages; by default all")
    parser.add_argument("--share", choices=["ci"], help="only the files that continuous integration runs")
    parser.add_argument("--mode", choices=list(BESIDE), default="everything", help="what is compiled, and how")
    parser.add_argument("--resume", action="store_true", help="leave out what an earlier run has done")
    parser.add_argument("--write", action="store_true", help=f"write the table of all results into docs/{PAGE.name}")
    parser.add_argument("--jobs", type=int, default=os.process_cpu_count() or 1, help="files run at a time")
    parser.add_argument("--timeout", type=float, default=1200.0, help="seconds for a file in one mode")
    parser.add_argument("--stalled", type=float, default=300.0, help="seconds after which a test is taken to hang")
    parser.add_argument("--library", action="store_true", help="compile the library's code too")
    parser.add_argument("--verbose", action="store_true", help="the whole report of each differing test")
    options = parser.parse_args()
    names = (sorted(CI, key=by_length, reverse=True) if options.share     # the longest first, so that none is left alone
             else sorted(found(options.names), key=lambda name: ("." in name, by_length(name))))
    known = allowed(ALLOWED)
    reports: dict[str, Report] = {}
    print(f"{'file':26} {'':11} {'plain':>7} {options.mode:>8}")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run_both, name, options, known) for name in names]):
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
    if options.write:
        write(known)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
