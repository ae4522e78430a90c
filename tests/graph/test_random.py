"""Random graphs: the passes change neither what they compute nor where they leave, and references add up."""

from __future__ import annotations

import random
from types import CellType, CodeType, FunctionType
from typing import Any

import pytest

from tests.graph.counting import prove
from tiercel.graph import interpret, text
from tiercel.graph.build import NULL, Block, Const, Edge, FrameState, Graph, Maybe, Node, VirtualObject
from tiercel.graph.verify import verify
from tiercel.passes import PIPELINE

LOCALS = 8


class Record:
    """An object with attributes."""

    def __init__(self, x: Any, y: Any) -> None:
        self.x = x
        self.y = y


def meddle(items: list[Any], record: Record) -> Any:
    """Code that runs and changes what graphs load from."""
    record.x = items[0]
    items[0] = (record.y, len(items))
    if len(items) % 3 == 2:
        items.append(record.x)
    return items[-1]


def made_code() -> CodeType:
    scope: dict[str, Any] = {}
    exec("def made(items, record, a, b):\n c = d = e = f = None", scope)
    return scope["made"].__code__.replace(co_stacksize=8)


CODE = made_code()


class Maker:
    """Writes a graph of random statements over the values known at each point, by representation."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.graph = graph = Graph(CODE, "made", loop_at=0 if seed % 4 == 0 else None)
        block = graph.new_block()
        self.items, self.record = block.param("o"), block.param("o")
        known: dict[str, list[Any]] = {"o": [], "i": [block.param("i")], "f": [block.param("f")], "b": []}
        graph.param_slots = [0, 1, 2, 3]
        graph.param_types = [list, Record, int, float]
        self.at = 0
        self.block = block
        self.known = known
        self.released: set[Node] = set()
        self.budget = 45
        self.body(2)
        value = self.operand("o")
        self.block.append("return", [value])

    # -- operands and states ------------------------------------------------------------------------------------------

    def operand(self, rep: str) -> Any:
        pool = [value for value in self.known[rep] if value not in self.released]
        if pool and self.random.random() < 0.85:
            return self.random.choice(pool[-6:])
        constants = {"o": (None, 1, "text", meddle), "i": (-1, 0, 1, 2, 7), "f": (0.0, 1.0, -0.5), "b": (True, False)}
        return Const(self.random.choice(constants[rep]), rep)

    def slot(self) -> Any:
        chance = self.random.random()
        if chance < 0.3:
            return NULL
        if chance < 0.4:
            return VirtualObject("tuple", [self.operand("o"), self.operand("i")])
        if chance < 0.5 and self.known["b"]:
            value = self.operand("o")
            bound = self.operand("b")
            return Maybe(bound, value) if isinstance(value, Node) and isinstance(bound, Node) else value
        return self.operand(self.random.choice("ooif"))

    def state(self, after: bool = False) -> FrameState:
        self.at += 2
        locals_ = [self.items, self.record, *(self.slot() for _ in range(LOCALS - 2))]
        stack = [self.slot() for _ in range(self.random.randrange(3))]
        return FrameState(CODE, self.graph.function, self.at, self.at + after, locals_, stack)

    def emit(self, name: str, /, *args: Any, state: Any = None, **attrs: Any) -> Node:
        node = self.block.append(name, args, state=state, **attrs)
        if node.rep:
            self.known[node.rep].append(node)
        return node

    # -- statements ---------------------------------------------------------------------------------------------------

    def body(self, depth: int) -> None:
        for _ in range(self.random.randrange(3, 10)):
            if self.budget <= 0:
                return
            self.budget -= 1
            self.random.choice([self.number, self.number, self.objects, self.objects, self.memory, self.memory,
                                self.check, self.run, *([self.choice, self.loop] if depth else [])])(depth)

    def number(self, depth: int) -> None:
        name = self.random.choice(["i64_add", "i64_sub", "i64_xor", "i64_and", "i64_lt", "i64_le", "i64_eq", "f64_add",
                                   "f64_mul", "f64_sub", "f64_lt", "bool_not", "bool_and", "i64_to_f64", "i64_max",
                                   "i64_select", "i64_add_checked", "bool_to_i64"])
        from tiercel.graph.ops import OPS
        op = OPS[name]
        self.emit(name, *(self.operand(rep) for rep in op.args), state=self.state() if op.leaves else None)

    def objects(self, depth: int) -> None:
        match self.random.randrange(7):
            case 0:
                self.emit("box_i64", self.operand("i"))
            case 1:
                self.emit("box_f64", self.operand("f"))
            case 2:
                self.emit("tuple_new", self.operand("o"), self.operand("o"))
            case 3:
                made = self.emit("tuple_new", self.operand("o"), self.emit("box_i64", self.operand("i")))
                self.emit("tuple_item", made, Const(self.random.randrange(2), "i"))
            case 4:
                self.emit("is", self.operand("o"), self.operand("o"))
            case 5:
                box = self.emit("box_f64", self.operand("f"))
                self.emit("unbox_f64", box)
            case 6:
                made = self.emit("cell_new", self.operand("o"))
                self.emit("cell_store", made, self.operand("o"))
                self.emit("cell_load", made, state=self.state())
                self.known["o"].remove(made)

    def memory(self, depth: int) -> None:
        index = Const(self.random.randrange(2), "i")
        attr = {"index": index.value, "name": "xy"[index.value]}
        match self.random.randrange(8):
            case 0 | 1:
                self.emit("list_item", self.items, index)
            case 2:
                self.emit("list_set", self.items, index, self.operand("o"))
            case 3:
                self.emit("attr_load", self.record, state=self.state(), **attr)
            case 4:
                self.emit("attr_store", self.record, self.operand("o"), state=self.state(), **attr)
            case 5:
                self.emit("attr_store_f64", self.record, self.operand("f"), state=self.state(), **attr)
            case 6:
                self.emit("list_append", self.items, self.operand("o"))
            case 7:
                self.emit("list_length", self.items)

    def check(self, depth: int) -> None:
        match self.random.randrange(4):
            case 0:
                kind = self.random.choice([int, float, tuple, type(None)])
                self.emit("guard_type", self.operand("o"), state=self.state(), type=kind, reason="type")
            case 1:
                self.emit("guard_not", self.operand("b"), state=self.state(), reason="not")
            case 2:
                self.emit("type_is", self.operand("o"), type=self.random.choice([int, float, tuple]))
            case 3:
                self.emit("guard_is", self.operand("o"), state=self.state(), value=None, reason="is")

    def run(self, depth: int) -> None:
        match self.random.randrange(3):
            case 0:
                self.emit("call", Const(meddle, "o"), self.items, self.record, state=self.state(after=True))
            case 1:
                self.emit("poll", state=self.state(after=True))
            case 2:
                mine = [node for node in self.known["o"] if node.op is not None and node not in self.released]
                if mine:
                    node = self.random.choice(mine)
                    if node.block is self.block:    # used nowhere later: the interpreter lets go of it here
                        self.released.add(node)
                        self.emit("release", node, state=self.state(after=True))

    def arm(self, values: dict[str, list[Any]], depth: int) -> None:
        self.known = {rep: list(nodes) for rep, nodes in values.items()}
        self.body(depth - 1)

    def choice(self, depth: int) -> None:
        before = self.known
        start, yes, no, end = self.block, self.graph.new_block(), self.graph.new_block(), self.graph.new_block()
        condition = self.operand("b")
        start.append("branch", [condition]).targets = [Edge(yes), Edge(no)]
        reps = "oif"
        ends = []
        for arm in (yes, no):
            self.block = arm
            self.arm(before, depth)
            ends.append((self.block, [self.operand(rep) for rep in reps]))
        for block, args in ends:
            block.append("jump").targets = [Edge(end, args)]
        self.block = end
        self.known = {rep: list(nodes) for rep, nodes in before.items()}
        for rep in reps:
            self.known[rep].append(end.param(rep))

    def loop(self, depth: int) -> None:
        before = self.known
        reps = "ofo"
        head, inside, end = self.graph.new_block(), self.graph.new_block(), self.graph.new_block()
        first = [Const(0, "i"), *(self.operand(rep) for rep in reps)]
        if self.random.random() < 0.2:
            first[-1] = self.items
        self.block.append("jump").targets = [Edge(head, first)]
        self.block = head
        count = head.param("i")
        params = [head.param(rep) for rep in reps]
        self.known = {rep: list(nodes) for rep, nodes in before.items()}
        for rep, param in zip(reps, params):
            self.known[rep].append(param)
        if self.random.random() < 0.6:
            self.emit("poll", state=self.state())
        here = {rep: list(nodes) for rep, nodes in self.known.items()}
        more = head.append("i64_lt", [count, Const(3, "i")])
        head.append("branch", [more]).targets = [Edge(inside), Edge(end)]
        self.block = inside
        self.arm(here, depth)
        following = self.block.append("i64_add", [count, Const(1, "i")])
        last = [param if self.random.random() < 0.3 else self.operand(param.rep) for param in params]
        self.block.append("jump").targets = [Edge(head, [following, *last])]
        self.block = end
        self.known = here
        self.released = {node for node in self.released if node.block is not None}


def arguments() -> list[Any]:
    return [[1, 2.5, None], Record(3, (4, 5)), 6, 7.5]


def rebuilt(slot: Any, values: dict[Node, Any]) -> Any:
    if isinstance(slot, Node):
        return values[slot]
    if isinstance(slot, Const):
        return slot.value
    if isinstance(slot, Maybe):
        return rebuilt(slot.value, values) if values[slot.bound] else NULL
    if isinstance(slot, VirtualObject):
        parts = [rebuilt(part, values) for part in slot.parts]
        return tuple(parts) if slot.kind == "tuple" else (slot.kind, parts)
    return slot


def outcome(graph: Graph) -> tuple[Any, ...]:
    """What a run did: its result or the state it left in, and what it made of its arguments."""
    args = arguments()
    try:
        result: Any = ("result", interpret.run(graph, None, args, leave=False))
    except interpret.Exit as out:
        slots = [rebuilt(slot, out.values) for slot in (*out.state.locals, *out.state.stack)]
        result = ("left", out.state.at, *slots)
    return repr_of(result), repr_of(args[0]), repr_of(vars(args[1]))


def repr_of(value: Any, depth: int = 6) -> str:
    if not depth:
        return "..."
    if isinstance(value, Record | CellType | FunctionType):
        return type(value).__name__
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({', '.join(repr_of(item, depth - 1) for item in value)})"
    return repr_of(sorted(value.items()), depth) if isinstance(value, dict) else repr(value)


@pytest.mark.parametrize("start", range(0, 600, 50))
def test_passes_keep_the_meaning(start: int) -> None:
    for seed in range(start, start + 50):
        graph = Maker(seed).graph
        verify(graph)
        before = outcome(graph)
        trail = [text.format(graph)]
        for name, improve in PIPELINE:
            improve(graph)
            trail.append(f"--- {name}, seed {seed}\n{text.format(graph)}")
            verify(graph)
            assert outcome(graph) == before, "\n".join(trail)
        try:
            prove(graph, seed)
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *trail[-2:]])) from error


def test_blocks_are_in_order() -> None:
    block: Block = Maker(1).graph.entry
    assert block.params
