"""Operations on objects in memory: what they read and store, and whose references they count."""

from __future__ import annotations

import gc
import sys
from array import array
from typing import Any

import pytest

from tests.emit.made import LEFT, Made, operation
from tiercel.graph.build import NULL, Const

pytestmark = pytest.mark.usefixtures("each_effort")


class Plain:
    def __init__(self, x: Any, y: Any) -> None:
        self.x = x
        self.y = y


class Slots:
    __slots__ = ("x",)


def counted() -> list[int]:
    """An object whose references can be counted."""
    return [1]


def same(found: Any, expected: Any) -> None:
    # a function, since an `assert` would keep what it compares alive
    if found is not expected:
        raise AssertionError(f"{found!r} is not {expected!r}")


def slot_offset() -> int:
    from tiercel import _runtime

    return _runtime.member_offset(Slots.x)


def test_lists() -> None:
    item = counted()
    items = [item, 2, 3]
    before = sys.getrefcount(item)
    assert operation("list_length", "o", "i")(items) == 3
    made = Made("oi", "o")
    node = made.add("list_item", *made.params)
    made.add("incref", node)
    same(made.end(node)(items, 0), item)
    assert sys.getrefcount(item) == before

    made = Made("oio", "i")
    made.add("decref", made.add("list_set", *made.params))
    made.end(Const(0, "i"))(items, 1, item)
    assert sys.getrefcount(item) == before + 1
    same(items[1], item)
    made.function(items, 1, 5)
    assert items[1] == 5 and sys.getrefcount(item) == before

    made = Made("oii", "i")
    made.add("list_swap", *made.params)
    made.end(Const(0, "i"))(items, 0, 2)
    assert sys.getrefcount(item) == before
    same(items[2], item)

    made = Made("oo", "i")
    made.add("list_append", *made.params)
    append = made.end(Const(0, "i"))
    for _ in range(100):
        append(items, item)
    assert len(items) == 103 and sys.getrefcount(item) == before + 100
    made = Made("oi", "o")
    pop = made.end(made.add("list_pop", *made.params))
    same(pop(items, 102), item)
    assert len(items) == 102 and sys.getrefcount(item) == before + 99


def test_numbers_in_lists() -> None:
    made = Made("oif", "i")
    made.add("list_set_f64", *made.params)
    store = made.end(Const(0, "i"))
    shared = float("1.5")
    items = [float("2.5"), shared, "text", 7]
    own = id(items[0])
    for index in range(4):
        store(items, index, 10.0 + index)
    assert items == [10.0, 11.0, 12.0, 13.0] and shared == 1.5 and id(items[0]) == own

    made = Made("oii", "i")
    made.add("list_set_i64", *made.params)
    made.end(Const(0, "i"))(items, 2, 2**40)
    assert items[2] == 2**40


@pytest.mark.parametrize("name", ("tuple_new", "list_new", "set_new"))
def test_new_containers(name: str) -> None:
    item = counted() if name != "set_new" else object()
    before = sys.getrefcount(item)
    function = operation(name, "oo", "o", linked=name == "set_new")
    result = function(item, 5)
    assert type(result).__name__ + "_new" == name and list(result) == [item, 5] or set(result) == {item, 5}
    assert sys.getrefcount(item) == before + 1
    del result
    assert sys.getrefcount(item) == before


def test_tuples() -> None:
    made = Made("oi", "o")
    node = made.add("tuple_item", *made.params)
    made.add("incref", node)
    assert made.end(node)((1, "b", 3), 1) == "b"
    assert operation("tuple_length", "o", "i")((1, 2)) == 2


def test_instance_attributes() -> None:
    value = counted()
    before = sys.getrefcount(value)
    plain = Plain(value, 2)
    made = Made("o", "o")
    node = made.add("attr_load", made.params[0], index=0, name="x")
    made.add("incref", node)
    load = made.end(node)
    same(load(plain), value)
    assert sys.getrefcount(value) == before + 1

    made = Made("oo", "i")
    made.add("decref", made.add("attr_store", *made.params, index=1, name="y"))
    store = made.end(Const(0, "i"))
    assert store(plain, value) == 0
    same(plain.y, value)
    assert sys.getrefcount(value) == before + 2

    made = Made("of", "i")
    made.add("attr_store_f64", *made.params, index=1, name="y")
    store_f64 = made.end(Const(0, "i"))
    assert store_f64(plain, 2.5) == 0 and plain.y == 2.5 and sys.getrefcount(value) == before + 1
    own = plain.y
    assert store_f64(plain, 3.5) == 0 and plain.y == 3.5 and own == 2.5
    made = Made("oi", "i")
    made.add("attr_store_i64", *made.params, index=1, name="y")
    assert made.end(Const(0, "i"))(plain, 2**50) == 0 and plain.y == 2**50

    assert operation("inline_valid", "o", "b")(plain) is True
    del plain.x
    assert load(plain) == LEFT and sys.getrefcount(value) == before
    full = Plain(1, 2)
    full.__dict__["z"] = 3
    assert store(full, 7) == LEFT and full.y == 2
    del full.__dict__           # neither inline values nor a dict
    assert [store(full, 7), store_f64(full, 0.5), load(full)] == [LEFT, LEFT, LEFT] and vars(full) == {}


def test_stores_that_take_over() -> None:
    """A stolen operand's reference goes into the object: none is counted."""
    value = counted()
    before = sys.getrefcount(value)
    for owner, name, attrs in ((Plain.__new__(Plain), "attr_init", {"index": 0, "name": "x"}),
                               (Slots(), "slot_init", {"offset": slot_offset(), "name": "x"})):
        made = Made("oo", "i")
        made.add("incref", made.params[1])
        made.add(name, *made.params, stolen=(1,), **attrs)
        made.end(Const(0, "i"))(owner, value)
        same(owner.x, value)
        assert sys.getrefcount(value) == before + 1
        del owner.x
    made = Made("oo", "o")
    made.add("incref", made.params[0])
    plain = made.end(made.add("instance_new", *made.params, type=Plain, names=("x", "y"), stolen=(0,)))(value, value)
    same(plain.x, value)
    assert sys.getrefcount(value) == before + 2


def test_first_stores() -> None:
    value = counted()
    before = sys.getrefcount(value)
    Plain(1, 2)
    plain = Plain.__new__(Plain)
    stores = []
    for name, index in (("y", 1), ("x", 0)):
        made = Made("oo", "i")
        made.add("attr_init", *made.params, index=index, name=name)
        stores.append(made.end(Const(0, "i")))
    for store in stores:
        assert store(plain, value) == 0
        assert store(plain, 5) == LEFT
    same(plain.x, value)
    same(plain.y, value)
    assert sys.getrefcount(value) == before + 2
    assert list(vars(plain)) == ["y", "x"]
    other = Plain.__new__(Plain)
    assert vars(other) == {} and stores[0](other, value) == LEFT     # it has a dict
    del plain
    assert sys.getrefcount(value) == before

    for invalid in (Plain(1, 2), Plain.__new__(Plain)):
        del invalid.__dict__
        assert [store(invalid, value) for store in stores] == [LEFT, LEFT] and vars(invalid) == {}

    made = Made("oo", "i")
    made.add("slot_init", *made.params, offset=slot_offset(), name="x")
    init, slots = made.end(Const(0, "i")), Slots()
    assert init(slots, value) == 0 and init(slots, 5) == LEFT
    same(slots.x, value)
    assert sys.getrefcount(value) == before + 1


@pytest.mark.parametrize("names", [(), ("a3",), ("a1", "a0"), tuple(f"a{i}" for i in range(15)),
                                   tuple(f"a{i}" for i in range(17, -1, -1))])
def test_new_instances(names: tuple[str, ...]) -> None:
    class Many:
        pass

    first = Many()
    for i in range(18):
        setattr(first, f"a{i}", i)
    value, reps = counted(), "o" * min(len(names), 4)
    before = sys.getrefcount(value)
    made = Made(reps, "o")
    operands = [made.params[i % 4] if i < 4 else Const(i, "o") for i in range(len(names))]
    instance = made.end(made.add("instance_new", *operands, type=Many, names=names))(*[value for _ in reps])
    assert type(instance) is Many and gc.is_tracked(instance)
    assert sys.getrefcount(value) == before + len(reps)
    assert list(vars(instance)) == list(names) and [vars(instance)[name] for name in names[4:]] == list(range(4, len(names)))
    instance.late = 5
    assert list(vars(instance)) == [*names, "late"]
    del instance
    assert sys.getrefcount(value) == before


def test_new_instances_with_slots() -> None:
    class Sub(Slots):
        __slots__ = ("a", "y")

    value = counted()
    before = sys.getrefcount(value)
    instance = operation("instance_new", "oo", "o", type=Sub, names=("y", "x"))(value, 2)
    assert type(instance) is Sub and instance.x == 2 and not hasattr(instance, "a") and gc.is_tracked(instance)
    same(instance.y, value)
    del instance
    assert sys.getrefcount(value) == before


def test_slots() -> None:
    offset = slot_offset()
    made = Made("oo", "i")
    made.add("decref_maybe", made.add("slot_store", *made.params, offset=offset, name="x"))
    store = made.end(Const(0, "i"))
    made = Made("o", "o")
    node = made.add("slot_load", made.params[0], offset=offset, name="x")
    made.add("incref", node)
    load = made.end(node)
    made = Made("of", "i")
    made.add("slot_store_f64", *made.params, offset=offset, name="x")
    store_f64 = made.end(Const(0, "i"))
    thing, value = Slots(), counted()
    before = sys.getrefcount(value)
    assert load(thing) == LEFT
    store(thing, value)
    same(load(thing), value)
    assert sys.getrefcount(value) == before + 1
    store_f64(thing, 1.5)
    assert thing.x == 1.5 and sys.getrefcount(value) == before
    empty = Slots()
    store_f64(empty, 2.5)
    assert empty.x == 2.5


def test_cells() -> None:
    value = counted()
    before = sys.getrefcount(value)
    made = Made("o", "o")
    cell = made.add("cell_new", made.params[0])
    same(made.end(cell)(value).cell_contents, value)
    assert sys.getrefcount(value) == before
    made = Made("o", "o")
    empty = made.end(made.add("cell_new", NULL))(0)
    made = Made("o", "o")
    node = made.add("cell_load", made.params[0])
    made.add("incref", node)
    load = made.end(node)
    assert load(empty) == LEFT
    made = Made("oo", "i")
    made.add("decref_maybe", made.add("cell_store", *made.params))
    made.end(Const(0, "i"))(empty, value)
    same(load(empty), value)
    assert sys.getrefcount(value) == before + 1
    made = Made("o", "i")
    made.add("decref_maybe", made.add("cell_store", made.params[0], NULL))
    made.end(Const(0, "i"))(empty)
    assert load(empty) == LEFT and sys.getrefcount(value) == before


def test_guards() -> None:
    made = Made("o", "i")
    made.add("guard_type", made.params[0], type=str, reason="type")
    function = made.end(Const(1, "i"))
    assert function("a") == 1 and function(5) == LEFT
    made = Made("o", "i")
    made.add("guard_is", made.params[0], value=str, reason="is")
    function = made.end(Const(1, "i"))
    assert function(str) == 1 and function(int) == LEFT
    made = Made("o", "i")
    made.add("guard_type", made.params[0], type=type(None), reason="type")
    function = made.end(Const(1, "i"))
    assert function(None) == 1 and function(0) == LEFT
    assert operation("type_is", "o", "b", type=int)(True) is False
    assert operation("is", "oo", "b")(None, None) is True


def test_text_and_bytes() -> None:
    item = operation("str_item", "oi", "i")
    for text in ("plain", "gr\u00fcn", "\u4e2d\u6587", "\U0001f600x"):
        assert [item(text, index) for index in range(len(text))] == [ord(c) for c in text]
        assert operation("str_length", "o", "i")(text) == len(text)
    assert operation("str_from_code", "i", "o")(0x4E2D) == "\u4e2d"
    assert operation("i64_to_str", "i", "o")(-(1 << 63)) == str(-(1 << 63))
    assert operation("i64_to_str", "i", "o")(7) == "7"
    assert operation("str_eq", "oo", "b")("ab", "".join("ab")) is True
    assert operation("bytes_item", "oi", "i")(b"\x00\xff", 1) == 255
    assert operation("bytes_length", "o", "i")(b"abc") == 3
    data = bytearray(b"abc")
    made = Made("oii", "i")
    made.add("bytearray_set", *made.params)
    made.end(Const(0, "i"))(data, 1, 200)
    assert data == b"a\xc8c" and operation("bytearray_item", "oi", "i")(data, 1) == 200


@pytest.mark.parametrize("kind", "bBhHiIlLqQ")
def test_arrays_of_ints(kind: str) -> None:
    bits = 8 * array(kind).itemsize
    low, high = (-1 << bits - 1, (1 << bits - 1) - 1) if kind.islower() else (0, (1 << bits) - 1)
    items = array(kind, [low, high, 7])
    assert operation("array_kind", "o", "i")(items) == ord(kind)
    assert operation("array_length", "o", "i")(items) == 3
    rep = "u" if kind in "LQ" and bits == 64 else "i"
    item = operation(f"array_item_{rep}64", "oi", rep, kind=kind)
    assert [item(items, index) for index in range(3)] == [low, high, 7]
    if rep == "i":
        made = Made("oii", "i")
        made.add("array_set_i64", *made.params, kind=kind)
        store = made.end(Const(0, "i"))
        for index, value in enumerate((high, low, 1)):
            store(items, index, value)
        assert items.tolist() == [high, low, 1]


@pytest.mark.parametrize("kind", "fd")
def test_arrays_of_floats(kind: str) -> None:
    items = array(kind, [0.5, -0.0, 1e30])
    item = operation("array_item_f64", "oi", "f", kind=kind)
    assert [repr(item(items, index)) for index in range(3)] == [repr(each) for each in items]
    made = Made("oif", "i")
    made.add("array_set_f64", *made.params, kind=kind)
    made.end(Const(0, "i"))(items, 1, 0.1)
    assert items == array(kind, [0.5, 0.1, 1e30])


def test_a_number_as_a_double() -> None:
    number = operation("number_to_f64", "o", "f")
    for value in (0, -3, 2**53, -2**53, 2**40, 1.5, float("inf")):
        assert number(value) == float(value)
    assert [number(value) for value in (True, 2**53 + 1, -2**53 - 1, -2**70, "1", None, 1j)] == [LEFT] * 7


def test_a_number_of_either_type() -> None:
    box = operation("box_number", "bf", "o")
    for is_int, value, expected in ((True, -3.0, -3), (True, 2.0**53, 2**53), (False, 3.0, 3.0), (False, -0.0, -0.0)):
        assert repr(box(is_int, value)) == repr(expected)


@pytest.mark.parametrize("wide", (False, True))
def test_an_int_of_several_digits(wide: bool) -> None:
    unbox = operation("unbox_i64", "o", "i", wide=wide)
    for size in (0, 1, 2**30 - 1, 2**30, 2**31, 2**31 + 5, 3 * 2**57 + 7, 2**60 - 1, 2**60, 2**62 + 1, 2**63 - 1):
        assert unbox(size) == size and unbox(-size) == -size
    assert unbox(-(2**63)) == -(2**63) and unbox(True) == 1 and unbox(False) == 0
    assert [unbox(value) for value in (2**63, -(2**63) - 1, 2**90, -(2**120))] == [LEFT] * 4


@pytest.mark.parametrize("kind", (list, tuple))
def test_what_a_sequence_has(kind: Any) -> None:
    class Equal:
        def __eq__(self, other: object) -> bool:
            raise AssertionError("run in native code")

    has = operation(f"{kind.__name__}_has", "oo", "b")
    items = kind([1, "a", 2**70, 2.5, None, b"x", True, "\u4e2d"])
    for item in (1, "".join(["a"]), 2**70 + 0, 2.5, None, bytes([120]), True, 1.0, "\u4e2d", False, 2, "b", 2**70 + 1, 3.5,
                 b"y", 0, -1, 2**30 + 1, float("nan")):
        assert has(items, item) is (item in items), item
    nan, other = float("nan"), Equal()
    assert has(kind([nan]), nan) is True and has(kind([2, other]), 2) is True
    assert has(kind([other, 2]), 2) == LEFT and has(kind([other]), "a") == LEFT


def test_dicts() -> None:
    table = {"a": counted()}
    assert operation("dict_length", "o", "i")(table) == 1
    get = operation("dict_get_simple", "oo", "o")
    assert get(table, "a") is table["a"] and get(table, "b") == LEFT
    assert operation("dict_has_simple", "oo", "b")(table, "b") is False
    raising = operation("dict_get", "oo", "o", linked=True)
    assert raising(table, "a") is table["a"]
    with pytest.raises(KeyError):
        raising(table, "b")
    new = operation("dict_new", "oooo", "o", linked=True)
    assert new("a", 1, "b", 2) == {"a": 1, "b": 2}
    with pytest.raises(TypeError):
        new([], 1, "b", 2)


def test_sets_within_others() -> None:
    class Equal:
        def __eq__(self, other: object) -> bool:
            raise AssertionError("run in native code")

        def __hash__(self) -> int:
            return 1

    within = operation("set_within", "oo", "b")
    groups = [set(), {1}, {1, 2**70}, {*range(40)}, frozenset({"a", (1, "b")}), {"a", (1, "b"), None}, {2.5, 1}]
    for a in groups:
        for b in groups:
            assert within(a, b) is (a <= b), (a, b)
    gone = {*range(40)}
    for i in range(1, 40):
        gone.remove(i)
    one = Equal()
    assert within(gone, {0}) is True and within({one}, {one}) is True
    assert within({Equal()}, {1}) == LEFT and within({1}, {Equal()}) == LEFT


def test_extremes() -> None:
    least, greatest = operation("least", "o", "o"), operation("greatest", "o", "o")
    nan = float("nan")
    for items in ([3, 1, 2], (2.5, -0.0, 0.0), {4, -9, 7}, frozenset({1.5}), [nan, 1.0, nan, 0.5], [1, 1, 0], ["one"]):
        assert least(items) is min(items) and greatest(items) is max(items)
    for items in ([], [1, 2.5], [2**70, 1], ["a", "b"], [True, 2]):
        assert least(items) == LEFT and greatest(items) == LEFT


def test_iterators_taken_apart() -> None:
    iterator = iter([1, 2, 3])
    next(iterator)
    made = Made("o", "o")
    node = made.add("list_iter_seq", made.params[0])
    made.add("incref", node)
    sequence = made.end(node)
    assert sequence(iterator) == [1, 2, 3] and operation("list_iter_index", "o", "i")(iterator) == 1
    list(iterator)
    assert sequence(iterator) == LEFT
    steps = iter(range(3, 30, 5))
    next(steps)
    assert [operation(f"range_iter_{name}", "o", "i")(steps) for name in ("start", "step", "length")] == [8, 5, 5]


def test_reference_counts() -> None:
    made = Made("o", "i")
    made.add("incref", made.params[0])
    made.add("decref_maybe", made.params[0])
    made.add("incref_maybe", NULL)
    made.add("decref", Const(None, "o"))
    made.add("incref", Const(None, "o"))
    function = made.end(Const(1, "i"))
    for value in (counted(), None, 5, "text"):
        before = sys.getrefcount(value)
        assert function(value) == 1 and sys.getrefcount(value) == before
    assert operation("refcount_is", "o", "b", count=7)([1]) is False


def test_numbers_from_text() -> None:
    to_int, to_float = operation("int_of_str", "o", "o", linked=True), operation("float_of_str", "o", "o", linked=True)
    assert to_int(" -1_0 ") == -10 and to_int("9" * 40) == int("9" * 40)
    assert to_float("1e3") == 1000.0 and to_float(" inf\n") == float("inf")
    for function, message in ((to_int, "invalid literal for int"), (to_float, "could not convert string to float")):
        with pytest.raises(ValueError, match=message):
            function("x")
