"""Running loops: what the evaluator takes over from the interpreter's frame."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

from tiercel import _runtime
from tiercel.bytecode import decode
from tiercel.evaluate.evaluator import evaluate_loop
from tiercel.graph.build import Graph


def scaled(factor: float, xs: list[float]) -> float:
    total = 0.0
    for x in xs:
        total += x * factor
    return total


def loop_graph(function: Any, *local_values: Any) -> Graph:
    """The unimproved graph of a function's only loop, for locals of these values and an iterator over `xs`."""
    code = function.__code__
    at, = decode(code).flow.loops
    filled = (*local_values, *[_runtime.NULL] * (code.co_nlocals - len(local_values)))
    stack = (iter(filled[code.co_varnames.index("xs")]),)
    return evaluate_loop(function, code, at, filled, stack, function.__globals__).graph


def test_a_float_that_no_round_binds_stays_the_object_it_is() -> None:
    graph = loop_graph(scaled, float("nan"), [1.0], 0.5)
    factor, _, total = graph.entry.params[:3]
    assert (factor.rep, total.rep) == ("o", "f")
    for block in graph.blocks:
        for node in block.nodes:
            if node.state is not None:
                assert node.state.locals[0] is factor


def counting(n: int) -> Iterator[int]:
    i = 0
    while i < n:
        yield i
        i += 1


def added(xs: Iterator[int]) -> int:
    total = 0
    for x in xs:
        total += x
    return total


def operations(graph: Graph) -> list[str]:
    return [node.op.name for node in graph.nodes() if node.op is not None]


def test_a_generator_object_is_taken_apart() -> None:
    values = counting(9)
    next(values)
    found = operations(graph := loop_graph(added, values, 0))
    assert found.count("generator_slot") == 2 and "generator_function" in found and "next" not in found
    there, = graph.suspended.values()
    assert there.code is counting.__code__ and there.bound == 3


def test_one_that_somebody_may_know_again_is_not() -> None:
    seen, watched, renamed, delegating = counting(9), counting(9), counting(9), chained(counting(9))
    frame, reference = seen.gi_frame, weakref.ref(watched)
    renamed.__name__ = "another"
    next(delegating)
    for values in seen, watched, renamed, delegating:
        assert _runtime.suspended(values) is None
        found = operations(graph := loop_graph(added, values, 0))
        assert "generator_slot" not in found and "next" in found and not graph.suspended
    assert frame is seen.gi_frame and reference() is watched


def chained(values: Iterator[int]) -> Iterator[int]:
    yield from values


def test_what_is_suspended() -> None:
    values = counting(9)
    function, point, slots = _runtime.suspended(values)
    assert function is counting and slots == (9, _runtime.NULL)
    assert point == decode(counting.__code__).suspensions.start
    next(values)
    assert _runtime.suspended(values)[1] in decode(counting.__code__).suspensions.yields
    assert _runtime.suspended(values)[2] == (9, 0)
    assert list(values) == list(range(1, 9))
    assert _runtime.suspended(values) is None
    assert _runtime.suspended(7) is None
