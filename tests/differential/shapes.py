"""Classes whose instances case files make: as code under test, like the cases themselves."""

from __future__ import annotations

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
