"""Lists: items by index without bounds left to chance, growth and slices by CPython's own functions."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from tiercel.graph.build import Const, Node, Operand
from tiercel.graph.ops import OPS
from tiercel.rules.registry import Anything, Int, rule
from tiercel.types import I64_MAX, I64_MIN, INDEX, LIST, SIMPLE, Fact
from tiercel.values import Virtual

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator

MAX_AT_ONCE: Final = 8             # items that are appended one by one
_NEW_LISTS: Final = frozenset({"list_new", "list_slice", "list_slice_step", "list_concat", "list_of", "list_join",
                        "list_join_slice"})


def _index(e: Evaluator, items: Any, index: Any) -> Any:
    return e.index_operand(index, e.emit("list_length", e.obj(items), fact=INDEX))


@rule(operator.getitem, list, Int)
def getitem(e: Evaluator, items: Any, index: Any) -> Any:
    at = e.item_offset(items, index, "list_length")
    return NotImplemented if at is None else e.list_item(items, at)


@rule(operator.setitem, list, Int, Anything)
def setitem(e: Evaluator, items: Any, index: Any, value: Any) -> Any:
    if "index" in e.failures() or e.is_big(index):
        return NotImplemented
    e.list_store(items, _index(e, items, index), value)
    return e.NONE


@rule(operator.contains, list, Anything)
def contains(e: Evaluator, items: Any, item: Any) -> Any:
    if e.type_of(item) not in SIMPLE or "items" in e.failures():
        return NotImplemented
    return e.emit("list_has", e.obj(items), e.obj(item), reason="items")


def bounds(e: Evaluator, piece: Any, length: Any) -> Any:
    """Start and stop of a slice with step 1 within 0..length, as `slice.indices` has them; None if it is not such."""
    if not isinstance(piece, Virtual):
        return None
    start, stop, step = piece.parts
    if e.constant(step) not in (None, 1) or not e.is_constant(step):
        return None
    result = []
    for part, default in ((start, Const(0, "i")), (stop, length)):
        if e.is_constant(part) and e.constant(part) is None:
            result.append(default)
            continue
        if e.type_of(part) not in (int, bool) or e.is_big(part):
            return None
        at = e.i64(part)
        lo, hi = e.interval(at)
        if lo < 0:
            counted = e.emit("i64_add", at, length)
            at = counted if hi < 0 else e.emit("i64_select", e.emit("i64_lt", at, Const(0, "i")), counted, at)
            at = e.emit("i64_max", at, Const(0, "i"), fact=INDEX)
        result.append(e.emit("i64_min", at, length, fact=INDEX))
    return result


def sliced(e: Evaluator, items: Any, piece: Any, kind: str, fact: Fact) -> Any:
    """`items[start:stop]` of a sequence for which there are operations of this kind."""
    limits = bounds(e, piece, e.emit(f"{kind}_length", e.obj(items), fact=INDEX))
    if limits is None:
        return NotImplemented
    stop = e.emit("i64_max", limits[1], limits[0], fact=INDEX)
    return e.emit(f"{kind}_slice", e.obj(items), limits[0], stop, fact=fact, witness=e.witness_of(items))


def _stepping(e: Evaluator, items: Any, piece: Any) -> Any:
    """`items[start:stop:step]` with a constant step, the bounds as `PySlice_Unpack` has them."""
    step = e.constant(piece.parts[2]) if isinstance(piece, Virtual) else None
    if type(step) is not int or step == 0 or abs(step) > I64_MAX:
        return NotImplemented
    ends = (I64_MAX, I64_MIN) if step < 0 else (0, I64_MAX)
    operands: list[Operand] = []
    for part, default in zip(piece.parts[:2], ends, strict=True):
        if e.is_constant(part) and e.constant(part) is None:
            operands.append(Const(default, "i"))
        elif e.type_of(part) in (int, bool) and not e.is_big(part):
            operands.append(e.i64(part))
        else:
            return NotImplemented
    return e.emit("list_slice_step", e.obj(items), *operands, Const(step, "i"), fact=LIST, witness=e.witness_of(items))


@rule(operator.getitem, list, slice)
def getslice(e: Evaluator, items: Any, piece: Any) -> Any:
    if isinstance(piece, Virtual) and e.constant(piece.parts[2]) not in (None, 1):
        return _stepping(e, items, piece)
    return sliced(e, items, piece, "list", LIST)


@rule(operator.setitem, list, slice, list)
def setslice(e: Evaluator, items: Any, piece: Any, value: Any) -> Any:
    limits = bounds(e, piece, e.emit("list_length", e.obj(items), fact=INDEX))
    if limits is None:
        return NotImplemented
    stop = e.emit("i64_max", limits[1], limits[0], fact=INDEX)
    new = e.obj(value)
    if isinstance(new, Node) and (moved := _moved(e, new)) is not None:
        e.emit("list_move_slice", e.obj(items), limits[0], stop, *moved)
        e.unmade.add(new)
        return e.NONE
    name = "list_take_slice" if _is_new_list(new) and e.fresh(new) else "list_set_slice"
    e.emit(name, e.obj(items), limits[0], stop, new)
    return e.NONE


def _moved(e: Evaluator, value: Any) -> list[Any] | None:
    """List, start, stop and step of a slice that was just made and that nothing else will see."""
    if not isinstance(value, Node) or value.op not in (OPS["list_slice"], OPS["list_slice_step"]) or not e.fresh(value):
        return None
    later = e.block.nodes[e.block.nodes.index(value) + 1:]
    if any(op.runs or op.releases or op.writes for node in later if (op := node.op) is not None):
        return None
    return [*value.args, Const(1, "i")][:4]


def _is_new_list(value: Any) -> bool:
    return isinstance(value, Node) and value.op is not None and value.op.name in _NEW_LISTS


@rule(len, list)
def length(e: Evaluator, items: Any) -> Any:
    return e.emit("list_length", e.obj(items), fact=INDEX)


@rule(iter, list)
def iterate(e: Evaluator, items: Any) -> Any:
    return e.virtual_iterator(items)


@rule(list.append, list, Anything)
def append(e: Evaluator, items: Any, item: Any) -> Any:
    grown = e.obj(items)
    e.emit("list_append", grown, e.obj(item))
    e.note_item(grown, item)
    return e.NONE


@rule(list.pop, list)
def pop_last(e: Evaluator, items: Any) -> Any:
    return pop(e, items, e.known(-1))


@rule(list.pop, list, Int)
def pop(e: Evaluator, items: Any, index: Any) -> Any:
    if "index" in e.failures() or e.is_big(index):
        return NotImplemented
    seen = e.sample(e.witness_of(items))
    return e.emit("list_pop", e.obj(items), _index(e, items, index), witness=seen)


@rule(list.insert, list, Int, Anything)
def insert(e: Evaluator, items: Any, index: Any, item: Any) -> Any:
    if e.is_big(index):
        return NotImplemented
    e.emit("list_insert", e.obj(items), e.i64(index), e.obj(item))
    return e.NONE


@rule(list.reverse, list)
def reverse(e: Evaluator, items: Any) -> Any:
    e.emit("list_reverse", e.obj(items))
    return e.NONE


@rule(operator.add, list, list)
def concatenate(e: Evaluator, a: Any, b: Any) -> Any:
    grows = e.obj(a)
    if isinstance(grows, Node) and _is_new_list(grows) and a is not b and e.fresh(grows):
        # nobody else ever sees it
        e.unmade.add(grows)
        others = e.obj(b)
        piece = _moved(e, others)
        if isinstance(others, Node) and piece is not None and others.op is OPS["list_slice"]:
            e.unmade.add(others)
            return e.emit("list_join_slice", *piece[:3], grows, fact=LIST, witness=e.witness_of(grows))
        return e.emit("list_join", others, grows, fact=LIST, witness=e.witness_of(grows))
    return e.emit("list_concat", e.obj(a), e.obj(b), fact=LIST, witness=e.witness_of(a))


@rule(operator.iadd, list, list)
def extend(e: Evaluator, items: Any, others: Any) -> Any:
    """The very list grows, whoever else holds it."""
    grown = e.obj(items)
    if isinstance(others, Node) and others.op is OPS["list_new"] and len(others.args) <= MAX_AT_ONCE and e.fresh(others):
        for item in others.args:
            e.emit("list_append", grown, item)
        e.unmade.add(others)
        e.note_item(grown, *others.args[:1])
    else:
        e.emit("list_extend_list", grown, e.obj(others))
    return items


@rule(operator.mul, list, Int)
def repeat(e: Evaluator, items: Any, count: Any) -> Any:
    if isinstance(items, Node) and items.op is not None and items.op.name == "list_new" and len(items.args) == 1 \
            and not e.is_big(count) and e.fresh(items):
        # `[x] * n`: nobody else ever sees the list of one item
        item = items.args[0]
        seen = e.witness_of(item)
        return e.emit("list_of", item, e.emit("i64_max", e.i64(count), Const(0, "i"), fact=INDEX), fact=LIST,
                      witness=seen if seen is e.NO_WITNESS else [seen])
    return e.emit("number_multiply", e.obj(items), e.obj(count), fact=LIST)


@rule(list)
def empty(e: Evaluator) -> Any:
    return e.emit("list_new", fact=LIST)


@rule(list, list)
@rule(list.copy, list)
def copied(e: Evaluator, items: Any) -> Any:
    end = e.emit("list_length", e.obj(items), fact=INDEX)
    return e.emit("list_slice", e.obj(items), Const(0, "i"), end, fact=LIST, witness=e.witness_of(items))


@rule(reversed, list)
def backwards(e: Evaluator, items: Any) -> Any:
    if not e.consumed_at_once():
        return NotImplemented
    last = e.emit("i64_sub", e.emit("list_length", e.obj(items), fact=INDEX), Const(1, "i"))
    return e.new_virtual("reversed_list", [items, last])
