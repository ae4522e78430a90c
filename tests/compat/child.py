"""Run one of CPython's own test files in this process and note how each test ended.

    python child.py NAME plain|tiercel NOTES SKIP

NOTES gets what `outcomes.Notes` writes, SKIP has a list of tests to leave out.  With tiercel, Tiercel is on before the
file is even imported; its environment chose the threshold.
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
from typing import Any

from outcomes import Notes

TESTS = os.path.join(os.path.dirname(os.__file__), "test", "test_")
ATTENTION = ("error", "failure", "unexpected success")


class Noting(unittest.TestResult):
    """Writes down what unittest tells it, the worst outcome of a test winning."""

    def __init__(self, notes: Notes) -> None:
        super().__init__()
        self.write = notes.write
        self.outcome = "ok"
        self.detail = ""

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
    parser.add_argument("mode", choices=["plain", "tiercel"])
    parser.add_argument("notes", type=argparse.FileType("w"))
    parser.add_argument("skip", type=argparse.FileType())
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
    notes = Notes(options.notes)
    try:
        module = importlib.import_module(f"test.{options.name}")
    except unittest.SkipTest as reason:
        notes.write(begin=options.name)
        notes.write(end=options.name, outcome="skipped", detail=str(reason))
    else:
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
        without(suite, set(json.load(options.skip))).run(Noting(notes))
    notes.done()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
