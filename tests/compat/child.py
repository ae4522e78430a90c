"""Run one of CPython's own test files in this process and note how each test ended.

    python child.py NAME OUTPUT plain|tiercel [--skip ID]...

OUTPUT gets a line of JSON when a test begins and one when it has ended, so that a crash names its test.  With
tiercel, Tiercel is on before the file is even imported; its environment chose the threshold.
Unless told to compile --everything, it leaves unittest and the like to the interpreter: what it compiles is what the
file tests.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import json
import os
import sys
import types
import unittest
from typing import Any, TextIO

TESTS = os.path.join(os.path.dirname(os.__file__), "test", "test_")
ATTENTION = ("error", "failure", "unexpected success")


class Noting(unittest.TestResult):
    """Writes down what unittest tells it, the worst outcome of a test winning."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self.out = out
        self.outcome = "ok"
        self.detail = ""

    def write(self, **entry: Any) -> None:
        """A line of JSON."""
        self.out.write(json.dumps(entry) + "\n")
        self.out.flush()

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.outcome = "ok"
        self.detail = ""
        self.write(begin=test.id())

    def note(self, outcome: str, detail: str = "") -> None:
        """An outcome of the test that is running."""
        if self.outcome not in ATTENTION:
            self.outcome, self.detail = outcome, detail

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        self.write(end=test.id(), outcome=self.outcome, detail=self.detail)

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        if not isinstance(test, unittest.TestCase):      # a class or module could not be set up
            self.write(begin=test.id())
            self.write(end=test.id(), outcome="error", detail=self.errors[-1][1])
        self.note("error", self.errors[-1][1])

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self.note("failure", self.failures[-1][1])

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            failed = issubclass(err[0], test.failureException)
            self.note("failure" if failed else "error", (self.failures if failed else self.errors)[-1][1])

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self.note("skipped", reason)

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addExpectedFailure(test, err)
        self.note("expected failure")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        super().addUnexpectedSuccess(test)
        self.note("unexpected success")


def without(suite: unittest.TestSuite, skipped: set[str]) -> unittest.TestSuite:
    """The suite without the tests whose ids are given."""
    left = unittest.TestSuite()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            left.addTest(without(test, skipped))
        elif test.id() not in skipped:
            left.addTest(test)
    return left


def under_test(code: types.CodeType) -> bool:
    """Whether code is from a test file, or made by one at run time."""
    return code.co_filename.startswith((TESTS, "<")) and not code.co_filename.startswith("<frozen")


def main() -> None:
    """Run the file named on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("output")
    parser.add_argument("mode", choices=["plain", "tiercel"])
    parser.add_argument("--skip", action="append", default=[])
    parser.add_argument("--everything", action="store_true")
    options = parser.parse_args()
    faulthandler.enable()
    from test import support
    support.use_resources = ()      # as `python -m test` without -u: nothing that needs a network, much memory or time
    if options.mode == "tiercel":
        import tiercel
        tiercel.enable()
        from tiercel.control import session
        if session.current is None:
            raise SystemExit(f"Tiercel is not active: {tiercel.status()}")
        if not options.everything:
            session.current.hooks._wanted = under_test    # type: ignore[method-assign]
    with open(options.output, "w") as out:
        result = Noting(out)
        try:
            module = importlib.import_module(f"test.{options.name}")
        except unittest.SkipTest as reason:
            result.write(begin=options.name)
            result.write(end=options.name, outcome="skipped", detail=str(reason))
            return
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
        without(suite, set(options.skip)).run(result)
        result.write(done=True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
