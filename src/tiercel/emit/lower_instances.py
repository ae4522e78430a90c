"""Instances of Python classes: inline values and slots, and new instances."""

from __future__ import annotations

from sys import byteorder
from typing import TYPE_CHECKING, Any, Final

from tiercel import _runtime
from tiercel.emit.lower_objects import fill, incref, overwrite, overwrite_f64

if TYPE_CHECKING:
    from tiercel.emit.lower import Lowering
    from tiercel.graph.build import Node


def _inline_valid(e: Lowering, node: Node) -> None:
    e.alias(node, _is_valid(e, e.value(node.args[0])))


def _is_valid(e: Lowering, value: str) -> str:
    flag = e.load("i8", value, _values_field(e, "valid"), "dictptr")
    return e.put(f"icmp ne i8 {flag}, 0")


def _attr_offset(e: Lowering, node: Node) -> int:
    return _values_field(e, "values") + 8 * node.attrs["index"]


def _attr_load(e: Lowering, node: Node) -> None:
    owner = e.value(node.args[0])
    valid = _is_valid(e, owner)
    value = e.load("ptr", owner, _attr_offset(e, node), "attr")
    there = e.put(f"icmp ne ptr {value}, null")
    e.leave_unless(e.put(f"and i1 {valid}, {there}"), node)
    e.alias(node, value)


def _attr_place(e: Lowering, node: Node, held: str = "ne") -> tuple[str, str]:
    """The place of an attribute that may be overwritten, and what it holds; leaves otherwise, or where that is null (`held`
    "ne") or is not ("eq")."""
    owner = e.value(node.args[0])
    valid = _is_valid(e, owner)
    own_dict = e.load("ptr", owner, e.offset["managed.dict"], "dictptr")
    no_dict = e.put(f"icmp eq ptr {own_dict}, null")
    place = e.field(owner, _attr_offset(e, node))
    old = e.put(f"load ptr, ptr {place}{e.tbaa['attr']}")
    as_held = e.put(f"icmp {held} ptr {old}, null")
    fine = e.put(f"and i1 {valid}, {no_dict}")
    e.leave_unless(e.put(f"and i1 {fine}, {as_held}"), node)
    return place, old


def _attr_store(e: Lowering, node: Node) -> None:
    place, old = _attr_place(e, node)
    overwrite(e, node, place, "attr", old=old)


def _attr_store_f64(e: Lowering, node: Node) -> None:
    place, old = _attr_place(e, node)
    overwrite_f64(e, place, "attr", node.args[1], old=old)


def _attr_store_i64(e: Lowering, node: Node) -> None:
    place, _ = _attr_place(e, node)
    e.call("void", "tc_store_i64", ("ptr", place), ("i64", e.value(node.args[1])))


def _attr_init(e: Lowering, node: Node) -> None:
    owner = e.value(node.args[0])
    place, _ = _attr_place(e, node, "eq")
    fill(e, node, place, "attr")
    size = e.load("i8", owner, _values_field(e, "size"), "dictptr")
    order = e.put(f"getelementptr inbounds i8, ptr {_insertion_order(e, owner)}, i8 {size}")
    e.store("i8", str(node.attrs["index"]), order, 0, "dictptr")
    e.store("i8", e.put(f"add i8 {size}, 1"), owner, _values_field(e, "size"), "dictptr")


def _values_field(e: Lowering, name: str) -> int:
    """Where an object has a field of its inline values."""
    return e.offset["inline.values"] + e.offset[f"values.{name}"]


def _insertion_order(e: Lowering, owner: str) -> str:
    """Where the order is noted in which inline values were first set: a byte for each, behind the values."""
    capacity = e.put(f"zext i8 {e.load('i8', owner, _values_field(e, 'capacity'), 'dictptr')} to i64")
    values = e.field(owner, _values_field(e, "values"))
    return e.put(f"getelementptr inbounds ptr, ptr {values}, i64 {capacity}")


def _slot_init(e: Lowering, node: Node) -> None:
    place = e.field(e.value(node.args[0]), node.attrs["offset"])
    held = e.put(f"load ptr, ptr {place}{e.tbaa['attr']}")
    e.leave_unless(e.put(f"icmp eq ptr {held}, null"), node)
    fill(e, node, place, "attr")


def _slot_load(e: Lowering, node: Node) -> None:
    value = e.load("ptr", e.value(node.args[0]), node.attrs["offset"], "attr")
    e.leave_unless(e.put(f"icmp ne ptr {value}, null"), node)
    e.alias(node, value)


def _slot_store(e: Lowering, node: Node) -> None:
    place = e.field(e.value(node.args[0]), node.attrs["offset"])
    overwrite(e, node, place, "attr")


def _slot_store_f64(e: Lowering, node: Node) -> None:
    place = e.field(e.value(node.args[0]), node.attrs["offset"])
    overwrite_f64(e, place, "attr", node.args[1], maybe=True)


def _keys_count(e: Lowering, node: Node) -> None:
    type_ = node.attrs["type"]

    place = e.symbols.address(("keys", id(type_)), "keys", lambda: _runtime.keys_count_address(type_))
    e.alias(node, e.load("i64", place, 0, "keys"))


def _instance_new(e: Lowering, node: Node) -> None:
    type_, names = node.attrs["type"], node.attrs["names"]
    owner = e.call("ptr", "tc_instance_new", ("ptr", e.symbols.object(type_)))
    e.alias(node, owner)
    stolen = node.attrs.get("stolen", ())
    for number, (name, operand) in enumerate(zip(names, node.args, strict=True)):
        if number not in stolen:
            incref(e, operand)
        e.store("ptr", e.value(operand), owner, _runtime.attr_offset(type_, name), "attr")
    indexes = [_runtime.attr_index(type_, name) for name in names]
    if names and indexes[0] >= 0:
        _note_order(e, owner, bytes(indexes))


def _note_order(e: Lowering, owner: str, indexes: bytes) -> None:
    """The inline values of a new instance were set in this order."""
    order, at = _insertion_order(e, owner), 0
    for size in (8, 4, 2, 1):
        while len(indexes) - at >= size:
            word = int.from_bytes(indexes[at:at + size], byteorder)
            e.line(f"store i{8 * size} {word}, ptr {e.field(order, at)}, align 1{e.tbaa['dictptr']}")
            at += size
    e.store("i8", str(len(indexes)), owner, _values_field(e, "size"), "dictptr")


RULES: Final[dict[str, Any]] = {
    "attr_load": _attr_load, "attr_store": _attr_store, "attr_store_f64": _attr_store_f64,
    "attr_store_i64": _attr_store_i64, "attr_init": _attr_init, "inline_valid": _inline_valid, "keys_count": _keys_count,
    "slot_load": _slot_load, "slot_store": _slot_store, "slot_store_f64": _slot_store_f64, "slot_init": _slot_init,
    "instance_new": _instance_new,
}
