"""Classes whose instances case files make, and generators that they take from: code under test, as the cases are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


class Pair:
    def __init__(self, a: Any, b: Any) -> None:
        self.a = a
        self.b = b


class Slots:
    __slots__ = ("a", "b")

    def __init__(self, a: Any, b: Any = None) -> None:
        self.a = a
        if b is not None:
            self.b = b


class MoreSlots(Slots):
    __slots__ = ("_MoreSlots__c", "__weakref__")

    def __init__(self, a: Any, b: Any, c: Any) -> None:
        super().__init__(a, b)
        self.__c = c

    def total(self) -> Any:
        return self.a + self.b + self.__c


class NoSlots:
    __slots__ = ()


def numbers(n: int) -> Iterator[int]:
    i = 0
    while i < n:
        yield i
        i += 1


def squares(source: Iterable[Any]) -> Iterator[Any]:
    for x in source:
        yield x * x


def windows(source: Iterable[Any]) -> Iterator[Any]:
    previous = 0
    for x in source:
        yield x - previous
        previous = x
