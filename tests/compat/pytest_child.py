"""Run the tests of a package with pytest in this process and note how each ended.

    python pytest_child.py plain|tiercel SPARED ONE_IN [pytest's arguments] NOTES SKIP

Of the tests, one in ONE_IN is run.  NOTES gets what `outcomes.Notes` writes, SKIP has a list of tests to leave out.
With tiercel, Tiercel is on before pytest is imported; the environment chose its switches.  SPARED is what is left to
the interpreter: `library`, the standard library, `runner`, pytest, `library+runner`, or nothing.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import types
import warnings
from typing import Any

from outcomes import Notes, is_chosen

STALLED = float(os.environ.get("STALLED", "400"))       # seconds after which a test is taken to hang
FOLDER = os.getcwd()
SITE = os.path.join(sys.prefix, "lib", f"python3.{sys.version_info[1]}", "site-packages")
RUNNER = tuple(os.path.join(SITE, name) for name in ("_pytest", "pytest", "pluggy"))


class Noting:
    """A plugin that writes down how each test ended, the warnings in it included, the worst outcome winning."""

    def __init__(self, notes: Notes, one_in: int, skipped: set[str]) -> None:
        self.notes = notes
        self.one_in = one_in
        self.skipped = skipped
        self.outcome = self.detail = ""
        self.warned: list[str] = []

    def pytest_configure(self) -> None:
        steady_hypothesis()

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = [item for item in items if is_chosen(item.nodeid, self.one_in) and item.nodeid not in self.skipped]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        faulthandler.dump_traceback_later(STALLED, exit=True)
        self.outcome, self.detail, self.warned = "ok", "", []
        self.notes.write(begin=nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.outcome == "passed" or self.outcome not in ("ok", "skipped"):
            return
        self.outcome = "error" if report.failed and report.when != "call" else report.outcome
        if hasattr(report, "wasxfail"):
            self.outcome = f"x{self.outcome}"
        self.detail = str(report.longrepr)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        faulthandler.cancel_dump_traceback_later()
        outcome = " ".join([self.outcome, *self.warned])
        self.notes.write(end=nodeid, outcome=outcome, detail=self.detail)

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, when: str) -> None:
        if when == "runtest":
            place = f"{os.path.basename(warning_message.filename)}:{warning_message.lineno}"
            self.warned.append(f"{warning_message.category.__name__}({place})")

    def pytest_collectreport(self, report: Any) -> None:
        if not report.passed and is_chosen(report.nodeid, self.one_in):
            self.notes.write(begin=report.nodeid)
            self.notes.write(end=report.nodeid, outcome=report.outcome, detail=str(report.longrepr))


def is_library(code: types.CodeType) -> bool:
    """Whether code is neither from the package, its tests and what it needs, nor made at run time."""
    path = code.co_filename
    return path.startswith("<frozen") or os.path.isabs(path) and not path.startswith((SITE, FOLDER))


def is_runner(code: types.CodeType) -> bool:
    """Whether code is pytest's."""
    return code.co_filename.startswith(RUNNER)


PARTS = {"library": is_library, "runner": is_runner}


def spare(hooks: Any, what: str) -> None:
    """Leave parts of what is run to the interpreter, besides what control leaves."""
    wanted, parts = hooks._wanted, [PARTS[name] for name in what.split("+") if name]
    hooks._wanted = lambda code: wanted(code) and not any(part(code) for part in parts)


def steady_hypothesis() -> None:
    """Hypothesis, where there is one, tries the same examples in each run and does not mind how long they take."""
    try:
        from hypothesis import HealthCheck, settings
    except ImportError:
        return
    answers = {"derandomize": True, "deadline": None, "database": None, "suppress_health_check": tuple(HealthCheck)}
    for name, answer in answers.items():
        type.__setattr__(settings, name, property(lambda self, answer=answer: answer))     # past its metaclass


def compiled() -> dict[str, float]:
    """The seconds of the processor that compiling has taken, and the KB of machine code that there are."""
    if "tiercel" not in sys.modules:
        return {}
    import tiercel
    from tiercel.control import statistics
    return {"compiling": statistics().compile_ns / 1e9, "machine_code": tiercel.status().machine_code / 1024}


def main() -> None:
    """Run pytest in the current folder."""
    mode, spared, one_in, *arguments, notes_path, skip_path = sys.argv[1:]
    sys.argv[1:] = arguments
    faulthandler.enable()
    if mode == "tiercel":
        import tiercel
        tiercel.enable()
        from tiercel.control import session
        if session.current is None:
            raise SystemExit(f"Tiercel is not active: {tiercel.status()}")
        spare(session.current.hooks, spared)
    with open(skip_path) as skip:
        skipped = set(json.load(skip))
    import pytest
    with open(notes_path, "w") as out:
        notes = Notes(out)
        code = pytest.main([*arguments, "-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "--tb=short",
                            "--continue-on-collection-errors", "--rootdir=."],
                           plugins=[Noting(notes, int(one_in), skipped)])
        if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED,
                    pytest.ExitCode.INTERRUPTED):
            notes.done(**compiled())


if __name__ == "__main__":
    main()
    sys.stdout.flush()
