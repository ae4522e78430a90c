"""Run one of CPython's own test files in this process and note how each test ended.

    python child.py NAME plain|tiercel NOTES SKIP

NOTES gets what `outcomes.Notes` writes, SKIP has a list of tests to leave out.  With tiercel, Tiercel is on before the
file is even imported; its environment chose the switches.
Unless told to compile the --library too, it leaves unittest and the like to the interpreter: what it compiles is what
the file tests.  With --repeat the file's tests run that many times in this process; with --settle, all but three of these
without anything more being compiled.
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
from test import support

FOLDER = os.path.join(os.path.dirname(os.__file__), "test", "")
RUNNERS = (os.path.join(FOLDER, "support", ""), os.path.join(FOLDER, "libregrtest", ""))
WARMUPS = 3
RESOURCES = ("subprocess", "tzdata", "curses")      # as `python -m test -u`: no network, not much time or memory
ATTENTION = ("error", "failure", "unexpected success")


class Noting(unittest.TestResult):
    """Writes down what unittest tells it, the worst outcome of a test winning."""

    def __init__(self, notes: Notes, stalled: float) -> None:
        super().__init__()
        self.write = notes.write
        self.stalled = stalled
        self.test = ""
        self.outcome = "ok"
        self.detail = ""

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.outcome = "ok"
        self.detail = ""
        self.test = test.id()                   # now: it may name an attribute of its own so
        self.write(begin=self.test)
        faulthandler.dump_traceback_later(self.stalled, exit=True)

    def note(self, outcome: str, detail: str = "") -> None:
        """An outcome of the test that is running."""
        if self.outcome not in ATTENTION:
            self.outcome, self.detail = outcome, detail

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        faulthandler.cancel_dump_traceback_later()
        self.write(end=self.test, outcome=self.outcome, detail=self.detail)

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
    """Whether code is from a test file or what several share, or made by one at run time."""
    name = code.co_filename
    return name.startswith((FOLDER, "<")) and not name.startswith(("<frozen", *RUNNERS))


def start() -> Any:
    """Switch Tiercel on; its hooks."""
    import tiercel
    from tiercel.control import session
    tiercel.enable()
    if session.current is None:
        raise SystemExit(f"Tiercel is not active: {tiercel.status()}")
    return session.current.hooks


def blocks() -> int:
    """The blocks of memory in use when nothing is left that could go."""
    from test.libregrtest import utils
    if "tiercel" in sys.modules:
        sys.modules["tiercel"].wait()
    utils.clear_caches()
    sys._clear_internal_caches()
    support.gc_collect()
    return sys.getallocatedblocks() - sys.getunicodeinternedsize(_only_immortal=True)


def main() -> None:
    """Run the file named on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("mode", choices=["plain", "tiercel"])
    parser.add_argument("notes", type=argparse.FileType("w"))
    parser.add_argument("skip", type=argparse.FileType())
    parser.add_argument("--library", action="store_true")
    parser.add_argument("--repeat", type=int, default=0)
    parser.add_argument("--settle", action="store_true")
    parser.add_argument("--stalled", type=float, default=120.0)
    options = parser.parse_args()
    faulthandler.enable()
    support.use_resources = RESOURCES
    hooks = start() if options.mode == "tiercel" else None
    if hooks is not None and not options.library:
        hooks._wanted = under_test
    notes = Notes(options.notes)
    skipped = set(json.load(options.skip))
    try:
        module = importlib.import_module(f"test.{options.name}")
    except unittest.SkipTest as reason:
        notes.write(begin=options.name)
        notes.write(end=options.name, outcome="skipped", detail=str(reason))
    else:
        for repetition in range(options.repeat or 1):
            if hooks is not None and options.settle and repetition == WARMUPS:
                hooks._wanted = lambda code: False
            suite = unittest.defaultTestLoader.loadTestsFromModule(module)
            without(suite, skipped).run(Noting(notes, options.stalled))
            if options.repeat:
                notes.write(blocks=blocks())
    notes.done()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
