"""The exact types of results, with arguments that try to give others."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest

from tiercel.rules.results import _RESULTS, result_of
from tiercel.types import Fact


class Text(str):
    __slots__ = ()


class Data(bytes):
    pass


class Whole(int):
    pass


class Real(float):
    pass


class Items(list):
    pass


class Names(dict):
    pass


class Many(set):
    pass


class Odd:
    """An object whose special methods return instances of subclasses."""

    def __int__(self) -> int:
        return Whole(3)

    __index__ = __len__ = __hash__ = __int__

    def __float__(self) -> float:
        return Real(2.5)

    def __bytes__(self) -> bytes:
        return Data(b"x")

    def __iter__(self) -> Any:
        return iter((Text("a"), Text("b")))


CALLS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (str.join, ("", [Text("a")])), (str.join, ("", [Text("a"), Text("b")])), (str.replace, ("a", "a", Text("b"))),
    (str.strip, ("a", Text("x"))), (str.center, ("a", Whole(1))), (str.split, ("a b", Text(" "))),
    (str.partition, ("ab", Text("b"))), (str.find, ("ab", Text("b"), Whole(0))), (str.removeprefix, ("ab", Text("a"))),
    (str.startswith, ("ab", Text("a"))), (str.expandtabs, ("ab", Whole(3))), (str.zfill, ("ab", Whole(0))),
    (bytes.join, (b"", [Data(b"a")])), (bytes.strip, (b"a", Data(b"x"))), (bytes.replace, (b"a", Data(b"a"), Data())),
    (bytes.join, (b"", [Data(b"a"), Data(b"b")])), (bytes.split, (b"a b", Data(b" "))), (bytes.hex, (b"a",)),
    (dict.copy, ({1: 2},)), (dict.items, ({1: 2},)), (dict.popitem, ({1: 2},)), (dict.update, ({}, Names(a=1))),
    (set.union, ({1}, Many([2]))), (set.difference, (set(), Many([2]))), (set.intersection, ({1}, Many([1]))),
    (set.symmetric_difference, ({1}, Many([1]))), (set.copy, ({1},)), (set.issubset, ({1}, Many([1]))),
    (frozenset.union, (frozenset(), Many([2]))), (frozenset.intersection, (frozenset([1]), Many([1]))),
    (frozenset.symmetric_difference, (frozenset([1]), Many([2]))), (frozenset.copy, (frozenset([1]),)),
    (list.copy, ([1],)), (list.index, ([Text("a")], "a")), (list.count, ([1], 1)), (tuple.count, ((1,), 1)),
    (int.to_bytes, (5, 2, Text("big"))), (int.as_integer_ratio, (5,)), (float.hex, (1.5,)),
    (int, (Odd(),)), (int, (Text("12"),)), (int, (Text("12"), Whole(8))), (int, (Whole(5),)), (int, (True,)),
    (float, (Odd(),)), (float, (Text("1.5"),)), (float, (Real(1.5),)), (bool, (Odd(),)), (bytearray, (Odd(),)),
    (list, (Items([1]),)), (list, (Odd(),)), (tuple, (Items([1]),)), (dict, (Names(a=1),)), (set, (Many([1]),)),
    (frozenset, (Many([1]),)), (range, (Odd(),)), (enumerate, (Odd(),)), (zip, (Odd(),)), (slice, (Odd(),)),
    (len, (Odd(),)), (hash, (Odd(),)), (sorted, (Items([1]),)), (chr, (Odd(),)), (hex, (Odd(),)), (ord, (Text("a"),)),
    (any, (Odd(),)), (isinstance, (Odd(), Odd)),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("function", "args"), CALLS, ids=[f"{f.__qualname__}-{i}" for i, (f, _) in enumerate(CALLS)])
def test_types_are_exact(function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    assert result_of(function).fact.type is type(function(*args))


def test_samples_are_of_the_type() -> None:
    for function, result in _RESULTS.values():
        assert result.fact.type is not None, function
        if isinstance(result.witness, list | tuple):
            assert type(result.witness) is result.fact.type


def test_nothing_is_known_of_others() -> None:
    for function in (repr, format, str.format, dict.get, operator.add, sum, str, Odd):
        assert result_of(function).fact == Fact()
