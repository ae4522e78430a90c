"""Golden texts: each case of golden/*.txt is a graph, passes to run, and what they make of it.

    [case what it shows]
    passes: gvn dce
    graph ...
    [out]
    graph ...
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.graph.counting import prove
from tiercel.graph import text
from tiercel.graph.verify import verify
from tiercel.passes import PIPELINE
from tiercel.passes.refs import MAX_ROUNDS

GOLDEN = Path(__file__).parent / "golden"


def callee() -> None:
    """A function for the graphs to mention."""


class Vec:
    """A class for the graphs to mention."""


class Case(NamedTuple):
    file: Path
    title: str
    passes: list[str]
    source: str
    expected: str


def cases_in(file: Path) -> list[Case]:
    cases = []
    for part in re.split(r"^(?=\[case )", file.read_text(), flags=re.MULTILINE)[1:]:
        head, rest = part.split("\n", 1)
        passes, rest = rest.split("\n", 1)
        source, _, expected = rest.partition("[out]\n")
        cases.append(Case(file, head[6:-1], passes.removeprefix("passes:").split(), source.strip() + "\n",
                          expected.strip() + "\n"))
    return cases


CASES = [case for file in sorted(GOLDEN.glob("*.txt")) for case in cases_in(file)]


def output(case: Case) -> str:
    names: dict[str, object] = {"callee": callee, "Vec": Vec}
    graph = text.parse(case.source, names)
    verify(graph)
    for name in case.passes:
        dict(PIPELINE)[name](graph)
        verify(graph)
    if "refs" in case.passes:
        prove(graph)
    result = text.format(graph, names)
    assert text.format(text.parse(result, names), names) == result
    return result


@pytest.mark.parametrize("case", CASES, ids=[f"{case.file.stem}: {case.title}" for case in CASES])
def test_golden(case: Case, update_golden: bool) -> None:
    seen = output(case)
    if update_golden and seen != case.expected:
        whole = case.file.read_text()
        before = f"[case {case.title}]\npasses: {' '.join(case.passes)}\n{case.source}\n[out]\n"
        assert before in whole, "write a case as [case], passes:, graph, empty line, [out]"
        start = whole.index(before) + len(before)
        end = whole.find("\n[case ", start)
        case.file.write_text(whole[:start] + seen + (whole[end:] if end >= 0 else ""))
        return
    assert seen == case.expected


@pytest.mark.parametrize("length", (2, MAX_ROUNDS - 1, MAX_ROUNDS, MAX_ROUNDS + 1, 3 * MAX_ROUNDS))
def test_what_lets_go_makes_the_next_be_kept(length: int) -> None:
    """Code that one release runs makes the next value be owned, whose release then runs code, and so on."""
    lines = ["graph f(%xs: obj list) -> obj", "b0:", "  %o0 = list_item %xs, 0",
             "  %c = call @callee | after 2..4 {xs=%xs} [result]"]
    for number in range(1, length + 1):
        lines += [f"  %o{number} = list_item %xs, {number}",
                  f"  release %o{number - 1} | after 4..6 {{xs=%xs}} [%o{number}]"]
    graph = text.parse("\n".join([*lines, f"  return %o{length}", ""]), {"callee": callee})
    dict(PIPELINE)["refs"](graph)
    verify(graph)
    prove(graph)
    assert text.format(graph, {"callee": callee}).count("incref %o") == length + 1


def test_every_pass_has_a_case() -> None:
    assert {name for case in CASES for name in case.passes} >= {name.removesuffix("-2") for name, _ in PIPELINE}


def test_titles_are_unique() -> None:
    assert len({(case.file, case.title) for case in CASES}) == len(CASES)
