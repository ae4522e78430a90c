"""Runs a graph in plain Python, slowly: an oracle that needs neither LLVM nor trust in the emitter.

Values are Python ints, floats, bools and objects.  Where a node leaves or raises, CPython goes on from its frame state,
as it does for machine code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType, TracebackType
from typing import Any, Final, NamedTuple

from tiercel.graph import language, operations, table
from tiercel.graph.build import NULL, Block, Const, Edge, FrameState, Graph, Node, Operand
from tiercel.graph.describe import describe
from tiercel.graph.ops import OPS
from tiercel.graph.table import OPERATIONS, Leaves, LeavesAfter

_OURS: Final = {module.__file__ for module in (language, operations, table)} | {__file__}
_NOTHING: Final = object()


class Exit(Exception):
    """A run that left, for callers that do not want CPython to go on: the state and the values of its nodes."""

    def __init__(self, node: Node, state: FrameState, values: dict[Node, Any], exception: BaseException | None,
                 result: Any) -> None:
        super().__init__(node)
        self.node = node
        self.state = state
        self.values = values
        self.exception = exception
        self.result = result


class Suspended(NamedTuple):
    """What a generator's body comes to at a yield: the value, and where it is suspended with which locals and stack."""

    value: Any
    point: int
    slots: list[Any]


def run(graph: Graph, function: FunctionType | None, args: Sequence[Any], *, leave: bool = True,
        fail_at: int | None = None, still_valid: Callable[[], bool] | None = None) -> Any:
    """The result of the graph for one argument for each of its entry's parameters (for a running loop or a generator:
    the values of its frame), or `Suspended`.

    With `leave` false an exit raises `Exit` instead of going on in CPython.  `fail_at` makes the guard of that number,
    counted as they are run, fail whatever it tests.  `still_valid` is asked after each node that may run code; where it
    says no, the run leaves, as machine code does whose assumptions broke.
    """
    values: dict[Node, Any] = {graph.function: function}
    for param, arg in zip(graph.entry.params, args, strict=True):
        values[param] = arg
    try:
        return _Run(graph, values, fail_at, still_valid).go()
    except Exit as left:
        if not leave:
            raise
        out = left
    return resume(out)    # outside of the handler, so that what CPython raises has no context of ours


def resume(out: Exit) -> Any:
    """Let CPython go on where a run left."""
    from tiercel import _runtime
    description, needed = describe(out.state)
    frames = description[1]
    values = tuple([_runtime.NULL if value is NULL else value
                    for value in (out.values[node] if isinstance(node, Node) else node.value for node in needed)])
    result = _runtime.NULL if out.result is _NOTHING else out.result
    return _runtime.resume(frames, values, exception=out.exception, result=result)


class _Run:
    def __init__(self, graph: Graph, values: dict[Node, Any], fail_at: int | None,
                 still_valid: Callable[[], bool] | None) -> None:
        self.graph = graph
        self.values = values
        self.fail_at = fail_at
        self.still_valid = still_valid
        self.guards = 0
        self.checked: Node | None = None
        self.raised: tuple[Node, BaseException] | None = None    # between `check` and `catch`

    def go(self) -> Any:
        block: Block = self.graph.entry
        values = self.values
        while True:
            self.checked = block.nodes[-2] if block.nodes[-1].op is OPS["check"] else None
            for node in block.nodes:
                op = node.op
                assert op is not None
                args = [self.value(arg) for arg in node.args]
                if not op.ends:
                    result = self.catch(node) if op.name == "catch" else self.operation(node, args)
                    if node.rep:
                        values[node] = result
                    continue
                name = op.name
                if name in ("return", "finish"):
                    return args[0] if args else None
                if name == "suspend":
                    return Suspended(args[0], args[1], args[2:])
                if name == "delegate":
                    return Suspended(None, args[0], args[1:])
                if name == "jump":
                    edge = node.targets[0]
                elif name == "branch":
                    edge = node.targets[0 if args[0] else 1]
                elif name == "check":
                    edge = node.targets[0 if self.raised is None else 1]
                elif name == "switch":
                    last = len(node.targets) - 1
                    edge = node.targets[args[0] if 0 <= args[0] < last else last]
                else:
                    self.operation(node, args)
                    raise AssertionError(f"{name} goes nowhere")
                block = self.follow(edge)

    def follow(self, edge: Edge) -> Block:
        values = [self.value(arg) for arg in edge.args]
        self.values.update(zip(edge.block.params, values))
        return edge.block

    def value(self, operand: Operand) -> Any:
        if isinstance(operand, Node):
            return self.values[operand]
        return operand.value if isinstance(operand, Const) else operand

    def operation(self, node: Node, args: list[Any]) -> Any:
        op = node.op
        assert op is not None
        if op.leaves and not (op.conditional and not args[0]):
            self.guards += 1
            if self.guards - 1 == self.fail_at:
                raise self.exit(node, None, _NOTHING)
        if op.name not in OPERATIONS:
            raise NotImplementedError(f"the graph interpreter does not know {op.name}")
        attrs = node.attrs
        if op.name == "call_native" and attrs.get("function") is None:
            attrs = {**attrs, "function": self.values[self.graph.function]}
        try:
            result = OPERATIONS[op.name](attrs, *args)
        except Leaves:
            raise self.exit(node, None, _NOTHING) from None
        except LeavesAfter as after:
            raise self.exit(node, None, after.result) from None
        except BaseException as exception:
            if not op.raises:
                raise
            if node is self.checked:
                self.raised = node, exception.with_traceback(_theirs(exception.__traceback__))
                return None
            raise self.exit(node, exception.with_traceback(_theirs(exception.__traceback__)), _NOTHING) from None
        if op.runs and self.still_valid is not None and not self.still_valid() and not node.attrs.get("unchecked"):
            raise self.exit(node, None, result if node.rep else _NOTHING)
        return result

    def catch(self, node: Node) -> BaseException:
        """What was raised, with the traceback entries of the frames of the state it was raised in."""
        from tiercel import _runtime
        assert self.raised is not None
        (raising, exception), self.raised = self.raised, None
        assert raising.state is not None
        (_, frames, _), needed = describe(raising.state)
        first, last = int(bool(node.attrs.get("again"))), node.attrs.get("frames") or 0
        frames = tuple([(*frame[:4], None, *frame[5:]) for frame in frames[first:last + 1]])
        values = tuple([_runtime.NULL if value is NULL else value
                        for value in (self.values[node] if isinstance(node, Node) else node.value for node in needed)])
        try:
            _runtime.resume(frames, values, exception=exception)
        except BaseException as again:
            exception = again
        return exception.with_traceback(_theirs(exception.__traceback__))

    def exit(self, node: Node, exception: BaseException | None, result: Any) -> Exit:
        assert node.state is not None
        return Exit(node, node.state, self.values, exception, result)


def _theirs(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback without our own frames at its start."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename in _OURS:
        traceback = traceback.tb_next
    return traceback
