"""The functions that native code calls, called through ctypes and compared with what Python does."""

from __future__ import annotations

import ctypes
import math
import operator
import struct
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiercel import _runtime
from tiercel.graph.ops import OPS

SYMBOLS = _runtime.symbols()
OBJECT, I64, F64, POINTER = ctypes.py_object, ctypes.c_int64, ctypes.c_double, ctypes.c_void_p


def helper(name: str, result: Any, *args: Any) -> Callable[..., Any]:
    return ctypes.PYFUNCTYPE(result, *args)(SYMBOLS[name])


def array(*items: object) -> Any:
    return (ctypes.py_object * len(items))(*items)


def bits(value: float) -> bytes:
    return struct.pack("d", value)


def outcome(function: Callable[..., Any], *args: Any) -> Any:
    """The result, or the exception's type and text."""
    try:
        return function(*args)
    except Exception as e:
        return type(e), str(e)


def test_every_declared_symbol_is_there() -> None:
    missing = {op.symbol for op in OPS.values() if op.symbol} - set(SYMBOLS)
    assert not missing
    assert all(SYMBOLS.values())


def test_offsets() -> None:
    offsets = _runtime.offsets()
    number = 7.25
    assert ctypes.c_double.from_address(id(number) + offsets["float.value"]).value == 7.25
    items = [1, 2, 3]
    assert ctypes.c_ssize_t.from_address(id(items) + offsets["var.size"]).value == 3
    first = ctypes.c_void_p.from_address(id(items) + offsets["list.items"]).value
    assert first and ctypes.c_void_p.from_address(first + 8).value == id(items[1])
    assert ctypes.c_void_p.from_address(id(items) + offsets["object.type"]).value == id(list)
    pair = (1, 2)
    assert ctypes.c_void_p.from_address(id(pair) + offsets["tuple.items"]).value == id(pair[0])
    assert (offsets["marker.native"], offsets["marker.loop"]) == (-2, -3)


EDGES = [0, 1, -1, 2, -2, 3, 7, 63, 64, 2**30 - 1, 2**30, -(2**30), 2**31, 2**60, 2**62, 2**63 - 1, -(2**63), 2**63,
         2**64, -(2**64) - 1, 10**30, -(10**30), 12345678901234567890]
INTS = st.one_of(st.sampled_from(EDGES), st.integers(-(2**130), 2**130))


@given(INTS, INTS)
def test_long_arithmetic(a: int, b: int) -> None:
    for name, function in {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "floordiv": operator.floordiv,
                           "mod": operator.mod, "and": operator.and_, "or": operator.or_, "xor": operator.xor}.items():
        assert outcome(helper(f"tc_long_{name}", OBJECT, OBJECT, OBJECT), a, b) == outcome(function, a, b)
    for name in ("lshift", "rshift"):
        assert outcome(helper(f"tc_long_{name}", OBJECT, OBJECT, OBJECT), a, b % 200) == \
            getattr(operator, name)(a, b % 200)
    for name in ("lt", "le", "eq", "ne", "gt", "ge"):
        assert helper(f"tc_long_{name}", ctypes.c_int, OBJECT, OBJECT)(a, b) == getattr(operator, name)(a, b)
    assert helper("tc_long_low_bits", I64, OBJECT)(a) == (a + 2**63) % 2**64 - 2**63


def test_shift_by_a_negative_count() -> None:
    assert outcome(helper("tc_long_lshift", OBJECT, OBJECT, OBJECT), 1, -1) == outcome(operator.lshift, 1, -1)
    assert outcome(helper("tc_power", OBJECT, OBJECT, OBJECT), 0, -1) == outcome(operator.pow, 0, -1)
    assert helper("tc_inplace_power", OBJECT, OBJECT, OBJECT)(3, 4) == 81


@given(INTS)
def test_boxes(a: int) -> None:
    out = I64(77)
    fits = helper("tc_unbox_i64", ctypes.c_int, OBJECT, POINTER)(a, ctypes.addressof(out))
    assert bool(fits) == (-(2**63) <= a < 2**63)
    if fits:
        assert out.value == a and helper("tc_box_i64", OBJECT, I64)(a) == a
    real = F64()
    converts = helper("tc_long_to_f64", ctypes.c_int, OBJECT, POINTER)(a, ctypes.addressof(real))
    assert converts and real.value == float(a)


def test_a_long_too_large_for_a_double() -> None:
    assert not helper("tc_long_to_f64", ctypes.c_int, OBJECT, POINTER)(10**400, ctypes.addressof(F64()))


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-3, 70))
def test_i64_pow(base: int, exponent: int) -> None:
    out = I64()
    fits = helper("tc_i64_pow", ctypes.c_int, I64, I64, POINTER)(base, exponent, ctypes.addressof(out))
    expected = base**exponent if exponent >= 0 else None
    assert bool(fits) == (expected is not None and -(2**63) <= expected < 2**63)
    if fits:
        assert out.value == expected


def test_i64_pow_small_bases() -> None:
    for base in range(-12, 13):
        test_i64_pow.hypothesis.inner_test(base, 17)  # type: ignore[attr-defined]
        test_i64_pow.hypothesis.inner_test(base, 0)  # type: ignore[attr-defined]
    test_i64_pow.hypothesis.inner_test(-2, 63)  # type: ignore[attr-defined]


@given(st.floats(), st.floats())
def test_float_division(a: float, b: float) -> None:
    if b != 0.0:
        assert bits(helper("tc_f64_mod", F64, F64, F64)(a, b))[:7] == bits(a % b)[:7] or math.isnan(a % b)
        assert bits(helper("tc_f64_floordiv", F64, F64, F64)(a, b)) == bits(a // b) or math.isnan(a // b)


@pytest.mark.parametrize("a", [0.0, -0.0, 1.0, -1.0, 5.5, -5.5, math.inf, -math.inf, 1e308, 5e-324])
@pytest.mark.parametrize("b", [1.0, -1.0, 3.0, -3.0, 0.1, -0.1, math.inf, -math.inf, 5e-324])
def test_float_division_signs(a: float, b: float) -> None:
    for name, function in (("tc_f64_mod", operator.mod), ("tc_f64_floordiv", operator.floordiv)):
        got, expected = helper(name, F64, F64, F64)(a, b), function(a, b)
        assert bits(got) == bits(expected) or (math.isnan(got) and math.isnan(expected))


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1),
       st.integers(-(2**63), 2**63 - 1).filter(lambda n: n != 0))
def test_ranges(start: int, stop: int, step: int) -> None:
    length = helper("tc_range_length", I64, I64, I64, I64)
    expected = range(start, stop, step)
    count = max(0, (stop - start + step - (1 if step > 0 else -1)) // step)
    assert length(start, stop, step) == (count if count < 2**63 else -1)
    assert helper("tc_range_new", OBJECT, I64, I64, I64)(start, stop, step) == expected


def test_lists() -> None:
    items = [object(), object(), object()]
    before = [sys.getrefcount(o) for o in items]
    target = list(items)
    helper("tc_list_append", None, OBJECT, OBJECT)(target, items[0])
    assert target == [*items, items[0]]
    assert helper("tc_list_pop", OBJECT, OBJECT, I64)(target, 1) is items[1]
    assert target == [items[0], items[2], items[0]]
    helper("tc_list_reverse", None, OBJECT)(target)
    assert target == [items[0], items[2], items[0]]
    helper("tc_list_extend_list", None, OBJECT, OBJECT)(target, target)
    assert len(target) == 6
    assert helper("tc_list_concat", OBJECT, OBJECT, OBJECT)(items, items) == items + items
    assert helper("tc_list_repeat", OBJECT, OBJECT, I64)(items[0], 3) == [items[0]] * 3
    assert helper("tc_list_repeat", OBJECT, OBJECT, I64)(items[0], -3) == []
    for name, kind in (("tc_list_new", list), ("tc_tuple_new", tuple)):
        make = helper(name, OBJECT, POINTER, I64, I64)
        assert make(array(*items), 3, 0) == kind(items) and make(None, 0, 0) == kind()
        counts = [sys.getrefcount(o) for o in items]
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(items[1]))
        assert make(array(*items), 3, 0b010) == kind(items)
        assert [sys.getrefcount(o) for o in items] == counts
    del target
    assert [sys.getrefcount(o) for o in items] == before


def test_pop_gives_memory_back_as_the_list_does() -> None:
    pop = helper("tc_list_pop", OBJECT, OBJECT, I64)
    for size in (1, 2, 5, 40):
        for at in (0, -1):
            ours, theirs = [None] * size, [None] * size
            ours[:] = [object() for _ in range(size)]      # type: ignore[list-item]
            while theirs:
                expected = ours[at]
                theirs.pop(at)
                assert pop(ours, at % len(ours)) is expected
                assert len(ours) == len(theirs) and sys.getsizeof(ours) == sys.getsizeof(theirs)


BOUNDS = st.integers(-9, 9)


@given(st.integers(0, 6), st.integers(0, 6), BOUNDS, BOUNDS, st.sampled_from([1, -1, 2, -2]), st.booleans())
def test_slices_moved(low: int, high: int, start: int, stop: int, step: int, same: bool) -> None:
    low, high = min(low, high), max(low, high)
    parts = [object() for _ in range(12)]
    target, expected = parts[:6], parts[:6]
    source = target if same else parts[6:]
    expected[low:high] = source[start:stop:step]
    first, last, _ = slice(start, stop).indices(6) if step > 0 else (start, stop, step)
    move = helper("tc_list_move_slice", ctypes.c_int, OBJECT, I64, I64, OBJECT, I64, I64, I64)
    assert move(target, low, high, source, first, last, step) == 0
    assert all(a is b for a, b in zip(target, expected, strict=True))
    counts = [sys.getrefcount(part) for part in parts]
    del expected
    assert [sys.getrefcount(part) for part in parts] == [
        count - sum(part is each for each in target) for part, count in zip(parts, counts)]


def test_a_part_turned_round() -> None:
    """It may stay where it is only if it is the same part of the same list."""
    move = helper("tc_list_move_slice", ctypes.c_int, OBJECT, I64, I64, OBJECT, I64, I64, I64)
    for low, high, start, stop, step, same in (
            (1, 4, 3, 0, -1, True), (1, 4, 3, 0, -1, False), (1, 4, 3, 0, 1, True), (1, 4, 4, 1, -1, True),
            (1, 4, 3, 1, -1, True), (1, 4, 3, -9, -1, True), (0, 5, 4, -9, -1, True), (0, 0, -1, -9, -1, True)):
        target = [0, 1, 2, 3, 4]
        source = target if same else [5, 6, 7, 8, 9]
        expected = target.copy()
        expected[low:high] = source[start:stop:step]
        assert move(target, low, high, source, start, stop, step) == 0 and target == expected


def bad_iterator() -> Any:
    yield 1
    raise KeyError("inside")


@pytest.mark.parametrize("make", [lambda: [1, 2], lambda: "ab", lambda: 5, lambda: None, lambda: {1: 2}, bad_iterator,
                                  lambda: iter(range(3))])
def test_list_extend(make: Callable[[], Any]) -> None:
    def with_star(iterable: Any) -> list[Any]:
        return [0, *iterable]

    def with_helper(iterable: Any) -> list[Any]:
        target = [0]
        helper("tc_list_extend", ctypes.c_int, OBJECT, OBJECT)(target, iterable)
        return target

    assert outcome(with_helper, make()) == outcome(with_star, make())


class NotIterable:
    pass


class Sequence:
    def __getitem__(self, index: int) -> int:
        if index > 2:
            raise IndexError
        return index


@pytest.mark.parametrize("make", [
    lambda: (1, 2, 3), lambda: [1, 2, 3], lambda: (1, 2), lambda: [1, 2], lambda: (1, 2, 3, 4),
    lambda: [1] * 9, lambda: "abc", lambda: "ab", lambda: {1: 1, 2: 2, 3: 3},
    lambda: iter([1, 2, 3]), lambda: iter([1, 2]), lambda: 5, lambda: None,
    NotIterable, Sequence, bad_iterator, lambda: range(3),
])
def test_unpack_sequence(make: Callable[[], Any]) -> None:
    def by_interpreter(value: Any) -> tuple[Any, ...]:
        a, b, c = value
        return a, b, c

    unpack = helper("tc_unpack_sequence", OBJECT, OBJECT, I64)
    assert outcome(unpack, make(), 3) == outcome(by_interpreter, make())


def test_unpack_many() -> None:
    unpack = helper("tc_unpack_sequence", OBJECT, OBJECT, I64)
    assert unpack(iter(range(500)), 500) == tuple(range(500))
    assert unpack(iter(()), 0) == ()
    assert outcome(unpack, iter(range(501)), 500)[0] is ValueError


def test_strings() -> None:
    eq = helper("tc_str_eq", ctypes.c_int, OBJECT, OBJECT)
    texts = ["", "a", "b", "ab", "é", "éa", "€", "€a", "\U0001f600", "a" * 100, "".join(["a"] * 100)]
    for a in texts:
        for b in texts:
            assert eq(a, b) == (a == b)
        for i, c in enumerate(a):
            assert helper("tc_str_item", I64, OBJECT, I64)(a, i) == ord(c)
    for code in (0, 65, 255, 256, 0xFFFF, 0x10FFFF):
        assert helper("tc_str_from_code", OBJECT, I64)(code) == chr(code)
    join = helper("tc_build_string", OBJECT, POINTER, I64)
    assert join(array("a", "é", "€"), 3) == "aé€" and join(None, 0) == "" and join(array("x"), 1) == "x"
    for parts in (("",), ("", ""), ("a", ""), ("ab", "cd", "\x7f"), ("ab", "\xe9"), ("\u20ac", "ab"), ("\U0001f600", "")):
        assert join(array(*parts), len(parts)) == "".join(parts)
        assert join(array(*parts), len(parts)).isascii() == "".join(parts).isascii()
    whole = b"abc"
    part = helper("tc_bytes_slice", OBJECT, OBJECT, I64, I64)
    assert part(whole, 0, 3) is whole and part(whole, 1, 3) == b"bc" and part(whole, 0, 2) == b"ab"
    has = helper("tc_str_has", ctypes.c_int, OBJECT, OBJECT)
    assert [has("abc", text) for text in ("", "bc", "abc", "ca", "\u20ac")] == [1, 1, 1, 0, 0]
    text_of = helper("tc_i64_to_str", OBJECT, I64)
    for value in (0, 9, 10, -1, -10, 2**63 - 1, -(2**63)):
        assert text_of(value) == str(value)
    simple = helper("tc_format_simple", OBJECT, OBJECT)
    assert [simple(v) for v in (1, 1.5, "x", None)] == ["1", "1.5", "x", "None"]
    assert outcome(simple, type("C", (), {"__format__": lambda s, f: 1 / 0})())[0] is ZeroDivisionError


def test_dicts_and_sets() -> None:
    target: dict[Any, Any] = {"a": [1], 2: "two"}
    get = helper("tc_dict_get_simple", POINTER, OBJECT, OBJECT)
    assert get(target, "missing") is None
    assert helper("tc_dict_get_simple", OBJECT, OBJECT, OBJECT)(target, "a") is target["a"]
    assert outcome(helper("tc_dict_get", OBJECT, OBJECT, OBJECT), target, "z") == outcome(operator.getitem, target, "z")
    assert outcome(helper("tc_dict_get", OBJECT, OBJECT, OBJECT), target, [])[0] is TypeError
    assert helper("tc_dict_get", OBJECT, OBJECT, OBJECT)(target, 2) == "two"
    assert helper("tc_dict_set_simple", ctypes.c_int, OBJECT, OBJECT, OBJECT)(target, "b", 5) == 0
    has = helper("tc_dict_has_simple", ctypes.c_int, OBJECT, OBJECT)
    assert [has(target, k) for k in ("a", "b", 2, "c", 3)] == [1, 1, 1, 0, 0]
    new = helper("tc_dict_new", OBJECT, POINTER, I64)
    assert new(array("x", 1, "y", 2, "x", 3), 6) == {"x": 3, "y": 2} and new(None, 0) == {}
    assert outcome(new, array([], 1), 2)[0] is TypeError
    new_set = helper("tc_set_new", OBJECT, POINTER, I64)
    assert new_set(array(1, 2, 1), 3) == {1, 2}
    assert outcome(new_set, array([]), 1)[0] is TypeError
    items = {1, "x"}
    add = helper("tc_set_add_simple", ctypes.c_int, OBJECT, OBJECT)
    assert [add(items, k) for k in ("y", 1)] == [0, 1] and items == {1, "x", "y"}
    assert [helper("tc_set_has_simple", ctypes.c_int, OBJECT, OBJECT)(items, k) for k in (1, "y", "z")] == [1, 1, 0]


class Stored:
    """Equal to nothing, and of the hash of a simple key."""

    def __init__(self, key: Any) -> None:
        self.key = key

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        raise AssertionError("nobody may ask")


KEYS = [1, 0, -1, -2, 2 ** 61, 2 ** 200, "a", "é" * 50, b"a", b"", None, True, (), (1, "a"), ((None, 2.5), b"x"),
        *range(5, 700, 7)]


def test_lookups_of_simple_keys() -> None:
    has_key, in_set, add, within = (helper(f"tc_{name}", ctypes.c_int, OBJECT, OBJECT)
                                    for name in ("dict_has_simple", "set_has_simple", "set_add_simple", "sequence_has"))
    get, get_or = helper("tc_dict_get_simple", POINTER, *[OBJECT] * 2), helper("tc_dict_get_or", POINTER, *[OBJECT] * 3)
    for stored in (KEYS[::2], KEYS[1::2], KEYS[:9], ["a", "b"], []):
        table, items = dict.fromkeys([*stored, 1e9]), {*stored, 1e9}
        for removed in stored[::3]:
            del table[removed]
            items.remove(removed)
        for key in KEYS:
            assert has_key(table, key) == (key in table), key
            assert in_set(items, key) == (key in items), key
            assert within(list(table), key) == (key in list(table)), key
    for key in (1, "a", None, (1, "a"), 2 ** 200):
        table, items = {Stored(key): 1, 2.5: 2}, {Stored(key), 2.5}
        assert has_key(table, key) == in_set(items, key) == add(items, key) == within([Stored(key)], key) == -1
        assert get(table, key) is None and get_or(table, key, 5) is None and len(items) == 2


def test_updates() -> None:
    for source in ({"k": 1}, [("k", 1)], 5, None, {"a": 1}, {3: 4}, dict):
        def merge(mapping: Any) -> Any:
            return dict(a=0, **mapping)

        def update(mapping: Any) -> Any:
            return {"a": 0, **mapping}

        def merged(mapping: Any) -> Any:
            target = {"a": 0}
            helper("tc_dict_merge", ctypes.c_int, OBJECT, OBJECT, OBJECT)(target, mapping, dict)
            return target

        def updated(mapping: Any) -> Any:
            target = {"a": 0}
            helper("tc_dict_update", ctypes.c_int, OBJECT, OBJECT)(target, mapping)
            return target

        assert outcome(updated, source) == outcome(update, source)
        if source != {3: 4}:
            assert outcome(merged, source) == outcome(merge, source)
    items = {1}
    helper("tc_set_update", ctypes.c_int, OBJECT, OBJECT)(items, [2, 3])
    assert items == {1, 2, 3}
    assert outcome(helper("tc_set_update", ctypes.c_int, OBJECT, OBJECT), items, 5) == outcome(lambda: {1, *5})  # type: ignore[misc]


def test_iterators_at_a_position() -> None:
    at = helper("tc_sequence_iter_new", OBJECT, OBJECT, I64)
    for sequence in ([1, 2, 3], (1, 2, 3), "abc", "a€c"):
        assert list(at(sequence, 1)) == list(sequence)[1:] and type(at(sequence, 0)) is type(iter(sequence))
    assert list(helper("tc_range_iter_new", OBJECT, I64, I64, I64)(5, -2, 3)) == [5, 3, 1]


def test_next() -> None:
    step = helper("tc_next", POINTER, OBJECT)
    iterator = iter(["one"])
    first = step(iterator)
    assert first == id("one") and step(iterator) == SYMBOLS["tc_exhausted"] == step(iter(bad_stop()))
    ctypes.pythonapi.Py_DecRef(ctypes.c_void_p(first))
    assert outcome(helper("tc_next", OBJECT, OBJECT), next_fails()) == (KeyError, "'inside'")


def bad_stop() -> Any:
    class Iterator:
        def __iter__(self) -> Any:
            return self

        def __next__(self) -> Any:
            raise StopIteration(5)

    return Iterator()


def next_fails() -> Any:
    iterator = bad_iterator()
    next(iterator)
    return iterator


def test_names() -> None:
    load = helper("tc_load_global", OBJECT, OBJECT, OBJECT, OBJECT)
    namespace = {"x": 1}
    assert load(namespace, __builtins__ if isinstance(__builtins__, dict) else vars(__builtins__), "x") == 1
    assert load({}, {"len": len}, "len") is len
    with pytest.raises(NameError, match="name 'nowhere' is not defined") as caught:
        load({}, {}, "nowhere")
    assert caught.value.name == "nowhere"
    helper("tc_store_global", ctypes.c_int, OBJECT, OBJECT, OBJECT)(namespace, "y", 2)
    assert namespace == {"x": 1, "y": 2}
    load_name = helper("tc_import_name", *[OBJECT] * 7)
    import builtins
    assert load_name(globals(), vars(builtins), None, "os.path", 0, None) is __import__("os.path")
    assert load_name(globals(), vars(builtins), None, "os.path", 0, ("join",)) is sys.modules["os.path"]
    assert outcome(load_name, globals(), vars(builtins), None, "no_such_module_", 0, None)[0] is ModuleNotFoundError
    assert outcome(load_name, {}, {}, None, "os", 0, None) == (ImportError, "__import__ not found")
    assert load_name({}, {"__import__": lambda *args: args}, None, "m", 3, None) == ("m", {}, None, None, 3)
    thing = type("C", (), {})()
    thing.a = 1
    helper("tc_del_attr", ctypes.c_int, OBJECT, OBJECT)(thing, "a")
    assert outcome(helper("tc_del_attr", ctypes.c_int, OBJECT, OBJECT), thing, "a")[0] is AttributeError


def test_calls() -> None:
    def f(*args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    assert helper("tc_call_ex", OBJECT, OBJECT, OBJECT, OBJECT)(f, (1, 2), {"k": 3}) == ((1, 2), {"k": 3})
    assert helper("tc_call_ex", OBJECT, OBJECT, OBJECT, POINTER)(f, (1,), None) == ((1,), {})
    method = helper("tc_call_method", OBJECT, OBJECT, POINTER, I64, POINTER)
    assert method("upper", array("abc"), 1, None) == "ABC"
    assert outcome(method, "no", array("abc"), 1, None) == (AttributeError, "'str' object has no attribute 'no'")


def test_new_functions() -> None:
    def outer(x: int) -> Any:
        def inner(a: int, b: int = 5, *, c: int = 6) -> Any:
            return x, a, b, c
        return inner

    like = outer(1)
    make = helper("tc_new_function", OBJECT, OBJECT, OBJECT, OBJECT, I64, POINTER)
    func = make(like.__code__, globals(), "name", 15,
                array(like.__defaults__, like.__kwdefaults__, ("a", int), like.__closure__))
    assert func(2) == (1, 2, 5, 6) and func.__qualname__ == "name" and func.__annotations__ == {"a": int}
    assert func.__module__ == __name__
    assert make((lambda: 3).__code__, globals(), "n", 0, None)() == 3


def test_stores_of_numbers() -> None:
    old, shared = 1.5 * float("2"), 2.5
    slots = (ctypes.c_void_p * 1)(id(shared))
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(shared))
    store = helper("tc_store_f64", None, POINTER, F64)
    store(ctypes.addressof(slots), 8.25)
    made = slots[0]
    assert made != id(shared) and shared == 2.5
    store(ctypes.addressof(slots), 9.25)
    assert slots[0] == made, "overwritten in place"
    helper("tc_store_i64", None, POINTER, I64)(ctypes.addressof(slots), 5)
    assert slots[0] == id(5) and old == 3.0


def test_stores_of_ints() -> None:
    """An int that nobody else holds gets the new value where it has the room; those that are shared never change."""
    class Own(int):
        pass

    def store(items: list[Any], value: int) -> None:
        slot = ctypes.c_void_p.from_address(id(items) + _runtime.offsets()["list.items"]).value
        helper("tc_store_i64", None, POINTER, I64)(slot, value)

    digit = 2**30
    values = (-(digit**2), 1 - digit**2, -digit, 1 - digit, -6, -5, 0, 256, 257, digit - 1, digit, digit**2 - 1,
              digit**2, 2**63 - 1, -(2**63))
    for old in (*values, True, None, "text"):
        for new in values:
            before = sys.getrefcount(old)
            items = [old]
            kept = repr(old)
            store(items, new)
            assert items[0] == new and type(items[0]) is int and repr(old) == kept and sys.getrefcount(old) == before
    for old in values:
        for new in values:
            items = [int(str(old))]
            own = id(items[0])
            store(items, new)
            if not (-5 <= new <= 256 or -5 <= old <= 256):
                least, most = sorted((abs(old), abs(new)))
                same_room = most < digit or digit <= least <= most < digit**2
                assert (id(items[0]) == own) == same_room
            assert (repr(items[0]), hash(items[0]), sys.getsizeof(items[0])) == (repr(new), hash(new), sys.getsizeof(new))
            assert (items[0] is new) == (-5 <= new <= 256)
    items = [digit + int("5")]
    own = id(items[0])
    store(items, -digit - 1)
    assert id(items[0]) == own and items[0] == -digit - 1, "overwritten in place"
    items = [Own(1000)]
    store(items, 2000)
    assert type(items[0]) is int and items[0] == 2000
    empty = (ctypes.c_void_p * 1)()
    helper("tc_store_i64", None, POINTER, I64)(ctypes.addressof(empty), 1000)
    assert ctypes.cast(empty, ctypes.POINTER(ctypes.py_object))[0] == 1000


def test_the_end_of_an_object_is_told_of_the_area() -> None:
    """Where there is one, it says from then on that there is no state; an end that may be seen is only after the last."""
    ends = []

    class Thing:
        def __del__(self) -> None:
            ends.append(area[0])

    decref = helper("tc_decref", None, POINTER, POINTER)
    for place in (True, False):
        thing = Thing()
        area = (I64 * 1)(4096)
        where = ctypes.addressof(area) if place else None
        for _ in range(2):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
        address = id(thing)
        decref(where, address)
        assert area[0] == 4096 and not ends
        del thing
        decref(where, address)
        assert ends.pop() == (4096 + 2 if place else 4096)
    decref(None, None)
    decref(None, id(None))
    helper("tc_incref", None, POINTER)(None)


def test_floats_of_which_is_told() -> None:
    """Who traces objects hears of a float that is used again."""
    box = helper("tc_box_f64", OBJECT, F64)
    tracemalloc.start()
    try:
        many = [number * 0.5 for number in range(300)]
        del many
        number = box(7.25)
        traceback = tracemalloc.get_object_traceback(number)
        assert traceback is not None and traceback[0].lineno == sys._getframe().f_lineno - 2
    finally:
        tracemalloc.stop()


def freed(numbers: list[float]) -> int:
    """How many blocks are given back when native code lets go of numbers that nothing else holds."""
    addresses = [id(number) for number in numbers]
    for number in numbers:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(number))
    numbers.clear()
    decref = helper("tc_decref", None, POINTER, POINTER)
    before = sys.getallocatedblocks()
    for address in addresses:
        decref(None, address)
    return before - sys.getallocatedblocks()


@pytest.mark.skipif(not sys.getallocatedblocks(), reason="another allocator does not count blocks")
def test_freed_floats_wait() -> None:
    """A hundred of them, as where the interpreter frees them; what is made next takes them."""
    box = helper("tc_box_f64", OBJECT, F64)
    assert freed([box(each + 0.5) for each in range(1000)]) > 850
    for _ in range(3):
        numbers = [box(each + 0.25) for each in range(300)]
        assert numbers == [each + 0.25 for each in range(300)] and len(set(map(id, numbers))) == 300
        del numbers[50:200]        # the interpreter's own way
        assert 40 < freed(numbers) < 160
        numbers = [box(each + 0.25) for each in range(200)]
        assert abs(freed(numbers[:0] + [numbers.pop() for _ in range(60)])) < 20
        assert all(each >= 0.25 for each in numbers)
