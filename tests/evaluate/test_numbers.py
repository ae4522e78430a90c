"""What is left of operations on values of which earlier versions, or the interpreter, told something."""

from __future__ import annotations

from array import array
from typing import Any

from tiercel import evaluate
from tiercel.control.history import History
from tiercel.graph.build import Graph, Node
from tiercel.types import one_of


class Measured:
    def __init__(self, value: Any) -> None:
        self.value = value


def weighed(each: Any, weight: float) -> float:
    return each.value * weight


def low_bits(each: Any, factor: int) -> int:
    return (each.value * factor) & 0xFFFFFFFF


def first(items: Any) -> Any:
    return items[0]


def checked(n: int) -> int:
    if n < 0:
        raise ValueError(n)
    return n + 1


def graph_of(function: Any, *args: Any, history: Any = None) -> Graph:
    for _ in range(64):
        function(*args)
    return evaluate.evaluate_function(function, args, history).graph


def named(graph: Graph, name: str) -> list[Node]:
    return [node for node in graph.nodes() if node.op is not None and node.op.name == name]


def failed(graph: Graph, history: History, type_: type, function: Any = weighed) -> None:
    """Note that the guards of the type of an attribute met another one."""
    from tiercel import _runtime
    for node, place in graph.places.items():
        if node.attrs["type"] in (int, float):
            history.note_types(function.__code__, place, "type", [_runtime.type_version(type_)], history.clock)


def test_an_int_or_a_float_is_made_a_double_where_it_meets_a_float() -> None:
    history = History()
    first_version = graph_of(weighed, Measured(1.5), 2.0, history=history)
    assert named(first_version, "number_to_f64") == []
    failed(first_version, history, int)
    next_version = graph_of(weighed, Measured(1.5), 2.0, history=history)
    assert len(named(next_version, "number_to_f64")) == 1
    assert named(next_version, "type_is") == [] and named(next_version, "number_multiply") == []


def test_a_union_of_other_types_is_no_number() -> None:
    assert set(one_of(frozenset({int, str})).types) == {int, str}
    history = History()
    failed(graph_of(weighed, Measured(1.5), 2.0, history=history), history, str)
    assert named(graph_of(weighed, Measured(1.5), 2.0, history=history), "number_to_f64") == []


def test_what_is_masked_has_a_width_where_arms_meet_before_the_mask() -> None:
    history = History()
    failed(graph_of(low_bits, Measured(3), 2**40, history=history), history, bool, low_bits)
    graph = graph_of(low_bits, Measured(3), 2**40, history=history)
    assert len(named(graph, "type_is")) == 1


def test_the_type_code_of_an_array_is_made_sure_of() -> None:
    graph = graph_of(first, array("d", [1.5]))
    kinds = named(graph, "array_kind")
    assert len(kinds) == 1 and len(named(graph, "array_item_f64")) == 1
    compared = [node for node in graph.nodes() if kinds[0] in node.args]
    assert any(node.op.name == "guard" and node.args[0] in compared for node in graph.nodes())    # type: ignore[union-attr]


def test_an_error_that_was_never_raised_leaves() -> None:
    graph = graph_of(checked, 5)
    assert named(graph, "raise") == []
    assert [node.attrs["reason"] for node in named(graph, "leave")] == ["raise"]
    history = History()
    at = next(node.state.at for node in named(graph, "leave") if node.state is not None)
    history.note_failure(checked.__code__, at, "raise")
    assert len(named(graph_of(checked, 5, history=history), "raise")) == 1


def test_where_one_operation_meets_both_the_others_of_the_code_do() -> None:
    def area(a: Any, b: Any) -> Any:
        return a.value * b.value - b.value * 0.5

    history = History()
    first_version = graph_of(area, Measured(1.5), Measured(2.5), history=history)
    node, place = next(iter(first_version.places.items()))
    from tiercel import _runtime
    history.note_types(area.__code__, place, "type", [_runtime.type_version(int)], history.clock)
    graph = graph_of(area, Measured(1.5), Measured(2.5), history=history)
    assert len(named(graph, "number_to_f64")) == 3 and node.attrs["type"] is float
    assert [each for each in named(graph, "guard_type") if each.attrs["type"] in (int, float)] == []
