"""Golden texts: each case of golden/RULE_FILE.txt is a function, what it is called with, and the graph that its evaluation
gives, before any pass.

    [case what it shows]
    with: [1, 2], 0
    def f(xs, i):
        return xs[i]
    [out]
    graph ...
"""

from __future__ import annotations

import array
import inspect
import math
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tiercel import evaluate, rules
from tiercel.graph import text
from tiercel.graph.verify import verify

GOLDEN = Path(__file__).parent / "golden"
NAMES: dict[str, Any] = {"math": math, "array": array}
WITHOUT_RULES = {"__init__", "registry", "results"}


class Case(NamedTuple):
    file: Path
    title: str
    values: str
    source: str
    expected: str


def cases_in(file: Path) -> list[Case]:
    cases = []
    for part in re.split(r"^(?=\[case )", file.read_text(), flags=re.MULTILINE)[1:]:
        head, values, rest = part.split("\n", 2)
        source, _, expected = rest.partition("[out]\n")
        cases.append(Case(file, head[6:-1], values.removeprefix("with: "), source, expected.strip() + "\n"))
    return cases


CASES = [case for file in sorted(GOLDEN.glob("*.txt")) for case in cases_in(file)]


def output(case: Case) -> str:
    """The graph of the function `f` of a case."""
    namespace = dict(NAMES)
    exec(compile(case.source, "case.py", "exec"), namespace)      # noqa: S102  the case's own text
    values = eval(f"({case.values},)", namespace)                 # noqa: S307  likewise
    graph = evaluate.evaluate_function(namespace["f"], values).graph
    verify(graph)
    return text.format(graph, {})


@pytest.mark.parametrize("case", CASES, ids=[f"{case.file.stem}: {case.title}" for case in CASES])
def test_golden(case: Case, update_golden: bool) -> None:
    seen = output(case)
    if update_golden and seen.strip() != case.expected.strip():
        whole = case.file.read_text()
        before = f"[case {case.title}]\nwith: {case.values}\n{case.source}[out]\n"
        assert before in whole, "write a case as [case], with:, the function, [out]"
        start = whole.index(before) + len(before)
        end = whole.find("\n[case ", start)
        case.file.write_text(whole[:start] + seen.strip() + "\n" + (whole[end:] if end >= 0 else ""))
    else:
        assert seen.strip() == case.expected.strip()


def test_every_rule_file_has_cases() -> None:
    folder = Path(inspect.getfile(rules)).parent
    assert {file.stem for file in GOLDEN.glob("*.txt")} == {file.stem for file in folder.glob("*.py")} - WITHOUT_RULES
