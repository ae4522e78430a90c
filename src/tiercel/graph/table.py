"""The table of the graph interpreter: each operation's name and the small Python function that does it.

A function takes the node's attributes and its operands and returns the result.  `Leaves` is raised where the operation
leaves before its instruction; any other exception is one that the operation raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

Attrs = dict[str, Any]
OPERATIONS: Final[dict[str, Callable[..., Any]]] = {}


class Leaves(Exception):
    """The operation hands over to the interpreter."""


class LeavesAfter(Exception):
    """The operation hands over to the interpreter with this result."""

    def __init__(self, result: Any) -> None:
        self.result = result


def implements(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function under the names of operations."""
    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            OPERATIONS[name] = function
        return function
    return enter


def simple(functions: dict[str, Callable[..., Any]]) -> None:
    """Functions that need no attributes."""
    for name, function in functions.items():
        OPERATIONS[name] = lambda attrs, *args, function=function: function(*args)
