"""Subscripts, and building and unpacking containers."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from tiercel.graph.build import Const, Node
from tiercel.graph.ops import OPS
from tiercel.types import INDEX
from tiercel.values import NONE, Virtual, known

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Instruction
    from tiercel.evaluate.evaluator import Evaluator

MAX_DEPTH: Final = 16              # of tuples in each other that do not exist, all of which each frame state mentions
MAX_AT_ONCE: Final = 16            # constants of a display that are put into a list without calling CPython

_SUBSCR: Final = {"BINARY_SUBSCR_LIST_INT": (list, int), "BINARY_SUBSCR_TUPLE_INT": (tuple, int),
           "BINARY_SUBSCR_STR_INT": (str, int), "BINARY_SUBSCR_DICT": (dict, None)}
_STORE: Final = {"STORE_SUBSCR_LIST_INT": (list, int), "STORE_SUBSCR_DICT": (dict, None)}


def binary_subscr(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    key, container = e.bound(stack.pop()), e.bound(stack.pop())
    tc, tk = _SUBSCR.get(i.specialized or "", (None, None))
    e.learn(container, tc)
    e.learn(key, tk)
    result = e.apply(operator.getitem, container, key)
    if result is None and e.inline_method("__getitem__", container, [key]):
        return
    if result is None:
        result = e.emit("get_item", e.obj(container), e.obj(key))
    stack.append(result)
    e.let_go(container, key)


def store_subscr(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    key, container, value = e.bound(stack.pop()), e.bound(stack.pop()), e.bound(stack.pop())
    tc, tk = _STORE.get(i.specialized or "", (None, None))
    e.learn(container, tc)
    e.learn(key, tk)
    if e.apply(operator.setitem, container, key, value) is None:
        if e.inline_method("__setitem__", container, [key, value], result=None):
            return
        e.emit("set_item", e.obj(container), e.obj(key), e.obj(value))
    e.let_go(value, container, key)


def delete_subscr(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    key, container = e.bound(stack.pop()), e.bound(stack.pop())
    e.emit("del_item", e.obj(container), e.obj(key))
    e.let_go(container, key)


def binary_slice(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    stop, start, container = e.bound(stack.pop()), e.bound(stack.pop()), e.bound(stack.pop())
    e.learn(container)
    e.learn(start)
    e.learn(stop)
    piece = Virtual("slice", [start, stop, NONE])
    result = e.apply(operator.getitem, container, piece)
    if result is None:
        result = e.emit("get_item", e.obj(container), e.obj(piece))
    stack.append(result)
    e.let_go(container, start, stop)


def store_slice(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    stop, start, container, value = (e.bound(stack.pop()) for _ in range(4))
    for operand in (container, start, stop, value):
        e.learn(operand)
    piece = Virtual("slice", [start, stop, NONE])
    if e.apply(operator.setitem, container, piece, value) is None:
        e.emit("set_item", e.obj(container), e.obj(piece), e.obj(value))
    e.let_go(value, container, start, stop)


def _take(e: Evaluator, count: int) -> list[Any]:
    stack = e.frame.stack
    items = stack[len(stack) - count:]
    del stack[len(stack) - count:]
    return [e.bound(item) for item in items]


def build_tuple(e: Evaluator, i: Instruction) -> None:
    items = _take(e, i.arg)
    depth = max((item.depth + 1 for item in items if isinstance(item, Virtual)), default=0)
    if depth > MAX_DEPTH:
        items, depth = [e.obj(item) for item in items], 0
    made = Virtual("tuple", items)
    made.depth = depth
    e.frame.stack.append(made)


def build_list(e: Evaluator, i: Instruction) -> None:
    items = _take(e, i.arg)
    new = e.emit("list_new", *[e.obj(item) for item in items], fact=e.LIST)
    e.note_item(new, *items[:1])
    e.frame.stack.append(new)


def build_slice(e: Evaluator, i: Instruction) -> None:
    parts = _take(e, i.arg)
    if len(parts) == 2:
        parts.append(NONE)
    e.frame.stack.append(Virtual("slice", parts))


def build_map(e: Evaluator, i: Instruction) -> None:
    items = _take(e, 2 * i.arg)
    e.frame.stack.append(e.emit("dict_new", *[e.obj(item) for item in items], fact=e.DICT))
    e.let_go(*items)


def build_const_key_map(e: Evaluator, i: Instruction) -> None:
    keys = e.frame.stack.pop()
    values = _take(e, i.arg)
    pairs = [x for key, value in zip(keys.value, values, strict=True) for x in (e.obj(known(key)), e.obj(value))]
    e.frame.stack.append(e.emit("dict_new", *pairs, fact=e.DICT))
    e.let_go(*values)


def build_set(e: Evaluator, i: Instruction) -> None:
    items = _take(e, i.arg)
    e.frame.stack.append(e.emit("set_new", *[e.obj(item) for item in items], fact=e.SET))
    e.let_go(*items)


def _just_made(e: Evaluator, value: Any) -> bool:
    """Whether a value is an empty list that the last operation has made."""
    return bool(e.block.nodes) and e.block.nodes[-1] is value and value.op is OPS["list_new"] and not value.args


def list_append(e: Evaluator, i: Instruction) -> None:
    item = e.bound(e.frame.stack.pop())
    target = e.obj(e.frame.stack[-i.arg])
    e.emit("list_append", target, e.obj(item))
    e.note_item(target, item)
    e.let_go(item)


def list_extend(e: Evaluator, i: Instruction) -> None:
    items = e.bound(e.frame.stack.pop())
    if isinstance(items, Const) and type(items.value) is tuple and 0 < len(items.value) <= MAX_AT_ONCE:
        target = e.obj(e.frame.stack[-i.arg])
        if isinstance(target, Node) and _just_made(e, target):
            # a display of constants
            target.args = [e.obj(known(item)) for item in items.value]
        else:
            for item in items.value:
                e.emit("list_append", target, e.obj(known(item)))
        e.note_item(target, known(items.value[0]))
        return
    if e.call_stand_in(list.extend, [e.frame.stack[-i.arg], items], result=None):
        return
    e.emit("list_extend", e.obj(e.frame.stack[-i.arg]), e.obj(items))
    e.let_go(items)


def set_add(e: Evaluator, i: Instruction) -> None:
    item = e.bound(e.frame.stack.pop())
    target = e.frame.stack[-i.arg]
    if e.apply(set.add, target, item) is None:
        e.emit("set_add", e.obj(target), e.obj(item))
    e.let_go(item)


def map_add(e: Evaluator, i: Instruction) -> None:
    value, key = e.bound(e.frame.stack.pop()), e.bound(e.frame.stack.pop())
    target = e.frame.stack[-i.arg]
    if e.apply(operator.setitem, target, key, value) is None:
        e.emit("set_item", e.obj(target), e.obj(key), e.obj(value))
    e.let_go(value, key)


def _update(name: str) -> Any:
    def handler(e: Evaluator, i: Instruction) -> None:
        items = e.bound(e.frame.stack.pop())
        e.emit(name, e.obj(e.frame.stack[-i.arg]), e.obj(items))
        e.let_go(items)
    return handler


def dict_merge(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    items = e.bound(stack.pop())
    e.emit("dict_merge", e.obj(stack[-i.arg]), e.obj(items), e.obj(stack[-3 - i.arg]))
    e.let_go(items)


_UNPACK: Final = {"UNPACK_SEQUENCE_TWO_TUPLE": tuple, "UNPACK_SEQUENCE_TUPLE": tuple, "UNPACK_SEQUENCE_LIST": list}


def _known_items(e: Evaluator, value: Any) -> list[Any] | None:
    """What a tuple, or a list that nothing else has seen, consists of, if that is known."""
    if isinstance(value, Virtual) and value.kind == "tuple":
        return list(value.parts)
    if isinstance(value, Node) and value.op is OPS["list_new"] and e.fresh(value):
        return list(value.args)
    if isinstance(value, Const) and type(value.value) is tuple:
        return [known(item) for item in value.value]
    return None


def unpack_sequence(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    value = e.bound(stack.pop())
    items = _known_items(e, value)
    if items is not None:
        if len(items) != i.arg:
            e.leave("the wrong number of values to unpack")
        stack += reversed(items)
        return
    type_ = e.learn(value, _UNPACK.get(i.specialized or ""))
    if type_ not in (tuple, list) or "count" in e.failures():
        unpacked = e.emit("unpack_sequence", e.obj(value), count=i.arg, fact=e.TUPLE, unchecked=True)
        stack += [e.tuple_item(unpacked, Const(n, "i")) for n in reversed(range(i.arg))]
        e.check_left(i.next)
        e.let_go(value)
        return
    length = e.emit("tuple_length" if type_ is tuple else "list_length", e.obj(value))
    e.guard(e.emit("i64_eq", length, Const(i.arg, "i")), "count")
    item = e.tuple_item if type_ is tuple else e.list_item
    stack += [item(value, Const(n, "i")) for n in reversed(range(i.arg))]
    e.let_go(value)


def unpack_ex(e: Evaluator, i: Instruction) -> None:
    """``a, *rest, b = value``: items from both ends, and a list of those between."""
    stack = e.frame.stack
    before, after = i.arg & 0xFF, i.arg >> 8
    value = e.bound(stack.pop())
    items = _known_items(e, value)
    if items is not None:
        _spread(e, items, before, after)
        return
    type_ = e.learn(value)
    if type_ not in (tuple, list) or "count" in e.failures():
        found = e.emit("unpack_ex", e.obj(value), front=before, back=after, fact=e.TUPLE, unchecked=True)
        parts = [e.tuple_item(found, Const(n, "i")) for n in range(before + 1 + after)]
        parts[before].fact = e.LIST
        stack += reversed(parts)
        e.check_left(i.next)
        e.let_go(value)
        return
    length = e.emit("tuple_length" if type_ is tuple else "list_length", e.obj(value), fact=INDEX)
    e.guard(e.emit("i64_ge", length, Const(before + after, "i")), "count")
    item = e.tuple_item if type_ is tuple else e.list_item
    first = [item(value, Const(n, "i")) for n in range(before)]
    stop = e.emit("i64_sub", length, Const(after, "i"), fact=INDEX) if after else length
    last = [item(value, e.emit("i64_sub", length, Const(n, "i"), fact=INDEX)) for n in range(after, 0, -1)]
    seen = e.sample(e.witness_of(value))
    rest = e.emit("list_of_tuple" if type_ is tuple else "list_slice", e.obj(value), Const(before, "i"), stop,
                  fact=e.LIST, witness=e.NO_WITNESS if seen is e.NO_WITNESS else [seen])
    stack += reversed([*first, rest, *last])
    e.let_go(value)


def _spread(e: Evaluator, items: list[Any], before: int, after: int) -> None:
    """Push known items as a starred unpacking does."""
    if len(items) < before + after:
        e.leave("the wrong number of values to unpack")
    stop = len(items) - after
    between = [e.bound(item) for item in items[before:stop]]
    rest = e.emit("list_new", *[e.obj(item) for item in between], fact=e.LIST)
    e.note_item(rest, *between[:1])
    e.frame.stack += reversed([*items[:before], rest, *items[stop:]])


def get_len(e: Evaluator, i: Instruction) -> None:
    value = e.bound(e.frame.stack[-1])
    e.learn(value)
    result = e.apply(len, value)
    e.frame.stack.append(e.emit("length", e.obj(value)) if result is None else result)


HANDLERS: Final = {
    "BINARY_SUBSCR": binary_subscr, "STORE_SUBSCR": store_subscr, "DELETE_SUBSCR": delete_subscr,
    "BINARY_SLICE": binary_slice, "STORE_SLICE": store_slice, "BUILD_TUPLE": build_tuple, "BUILD_LIST": build_list,
    "BUILD_SLICE": build_slice, "BUILD_MAP": build_map, "BUILD_CONST_KEY_MAP": build_const_key_map,
    "BUILD_SET": build_set, "LIST_APPEND": list_append, "LIST_EXTEND": list_extend, "SET_ADD": set_add,
    "MAP_ADD": map_add, "UNPACK_SEQUENCE": unpack_sequence, "UNPACK_EX": unpack_ex, "GET_LEN": get_len,
    "DICT_UPDATE": _update("dict_update"), "SET_UPDATE": _update("set_update"), "DICT_MERGE": dict_merge,
}
