"""What is left of operations on values of which earlier versions, or the interpreter, told something."""

from __future__ import annotations

from array import array
from operator import itemgetter
from typing import Any

from tiercel import _runtime, evaluate
from tiercel.bytecode import decode
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
    history.note_types(area.__code__, place, "type", [_runtime.type_version(int)], history.clock)
    graph = graph_of(area, Measured(1.5), Measured(2.5), history=history)
    assert len(named(graph, "number_to_f64")) == 3 and node.attrs["type"] is float
    assert [each for each in named(graph, "guard_type") if each.attrs["type"] in (int, float)] == []


def test_so_do_those_on_values_that_were_never_seen_here() -> None:
    def middle(get: Any, point: Any) -> Any:
        return get(point) * 0.5 + get(point) * 0.25

    history, arguments = History(), (itemgetter(1), [1.5, 2.5])
    guards = graph_of(middle, *arguments, history=history).places.items()
    places = [place for node, place in guards if node.attrs["type"] is float]
    assert len(places) == 2
    history.note_types(middle.__code__, places[0], "type", [_runtime.type_version(int)], history.clock)
    graph = graph_of(middle, *arguments, history=history)
    assert len(named(graph, "number_to_f64")) == 2
    assert [each for each in named(graph, "guard_type") if each.attrs["type"] is float] == []


def of_both(function: Any, *args: Any) -> tuple[Graph, History]:
    """The graph of a function whose guards for ints and floats met the other of the two, and the history of that."""
    history = History()
    for node, place in graph_of(function, *args, history=history).places.items():
        if node.attrs["type"] in (int, float):
            other = float if node.attrs["type"] is int else int
            history.note_types(function.__code__, place, "type", [_runtime.type_version(other)], history.clock)
    return graph_of(function, *args, history=history), history


def failed_at(history: History, function: Any, op: str, reason: str) -> None:
    """Note that what the last instruction of this name assumed was wrong too often."""
    at = [each.at for each in decode(function.__code__).instructions if each.op == op][-1]
    history.note_failure(function.__code__, at, reason)


def product(a: Any, b: Any) -> Any:
    return a.value * b.value


def test_numbers_are_tried_until_that_fails() -> None:
    graph, history = of_both(product, Measured(1.5), Measured(2))
    assert len(named(graph, "number_to_f64")) == 2
    failed_at(history, product, "BINARY_OP", "number")
    assert named(graph_of(product, Measured(1.5), Measured(2), history=history), "number_to_f64") == []


def test_a_number_is_made_an_int_until_that_fails() -> None:
    def whole(a: Any, b: Any) -> int:
        return int(a.value * b.value)

    def near(a: Any, b: Any) -> int:
        return round(a.value * b.value)

    for function in (whole, near):
        graph, history = of_both(function, Measured(1.5), Measured(2))
        assert len(named(graph, "f64_to_i64_checked")) == 1
        failed_at(history, function, "CALL", "big")
        assert named(graph_of(function, Measured(1.5), Measured(2), history=history), "f64_to_i64_checked") == []


def test_a_type_that_was_an_int_or_float_is_known_to_be_one() -> None:
    def halves(a: Any, b: Any) -> Any:
        x = a.value
        return x * b.value, x // 2

    graph, _ = of_both(halves, Measured(1.5), Measured(2))
    assert [each for each in named(graph, "guard_type") if each.attrs["type"] in (int, float)] == []


def test_an_int_that_meets_a_float_is_taken_to_be_a_float_at_times() -> None:
    graph = graph_of(weighed, Measured(1), 2.0)
    assert len(named(graph, "number_to_f64")) == 1
    history = History()
    failed(graph_of(low_bits, Measured(3), 2, history=history), history, str, low_bits)
    assert named(graph_of(low_bits, Measured(3), 2, history=history), "number_to_f64") == []


def test_an_int_or_text_that_meets_a_float_is_no_number() -> None:
    history = History()
    first_version = graph_of(weighed, Measured(1.5), 2.0, history=history)
    place = next(place for node, place in first_version.places.items() if node.attrs["type"] is float)
    history.note_types(weighed.__code__, place, "type", [_runtime.type_version(int)], history.clock)
    history.note_types(weighed.__code__, place, "type", [_runtime.type_version(str)], history.clock)
    assert named(graph_of(weighed, Measured(1), 2.0, history=history), "number_to_f64") == []


def test_a_number_of_times_a_text_is_no_arithmetic() -> None:
    graph, _ = of_both(weighed, Measured(2), "text")
    assert named(graph, "number_to_f64") == []


def test_ints_stay_ints() -> None:
    def counted(n: int, m: int) -> int:
        n += m
        n *= 3
        return n

    graph = graph_of(counted, 1, 2)
    assert named(graph, "f64_add") == [] and named(graph, "f64_mul") == []
    assert len(named(graph, "f64_select")) == 0


def test_the_less_of_an_int_and_a_float_is_a_number() -> None:
    graph = graph_of(lambda n, x: min(n, x), 1, 2.5)
    assert len(named(graph, "f64_select")) == 1


def test_numbers_meet_without_being_made_objects() -> None:
    def met(a: Any, b: Any, scale: float) -> Any:
        x = a.value * b.value
        if scale > 1.0:
            x = scale + 1.0
        return x * 2.0

    def mixed(flag: bool, n: int, x: float) -> Any:
        chosen = n & 15 if flag else x * 0.5
        return chosen * 2.0

    graph, _ = of_both(met, Measured(1.5), Measured(2), 0.5)
    assert named(graph, "box_number") == [] and named(graph, "box_f64") == []
    graph = graph_of(mixed, True, 5, 2.5)
    assert named(graph, "type_is") == [] and named(graph, "number_to_f64") == [] and named(graph, "guard_type") == []


def test_sums_of_numbers_are_no_objects_in_loops() -> None:
    def total(each: Any, n: int) -> Any:
        result = 0
        for _ in range(n):
            result = result + each.value * each.value
        return result * 0.5

    def by_turns(each: Any, n: int) -> Any:
        result = 0
        for i in range(n):
            result = i & 15 if i & 1 else each.value * each.value
        return result * 0.5

    for function in (total, by_turns):
        graph, _ = of_both(function, Measured(1.5), 3)
        assert named(graph, "f64_mul") and named(graph, "box_number") == [] and named(graph, "box_f64") == []


def test_loops_settle_after_few_rounds_before_them() -> None:
    def swapped(n: int) -> Any:
        a, b, c = 1, 2, 0.5
        for _ in range(n):
            a, b = b * 0.5, a
        return a, b, c

    graph = graph_of(swapped, 5)
    assert named(graph, "number_multiply") == [] and named(graph, "guard_type") == []


def test_sums_of_floats_begin_with_an_int() -> None:
    def dot(pairs: Any) -> Any:
        return sum(p * q for p, q in pairs)

    def dots(pairs: Any, n: int) -> Any:
        total = 0.0
        for _ in range(n):
            total += sum(p * q for p, q in pairs)
        return total

    for function, args in ((dot, ([(1, 0.5)],)), (dots, ([(1, 0.5)], 3))):
        evaluation = evaluate.evaluate_function(function, args)    # type: ignore[arg-type]
        assert any("genexpr" in name for name in evaluation.inlined)
