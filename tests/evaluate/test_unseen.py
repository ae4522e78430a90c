"""Exceptions that nobody would see: which handlers are passed by, and what is tested before."""

from __future__ import annotations

from typing import Any

import pytest

from tiercel import evaluate
from tiercel.bytecode import decode
from tiercel.control.history import History
from tiercel.graph import interpret
from tiercel.graph.build import Graph


def defaulting(names: dict[str, int], key: str) -> int:
    try:
        value = names[key]
    except (IndexError, KeyError):
        value = -1
    return value


def looking(names: dict[str, int], key: str) -> Any:
    try:
        value = names[key]
    except KeyError as error:
        return error.args
    return value


def calling(names: dict[str, int], key: str) -> Any:
    try:
        return names[key]
    except KeyError:
        return repr(key)


def another(names: dict[str, int], key: str) -> Any:
    try:
        return names[key]
    except IndexError:
        return None


def rebinding(names: dict[str, int], key: str, value: Any) -> Any:
    value = [value]
    value.append(value)
    try:
        value = names[key]
    except KeyError:
        value = None
    return value


def indexing(items: list[int], at: int) -> Any:
    try:
        return items[at]
    except LookupError:
        return "none"


def graph_of(function: Any, *args: Any, failed: tuple[str, ...]) -> Graph:
    """The unimproved graph once guards of the lookup have failed too often for these reasons."""
    code = decode(function.__code__)
    at, = (i.at for i in code.instructions if i.op == "BINARY_SUBSCR")
    history = History()
    for reason in failed:
        history.note_failure(code.code, at, reason)
    return evaluate.evaluate_function(function, args, history).graph


def operations(graph: Graph) -> list[str]:
    return [node.op.name for node in graph.nodes() if node.op is not None]


def test_a_miss_that_nobody_sees_is_tested_for() -> None:
    graph = graph_of(defaulting, {"a": 1}, "a", failed=("missing",))
    found = operations(graph)
    assert "dict_get_or" in found and not {"dict_get", "check", "push_exc_info"} & set(found)
    for key, expected in ("a", 1), ("b", -1):
        assert interpret.run(graph, defaulting, [{"a": 1}, key], leave=False) == expected


@pytest.mark.parametrize("function", [looking, calling, another])
def test_what_may_look_at_the_exception_gets_it(function: Any) -> None:
    found = operations(graph_of(function, {"a": 1}, "a", failed=("missing",)))
    assert "dict_get" in found and "dict_get_or" not in found


def test_a_lookup_that_misses_seldom_has_a_guard_alone() -> None:
    assert "dict_get_simple" in operations(graph_of(defaulting, {"a": 1}, "a", failed=()))


def test_keys_that_code_must_compare_are_looked_up_by_cpython() -> None:
    assert "dict_get" in operations(graph_of(defaulting, {"a": 1}, "a", failed=("missing", "keys")))


def test_the_last_reference_to_what_is_bound_anew_goes_in_the_handler() -> None:
    graph = graph_of(rebinding, {"a": 1}, "a", [], failed=("missing",))
    guards = [node.attrs["reason"] for node in graph.nodes() if node.op is not None and node.op.name == "guard"]
    assert guards == ["last"]
    found = operations(graph_of(rebinding, {"a": 1}, "a", [], failed=("missing", "last")))
    assert "dict_get" in found and "refcount_is" not in found


def test_an_index_out_of_range() -> None:
    graph = graph_of(indexing, [1, 2, 3], 1, failed=("index",))
    assert "guard" not in operations(graph) and "list_item" in operations(graph)
    for at, expected in (2, 3), (3, "none"), (-3, 1), (-4, "none"):
        assert interpret.run(graph, indexing, [[1, 2, 3], at], leave=False) == expected
