"""Objects in memory: boxes, types, attributes, lists, tuples, strings, reference counts."""

from __future__ import annotations

from sys import int_info
from typing import TYPE_CHECKING, Any, Final

from tiercel.emit.abi import ITEM_TYPES
from tiercel.emit.lower_numbers import by_pointer
from tiercel.graph.build import NULL, Const, Node, Operand

if TYPE_CHECKING:
    from tiercel.emit.lower import Lowering, Rule

# -- reference counts: the low half only, as CPython 3.13 counts; it is negative in objects that live for ever ------


def _immortal(operand: Operand) -> bool:
    from sys import getrefcount

    return operand is NULL or isinstance(operand, Const) and getrefcount(operand.value) > 1 << 31


def incref_value(e: Lowering, value: str) -> None:
    """Count one more reference."""
    if e.quick:
        e.call("void", "tc_incref", ("ptr", value))
        return
    place = e.field(value, e.offset["object.refcnt"])
    count = e.put(f"load i32, ptr {place}{e.tbaa['refcount']}")
    function = e.symbols.intrinsic("llvm.uadd.sat.i32", "i32", "i32, i32")
    more = e.put(f"call i32 {function}(i32 {count}, i32 1)")
    e.line(f"store i32 {more}, ptr {place}{e.tbaa['refcount']}")


def incref(e: Lowering, operand: Operand) -> None:
    """Count one more reference, unless nobody counts them."""
    if not _immortal(operand):
        incref_value(e, e.value(operand))


def count_down(e: Lowering, value: str, done: str) -> str:
    """Take one from the count; whether it was the last.  On to `done` where nobody counts: storing the count of None or
    a small int again and again would make each round of a loop wait for the last."""
    place = e.field(value, e.offset["object.refcnt"])
    count = e.put(f"load i32, ptr {place}{e.tbaa['refcount']}")
    mortal = e.fresh("l")
    e.line(f"br i1 {e.put(f'icmp sgt i32 {count}, -1')}, label %{mortal}, label %{done}")
    e.start(mortal)
    fewer = e.put(f"sub i32 {count}, 1")
    e.line(f"store i32 {fewer}, ptr {place}{e.tbaa['refcount']}")
    return e.put(f"icmp eq i32 {fewer}, 0")


def decref_value(e: Lowering, value: str, dropped: bool = False) -> None:
    """Count one reference less, and free the object after the last.  `dropped`: no frame is linked any more that would
    show that this code is returned to."""
    noted = e.linked and not e.early
    if e.quick:
        keeper = "@version" if dropped else "%extra" if noted else "null"
        function = "tc_drop" if dropped else "tc_decref_in_chain" if e.unlinked else "tc_decref"
        e.call("void", function, ("ptr", keeper), ("ptr", value))
        return
    free, done = e.fresh("free"), e.fresh("l")
    last = count_down(e, value, done)
    e.line(f"br i1 {last}, label %{free}, label %{done}{e.unlikely}")
    saved = e.aside(free)
    if dropped:
        e.call("void", "tc_free_dropped", ("ptr", "@version"), ("ptr", value))
    elif noted:
        e.call("void", "tc_free_in_chain" if e.unlinked else "tc_free", ("ptr", "%extra"), ("ptr", value))
    else:
        e.call("void", "tc_dealloc", ("ptr", value))
    e.line(f"br label %{done}")
    e.back(saved)
    e.start(done)


def unless_null(e: Lowering, value: str, write: Any) -> None:
    """`write()`, which counts references, is skipped where the value is a null pointer."""
    if e.quick:
        write()     # what it calls looks for itself
        return
    some, done = e.fresh("l"), e.fresh("l")
    e.line(f"br i1 {e.put(f'icmp eq ptr {value}, null')}, label %{done}, label %{some}")
    e.start(some)
    write()
    e.line(f"br label %{done}")
    e.start(done)


def _incref(e: Lowering, node: Node) -> None:
    incref(e, node.args[0])


def _decref(e: Lowering, node: Node) -> None:
    if not _immortal(node.args[0]):
        decref_value(e, e.value(node.args[0]))


def _incref_maybe(e: Lowering, node: Node) -> None:
    if not _immortal(node.args[0]):
        value = e.value(node.args[0])
        unless_null(e, value, lambda: incref_value(e, value))


def _decref_maybe(e: Lowering, node: Node) -> None:
    if not _immortal(node.args[0]):
        value = e.value(node.args[0])
        unless_null(e, value, lambda: decref_value(e, value))


def _refcount_is(e: Lowering, node: Node) -> None:
    count = e.load("i32", e.value(node.args[0]), e.offset["object.refcnt"], "refcount")
    e.define(node, f"icmp eq i32 {count}, {node.attrs['count']}")


# -- types and identity --------------------------------------------------------------------------------------------


def type_test(e: Lowering, value: str, type_: type) -> str:
    """Whether a value is of the exact type."""
    if type_ is type(None):
        return e.put(f"icmp eq ptr {value}, {e.symbols.object(None)}")
    found = e.load("ptr", value, e.offset["object.type"], "type")
    return e.put(f"icmp eq ptr {found}, {e.symbols.object(type_)}")


def _guard_type(e: Lowering, node: Node) -> None:
    e.leave_unless(type_test(e, e.value(node.args[0]), node.attrs["type"]), node)


def _guard_is(e: Lowering, node: Node) -> None:
    expected = e.symbols.object(node.attrs["value"])
    e.leave_unless(e.put(f"icmp eq ptr {e.value(node.args[0])}, {expected}"), node)


def _guard_function(e: Lowering, node: Node) -> None:
    wanted = {name: node.attrs[name] for name in ("code", "globals", "builtins", "defaults")} | {"kwdefaults": None}
    same = []
    for name, value in wanted.items():
        found = e.load("ptr", e.value(node.args[0]), e.offset[f"function.{name}"], "func")
        same.append(e.put(f"icmp eq ptr {found}, {'null' if value is None else e.symbols.object(value)}"))
    condition = same[0]
    for each in same[1:]:
        condition = e.put(f"and i1 {condition}, {each}")
    e.leave_unless(condition, node)


def _guard(e: Lowering, node: Node) -> None:
    e.leave_unless(e.value(node.args[0]), node)


def _guard_if(e: Lowering, node: Node) -> None:
    e.leave_if(e.put(f"xor i1 {e.value(node.args[1])}, true"), node)


def _guard_not(e: Lowering, node: Node) -> None:
    e.leave_if(e.value(node.args[0]), node)


def _type_is(e: Lowering, node: Node) -> None:
    e.alias(node, type_test(e, e.value(node.args[0]), node.attrs["type"]))


def _type_of(e: Lowering, node: Node) -> None:
    e.alias(node, e.load("ptr", e.value(node.args[0]), e.offset["object.type"], "type"))


def _equals_itself(e: Lowering, node: Node) -> None:
    value, place = e.value(node.args[0]), e.offset["type.richcompare"]
    type_ = e.load("ptr", value, e.offset["object.type"], "type")
    own = e.load("ptr", type_, place, "type")
    inherited = e.load("ptr", e.symbols.object(object), place, "type")
    is_none = e.put(f"icmp eq ptr {value}, {e.symbols.object(None)}")
    e.alias(node, e.put(f"or i1 {is_none}, {e.put(f'icmp eq ptr {own}, {inherited}')}"))


def _is(e: Lowering, node: Node) -> None:
    e.define(node, f"icmp eq ptr {e.value(node.args[0])}, {e.value(node.args[1])}")


def _is_exhausted(e: Lowering, node: Node) -> None:
    e.define(node, f"icmp eq ptr {e.value(node.args[0])}, {e.symbols.data('tc_exhausted')}")


# -- boxes ---------------------------------------------------------------------------------------------------------


def _box(e: Lowering, node: Node) -> None:
    operand = node.args[0]
    e.alias(node, e.boxed(e.rep(operand), e.value(operand)))


def unbox_i64(e: Lowering, value: str, fails: Any, wide: bool = False) -> str:
    """The value of an exact int; `fails(fits)` leaves unless it fits into 64 bits; `wide`: two digits are likely."""
    e.outs = True
    tag = e.load("i64", value, e.offset["long.tag"], "long")
    big, small, done = e.fresh("big"), e.fresh("l"), e.fresh("l")
    came_wide = ""
    # how many digits it has is in the bits above the lowest three
    if wide:
        two, more = e.fresh("l"), e.fresh("l")
        e.line(f"br i1 {e.put(f'icmp ult i64 {tag}, 16')}, label %{small}, label %{more}")
        e.start(more)
        e.line(f"br i1 {e.put(f'icmp ult i64 {tag}, 24')}, label %{two}, label %{big}{e.likely}")
        e.start(two)
        high = e.put(f"zext i32 {e.load('i32', value, e.offset['long.digits'] + 4, 'long')} to i64")
        shifted = e.put(f"shl i64 {high}, {int_info.bits_per_digit}")
        both = e.put(f"or i64 {shifted}, {_lowest_digit(e, value)}")
        came_wide = f", [ {_signed(e, both, tag)}, %{e.here} ]"
        e.line(f"br label %{done}")
    else:
        e.line(f"br i1 {e.put(f'icmp ult i64 {tag}, 16')}, label %{small}, label %{big}{e.likely}")
    saved = e.aside(big)
    fits = e.call("i32", "tc_unbox_i64", ("ptr", value), ("ptr", "%word"))
    fails(e.put(f"icmp ne i32 {fits}, 0"))
    called = e.put("load i64, ptr %word")
    came = e.here
    e.line(f"br label %{done}")
    e.back(saved)
    e.start(small)
    number = _signed(e, _lowest_digit(e, value), tag)
    came_small = e.here
    e.line(f"br label %{done}")
    e.start(done)
    return e.put(f"phi i64 [ {number}, %{came_small} ], [ {called}, %{came} ]{came_wide}")


def _lowest_digit(e: Lowering, value: str) -> str:
    return e.put(f"zext i32 {e.load('i32', value, e.offset['long.digits'], 'long')} to i64")


def _signed(e: Lowering, size: str, tag: str) -> str:
    """The lowest two bits of the tag are 0 in positive ints, 1 in zero, 2 in negative ones."""
    sign = e.put(f"sub i64 1, {e.put(f'and i64 {tag}, 3')}")
    return e.put(f"mul i64 {size}, {sign}")


def _unbox_i64(e: Lowering, node: Node) -> None:
    e.alias(node, unbox_i64(e, e.value(node.args[0]), lambda fits: e.leave_unless(fits, node),
                            bool(node.attrs.get("wide"))))


def _number_to_f64(e: Lowering, node: Node) -> None:
    e.outs = True
    value = e.value(node.args[0])
    real, whole, done = e.fresh("l"), e.fresh("l"), e.fresh("l")
    e.line(f"br i1 {type_test(e, value, float)}, label %{real}, label %{whole}")
    e.start(whole)
    fits = e.call("i32", "tc_number_to_f64", ("ptr", value), ("ptr", "%word"))
    e.leave_if(e.put(f"icmp eq i32 {fits}, 0"), node)
    made = e.put("load double, ptr %word")
    came = e.here
    e.line(f"br label %{done}")
    e.start(real)
    number = e.load("double", value, e.offset["float.value"], "float")
    e.line(f"br label %{done}")
    e.start(done)
    e.define(node, f"phi double [ {number}, %{real} ], [ {made}, %{came} ]")


def _unbox_f64(e: Lowering, node: Node) -> None:
    e.alias(node, e.load("double", e.value(node.args[0]), e.offset["float.value"], "float"))


def _unbox_bool(e: Lowering, node: Node) -> None:
    e.define(node, f"icmp eq ptr {e.value(node.args[0])}, {e.symbols.object(True)}")


def _long_low_bits(e: Lowering, node: Node) -> None:
    e.alias(node, e.call("i64", "tc_long_low_bits", ("ptr", e.value(node.args[0])), facts="memory(read) willreturn"))


# -- storing over what another reference may hold ------------------------------------------------------------------


def stolen_bits(node: Node) -> str:
    """The operands that a node takes over, as a number with a bit for each."""
    return str(sum(1 << number for number in node.attrs.get("stolen", ())))


def fill(e: Lowering, node: Node, place: str, kind: str) -> None:
    """Store a reference to the node's last operand."""
    operand = node.args[-1]
    if not node.attrs.get("stolen"):
        incref(e, operand)
    e.line(f"store ptr {e.value(operand)}, ptr {place}{e.tbaa[kind]}")


def overwrite(e: Lowering, node: Node, place: str, kind: str, *, old: str = "") -> None:
    """Store a reference to the node's last operand; what was there is the node's result."""
    old = old or e.put(f"load ptr, ptr {place}{e.tbaa[kind]}")
    fill(e, node, place, kind)
    e.alias(node, old)


def overwrite_f64(e: Lowering, place: str, kind: str, operand: Operand, *, maybe: bool = False, old: str = "") -> None:
    """Store a double where boxes are kept: into the old box, if it is a float that only this place holds."""
    store, own, done = e.fresh("store"), e.fresh("l"), e.fresh("l")
    old = old or e.put(f"load ptr, ptr {place}{e.tbaa[kind]}")
    if maybe:
        some = e.fresh("l")
        e.line(f"br i1 {e.put(f'icmp eq ptr {old}, null')}, label %{store}, label %{some}{e.unlikely}")
        e.start(some)
    is_float = type_test(e, old, float)
    count = e.load("i32", old, e.offset["object.refcnt"], "refcount")
    alone = e.put(f"icmp eq i32 {count}, 1")
    e.line(f"br i1 {e.put(f'and i1 {is_float}, {alone}')}, label %{own}, label %{store}{e.likely}")
    saved = e.aside(store)
    e.call("void", "tc_store_f64", ("ptr", place), ("double", e.value(operand)))
    e.line(f"br label %{done}")
    e.back(saved)
    e.start(own)
    e.store("double", e.value(operand), old, e.offset["float.value"], "float")
    e.line(f"br label %{done}")
    e.start(done)


# -- cells and closures -------------------------------------------------------------------------------------------------


def _cell_load(e: Lowering, node: Node) -> None:
    value = e.load("ptr", e.value(node.args[0]), e.offset["cell.content"], "cell")
    e.leave_unless(e.put(f"icmp ne ptr {value}, null"), node)
    e.alias(node, value)


def _cell_new(e: Lowering, node: Node) -> None:
    e.alias(node, e.call("ptr", "PyCell_New", ("ptr", e.value(node.args[0]))))


def _cell_store(e: Lowering, node: Node) -> None:
    place = e.field(e.value(node.args[0]), e.offset["cell.content"])
    overwrite(e, node, place, "cell")


def _closure_item(e: Lowering, node: Node) -> None:
    closure = e.load("ptr", e.value(node.args[0]), e.offset["function.closure"], "func")
    e.alias(node, e.load("ptr", closure, e.offset["tuple.items"] + 8 * node.attrs["index"], "tuple"))


# -- lists and tuples ----------------------------------------------------------------------------------------------


def _field(offset: str, kind: str, type_: str = "i64") -> Rule:
    def rule(e: Lowering, node: Node) -> None:
        e.alias(node, e.load(type_, e.value(node.args[0]), e.offset[offset], kind))
    return rule


def _list_place(e: Lowering, node: Node, operand: int = 1) -> str:
    items = e.load("ptr", e.value(node.args[0]), e.offset["list.items"], "list")
    return e.put(f"getelementptr inbounds ptr, ptr {items}, i64 {e.value(node.args[operand])}")


def _list_item(e: Lowering, node: Node) -> None:
    e.alias(node, e.load("ptr", _list_place(e, node), 0, "items"))


def _list_set(e: Lowering, node: Node) -> None:
    overwrite(e, node, _list_place(e, node), "items")


def _list_set_f64(e: Lowering, node: Node) -> None:
    overwrite_f64(e, _list_place(e, node), "items", node.args[2])


def _list_set_i64(e: Lowering, node: Node) -> None:
    e.call("void", "tc_store_i64", ("ptr", _list_place(e, node)), ("i64", e.value(node.args[2])))


def _list_swap(e: Lowering, node: Node) -> None:
    one, other = _list_place(e, node, 1), _list_place(e, node, 2)
    a, b = e.load("ptr", one, 0, "items"), e.load("ptr", other, 0, "items")
    e.store("ptr", b, one, 0, "items")
    e.store("ptr", a, other, 0, "items")


def _list_append(e: Lowering, node: Node) -> None:
    list_, item = e.value(node.args[0]), e.value(node.args[1])
    size = e.load("i64", list_, e.offset["var.size"], "list")
    room = e.load("i64", list_, e.offset["list.allocated"], "list")
    grow, put, done = e.fresh("grow"), e.fresh("l"), e.fresh("l")
    e.line(f"br i1 {e.put(f'icmp slt i64 {size}, {room}')}, label %{put}, label %{grow}{e.likely}")
    saved = e.aside(grow)
    e.call("void", "tc_list_append", ("ptr", list_), ("ptr", item))
    stolen = bool(node.attrs.get("stolen"))
    if stolen:
        count_down(e, item, done)
    e.line(f"br label %{done}")
    e.back(saved)
    e.start(put)
    if not stolen:
        incref(e, node.args[1])
    items = e.load("ptr", list_, e.offset["list.items"], "list")
    place = e.put(f"getelementptr inbounds ptr, ptr {items}, i64 {size}")
    e.store("ptr", item, place, 0, "items")
    e.store("i64", e.put(f"add i64 {size}, 1"), list_, e.offset["var.size"], "list")
    e.line(f"br label %{done}")
    e.start(done)


def _tuple_item(e: Lowering, node: Node) -> None:
    index = node.args[1]
    if isinstance(index, Const):
        e.alias(node, e.load("ptr", e.value(node.args[0]), e.offset["tuple.items"] + 8 * index.value, "tuple"))
        return
    items = e.field(e.value(node.args[0]), e.offset["tuple.items"])
    place = e.put(f"getelementptr inbounds ptr, ptr {items}, i64 {e.value(index)}")
    e.alias(node, e.load("ptr", place, 0, "tuple"))


def _of_array(function: str) -> Rule:
    def rule(e: Lowering, node: Node) -> None:
        items = e.array(node.args)
        e.alias(node, e.call("ptr", function, ("ptr", items), ("i64", str(len(node.args))),
                             ("i64", stolen_bits(node))))
    return rule


def _list_join(e: Lowering, node: Node) -> None:
    *args, list_ = [tuple(e.typed(arg).split(" ", 1)) for arg in node.args]
    taken = str(int(bool(node.attrs.get("stolen"))))
    e.alias(node, e.call("ptr", node.op.symbol, *args, list_, ("i32", taken)))  # type: ignore[arg-type, union-attr]


def _new_function(e: Lowering, node: Node) -> None:
    attrs = node.attrs
    items = e.array(node.args)
    e.alias(node, e.call("ptr", "tc_new_function", ("ptr", e.symbols.object(attrs["code"])),
                         ("ptr", e.symbols.object(attrs["globals"])), ("ptr", e.symbols.object(attrs["qualname"])),
                         ("i64", str(int(attrs["flags"]))), ("ptr", items)))


def _generator_new(e: Lowering, node: Node) -> None:
    function, point, *slots = node.args
    e.alias(node, e.call("ptr", "tc_generator_new", ("ptr", e.value(function)), ("i64", e.value(point)),
                         ("ptr", e.array(slots)), ("i64", str(len(slots)))))


def _or_leave(function: str) -> Rule:
    """A C function that returns NULL where the code must leave."""
    def rule(e: Lowering, node: Node) -> None:
        args = [tuple(e.typed(arg).split(" ", 1)) for arg in node.args]
        value = e.call("ptr", function, *args)  # type: ignore[arg-type]
        e.leave_unless(e.put(f"icmp ne ptr {value}, null"), node)
        e.alias(node, value)
    return rule


def _unless_unknown(function: str) -> Rule:
    """A C function that says whether, or -1 where the code must leave."""
    def rule(e: Lowering, node: Node) -> None:
        found = e.call("i32", function, *[("ptr", e.value(arg)) for arg in node.args])
        e.leave_if(e.put(f"icmp slt i32 {found}, 0"), node)
        if node.rep:
            e.define(node, f"icmp ne i32 {found}, 0")
    return rule


# -- strings and bytes ---------------------------------------------------------------------------------------------


def _str_item(e: Lowering, node: Node) -> None:
    text, index = e.value(node.args[0]), e.value(node.args[1])
    state = e.load("i32", text, e.offset["unicode.state"], "str")
    ascii_ = e.put(f"and i32 {state}, {e.offset['unicode.ascii_bit']}")
    other, plain, done = e.fresh("str"), e.fresh("l"), e.fresh("l")
    e.line(f"br i1 {e.put(f'icmp ne i32 {ascii_}, 0')}, label %{plain}, label %{other}{e.likely}")
    saved = e.aside(other)
    wide = e.call("i64", "tc_str_item", ("ptr", text), ("i64", index))
    e.line(f"br label %{done}")
    e.back(saved)
    e.start(plain)
    narrow = _byte(e, e.field(text, e.offset["unicode.ascii_data"]), index, "str")
    e.line(f"br label %{done}")
    e.start(done)
    e.define(node, f"phi i64 [ {narrow}, %{plain} ], [ {wide}, %{other} ]")


def _byte(e: Lowering, data: str, index: str, kind: str) -> str:
    place = e.put(f"getelementptr inbounds i8, ptr {data}, i64 {index}")
    return e.put(f"zext i8 {e.load('i8', place, 0, kind)} to i64")


def _bytes_item(e: Lowering, node: Node) -> None:
    e.alias(node, _byte(e, e.field(e.value(node.args[0]), e.offset["bytes.data"]), e.value(node.args[1]), "bytes"))


def _bytearray_item(e: Lowering, node: Node) -> None:
    data = e.load("ptr", e.value(node.args[0]), e.offset["bytearray.start"], "bytearray")
    e.alias(node, _byte(e, data, e.value(node.args[1]), "buffer"))


def _bytearray_set(e: Lowering, node: Node) -> None:
    data = e.load("ptr", e.value(node.args[0]), e.offset["bytearray.start"], "bytearray")
    place = e.put(f"getelementptr inbounds i8, ptr {data}, i64 {e.value(node.args[1])}")
    e.store("i8", e.put(f"trunc i64 {e.value(node.args[2])} to i8"), place, 0, "buffer")


def _array_kind(e: Lowering, node: Node) -> None:
    description = e.load("ptr", e.value(node.args[0]), e.offset["array.descr"], "array")
    e.alias(node, e.put(f"zext i8 {e.load('i8', description, 0, 'array')} to i64"))


def _array_place(e: Lowering, node: Node) -> tuple[str, str]:
    """The type and the address of an item."""
    type_ = ITEM_TYPES[node.attrs["kind"]]
    data = e.load("ptr", e.value(node.args[0]), e.offset["array.items"], "array")
    return type_, e.put(f"getelementptr inbounds {type_}, ptr {data}, i64 {e.value(node.args[1])}")


def _array_item(e: Lowering, node: Node) -> None:
    type_, place = _array_place(e, node)
    item = e.load(type_, place, 0, "buffer")
    if type_ == "float":
        item = e.put(f"fpext float {item} to double")
    elif type_ not in ("double", "i64"):
        item = e.put(f"{'s' if node.attrs['kind'].islower() else 'z'}ext {type_} {item} to i64")
    e.alias(node, item)


def _array_set(e: Lowering, node: Node) -> None:
    type_, place = _array_place(e, node)
    item = e.value(node.args[2])
    if type_ == "float":
        item = e.put(f"fptrunc double {item} to float")
    elif type_ not in ("double", "i64"):
        item = e.put(f"trunc i64 {item} to {type_}")
    e.store(type_, item, place, 0, "buffer")


def _sequence(offset: str) -> Rule:
    def rule(e: Lowering, node: Node) -> None:
        value = e.load("ptr", e.value(node.args[0]), e.offset[offset], "iter")
        e.leave_unless(e.put(f"icmp ne ptr {value}, null"), node)
        e.alias(node, value)
    return rule


RULES: Final[dict[str, Any]] = {
    "incref": _incref, "decref": _decref, "incref_maybe": _incref_maybe, "decref_maybe": _decref_maybe,
    "refcount_is": _refcount_is,
    "guard": _guard, "guard_if": _guard_if, "guard_not": _guard_not, "guard_type": _guard_type, "guard_is": _guard_is,
    "guard_function": _guard_function,
    "is": _is, "type_is": _type_is, "type_of": _type_of, "equals_itself": _equals_itself, "is_exhausted": _is_exhausted,
    "box_i64": _box, "box_u64": _box, "box_f64": _box, "box_bool": _box,
    "unbox_i64": _unbox_i64, "unbox_f64": _unbox_f64, "unbox_bool": _unbox_bool,
    "long_to_f64": by_pointer("tc_long_to_f64", "double"), "long_low_bits": _long_low_bits,
    "number_to_f64": _number_to_f64,
    "cell_new": _cell_new, "cell_load": _cell_load, "cell_store": _cell_store, "closure_item": _closure_item,
    "list_length": _field("var.size", "list"), "list_item": _list_item, "list_set": _list_set,
    "list_set_f64": _list_set_f64, "list_set_i64": _list_set_i64, "list_append": _list_append,
    **dict.fromkeys(("list_has", "tuple_has"), _unless_unknown("tc_sequence_has")),
    **{name: _unless_unknown(f"tc_{name}") for name in ("dict_has_simple", "set_has_simple", "set_add_simple", "set_within")},
    "list_join": _list_join, "list_join_slice": _list_join,
    "list_new": _of_array("tc_list_new"), "list_pop": _or_leave("tc_list_pop"), "list_swap": _list_swap,
    "method_function": _field("method.function", "func", "ptr"), "method_self": _field("method.self", "func", "ptr"),
    "tuple_length": _field("var.size", "tuple"), "tuple_item": _tuple_item, "tuple_new": _of_array("tc_tuple_new"),
    "str_length": _field("unicode.length", "str"), "str_item": _str_item,
    "bytes_length": _field("var.size", "bytes"), "bytes_item": _bytes_item,
    "bytearray_length": _field("var.size", "bytearray"), "bytearray_item": _bytearray_item,
    "bytearray_set": _bytearray_set,
    "array_kind": _array_kind, "array_length": _field("var.size", "array"), "array_item_i64": _array_item,
    "array_item_u64": _array_item, "array_item_f64": _array_item, "array_set_i64": _array_set,
    "array_set_f64": _array_set,
    "list_iter_seq": _sequence("listiter.seq"), "list_iter_index": _field("listiter.index", "iter"),
    "tuple_iter_seq": _sequence("tupleiter.seq"), "tuple_iter_index": _field("tupleiter.index", "iter"),
    "range_start": _field("range.start", "iter", "ptr"), "range_stop": _field("range.stop", "iter", "ptr"),
    "range_step": _field("range.step", "iter", "ptr"),
    "range_iter_start": _field("rangeiter.start", "iter"), "range_iter_step": _field("rangeiter.step", "iter"),
    "range_iter_length": _field("rangeiter.len", "iter"),
    "dict_length": _field("dict.used", "dict"), "set_length": _field("set.used", "set"),
    "least": _or_leave("tc_least"), "greatest": _or_leave("tc_greatest"),
    "dict_get_simple": _or_leave("tc_dict_get_simple"), "dict_get_or": _or_leave("tc_dict_get_or"),
    "new_function": _new_function, "generator_new": _generator_new,
}
