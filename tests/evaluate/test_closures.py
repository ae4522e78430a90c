"""Functions made where they are called are evaluated in place, and exist only where something could see them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("tiercel._runtime")

from tiercel import evaluate
from tiercel.control.history import History
from tiercel.graph.build import Graph


def counts(n: int) -> int:
    total = 0

    def more(by: int = 2) -> int:
        nonlocal total
        total += by
        return total
    for i in range(n):
        more(i)
    return more()


def shares(n: int) -> int:
    def outer(a: int) -> int:
        def inner(b: int) -> int:
            return a * b
        return inner(a) + inner(n)
    return outer(n)


def is_seen(n: int) -> Any:
    def look() -> Any:
        return sys._getframe(1), n
    return look()


def is_kept(n: int) -> Any:
    kept = []

    def more() -> int:
        return n + 1
    kept.append(more)
    return kept[0], more() + more()


def calls(function: Callable[[int], int], n: int) -> int:
    return function(n) + 1


def adder(by: int) -> Callable[[int], int]:
    return lambda x: x + by


def scaler(by: int) -> Callable[[int], int]:
    return lambda x: x * by


def ops(graph: Graph) -> list[str]:
    return [node.op.name for node in graph.nodes() if node.op is not None]


@pytest.mark.parametrize("function", [counts, shares])
def test_nothing_is_made_where_nobody_sees_it(function: Any) -> None:
    evaluation = evaluate.evaluate_function(function, (5,))
    assert not {"new_function", "cell_new", "call", "enter_inlined"} & set(ops(evaluation.graph))


def test_a_frame_that_may_be_seen_is_one_of_a_function_that_exists() -> None:
    evaluation = evaluate.evaluate_function(is_seen, (5,))
    names = ops(evaluation.graph)
    assert names.count("new_function") == names.count("enter_inlined") == 1
    assert evaluation.inlined == ["is_seen.<locals>.look"], "what was forgotten is not told twice"


def test_a_function_that_exists_is_inlined_by_its_code() -> None:
    evaluation = evaluate.evaluate_function(is_kept, (5,))
    names = ops(evaluation.graph)
    assert names.count("new_function") == 1 and "guard_function" in names and "call" not in names


def test_functions_of_one_code_are_told_from_others() -> None:
    def evaluated(history: History, function: Any) -> list[str]:
        return ops(evaluate.evaluate_function(calls, (function, 5), history).graph)
    history = History()
    first = adder(1)
    assert "guard_is" in evaluated(history, first)
    again = evaluated(history, adder(2))
    assert "guard_function" in again and "call" not in again
    other = evaluated(history, scaler(2))
    assert "guard_function" not in other and "call" in other
