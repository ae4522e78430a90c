"""Value numbering with effects: what was computed, loaded or guarded before, on every way here, is not done again.

    guard_type %o, float  | ...                   guard_type %o, float  | ...
    %a = unbox_f64 %o                             %a = unbox_f64 %o
    guard_type %o, float  | ...              →    attr_store_f64 %p, %a, index=0  | ...
    attr_store_f64 %p, %a, index=0  | ...
    %q = attr_load %p, index=0  | ...
    %b = unbox_f64 %q                             (%b is %a)

Each kind of memory has a version, which a write of the kind or running code changes; a load's number contains the
versions of what it reads.  A loop's header begins with new versions of all that the loop writes.  What a store put is
what a load finds; a number stored in a box comes back as that number.  An object that memory is known to hold is let go
of without a trace.  A guard on a built-in type holds for ever, one on a heap type until code runs (`__class__` may be
assigned).  A condition is known where a guard of it or a branch on it lies behind.
"""

from __future__ import annotations

from typing import Any, Final

from tiercel.graph.build import NULL, Block, Const, Graph, Node, Operand
from tiercel.graph.flow import Flow, place, replace
from tiercel.graph.numbers import fold
from tiercel.graph.ops import MADE_TYPES, OPS
from tiercel.types import is_heap_type

_COMMUTES: Final = frozenset({
    "i64_add", "i64_mul", "i64_add_checked", "i64_mul_checked", "i64_and", "i64_or", "i64_xor", "i64_eq", "i64_ne",
    "i64_min", "i64_max", "bool_and", "bool_or", "bool_xor", "f64_eq", "f64_ne", "is",
})
_SWAPPED: Final = {"i64_gt": "i64_lt", "i64_ge": "i64_le", "f64_gt": "f64_lt", "f64_ge": "f64_le"}
_OPPOSITE: Final = {"i64_lt": "i64_le", "i64_le": "i64_lt"}    # not a < b is b <= a
# `new`, yet one may serve for two
_SAME_OBJECT: Final = frozenset({"box_i64", "box_u64", "box_f64", "box_number", "dict_get_simple"})
_FORWARDS: Final = {"attr_store": "attr_load", "attr_init": "attr_load", "slot_store": "slot_load", "slot_init": "slot_load",
             "cell_store": "cell_load", "list_set": "list_item"}
_BOXING: Final = {f"{store}_{rep}": (load, f"box_{rep}") for store, load in _FORWARDS.items() for rep in ("i64", "f64")}
_PLAIN: Final = (int, str, bool, type(None))


def number_values(graph: Graph) -> None:
    """Remove what is known already."""
    _Numbering(graph).run()


class _Memory:
    """The versions of the kinds of memory at one point: `base` for those that are not in `kinds`."""

    __slots__ = ("base", "kinds")

    def __init__(self, base: int, kinds: dict[str, int]) -> None:
        self.base = base
        self.kinds = kinds

    def copy(self) -> _Memory:
        return _Memory(self.base, dict(self.kinds))


class _Boxed:
    """What a slot is known to hold: a box of this number."""

    def __init__(self, value: Operand, box: str) -> None:
        self.value = value
        self.box = box


class _Numbering:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.flow = Flow(graph)
        self.replaced: dict[Node, Operand] = {}
        self.table: dict[tuple[Any, ...], tuple[Any, int]] = {}    # number -> operand (or _Boxed, True), block
        self.kept: dict[Node, tuple[str, list[Operand], Node]] = {}    # where a value is in memory
        self.version = 0
        self.memory = _Memory(0, {})
        self.block = 0

    def run(self) -> None:
        flow = self.flow
        out: list[_Memory] = []
        headers = set(flow.headers)
        for index, block in enumerate(flow.order):
            self.block = index
            self.memory = self.entering(index, out, index in headers)
            self.learn_branch(index, block)
            kept = []
            for node in block.nodes:
                if self.node(node):
                    kept.append(node)
            block.nodes = kept
            out.append(self.memory)
        replace(self.graph, self.replaced)

    # -- memory ------------------------------------------------------------------------------------------------------

    def entering(self, index: int, out: list[_Memory], header: bool) -> _Memory:
        preds = self.flow.preds[index]
        before = [out[pred] for pred in preds if pred < index]
        if not before:
            return _Memory(self.fresh(), {})
        memory = before[0].copy()
        for other in before[1:]:
            if other.base != memory.base:
                memory = _Memory(self.fresh(), {})
                break
            for kind in memory.kinds.keys() | other.kinds.keys():
                if memory.kinds.get(kind, memory.base) != other.kinds.get(kind, other.base):
                    memory.kinds[kind] = self.fresh()
        if header:
            self.memory = memory
            if any(pred >= index and not self.flow.dominates(index, pred) for pred in preds):
                return _Memory(self.fresh(), {})    # a loop with two entries
            for inside in self.flow.loop(index):
                for node in self.flow.order[inside].nodes:
                    self.write(node)
            memory = self.memory
        return memory

    def fresh(self) -> int:
        self.version += 1
        return self.version

    def write(self, node: Node) -> None:
        op = node.op
        assert op is not None
        if op.runs or op.name == "drop":
            self.memory = _Memory(self.fresh(), {})
        elif op.writes:
            for kind in op.writes:
                self.memory.kinds[place(kind, node)] = self.fresh()

    # -- numbers -----------------------------------------------------------------------------------------------------

    def key(self, name: str, args: list[Operand], node: Node) -> tuple[Any, ...]:
        """The number of an operation on operands, with the attributes and the memory of `node`'s kind."""
        op = OPS[name]
        parts: list[Any] = [arg.key() if type(arg) is Const else arg for arg in args]
        if name in _COMMUTES:
            if _rank(parts[1]) < _rank(parts[0]):
                parts.reverse()
        elif name in _SWAPPED:
            name = _SWAPPED[name]
            parts.reverse()
        for attr in op.attrs:
            value = node.attrs.get(attr)
            parts.append(value if type(value) in _PLAIN else id(value))
        memory = self.memory
        for kind in op.reads:
            if kind != "float":    # a box that is in use is never overwritten
                parts.append(memory.kinds.get(place(kind, node), memory.base))
        return (name, *parts)

    def find(self, key: tuple[Any, ...]) -> Any:
        found = self.table.get(key)
        if found is not None and (found[1] == self.block or self.flow.dominates(found[1], self.block)):
            return found[0]
        return None

    def enter(self, key: tuple[Any, ...], value: Any) -> None:
        self.table[key] = (value, self.block)

    # -- nodes -------------------------------------------------------------------------------------------------------

    def node(self, node: Node) -> bool:
        """Look at a node; whether it stays."""
        replaced = self.replaced
        op = node.op
        assert op is not None
        args = node.args
        if replaced:
            for i, arg in enumerate(args):
                if arg in replaced:
                    args[i] = replaced[arg]
        if op.ends:
            if op.name == "branch":
                known = self.find(("truth", args[0]))
                if known is not None:
                    args[0] = known
            return True
        if not node.rep:
            if op.leaves and not op.raises and not op.writes and op.name.startswith("guard") and self.guard(node):
                return False
            if op.name == "release" and self.is_kept(args[0]):
                return False
            self.write(node)
            self.learn_store(node)
            return True
        if op.writes or op.raises or op.releases or (op.ref == "new" and op.name not in _SAME_OBJECT) or (
                op.result == "?" and node.rep == "o") or "refcount" in op.reads:
            self.write(node)
            self.learn_made(node)
            self.learn_store(node)
            return True
        value = self.known(node)
        if value is not None:
            replaced[node] = value
            return False
        return True

    def known(self, node: Node) -> Operand | None:
        """What a node without effects is known to compute; else its number is entered."""
        name = node.op.name    # type: ignore[union-attr]
        args = node.args
        value = self.through_box(name, args)
        if value is None:
            value = fold(node)
        if value is not None:
            return value
        if name == "type_is":
            known = self.type_of(args[0])
            if known is not None:
                return Const(known is node.attrs["type"], "b")
        key = self.key(name, args, node)
        found = self.find(key)
        if isinstance(found, _Boxed):
            # the slot's box is not needed: another one of the same number does
            node.op, node.args, node.attrs, node.state = OPS[found.box], [found.value], {}, None
            return self.known(node)
        if found is not None:
            return found
        self.enter(key, node)
        if node.op.ref == "borrowed" and node.op.reads:    # type: ignore[union-attr]
            self.kept[node] = (name, args, node)
        return None

    def through_box(self, name: str, args: list[Operand]) -> Operand | None:
        inner = args[0] if args else None
        if not isinstance(inner, Node) or inner.op is None:
            return None
        source = inner.op.name
        if name.startswith("unbox_"):
            return inner.args[0] if source == name[2:] else None
        if name.startswith("box_") and source == f"un{name}" and (
                name != "box_i64" or self.type_of(inner.args[0]) is int):
            return inner.args[0]
        return None

    # -- guards and conditions ---------------------------------------------------------------------------------------

    def guard(self, node: Node) -> bool:
        """Whether a guard is known to hold; else it holds from here on."""
        name = node.op.name    # type: ignore[union-attr]
        value = node.args[0]
        if name in ("guard", "guard_not"):
            wanted = name == "guard"
            known = value if type(value) is Const else self.find(("truth", value))
            if known is not None:
                return known.value is wanted
            self.learn(value, wanted)
            return False
        if name == "guard_type":
            wanted = node.attrs["type"]
            if self.type_of(value) is wanted:
                return True
            self.enter(self.type_key(value, wanted), True)
            self.enter(("type", value if isinstance(value, Node) else id(value)), wanted)
            return False
        if name == "guard_is":
            key = ("is", value, id(node.attrs["value"]))
            if self.find(key):
                return True
            self.enter(key, True)
        return False

    def type_key(self, value: Operand, wanted: type) -> tuple[Any, ...]:
        version = self.memory.kinds.get("type", self.memory.base) if is_heap_type(wanted) else 0
        return ("type is", value, id(wanted), version)

    def type_of(self, value: Operand) -> type | None:
        """The exact type a value is known to have."""
        if isinstance(value, Const):
            return None if is_heap_type(type(value.value)) else type(value.value)
        if not isinstance(value, Node):
            return None
        if value.op is not None and value.op.name in MADE_TYPES:
            return MADE_TYPES[value.op.name]
        known = self.find(("type", value))
        return known if known is not None and self.find(self.type_key(value, known)) else None

    def learn_branch(self, index: int, block: Block) -> None:
        """A block with one way in, from a branch, knows how that went."""
        preds = self.flow.preds[index]
        if len(preds) != 1:
            return
        end = self.flow.order[preds[0]].nodes[-1]
        if end.op.name == "branch" and end.targets[0].block is not end.targets[1].block:    # type: ignore[union-attr]
            self.learn(end.args[0], end.targets[0].block is block)

    def learn(self, condition: Operand, value: bool) -> None:
        """A condition is known from here on."""
        if not isinstance(condition, Node):
            return
        self.enter(("truth", condition), Const(value, "b"))
        op = condition.op
        if op is None:
            return
        name = op.name
        if name == "bool_not":
            self.learn(condition.args[0], not value)
        elif (name == "bool_and" and value) or (name == "bool_or" and not value):
            self.learn(condition.args[0], value)
            self.learn(condition.args[1], value)
        elif name == "type_is" and value:
            self.enter(self.type_key(condition.args[0], condition.attrs["type"]), True)
            self.enter(("type", condition.args[0]), condition.attrs["type"])
        elif name == "is" and value and type(condition.args[1]) is Const:
            self.enter(("is", condition.args[0], id(condition.args[1].value)), True)
        else:
            left, right = condition.args[:2] if len(condition.args) == 2 else (NULL, NULL)
            if name in ("i64_gt", "i64_ge"):
                name, left, right = _SWAPPED[name], right, left
            if name in _OPPOSITE:
                self.enter(self.key(_OPPOSITE[name], [right, left], condition), Const(not value, "b"))

    # -- what stores and new objects hold ----------------------------------------------------------------------------

    def learn_store(self, node: Node) -> None:
        name = node.op.name    # type: ignore[union-attr]
        args = node.args
        if name in _FORWARDS:
            if args[-1] is not NULL:
                self.enter(self.key(_FORWARDS[name], args[:-1], node), args[-1])
                if isinstance(args[-1], Node):
                    self.kept[args[-1]] = (_FORWARDS[name], args[:-1], node)
        elif name == "list_append":
            self.enter(self.key("list_item", args, node), args[1])
            if isinstance(args[1], Node):
                self.kept[args[1]] = ("list_item", args, node)
        elif name in _BOXING:
            load, box = _BOXING[name]
            self.enter(self.key(load, args[:-1], node), _Boxed(args[-1], box))

    def is_kept(self, value: Operand) -> bool:
        """Whether something else keeps an object alive here, so that letting go of it runs no code."""
        if not isinstance(value, Node):
            return True
        if value.op is None:
            return value is self.graph.function or (value.block is self.graph.entry and self.graph.loop_at is None)
        if value.op.ref == "immortal":
            return True
        where = self.kept.get(value)
        return where is not None and self.find(self.key(*where)) is value

    def learn_made(self, node: Node) -> None:
        name = node.op.name    # type: ignore[union-attr]
        if name == "cell_new":
            if node.args[0] is not NULL:
                self.enter(self.key("cell_load", [node], node), node.args[0])
        elif name in ("tuple_new", "list_new"):
            kind = name[:-4]
            self.enter(self.key(f"{kind}_length", [node], node), Const(len(node.args), "i"))
            for number, item in enumerate(node.args):
                self.enter(self.key(f"{kind}_item", [node, Const(number, "i")], node), item)


def _rank(part: Any) -> tuple[bool, int]:
    return (isinstance(part, Node), id(part) if isinstance(part, Node) else 0)
