"""The graph's data structure: blocks of nodes, constants, and the frame states that let a node leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import CodeType
from typing import Any, Final

from tiercel.graph.ops import OPS, Op

NO_WITNESS: Final[Any] = type("NoWitness", (), {"__slots__": (), "__repr__": lambda self: "<no witness>"})()


class Node:
    """A block parameter (``op`` is None) or an operation.

    `rep` is the representation of the result (``o i f b``, empty for none).  `state` is the frame state of a node
    that may leave (`before` its instruction) or raise or run code (`after` it).  `hint` is what the evaluator knew of
    the type, for readers only.  `targets` are the edges of a node that ends its block.
    """

    __slots__ = ("op", "args", "attrs", "rep", "state", "block", "targets", "hint", "name", "fact", "witness")

    def __init__(self, op: Op | None, args: Sequence[Operand], rep: str, attrs: dict[str, Any] | None = None,
                 state: FrameState | None = None) -> None:
        self.op = op
        self.args: list[Operand] = list(args)
        self.attrs = attrs or {}
        self.rep = rep
        self.state = state
        self.block: Block | None = None
        self.targets: list[Edge] = []
        self.hint = ""
        self.name: int | str = -1    # a str where a text gave it
        self.fact: Any = None         # the evaluator's: what is known of the value where it is made
        self.witness: Any = NO_WITNESS    # the evaluator's: the concrete value seen, if any

    def __repr__(self) -> str:
        return f"<{self.op.name if self.op else 'param'} %{self.name}>"


class Const:
    """A constant operand: an ``i``, ``f`` or ``b`` number, or any object (``o``), kept alive by the graph."""

    __slots__ = ("value", "rep")

    def __init__(self, value: Any, rep: str) -> None:
        self.value = value
        self.rep = rep

    def __repr__(self) -> str:
        return f"<const {self.value!r}: {self.rep}>"

    def key(self) -> tuple[Any, ...]:
        """Equal for constants that are interchangeable: objects by identity, floats by their bits."""
        if self.rep == "o":
            return ("o", id(self.value))
        if self.rep == "f":
            return ("f", self.value.hex() if self.value == self.value else "nan")
        return (self.rep, self.value)


class _Mark:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


NULL: Final = _Mark("null")          # a null pointer: an empty stack slot, an unbound local
RESULT: Final = _Mark("result")      # in an `after` state: where the result of the node, or of the inlined call, belongs
RESULT_BOOL: Final = _Mark("result?")    # the same, made a truth value first
RESULT_NOT: Final = _Mark("not result?")

Operand = Node | Const | _Mark

HOISTED: Final = ", before the loop"     # ends the reason of a guard that was moved there


class Maybe:
    """In a frame state: a local that holds `value` where `bound` (``b``) is true and is unbound otherwise."""

    __slots__ = ("bound", "value")

    def __init__(self, bound: Node, value: Node | Const | VirtualObject) -> None:
        self.bound = bound
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Maybe) and self.bound is other.bound and self.value is other.value


class VirtualObject:
    """In a frame state: an object that does not exist yet; rebuilt at the exit.  The same VirtualObject met
    twice in a state is rebuilt once.  `kind` and its `parts`:

    tuple(items...)  list(items...)  slice(start, stop, step)  range(start, stop, step)  bound_method(function, self)
    builtin_method(method of a C type, self)
    list_iterator(list, index:i)  tuple_iterator(tuple, index:i)  str_iterator(str, index:i)
    range_iterator(start:i, step:i, length:i)  enumerate(iterator, count:i)  zip(iterators...)
    reversed_list(list, index:i)  list_slice(list, start:i, stop:i)  list_slice(list, start:i, stop:i, step:i)
    number(whether it is an int:b, value:f)  dict(keys and values in turn)  cell(content or NULL)
    function(code, globals, qualname, flags, operands as new_function takes them...)
    instance(type, name, value, name, value, ...)    with slots: instance(type, offset, value, ...)
    generator(function)  if it is running    generator(function, point:i, locals and stack...)  if it is suspended or,
    the point being -1, finished
    """

    __slots__ = ("kind", "parts")

    def __init__(self, kind: str, parts: list[Slot]) -> None:
        self.kind = kind
        self.parts = parts


Slot = Node | Const | _Mark | Maybe | VirtualObject


class Handler:
    """Where an exception raised by an instruction goes on: `target` (code units), the stack cut to `depth`, and
    whether the index of the raising instruction is pushed before the exception."""

    __slots__ = ("target", "depth", "lasti")

    def __init__(self, target: int, depth: int, lasti: bool) -> None:
        self.target = target
        self.depth = depth
        self.lasti = lasti


class FrameState:
    """Where and with what the interpreter goes on.

    `at` is the instruction (in code units) whose line a traceback shows; `resume` the one the interpreter executes
    next: `at` itself for a `before` state, the following one for an `after` state.  `locals` has one slot for each of
    `co_nlocalsplus`, `stack` one for each stack entry.  In a `parent` (the caller of inlined code) and in an `after`
    state one stack slot is RESULT (or a variant), or none is and the result is dropped.
    `function` may be a virtual one.  `ends`: the frame is the body of a generator that its caller runs, which is on the
    caller's stack below the result; and where the caller goes on when it ends.
    `handler` is that of the instruction `at`.  `linked`: a frame of this inlined function is linked while the node runs
    (always true of the outermost one, except in functions without any linked frame).
    """

    __slots__ = ("code", "function", "at", "resume", "locals", "stack", "handler", "parent", "linked", "ends")

    def __init__(self, code: CodeType, function: Slot, at: int, resume: int, locals: list[Slot], stack: list[Slot],
                 handler: Handler | None = None, parent: FrameState | None = None, linked: bool = True,
                 ends: int | None = None) -> None:
        self.code = code
        self.function = function
        self.at = at
        self.resume = resume
        self.locals = locals
        self.stack = stack
        self.handler = handler
        self.parent = parent
        self.linked = linked
        self.ends = ends

    @property
    def mode(self) -> str:
        return "before" if self.at == self.resume else "after"

    def frames(self) -> Iterator[FrameState]:
        """This frame, its caller, and so on to the outermost."""
        frame: FrameState | None = self
        while frame is not None:
            yield frame
            frame = frame.parent

    def slots(self) -> Iterator[Slot]:
        for frame in self.frames():
            yield frame.function
            yield from frame.locals
            yield from frame.stack

    def nodes(self) -> Iterator[Node]:
        """Every node the state mentions, in a fixed order, also inside virtual objects; repeated as mentioned."""
        seen: set[int] = set()
        for slot in self.slots():
            yield from _nodes_of(slot, seen)

    def replaced(self, mapping: dict[Node, Operand]) -> FrameState:
        """A copy in which nodes are replaced (virtual objects keep their sharing)."""
        return _replace_frame(self, mapping, {})


def _nodes_of(slot: Slot, seen: set[int]) -> Iterator[Node]:
    if isinstance(slot, Node):
        yield slot
    elif isinstance(slot, Maybe):
        yield slot.bound
        yield from _nodes_of(slot.value, seen)
    elif isinstance(slot, VirtualObject) and id(slot) not in seen:
        seen.add(id(slot))
        for part in slot.parts:
            yield from _nodes_of(part, seen)


def _replace_frame(state: FrameState, mapping: dict[Node, Operand], copies: dict[int, VirtualObject]) -> FrameState:
    def one(slot: Slot) -> Slot:
        if isinstance(slot, Node):
            return mapping.get(slot, slot)
        if isinstance(slot, Maybe):
            bound, value = mapping.get(slot.bound, slot.bound), one(slot.value)
            if isinstance(bound, Const):
                return value if bound.value else NULL
            return Maybe(bound, value)  # type: ignore[arg-type]
        if isinstance(slot, VirtualObject):
            copy = copies.get(id(slot))
            if copy is None:
                copy = copies[id(slot)] = VirtualObject(slot.kind, [])
                copy.parts = [one(part) for part in slot.parts]
            return copy
        return slot

    parent = None if state.parent is None else _replace_frame(state.parent, mapping, copies)
    return FrameState(state.code, one(state.function), state.at, state.resume, [one(s) for s in state.locals],
                      [one(s) for s in state.stack], state.handler, parent, state.linked, state.ends)


class Edge:
    """A way from a block's end into `block`, with one argument for each of its parameters."""

    __slots__ = ("block", "args")

    def __init__(self, block: Block, args: Iterable[Operand] = ()) -> None:
        self.block = block
        self.args: list[Operand] = list(args)


class Block:
    """Parameters, then nodes; the last node ends the block."""

    __slots__ = ("name", "params", "nodes", "line")

    def __init__(self, name: int, line: int = 0) -> None:
        self.name = name
        self.params: list[Node] = []
        self.nodes: list[Node] = []
        self.line = line

    def param(self, rep: str, hint: str = "") -> Node:
        node = Node(None, (), rep)
        node.block = self
        node.hint = hint
        self.params.append(node)
        return node

    def append(self, op_name: str, /, args: Sequence[Operand] = (), *, state: FrameState | None = None,
               rep: str | None = None, **attrs: Any) -> Node:
        """Add an operation; its representation is the one declared unless `rep` says otherwise."""
        op = OPS[op_name]
        node = Node(op, args, op.result if rep is None else rep, attrs, state)
        node.block = self
        self.nodes.append(node)
        return node

    @property
    def end(self) -> Node | None:
        return self.nodes[-1] if self.nodes and self.nodes[-1].op is not None and self.nodes[-1].op.ends else None

    @property
    def successors(self) -> list[Edge]:
        end = self.end
        return end.targets if end is not None else []

    def __repr__(self) -> str:
        return f"<b{self.name}>"


class Suspension:
    """Of which code and globals a generator object is, at which point it is suspended, and by the bits of `bound`, which
    of its locals and stack entries are bound."""

    __slots__ = ("code", "globals", "point", "bound")

    def __init__(self, code: CodeType, globals: dict[str, Any], point: int, bound: int) -> None:
        self.code = code
        self.globals = globals
        self.point = point
        self.bound = bound


class Graph:
    """One version of a function, of a running loop or of a suspended generator.

    The entry block's parameters are the version's: for a function, one for each argument slot (positional,
    keyword-only, *args, **kwargs, in the order of `co_varnames`) that is passed; for a running loop one for each
    bound local and each stack entry of the frame at `loop_at`.  With `resumes` it is not a running loop that begins there
    but what a generator runs that was suspended there, up to its next yield or its end; the same is true of it.
    `param_slots` gives the local (>= 0) or the stack entry (-1 - n) each stands for; `param_types` the exact type it is
    guarded to before entry (None: any).  `function` is the parameter-like node for the running function object.  A
    function borrows its parameters from its caller; a running loop owns them.  `result` is the representation returned
    (empty: nothing is).
    `linked`: whether a frame is linked on entry (not for functions none of whose nodes run code).
    `owned`, filled by the reference pass: for each node with a state, of what it owns a reference where that node
    leaves, raises or is left after; the exit consumes them all.
    `empty`: the stack entries (-1 - n) of a running loop's frame that hold nothing.
    `suspended`: which parameters of a running loop are generator objects that it enters only as they are there.
    `places` says of guards of a type which value of which instruction they test, as the evaluator's history knows it.
    """

    __slots__ = ("code", "name", "blocks", "param_slots", "param_types", "function", "result", "loop_at", "resumes",
                 "linked", "owned", "empty", "suspended", "places")

    def __init__(self, code: CodeType, name: str, param_slots: list[int] | None = None,
                 param_types: list[type | None] | None = None, result: str = "o", loop_at: int | None = None,
                 resumes: bool = False, linked: bool = True) -> None:
        self.code = code
        self.name = name
        self.blocks: list[Block] = []
        self.param_slots: list[int] = [] if param_slots is None else param_slots
        self.param_types: list[type | None] = [] if param_types is None else param_types
        self.function: Node = Node(None, (), "o")
        self.result = result
        self.loop_at = loop_at
        self.resumes = resumes
        self.linked = linked
        self.owned: dict[Node, frozenset[Node | Const]] = {}
        self.empty: list[int] = []
        self.suspended: dict[Node, Suspension] = {}
        self.places: dict[Node, tuple[int, ...]] = {}

    @property
    def entry(self) -> Block:
        return self.blocks[0]

    def new_block(self, line: int = 0) -> Block:
        block = Block(len(self.blocks), line)
        self.blocks.append(block)
        return block

    def number(self) -> None:
        """Give blocks and nodes their names in printing order."""
        count = 0
        for index, block in enumerate(self.blocks):
            block.name = index
            for node in (*block.params, *(n for n in block.nodes if n.rep)):
                node.name = count
                count += 1

    def nodes(self) -> Iterator[Node]:
        for block in self.blocks:
            yield from block.nodes

    def predecessors(self) -> dict[Block, list[tuple[Block, Edge]]]:
        result: dict[Block, list[tuple[Block, Edge]]] = {block: [] for block in self.blocks}
        for block in self.blocks:
            for edge in block.successors:
                result[edge.block].append((block, edge))
        return result
