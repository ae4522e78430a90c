"""Functions made of hand-written graphs, for the tests of single operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiercel import _runtime, emit
from tiercel.graph.build import Block, FrameState, Graph, Node, Operand
from tiercel.graph.ops import OPS

LEFT = "left to the interpreter"
TYPES = {"i": int, "f": float, "b": bool, "o": None}
SOURCES = {
    0: "def f(): return LEFT", 1: "def f(a): return LEFT", 2: "def f(a, b): return LEFT",
    3: "def f(a, b, c): return LEFT", 4: "def f(a, b, c, d): return LEFT",
}


class Made:
    """A graph being made for a function that, interpreted, returns LEFT."""

    def __init__(self, reps: str, result: str, linked: bool = False) -> None:
        names: dict[str, Any] = {"LEFT": LEFT}
        exec(SOURCES[len(reps)], names)
        self.function = names["f"]
        code = self.function.__code__
        self.graph = Graph(code, "f", param_slots=list(range(len(reps))), param_types=[TYPES[r] for r in reps],
                           result=result, linked=linked)
        self.block: Block = self.graph.new_block()
        self.params = [self.block.param(rep) for rep in reps]
        self.version: Any = None

    def before(self, at: int = 0) -> FrameState:
        return FrameState(self.graph.code, self.graph.function, at, at, list(self.params), [])

    def after(self, stack: list[Any] | None = None) -> FrameState:
        """As after an instruction whose result is dropped: goes on at the start."""
        return FrameState(self.graph.code, self.graph.function, 1, 0, list(self.params), stack or [])

    def add(self, op_name: str, /, *args: Operand, **attrs: Any) -> Node:
        op = OPS[op_name]
        state = self.after() if op.raises else self.before() if op.leaves else None
        return self.block.append(op_name, args, state=state, **attrs)

    def end(self, value: Operand) -> Callable[..., Any]:
        """Return the value, link, and give the function to call."""
        if self.graph.linked:
            self.add("unlink", reason="held")
        self.block.append("return", [value])
        return self.linked_function()

    def target(self) -> Any:
        """A target of native calls that leads to the version."""
        graph = self.graph
        target = _runtime.Target(graph.result + "".join(param.rep for param in graph.entry.params))
        target.lead_to(self.version)
        return target

    def linked_function(self) -> Callable[..., Any]:
        function, graph = self.function, self.graph
        lowered = emit.lower(graph, graph.name)
        self.version = _runtime.Version(function.__code__, function.__globals__, function.__builtins__,
                                        len(lowered.sites), lowered.param_kinds)
        emit.install(graph, lowered, self.version)
        _runtime.attach(function, self.version)
        return function


def operation(operation_name: str, reps: str, result: str, /, linked: bool = False, **attrs: Any) -> Callable[..., Any]:
    """A function that does one operation on its parameters."""
    made = Made(reps, result, linked)
    node = made.add(operation_name, *made.params, **attrs)
    return made.end(node)
