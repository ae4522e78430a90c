"""Running loops: what the evaluator takes over from the interpreter's frame."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from tiercel import _runtime, evaluate
from tiercel.bytecode import decode
from tiercel.control.history import History
from tiercel.evaluate.evaluator import evaluate_loop, evaluate_resumption
from tiercel.graph import interpret
from tiercel.graph.build import Graph


def scaled(factor: float, xs: list[float]) -> float:
    total = 0.0
    for x in xs:
        total += x * factor
    return total


def loop_graph(function: Any, *local_values: Any, failed: str = "") -> Graph:
    """The unimproved graph of a function's only loop, for locals of these values and an iterator over `xs`, once a guard
    has failed there too often."""
    code = function.__code__
    at, = decode(code).flow.loops
    filled = (*local_values, *[_runtime.NULL] * (code.co_nlocals - len(local_values)))
    stack = (iter(filled[code.co_varnames.index("xs")]),)
    history = History()
    if failed:
        history.note_failure(code, at, failed)
    return evaluate_loop(function, code, at, filled, stack, function.__globals__, history).graph


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


def resumed(generator: Any) -> Graph:
    """The unimproved graph of what a suspended generator runs next."""
    function, point, slots = _runtime.suspended(generator)
    code = function.__code__
    return evaluate_resumption(function, code, point & 0xFFFFFFFF, slots[:code.co_nlocals], slots[code.co_nlocals:],
                               function.__globals__).graph


def test_a_generator_is_taken_on_from_where_it_is_suspended() -> None:
    values = counting(2)
    assert {"suspend", "finish"} <= set(operations(resumed(values)))
    next(values)
    graph = resumed(values)
    assert graph.resumes and graph.loop_at == _runtime.suspended(values)[1] & 0xFFFFFFFF
    assert [graph.param_slots, graph.param_types] == [[0, 1], [int, int]]
    assert interpret.run(graph, None, [2, 0]) == interpret.Suspended(1, _runtime.suspended(values)[1], [2, 1])
    assert interpret.run(graph, None, [2, 1]) is None


def operations(graph: Graph) -> list[str]:
    return [node.op.name for node in graph.nodes() if node.op is not None]


def test_a_generator_object_is_taken_apart() -> None:
    values = counting(9)
    next(values)
    found = operations(graph := loop_graph(added, values, 0))
    assert found.count("generator_slot") == 2 and "generator_function" in found and "next" not in found
    there, = graph.suspended.values()
    assert there.code is counting.__code__ and there.bound == 3
    for failed in "shared", "suspended elsewhere":
        values = counting(9)
        next(values)
        found = operations(loop_graph(added, values, 0, failed=failed))
        assert "generator_slot" not in found and "next" in found


def test_what_is_on_its_stack_is_taken_apart_as_well() -> None:
    def body(items: list[int]) -> Iterator[int]:
        for item in items:
            yield item + 1

    values = body([1, 2, 3])
    next(values)
    found = operations(loop_graph(added, values, 0))
    assert "list_iter_seq" in found and "next" not in found


def test_what_goes_with_the_locals_of_inlined_code_needs_no_frame() -> None:
    def holding(n: int) -> int:
        held = [n]
        return len(held)

    def body(n: int) -> Iterator[int]:
        held = [n]
        for i in range(n * len(held)):
            yield i + 1

    def emptied(n: int) -> Iterator[int]:
        held = [n]
        for i in range(n):
            yield i
            del held[:]

    def of_function(n: int) -> int:
        return holding(n)

    def of_generator(n: int) -> int:
        return len([x + 1 for x in body(n)])

    def of_noisy_generator(n: int) -> int:
        return len([x + 1 for x in emptied(n)])

    for function, linked in (of_function, False), (of_generator, False), (of_noisy_generator, True):
        found = operations(evaluate.evaluate_function(function, (3,)).graph)     # type: ignore[arg-type]
        assert "release" in found and ("enter_inlined" in found) is linked


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


def test_what_no_generator_made_anew_would_be() -> None:
    def handling() -> Iterator[int]:
        try:
            raise ValueError
        except ValueError:
            yield 1

    def changing() -> Iterator[int]:
        yield 1

    handles, renamed, changed = handling(), counting(9), changing()
    next(handles)
    renamed.__qualname__ = "another"    # type: ignore[attr-defined]
    changing.__code__ = handling.__code__
    code = counting.__code__
    unoptimised = FunctionType(code.replace(co_flags=code.co_flags & ~inspect.CO_OPTIMIZED), {})(9)
    for values in handles, renamed, changed, unoptimised:
        assert _runtime.suspended(values) is None
