"""What each operation does in the graph interpreter; see `table`.

Operations on unboxed numbers are in `numbers`, those behind statements in `language`; those that only concern frames or
references do nothing here.
"""

from __future__ import annotations

import ctypes
import inspect
import math
import operator
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, CoroutineType, FunctionType, GeneratorType, MethodType
from typing import Any, Final

from tiercel.graph.build import NULL
from tiercel.graph.numbers import EXACT_DOUBLE, NUMBERS, DoesNotFit, fitting, libm, wrap
from tiercel.graph.table import Attrs, Leaves, LeavesAfter, implements, simple

EXHAUSTED: Final = type("Exhausted", (), {"__slots__": (), "__repr__": lambda self: "<exhausted>"})()


def _number(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any) -> Any:
        try:
            return function(*args)
        except DoesNotFit:
            raise Leaves from None
    return run


simple({name: _number(function) for name, function in NUMBERS.items()})


# -- control, references, guards -------------------------------------------------------------------------------------

simple(dict.fromkeys(
    ("poll", "check_left", "unlink", "enter_inlined", "leave_inlined", "release", "drop", "incref", "decref",
     "incref_maybe", "decref_maybe", "loop", "check_frame"), lambda *args: None))
simple({"pending": lambda: False, "rely": lambda _: None})


@implements("leave")
def _leave(attrs: Attrs) -> None:
    raise Leaves


@implements("guard")
def _guard(attrs: Attrs, condition: bool) -> None:
    if not condition:
        raise Leaves


@implements("guard_if")
def _guard_if(attrs: Attrs, condition: bool, holds: bool) -> None:
    if condition and not holds:
        raise Leaves


@implements("guard_not")
def _guard_not(attrs: Attrs, condition: bool) -> None:
    if condition:
        raise Leaves


@implements("guard_type")
def _guard_type(attrs: Attrs, value: Any) -> None:
    if type(value) is not attrs["type"]:
        raise Leaves


@implements("guard_is")
def _guard_is(attrs: Attrs, value: Any) -> None:
    if value is not attrs["value"]:
        raise Leaves


@implements("guard_function")
def _guard_function(attrs: Attrs, function: Any) -> None:
    if function.__code__ is not attrs["code"] or function.__globals__ is not attrs["globals"] \
            or function.__builtins__ is not attrs["builtins"] or function.__defaults__ is not attrs["defaults"] \
            or function.__kwdefaults__ is not None:
        raise Leaves


# -- numbers and boxes -----------------------------------------------------------------------------------------------

def _unbox_i64(value: int) -> int:
    return _number(fitting)(int(value))


def _long_to_f64(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Leaves from None


def _number_to_f64(value: Any) -> float:
    if type(value) is float:
        return value
    if type(value) is int and abs(value) <= EXACT_DOUBLE:
        return float(value)
    raise Leaves


def _box_number(is_int: bool, value: float) -> Any:
    return int(value) if is_int else value


simple({
    "number_to_f64": _number_to_f64, "box_number": _box_number,
    "box_i64": int, "box_u64": int, "box_f64": float, "box_bool": bool, "unbox_i64": _unbox_i64, "unbox_f64": float,
    "unbox_bool": bool, "long_to_f64": _long_to_f64, "long_low_bits": wrap,
    **{f"long_{name}": getattr(operator, name) for name in ("add", "sub", "mul", "floordiv", "mod", "xor", "lshift",
                                                            "rshift", "lt", "le", "eq", "ne", "gt", "ge")},
    "long_and": operator.and_, "long_or": operator.or_,
})


@implements("f64_libm1", "f64_libm2")
def _libm(attrs: Attrs, *args: float) -> float:
    return libm(attrs["function"], *args)


# -- objects ---------------------------------------------------------------------------------------------------------

def _stored(obj: Any, name: str) -> bool:
    """Whether the attribute is set in the object itself."""
    if any(name in base.__dict__ for base in type(obj).__mro__):
        return name in getattr(obj, "__dict__", {})
    try:
        object.__getattribute__(obj, name)
    except AttributeError:
        return False
    return True


@implements("attr_load")
def _attr_load(attrs: Attrs, obj: Any) -> Any:
    if not _stored(obj, attrs["name"]):
        raise Leaves
    return object.__getattribute__(obj, attrs["name"])


@implements("attr_store", "attr_store_f64", "attr_store_i64")
def _attr_store(attrs: Attrs, obj: Any, value: Any) -> Any:
    there = _attr_load(attrs, obj)
    object.__setattr__(obj, attrs["name"], value)
    return there


@implements("attr_init", "slot_init")
def _attr_init(attrs: Attrs, obj: Any, value: Any) -> None:
    if _stored(obj, attrs["name"]):
        raise Leaves
    object.__setattr__(obj, attrs["name"], value)


@implements("own_load")
def _own_load(attrs: Attrs, obj: Any) -> Any:
    if attrs["name"] not in object.__getattribute__(obj, "__dict__"):
        raise Leaves
    return object.__getattribute__(obj, "__dict__")[attrs["name"]]


@implements("own_store")
def _own_store(attrs: Attrs, obj: Any, value: Any) -> Any:
    there = _own_load(attrs, obj)
    object.__setattr__(obj, attrs["name"], value)
    return there


@implements("own_set")
def _own_set(attrs: Attrs, obj: Any, value: Any) -> Any:
    there = object.__getattribute__(obj, "__dict__").get(attrs["name"])
    object.__setattr__(obj, attrs["name"], value)
    return there


@implements("own_lacks")
def _own_lacks(attrs: Attrs, obj: Any) -> bool:
    return attrs["name"] not in object.__getattribute__(obj, "__dict__")


@implements("slot_load")
def _slot_load(attrs: Attrs, obj: Any) -> Any:
    try:
        return object.__getattribute__(obj, attrs["name"])
    except AttributeError:
        raise Leaves from None


@implements("slot_store", "slot_store_f64")
def _slot_store(attrs: Attrs, obj: Any, value: Any) -> Any:
    try:
        there = object.__getattribute__(obj, attrs["name"])
    except AttributeError:
        there = NULL
    object.__setattr__(obj, attrs["name"], value)
    return there


@implements("instance_new")
def _instance_new(attrs: Attrs, *values: Any) -> Any:
    obj = object.__new__(attrs["type"])
    for name, value in zip(attrs["names"], values, strict=True):
        object.__setattr__(obj, name, value)
    return obj


@implements("keys_count")
def _keys_count(attrs: Attrs) -> int:
    from tiercel import _runtime
    address = _runtime.keys_count_address(attrs["type"])
    return ctypes.c_ssize_t.from_address(address).value if address else 0


def _inline_valid(obj: Any) -> bool:
    from tiercel import _runtime
    offset = _runtime.offsets()
    return bool(ctypes.c_uint8.from_address(id(obj) + offset["inline.values"] + offset["values.valid"]).value)


@implements("type_is")
def _type_is(attrs: Attrs, obj: Any) -> bool:
    return type(obj) is attrs["type"]


def _equals_itself(obj: Any) -> bool:
    names = ("__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__")
    return obj is None or all(getattr(type(obj), name) is getattr(object, name) for name in names)


def _cell_new(content: Any) -> Any:
    from types import CellType
    return CellType() if content is NULL else CellType(content)


def _cell_load(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        raise Leaves from None


def _cell_store(cell: Any, content: Any) -> Any:
    try:
        there = cell.cell_contents
    except ValueError:
        there = NULL
    if content is NULL:
        del cell.cell_contents
    else:
        cell.cell_contents = content
    return there


def _list_set(items: Any, index: Any, item: Any) -> Any:
    there = list.__getitem__(items, index)
    list.__setitem__(items, index, item)
    return there


simple({
    "is": operator.is_, "type_of": type, "refcount_is": lambda obj: False, "inline_valid": _inline_valid,
    "equals_itself": _equals_itself,
    "is_method": lambda method: False,
    "cell_new": _cell_new, "cell_load": _cell_load, "cell_store": _cell_store,
})


@implements("closure_item")
def _closure_item(attrs: Attrs, function: Any) -> Any:
    return function.__closure__[attrs["index"]]


# -- sequences -------------------------------------------------------------------------------------------------------

def _list_pop(items: list[Any], index: int) -> Any:
    return list.pop(items, index)


def _list_swap(items: list[Any], i: int, j: int) -> None:
    items[i], items[j] = items[j], items[i]


def _list_set_slice(items: list[Any], low: int, high: int, new: list[Any]) -> None:
    items[low:high] = new




_SIMPLE: Final = (int, str, float, bytes, bool, type(None))     # such as run no code when one is compared with another


def _slice(items: Any, low: int, high: int) -> Any:
    return items[low:high]


def _sequence_has(items: Any, item: Any) -> bool:
    for there in (list if isinstance(items, list) else tuple).__iter__(items):
        if there is item:
            return True
        if type(there) not in _SIMPLE:
            raise Leaves
        if there == item:
            return True
    return False


def _list_move_slice(items: list[Any], low: int, high: int, source: list[Any], *bounds: int) -> None:
    items[low:high] = source[slice(*bounds)]


def _iterated(iterator: Any) -> Any:
    state = iterator.__reduce__()
    if len(state) < 3:
        raise Leaves    # exhausted
    return state[1][0]


def _sequence_iterator(items: Any, index: int) -> Any:
    iterator = iter(items)
    iterator.__setstate__(index)
    return iterator


def _generator_new(function: Any, point: int, *slots: Any) -> Any:
    from tiercel import _runtime
    return _runtime.generator(function, point, tuple([_runtime.NULL if slot is NULL else slot for slot in slots]))


def _suspended(generator: Any) -> Any:
    from tiercel import _runtime
    return _runtime.suspended(generator)


def _range_of(iterator: Any) -> range:
    return iterator.__reduce__()[1][0]


def _list_of_tuple(items: tuple[Any, ...], low: int, high: int) -> list[Any]:
    return list(items[low:high])


simple({
    "list_length": list.__len__, "list_item": list.__getitem__, "list_set": _list_set,
    "list_set_f64": list.__setitem__, "list_set_i64": list.__setitem__, "list_append": list.append,
    "list_new": lambda *items: list(items), "list_of": lambda item, count: [item] * count,
    "list_slice": lambda items, low, high: list.__getitem__(items, slice(low, high)), "list_set_slice": _list_set_slice,
    "list_take_slice": _list_set_slice, "list_move_slice": _list_move_slice,
    "list_slice_step": lambda items, start, stop, step: items[start:stop:step],
    "list_reverse": list.reverse, "list_pop": _list_pop, "list_insert": list.insert,
    "list_swap": _list_swap, "list_concat": operator.add,
    "list_join": lambda others, items: items + others,
    "list_join_slice": lambda source, low, high, items: items + source[low:high],
    "list_extend_list": list.extend, "list_to_tuple": tuple,
    "tuple_length": tuple.__len__, "tuple_item": tuple.__getitem__, "tuple_new": lambda *items: items,
    "str_length": len, "str_item": lambda text, index: ord(text[index]), "str_from_code": chr, "i64_to_str": str,
    "str_eq": operator.eq, "str_has": operator.contains, "str_slice": _slice, "bytes_slice": _slice,
    "tuple_slice": _slice, "list_of_tuple": _list_of_tuple, "list_has": _sequence_has, "tuple_has": _sequence_has,
    "str_concat": operator.add, "build_string": lambda *parts: "".join(parts),
    "int_of_str": int, "float_of_str": float,
    "bytes_length": len, "bytes_item": operator.getitem, "bytearray_length": len,
    "bytearray_item": operator.getitem, "bytearray_set": operator.setitem,
    "array_kind": lambda items: ord(items.typecode), "array_length": len, "array_item_i64": operator.getitem,
    "array_item_u64": operator.getitem, "array_item_f64": operator.getitem, "array_set_i64": operator.setitem,
    "array_set_f64": operator.setitem,
    "list_iter_seq": _iterated, "tuple_iter_seq": _iterated,
    "list_iter_index": lambda it: it.__reduce__()[2], "tuple_iter_index": lambda it: it.__reduce__()[2],
    "sequence_iter_new": _sequence_iterator,
    "range_iter_new": lambda start, step, count: iter(range(start, start + step * count, step)),
    "range_start": operator.attrgetter("start"), "range_stop": operator.attrgetter("stop"),
    "range_step": operator.attrgetter("step"),
    "range_iter_start": lambda it: _range_of(it).start, "range_iter_step": lambda it: _range_of(it).step,
    "range_iter_length": lambda it: len(_range_of(it)),
    "generator_new": _generator_new, "tracks_origins": lambda: sys.get_coroutine_origin_tracking_depth() > 0,
    # behind a `refcount_is`, which is never true here
    "generator_at": lambda *args: False, "generator_slot": lambda gen, index: _suspended(gen)[2][index],
    "generator_function": lambda gen: _suspended(gen)[0],
    "range_new": range, "slice_new": slice, "build_slice": slice, "bound_method_new": MethodType,
    "builtin_method_new": lambda method, self: method.__get__(self),
    "method_function": operator.attrgetter("__func__"), "method_self": operator.attrgetter("__self__"),
})


# -- dicts and sets --------------------------------------------------------------------------------------------------

def _dict_get_simple(mapping: dict[Any, Any], key: Any) -> Any:
    if key not in mapping:
        raise Leaves
    return mapping[key]


def _dict_merge(mapping: dict[Any, Any], other: Any, function: Any) -> None:
    for key in other.keys():    # noqa: SIM118 - a mapping need not be iterable
        if key in mapping:
            name = getattr(function, "__qualname__", str(function))
            if getattr(function, "__module__", "builtins") not in ("builtins", None):
                name = f"{function.__module__}.{name}"
            raise TypeError(f"{name}() got multiple values for keyword argument '{key}'")
        mapping[key] = other[key]


def _set_within(items: Any, others: Any) -> bool:
    if any(type(item) not in _SIMPLE for item in (*items, *others)):
        raise Leaves
    return bool(items <= others)


def _extreme(function: Any) -> Any:
    def run(items: Any) -> Any:
        if not items or not (all(type(x) is int for x in items) or all(type(x) is float for x in items)):
            raise Leaves
        return function(items)
    return run


def _contains(container: Any, item: Any) -> bool:
    return item in container


simple({
    "dict_length": len, "set_length": len, "dict_get_or": dict.get, "dict_get_simple": _dict_get_simple,
    "dict_get": operator.getitem, "dict_set_simple": operator.setitem, "dict_has_simple": _contains, "set_has_simple": _contains,
    "set_within": _set_within, "least": _extreme(min), "greatest": _extreme(max),
    "set_add_simple": set.add, "set_add": set.add, "dict_new": lambda *items: dict(zip(items[::2], items[1::2])),
    "set_new": lambda *items: set(items), "dict_update": dict.update, "dict_merge": _dict_merge,
    "set_update": set.update, "list_extend": list.extend,
})


# -- the interpreter's own operations --------------------------------------------------------------------------------

_NUMBER: Final = {"add": "add", "subtract": "sub", "multiply": "mul", "true_divide": "truediv", "floor_divide": "floordiv",
           "remainder": "mod", "lshift": "lshift", "rshift": "rshift", "and": "and_", "or": "or_", "xor": "xor",
           "matrix_multiply": "matmul", "power": "pow"}
_INPLACE: Final = {"and_": "iand", "or_": "ior"}
simple({f"number_{name}": getattr(operator, function) for name, function in _NUMBER.items()})
simple({f"number_inplace_{name}": getattr(operator, _INPLACE.get(function, f"i{function}"))
         for name, function in _NUMBER.items()})
_COMPARE: Final = (operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge)


_ended: list[Any] = []


def _send(iterator: Any) -> Any:
    try:
        return next(iterator) if hasattr(iterator, "__next__") else iterator.send(None)
    except StopIteration as stop:
        _ended.append(stop.value)
        return EXHAUSTED


def _is_unstarted(obj: Any) -> bool:
    if type(obj) is CoroutineType:
        return inspect.getcoroutinestate(obj) == inspect.CORO_CREATED
    return type(obj) is GeneratorType and inspect.getgeneratorstate(obj) == inspect.GEN_CREATED


def _is_awaitable(obj: Any) -> bool:
    if type(obj) is CoroutineType:
        return obj.cr_await is None
    return hasattr(type(obj), "__await__") or inspect.isawaitable(obj)


def _awaitable(obj: Any) -> Any:
    return obj if type(obj) in (CoroutineType, GeneratorType) else obj.__await__()


def _next(iterator: Any) -> Any:
    try:
        return next(iterator)
    except StopIteration:
        return EXHAUSTED


simple({
    "number_negative": operator.neg, "number_positive": operator.pos, "number_invert": operator.invert,
    "number_absolute": abs, "contains": _contains, "truth": bool, "length": len, "get_item": operator.getitem,
    "set_item": operator.setitem, "del_item": operator.delitem, "iter": iter, "next": _next,
    "send": _send, "send_result": _ended.pop,
    "is_unstarted": _is_unstarted, "is_awaitable": _is_awaitable, "awaitable": _awaitable,
    "is_exhausted": lambda item: item is EXHAUSTED, "format": format, "format_simple": format, "str_of": str,
    "repr_of": repr, "ascii_of": ascii,
})


@implements("compare")
def _compare(attrs: Attrs, a: Any, b: Any) -> Any:
    return _COMPARE[attrs["operator"]](a, b)


@implements("get_attr")
def _get_attr(attrs: Attrs, obj: Any) -> Any:
    return getattr(obj, attrs["name"])


@implements("super_attr")
def _super_attr(attrs: Attrs, cls: Any, obj: Any) -> Any:
    return getattr(super(cls, obj), attrs["name"])


@implements("get_method")
def _get_method(attrs: Attrs, obj: Any) -> Any:
    return getattr(obj, attrs["name"])      # which is bound: see `is_method`


@implements("set_attr")
def _set_attr(attrs: Attrs, obj: Any, value: Any) -> None:
    setattr(obj, attrs["name"], value)


@implements("del_attr")
def _del_attr(attrs: Attrs, obj: Any) -> None:
    delattr(obj, attrs["name"])


@implements("load_global")
def _load_global(attrs: Attrs) -> Any:
    name = attrs["name"]
    if name in attrs["globals"]:
        return attrs["globals"][name]
    try:
        return attrs["builtins"][name]
    except KeyError:
        raise NameError(f"name {name!r} is not defined", name=name) from None


@implements("new_function")
def _new_function(attrs: Attrs, *operands: Any) -> Any:
    parts = iter(operands)
    flags = attrs["flags"]
    defaults = next(parts) if flags & 1 else None
    keyword = next(parts) if flags & 2 else None
    annotations = next(parts) if flags & 4 else None
    closure = next(parts) if flags & 8 else None
    function = FunctionType(attrs["code"], attrs["globals"], None, defaults, closure)
    function.__qualname__ = attrs["qualname"]
    function.__kwdefaults__ = keyword
    if annotations is not None:
        pairs = iter(annotations) if isinstance(annotations, tuple) else None
        function.__annotations__ = annotations if pairs is None else dict(zip(pairs, pairs))
    return function


# -- calls -----------------------------------------------------------------------------------------------------------

@implements("call")
def _call(attrs: Attrs, function: Any, *args: Any) -> Any:
    names = attrs.get("names") or ()
    split = len(args) - len(names)
    return function(*args[:split], **dict(zip(names, args[split:])))


@implements("call_method")
def _call_method(attrs: Attrs, obj: Any, *args: Any) -> Any:
    return getattr(obj, attrs["name"])(*args)


@implements("call_found")
def _call_found(attrs: Attrs, function: Any, is_method: bool, owner: Any, *args: Any) -> Any:
    return _call(attrs, function, *([owner] if is_method else []), *args)


@implements("call_ex")
def _call_ex(attrs: Attrs, function: Any, args: Any, keywords: Any = NULL) -> Any:
    return function(*args) if keywords is NULL else function(*args, **keywords)


@implements("call_cfunction_o", "call_cfunction_fast", "call_cfunction_keywords", "call_cfunction_noargs")
def _call_cfunction(attrs: Attrs, owner: Any, *args: Any) -> Any:
    function, names = attrs["function"], attrs.get("names") or ()
    positional = args[:len(args) - len(names)]
    keywords = dict(zip(names, args[len(positional):], strict=True))
    if isinstance(function, BuiltinFunctionType) or owner is NULL:
        return function(*positional, **keywords)
    return function(owner, *positional, **keywords)


@implements("call_native")
def _call_native(attrs: Attrs, *args: Any) -> Any:
    result: Any = attrs["function"](*args)
    rep = attrs["result"]
    wanted: Any = {"i": int, "f": float, "b": bool}.get(rep)
    if wanted is not None and (type(result) is not wanted or (rep == "i" and wrap(result) != result)):
        raise LeavesAfter(result)
    return result


def _range_length(start: int, stop: int, step: int) -> int:
    length = max(0, (stop - start + (step - 1 if step > 0 else step + 1)) // step) if step else 0
    return length if length < 1 << 63 else -1


_SYMBOLS: Final[dict[str, Callable[..., Any]]] = {"tc_range_length": _range_length}


@implements("call_symbol")
def _call_symbol(attrs: Attrs, *args: Any) -> Any:
    name = attrs["symbol"]
    if name in _SYMBOLS:
        return _SYMBOLS[name](*args)
    if not hasattr(math, name):
        raise NotImplementedError(f"the graph interpreter does not know the C function {name}")
    return libm(name, *args)
