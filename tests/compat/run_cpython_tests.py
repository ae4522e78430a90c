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
import os
import pathlib
import sys

from outcomes import Report, Run, Seen, allowed, child_environment, compared, printed, run_child, run_suite

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
MODES = ("plain", "tiercel")


def run_file(name: str, mode: str, options: argparse.Namespace) -> Seen:
    """A file in one mode."""
    switches = {"threshold": str(options.threshold), "sync": "1", "strict": "1"} if mode == "tiercel" else {}
    command = [sys.executable, str(HERE / "child.py"), name, mode, *["--everything"] * options.everything]

    def once(skipped: list[str], timeout: float) -> Run:
        return run_child(command, None, child_environment(**switches), timeout, skipped)

    return run_suite(once, options.timeout)


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
    known = allowed(ALLOWED)
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
