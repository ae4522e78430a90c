"""Running loops: what the evaluator takes over from the interpreter's frame."""

from __future__ import annotations

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
