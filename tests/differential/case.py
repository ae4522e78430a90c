"""What the case files use: the decorator that makes a function a case, and witnesses of side effects.

A case is an ordinary function with some argument sets.  Each set is a tuple (copied deeply for every call, so a
case may change its arguments) or a function that makes such a tuple, for what cannot be copied.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ArgumentSet = tuple[Any, ...] | Callable[[], tuple[Any, ...]]


@dataclass(frozen=True)
class Case:
    """A function and what to call it with; `keywords` go to every call."""

    function: Callable[..., Any]
    sets: tuple[ArgumentSet, ...]
    keywords: dict[str, Any]

    def arguments(self, index: int) -> tuple[Any, ...]:
        """Fresh arguments of one set."""
        chosen = self.sets[index]
        return chosen() if callable(chosen) else copy.deepcopy(chosen)


CASES: dict[str, Case] = {}
LOG: list[Any] = []


def case(*sets: ArgumentSet, **keywords: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the function below as a case and leave it as it is."""
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        if function.__name__ in CASES:
            raise ValueError(f"two cases named {function.__name__}")
        CASES[function.__name__] = Case(function, sets or ((),), keywords)
        return function
    return register


def log(*entry: Any) -> None:
    """Note a side effect; the harness compares notes and their order."""
    LOG.append(entry)


def chain() -> list[tuple[str, int]]:
    """Name and current line of each calling frame, up to the harness."""
    frames = []
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_name != "observed_call":
        frames.append((frame.f_code.co_name, frame.f_lineno))
        frame = frame.f_back
    return frames


def lines(error: BaseException) -> list[tuple[str, int, int, list[str]]]:
    """Name, line, instruction and locals of each frame in a traceback, below the one that caught it."""
    found, step = [], error.__traceback__
    while step is not None:
        found.append((step.tb_frame.f_code.co_name, step.tb_lineno, step.tb_lasti, sorted(step.tb_frame.f_locals)))
        step = step.tb_next
    return found[1:]


class Noisy:
    """An object whose end is noticed."""

    def __init__(self, name: Any) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Noisy({self.name!r})"

    def __del__(self) -> None:
        log("gone", self.name)


class Tracked:
    """An operand that notes every operation asked of it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Tracked({self.value!r})"

    def __add__(self, other: Any) -> Tracked:
        log("add", self.value, other)
        return Tracked(self.value + getattr(other, "value", other))

    def __radd__(self, other: Any) -> Tracked:
        log("radd", self.value, other)
        return Tracked(other + self.value)

    def __lt__(self, other: Any) -> bool:
        log("lt", self.value, other)
        return bool(self.value < getattr(other, "value", other))

    def __bool__(self) -> bool:
        log("bool", self.value)
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        log("eq", self.value, other)
        return bool(self.value == getattr(other, "value", other))

    def __hash__(self) -> int:
        log("hash", self.value)
        return hash(self.value)

    def __index__(self) -> int:
        log("index", self.value)
        return int(self.value)
