"""Objects that only exits know are rebuilt as the program would have made them."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from tests.runtime.machine import EMPTY, at, compiled, frame, fresh, site
from tiercel import _runtime


def result(a: Any, b: Any) -> Any:
    return a


def rebuilt(slot: Any, *values: Any) -> Any:
    f = result
    return _runtime.resume((frame(f, at(f, "RETURN_VALUE"), stack=(slot,), linked=False),), values)


class Plain:
    def __init__(self) -> None:
        self.y = self.x = 0


Plain()    # its shared keys are known from now on


class Slotted:
    __slots__ = ("x",)


def virtual(kind: str, *parts: Any, memo: int = 0) -> tuple[Any, ...]:
    return (2, kind, memo, *parts)


def test_containers() -> None:
    assert rebuilt(virtual("tuple", 0, 1), 1, "x") == (1, "x")
    assert rebuilt(virtual("tuple")) == ()
    assert rebuilt(virtual("list", 0, (0, 5)), 1) == [1, 5]
    assert rebuilt(virtual("dict", (0, "k"), 0, (0, "l"), (0, 2)), 1) == {"k": 1, "l": 2}
    assert rebuilt(virtual("slice", 0, (0, None), (0, None)), 1) == slice(1, None, None)
    assert rebuilt(virtual("range", 0, (0, 10), (0, 2)), 1) == range(1, 10, 2)


def test_number() -> None:
    assert repr(rebuilt(virtual("number", 0, 1), True, -3.0)) == "-3"
    assert repr(rebuilt(virtual("number", 0, 1), False, -3.0)) == "-3.0"


def test_bound_method() -> None:
    method = rebuilt(virtual("bound_method", (0, result), 0), 5)
    assert type(method) is types.MethodType and method.__self__ == 5 and method.__func__ is result


@pytest.mark.parametrize("sequence, kind", [([1, 2, 3, 4], "list_iterator"), ((1, 2, 3, 4), "tuple_iterator"),
                                            ("abcd", "str_iterator"), ("ab\u1234d", "str_iterator")])
def test_sequence_iterators(sequence: Any, kind: str) -> None:
    iterator = rebuilt(virtual(kind, 0, 1), sequence, 2)
    assert type(iterator) is type(iter(sequence))
    assert list(iterator) == list(sequence[2:])


def test_other_iterators() -> None:
    assert list(rebuilt(virtual("range_iterator", 0, 1, 2), 10, -3, 3)) == [10, 7, 4]
    assert list(rebuilt(virtual("reversed_list", 0, 1), [1, 2, 3, 4], 1)) == [2, 1]
    numbered = rebuilt(virtual("enumerate", virtual("list_iterator", 0, 1, memo=1), 2), ["a", "b", "c"], 1, 7)
    assert type(numbered) is enumerate and list(numbered) == [(7, "b"), (8, "c")]
    zipped = rebuilt(virtual("zip", 0, 1), iter("ab"), iter((1, 2, 3)))
    assert type(zipped) is zip and list(zipped) == [("a", 1), ("b", 2)]


def test_iterators_are_not_iterated_anew() -> None:
    class Counting:
        def __init__(self) -> None:
            self.iters = 0

        def __iter__(self) -> Counting:
            self.iters += 1
            return self

        def __next__(self) -> int:
            return 5

    counting = Counting()
    assert next(rebuilt(virtual("enumerate", 0, 1), counting, 0)) == (0, 5)
    assert next(rebuilt(virtual("zip", 0), counting)) == (5,)
    assert counting.iters == 0


def test_instances() -> None:
    plain = rebuilt(virtual("instance", (0, Plain), (0, "x"), 0, (0, "y"), (0, 2)), 1)
    assert type(plain) is Plain and list(plain.__dict__.items()) == [("x", 1), ("y", 2)]
    slotted = rebuilt(virtual("instance", (0, Slotted), (0, _runtime.attr_offset(Slotted, "x")), 0), 1)
    assert slotted.x == 1
    with pytest.raises(SystemError):
        rebuilt(virtual("instance", (0, Plain), (0, "unknown"), 0), 1)


def test_cells_and_functions_that_refer_to_each_other() -> None:
    def outer() -> Any:
        def recursive(n: int, d: int = 3) -> Any:
            return recursive, d
        return recursive

    example = outer()
    cell = virtual("cell", (2, "function", 0), memo=1)
    made = rebuilt(virtual("function", (0, example.__code__), (0, example.__globals__), (0, "renamed"), (0, 1 | 8),
                           (0, (4,)), virtual("tuple", cell, memo=2)))
    assert made.__qualname__ == "renamed" and made.__defaults__ == (4,)
    assert made(1) == (made, 4)
    assert rebuilt(virtual("cell", EMPTY)) == types.CellType()


def pair(a: Any, b: Any) -> Any:
    c = d = None
    return a, b, c, d


def test_one_memo_is_one_object() -> None:
    f = fresh(pair)
    shared = virtual("list", 0, memo=3)
    locals = (shared, shared, virtual("tuple", shared), 0)
    description = site("i", frame(f, at(f, "LOAD_FAST_LOAD_FAST"), locals=locals))
    compiled(f, [description], ("int", 2, 7), ("exit", 0, (2,)))
    a, b, c, d = f(0, 0)
    assert a is b and c[0] is a and a == [7] and d == 7


def test_nothing_leaks() -> None:
    thing = object()
    slots = [virtual("list", 0), virtual("dict", (0, "k"), 0), virtual("instance", (0, Plain), (0, "x"), 0),
             virtual("zip", virtual("list_iterator", virtual("list", 0, memo=1), (0, 0), memo=2)), virtual("cell", 0),
             virtual("enumerate", virtual("tuple_iterator", virtual("tuple", 0, memo=1), (0, 0), memo=2), (0, 0))]
    count = sys.getrefcount(thing)
    for slot in slots:
        for _ in range(10):
            rebuilt(slot, thing)
    assert sys.getrefcount(thing) == count


def test_unknown_kind_is_an_error() -> None:
    with pytest.raises(SystemError):
        rebuilt(virtual("surprise"))
