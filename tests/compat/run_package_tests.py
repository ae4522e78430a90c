"""Run the test suites of well-known packages plainly and under Tiercel, and compare them test for test.

    python tests/compat/run_package_tests.py [name ...] [--modes plain,everything,warm,default] [--share ci] [--limit S]
                                             [--write]

Runs of each package of `packages.toml`, in a virtual environment of its own below `build/`: plainly; with `everything`
compiled at its first call but the standard library and pytest; `warm`, with all compiled but pytest that is called
thirty times; and, for the time, with the `default` switches.  The former compile synchronously and strictly.  So do two
that are run only when asked for: `storm`, in which guards fail in turn, and `cramped`, in which most machine code has to
go again for want of room.  What was seen is kept while running, so that a later run with other modes or `--write`, which
puts tables into docs/compatibility.md, has it.
The exit code is 1 if a test ended otherwise than plainly without being allowed to.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import subprocess
import sys
import tarfile
import tomllib
import venv
from typing import Any

from outcomes import Report, Run, Seen, child_environment, compared, keep, kept, printed, run_child, run_suite

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "packages"
RESULTS = BUILD / "results"
LIMIT = 900.0
PAGE = ROOT / "docs" / "compatibility.md"
SHARE = ("more-itertools", "sortedcontainers", "markupsafe")
# For each mode the child's first arguments and the switches.
MODES: dict[str, tuple[str, str, dict[str, str]]] = {
    "plain": ("plain", "", {}),
    "everything": ("tiercel", "library+runner", {"threshold": "1", "sync": "1", "strict": "1"}),
    "warm": ("tiercel", "runner", {"threshold": "30", "sync": "1", "strict": "1"}),
    "storm": ("tiercel", "library+runner", {"threshold": "2", "sync": "1", "strict": "1", "exit_storm": "1"}),
    "cramped": ("tiercel", "library+runner", {"threshold": "1", "sync": "1", "strict": "1", "code_cache": "0.2"}),
    "default": ("tiercel", "", {}),
}
COMPARED = ("everything", "warm", "default")


@dataclasses.dataclass
class Package:
    """An entry of `packages.toml`."""

    name: str
    version: str
    source: str
    tests: list[str]
    arguments: list[str] = dataclasses.field(default_factory=list)
    needs: list[str] = dataclasses.field(default_factory=list)
    deselected: dict[str, str] = dataclasses.field(default_factory=dict)
    allowed: dict[str, str] = dataclasses.field(default_factory=dict)
    parts: dict[str, int] = dataclasses.field(default_factory=dict)
    limit: float = LIMIT

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"

    @property
    def environment(self) -> pathlib.Path:
        return BUILD / self.name

    @property
    def python(self) -> pathlib.Path:
        return self.environment / "bin" / "python"

    @property
    def folder(self) -> pathlib.Path:
        """Where pytest runs."""
        if self.source == "wheel":
            return self.environment / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
        return next((self.environment / "sdist").iterdir())

    def install(self) -> None:
        """The package, what its tests need, and Tiercel as it stands here, in an environment of its own."""
        done = self.environment / "installed"
        wanted = json.dumps([self.requirement, self.source, self.needs])
        if done.exists() and done.read_text() == wanted:
            return
        venv.create(self.environment, with_pip=True, clear=True)
        pip = [str(self.python), "-m", "pip", "-q", "--disable-pip-version-check"]
        llvmlite = subprocess.run([sys.executable, "-c", "import llvmlite; print(llvmlite.__version__)"], check=True,
                                  capture_output=True, text=True).stdout.strip()
        needs = self.needs if self.name == "pytest" else ["pytest<9.3", *self.needs]
        subprocess.run([*pip, "install", self.requirement, f"llvmlite=={llvmlite}", *needs], check=True)
        for site in (self.environment / "lib").glob("python3*/site-packages"):
            (site / "tiercel_here.pth").write_text(f"{ROOT / 'src'}\n")
        if self.source == "sdist":
            archives = self.environment / "archive"
            subprocess.run([*pip, "download", "--no-binary", self.name, "--no-deps", "-d", str(archives),
                            self.requirement], check=True)
            with tarfile.open(next(archives.iterdir())) as archive:
                archive.extractall(self.environment / "sdist", filter="data")
        (BUILD / "pytest.ini").write_text("[pytest]\n")         # for packages without one, lest Tiercel's is used
        done.write_text(wanted)

    def one_in(self, mode: str) -> int:
        """Of how many tests one is run."""
        return self.parts.get(mode, 1)

    def compared(self, mode: str, seen: dict[str, Seen]) -> Report:
        """What differs from the plain run in one mode."""
        plain, compiled = (seen[which].part(self.one_in(mode)) for which in ("plain", mode))
        return compared(f"{self.name} {mode}", plain, compiled, self.allowed)

    def run(self, mode: str) -> Seen:
        """Its tests in one mode."""
        which, spared, switches = MODES[mode]
        if self.name == "pytest":
            spared = spared.replace("runner", "")
        command = [str(self.python), str(HERE / "pytest_child.py"), which, spared, str(self.one_in(mode)), *self.tests,
                   *self.arguments]
        for test in self.deselected:
            command += ["--deselect", test]

        def once(skipped: list[str], timeout: float) -> Run:
            return run_child(command, self.folder, child_environment(**switches), timeout, skipped)

        return run_suite(once, self.limit)


def packages() -> dict[str, Package]:
    """All entries of the table."""
    table: dict[str, dict[str, Any]] = tomllib.loads((HERE / "packages.toml").read_text())
    return {name: Package(name, **entry) for name, entry in table.items()}


def outcomes_row(package: Package, seen: dict[str, Seen]) -> list[str]:
    """How many tests there are, and how many of those seen in both runs ended otherwise than plainly, in each mode."""
    cells = [package.name, package.version, f"{len(seen['plain'].outcomes):,}"]
    for mode in COMPARED:
        report = package.compared(mode, {mode: Seen(), **seen})
        number = len(report.plain.outcomes.keys() & report.tiercel.outcomes.keys())
        cells.append(f"{len(report.differing)} of {number:,}" if number else "-")
    return cells


def costs_row(package: Package, seen: dict[str, Seen]) -> list[str]:
    """What the tests took plainly and with the default switches."""
    plain, default = seen["plain"], seen.get("default", Seen(trouble="not run"))
    if plain.trouble or default.trouble:
        return [package.name, *"-------"]
    return [package.name, f"{plain.processor:.1f}", f"{default.processor:.1f}", f"{default.compiling:.1f}",
            f"{100 * default.compiling / default.own:.0f} %", f"{plain.peak:.0f}", f"{default.peak:.0f}",
            f"{default.machine_code:,.0f}"]


# The tables in the page: what begins each, its columns, what makes a line.
TABLES = (
    ("outcomes", ["package", "version", "tests", *COMPARED], outcomes_row),
    ("costs", ["package", "plain, s", "default, s", "compiling, s", "of the time", "plain, MB", "default, MB",
               "machine code, KB"], costs_row),
)


def write() -> None:
    """The tables of all that is kept, into the page."""
    page = PAGE.read_text()
    for name, columns, line_of in TABLES:
        lines = [columns, ["---", *["---:"] * (len(columns) - 1)]]
        for package in packages().values():
            if "plain" in (seen := kept(RESULTS, package.name)):
                lines.append(line_of(package, seen))
        before, begin, rest = page.partition(f"<!-- {name} of packages -->\n")
        _, end, after = rest.partition("<!-- end -->\n")
        page = "".join([before, begin, *(f"| {' | '.join(line)} |\n" for line in lines), end, after])
    PAGE.write_text(page)


def main() -> int:
    """Run the packages one after another and print the differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help="packages; by default all of the table")
    parser.add_argument("--share", choices=["ci"], help="only what continuous integration runs")
    parser.add_argument("--modes", default=",".join(("plain", *COMPARED)), help="which runs to make anew")
    parser.add_argument("--limit", type=float, help="seconds for a mode of a package, instead of the table's")
    parser.add_argument("--write", action="store_true", help=f"write tables of all results into docs/{PAGE.name}")
    parser.add_argument("--verbose", action="store_true", help="the whole report of each differing test")
    options = parser.parse_args()
    table = packages()
    bad = []
    for name in options.names or (SHARE if options.share else table):
        package = table[name]
        package.limit = options.limit or package.limit
        package.install()
        seen = kept(RESULTS, name)
        for mode in options.modes.split(","):
            seen[mode] = package.run(mode)
            keep(RESULTS, name, seen)
        for mode in seen:
            if mode != "plain" and "plain" in seen:
                report = package.compared(mode, seen)
                printed(report, options.verbose)
                if not report.good:
                    bad.append(report.name)
    if options.write:
        write()
    if bad:
        print("Not the same:", ", ".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
