"""Time pyperformance's programs under CPython and under Tiercel, in the steady state of one process.

    python bench/suite.py [names] [--seconds S] [--most S] [--write]

Each program runs in two fresh processes, plainly and with Tiercel, which take turns of some rounds; the other one is
stopped meanwhile.  So both see the machine as it is at the time, however its speed changes.  A benchmark's ratio is the
median over its last third of turns.  `--write` puts the table into docs/pyperformance.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import sys
import time

import measure
import pair
from run import markdown

REPORT = measure.ROOT / "docs" / "pyperformance.md"
NOTES = measure.ROOT / "bench" / "suite_notes.md"
NO_LOSS = (0.97, 1.0)
LIBRARY = (1.1, 2.0)

# name: (program, its arguments, at least, aim)
SUITE: dict[str, tuple[str, tuple[str, ...], float, float]] = {
    "richards": ("richards", (), 6, 30),
    "richards_super": ("richards_super", (), 6, 30),
    "deltablue": ("deltablue", (), 5, 20),
    "raytrace": ("raytrace", (), 10, 60),
    "chaos": ("chaos", (), 8, 30),
    "go": ("go", (), 2.5, 4),
    "hexiom": ("hexiom", (), 2.5, 4),
    "float": ("float", (), 6, 15),
    "nqueens": ("nqueens", (), 3, 6),
    "pyflate": ("pyflate", (), 3, 6),
    "crypto_pyaes": ("crypto_pyaes", (), 8, 30),
    "spectral_norm": ("spectral_norm", (), 15, 50),
    "fannkuch": ("fannkuch", (), 5, 8),
    "nbody": ("nbody", (), 8, 14),
    "scimark_sor": ("scimark", ("sor",), 30, 200),
    "scimark_sparse_mat_mult": ("scimark", ("sparse_mat_mult",), 15, 60),
    "scimark_monte_carlo": ("scimark", ("monte_carlo",), 12, 40),
    "scimark_lu": ("scimark", ("lu",), 20, 140),
    "scimark_fft": ("scimark", ("fft",), 20, 80),
    "barnes_hut": ("barnes_hut", (), 5, 12),
    "meteor_contest": ("meteor_contest", (), 1.5, 4),
    "mdp": ("mdp", (), 1.5, 2.5),
    "generators": ("generators", (), 1.5, 3),
    "comprehensions": ("comprehensions", (), 1.5, 3),
    "deepcopy": ("deepcopy", (), 1.3, 4),
    "unpack_sequence": ("unpack_sequence", (), 2, 20),
    "tomli_loads": ("tomli_loads", (), 1.5, 3),
    "html5lib": ("html5lib", (), *LIBRARY),
    "mako": ("mako", (), *LIBRARY),
    "chameleon": ("chameleon", (), *LIBRARY),
    "docutils": ("docutils", (), *LIBRARY),
    "pprint": ("pprint", (), *LIBRARY),
    "regex_compile": ("regex_compile", (), *LIBRARY),
    "logging": ("logging", ("format",), *LIBRARY),
    "sqlglot": ("sqlglot_v2", ("parse",), *LIBRARY),
    "coroutines": ("coroutines", (), *NO_LOSS),
    "async_generators": ("async_generators", (), *NO_LOSS),
    "async_tree": ("async_tree", ("none",), *NO_LOSS),
    "json_dumps": ("json_dumps", (), *NO_LOSS),
    "pidigits": ("pidigits", (), *NO_LOSS),
    "telco": ("telco", (), *NO_LOSS),
    "unpickle": ("pickle", ("unpickle",), *NO_LOSS),
}


@dataclasses.dataclass
class Result:
    """What one program came to: for each of its benchmarks the steady seconds of both modes."""

    name: str
    plain: float = math.nan
    tiercel: float = math.nan
    ratio: float = math.nan
    memory: tuple[int, int] = (0, 0)
    failure: str = ""


def mean(values: list[float]) -> float:
    """The geometric mean."""
    return math.exp(sum(map(math.log, values)) / len(values))


def measured(name: str, seconds: float, most: float) -> Result:
    """Run a program plainly and with Tiercel; where it has several benchmarks, their geometric mean counts."""
    program, arguments, _, _ = SUITE[name]
    result = Result(name)
    try:
        seen = pair.measured((program, *arguments), seconds, most)
    except measure.Failed as failure:
        result.failure = str(failure).replace("\n", " ").replace("|", "/")
        return result
    steady = [pair.last_third(turns) for turns in seen.turns.values()]
    result.plain = mean([measure.median([turn.plain for turn in last]) for last in steady])
    result.tiercel = mean([measure.median([turn.tiercel for turn in last]) for last in steady])
    result.ratio = mean([measure.median([turn.plain / turn.tiercel for turn in last]) for last in steady])
    result.memory = seen.peak_mb
    return result


def verdict(result: Result) -> str:
    """Whether the least ratio was reached."""
    if result.failure:
        return "failed: " + result.failure
    return "" if result.ratio >= SUITE[result.name][2] else "below"


def cells(result: Result) -> tuple[str, ...]:
    """A table line."""
    _, _, least, aim = SUITE[result.name]
    if result.failure:
        return (result.name, "", "", "", f"{least:g}", f"{aim:g}", "", verdict(result))
    return (result.name, f"{result.plain * 1e3:.2f}", f"{result.tiercel * 1e3:.2f}", f"{result.ratio:.2f}", f"{least:g}",
            f"{aim:g}", f"{result.memory[0]} / {result.memory[1]}", verdict(result))


def summary(results: list[Result]) -> list[str]:
    """The mean over all, and what fell short."""
    good = [result for result in results if not result.failure]
    if not good:
        return ["Nothing was measured."]
    slower = [f"{result.name} ({result.ratio:.2f})" for result in good if result.ratio < NO_LOSS[0]]
    missed = [f"{result.name} ({result.ratio:.2f} of {SUITE[result.name][2]:g})" for result in good if verdict(result)]
    failed = [result.name for result in results if result.failure]
    return [f"Geometric mean of {len(good)} programs: {mean([result.ratio for result in good]):.2f} (at least 3.5, aim 9).",
            "Slower than 0.97: " + (", ".join(slower) or "none") + ".",
            "Below the least ratio: " + (", ".join(missed) or "none") + ".",
            *(["Failed: " + ", ".join(failed) + "."] if failed else [])]


def document(results: list[Result], seconds: float, most: float) -> str:
    """The text of docs/pyperformance.md."""
    headings = ("program", "CPython ms", "Tiercel ms", "ratio", "at least", "aim", "memory MB", "")
    return "\n".join([
        "# pyperformance", "",
        "Written by `make bench-pyperformance`; not edited by hand, but for the notes, which are in"
        " `bench/suite_notes.md`.", "",
        f"- Machine: {measure.machine()}",
        f"- Interpreter: {measure.interpreter()}",
        f"- Date: {time.strftime('%Y-%m-%d')}; two fresh processes a program, with and without Tiercel, in turns of some"
        f" rounds; with Tiercel for {seconds:g} s, or up to {most:g} s while versions are still made; the median of the last"
        " third of the turns",
        "", markdown(headings, [cells(result) for result in results]), "",
        *(f"- {line}" for line in summary(results)), "", NOTES.read_text(),
    ])


def main() -> int:
    """Measure, print, and write the report if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help="programs to measure, all by default")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long a process with Tiercel measures")
    parser.add_argument("--most", type=float, default=40.0,
                        help="how long it may measure while versions are still made")
    parser.add_argument("--write", action="store_true", help=f"write docs/{REPORT.name}")
    options = parser.parse_args()
    names = measure.chosen(parser, options.names, SUITE)
    results = []
    print(f"{'program':24} {'CPython':>10} {'Tiercel':>10} {'ratio':>7}")
    for name in names:
        result = measured(name, options.seconds, options.most)
        results.append(result)
        if result.failure:
            print(f"{name:24} {verdict(result)}", flush=True)
        else:
            print(f"{name:24} {result.plain * 1e3:8.2f}ms {result.tiercel * 1e3:8.2f}ms {result.ratio:6.2f}x"
                  f"  {verdict(result)}", flush=True)
    print(*summary(results), sep="\n")
    if options.write:
        REPORT.write_text(document(results, options.seconds, options.most))
    return 1 if any(result.failure for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
