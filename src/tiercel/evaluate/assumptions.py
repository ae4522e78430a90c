"""What an evaluation goes by: what earlier versions met, and what it assumes; and how it ends early."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from tiercel.types import is_heap_type


class Unsupported(Exception):
    """The code cannot be compiled at all; the reason is for the user."""


class TooLong(Exception):
    """More instructions had to be evaluated than the history allows."""


class Left(Exception):
    """The path being evaluated ends here: a `leave` was emitted."""


class Assumptions:
    """What a version relies on; if one is broken, the version is retired."""

    def __init__(self) -> None:
        self.types: list[type] = []
        self.globals: list[tuple[dict[str, Any], str]] = []
        self.functions: list[FunctionType] = []

    def add_type(self, type_: type) -> None:
        if is_heap_type(type_) and type_ not in self.types:
            self.types.append(type_)

    def add_global(self, names: dict[str, Any], name: str) -> None:
        if not any(d is names and n == name for d, n in self.globals):
            self.globals.append((names, name))

    def add_function(self, function: FunctionType) -> None:
        if not any(f is function for f in self.functions):
            self.functions.append(function)


class History:
    """What earlier versions of the code met: nothing, unless control passes a history of its own."""

    inlining = 1.0         # how much of the most that may be inlined into one version is
    frugal = False         # whether the version is to cost little
    allowed: int | None = None     # how many instructions may be evaluated, each as often as it has to be

    def failed(self, code: Any, at: int) -> frozenset[str]:
        """The reasons for which guards at an instruction failed too often."""
        return frozenset()

    def changed(self, names: dict[str, Any], name: str) -> bool:
        """Whether a global that an earlier version assumed was rebound since."""
        return False

    def note_argument(self, slot: int, type_: type) -> None:
        """A version was asked for because an argument is of this exact type."""

    def argument_types(self, slot: int) -> list[type]:
        """The exact types of an argument for which versions were asked for."""
        return []

    def receivers(self, code: Any) -> list[type]:
        """The exact types of the first argument for which versions of that code were asked for."""
        return []

    def sighted(self, place: tuple[int, ...]) -> type | None:
        """The exact type that an earlier version found or assumed at a place."""
        return None

    def sighted_in(self, code: Any, place: tuple[int, ...]) -> type | None:
        """The exact type that the own versions of a code object found at a place in it."""
        return None

    def types_met(self, code: Any, place: tuple[int, ...]) -> list[type]:
        """The exact types of the values that earlier versions met at a place where a guard of theirs failed."""
        return []

    def failed_at(self, place: tuple[int, ...], reason: str) -> bool:
        """Whether a guard of the type of the value at a place failed too often."""
        return False

    def note_attribute(self, owner: type, name: str, type_: type) -> None:
        """An instance of a type was seen to have something of this exact type under a name."""

    def note_own_dict(self, owner: type, name: str, entry: int) -> None:
        """An instance of a type was seen to keep its attributes in a dict of its own, a name in this entry."""

    def own_dict(self, owner: type) -> dict[str, int] | None:
        """If instances of a type were seen to have dicts of their own, the entry in which each name was last."""
        return None

    def attribute_type(self, owner: type, name: str) -> type | None:
        """The exact type of whatever was seen under a name in instances of a type, if it was always the same."""
        return None

    def is_steady(self, place: tuple[int, ...], callee: Any) -> bool:
        """Whether no earlier version took another object for the callee at a place."""
        return True

    def runs_same_code(self, place: tuple[int, ...], callee: Any) -> bool:
        """Whether a function runs the code of the first one that was taken for the callee at a place."""
        return False

    def note_sighted(self, place: tuple[int, ...], type_: type) -> None:
        """A version knows or assumes this exact type at a place."""
