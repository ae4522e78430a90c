"""Where rules are kept: by the Python object they are about, chosen by the exact types of the arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

Pattern = type | frozenset[type] | None
Known = type | frozenset[type] | None        # of an argument: its type, or of a number that is no object both it may have

Int: Pattern = frozenset({int, bool})
Number: Pattern = frozenset({int, bool, float})
Anything: Pattern = None


class Rule:
    """`function(e, *args)` returns an abstract value or NotImplemented, for arguments of these types."""

    __slots__ = ("subject", "patterns", "function")

    def __init__(self, subject: Any, patterns: tuple[Pattern, ...], function: Callable[..., Any]) -> None:
        self.subject = subject
        self.patterns = patterns
        self.function = function

    def accepts(self, types: list[Known]) -> bool:
        return len(types) == len(self.patterns) and all(map(_matches, self.patterns, types))


def _matches(pattern: Pattern, type_: Known) -> bool:
    if pattern is None or type_ is pattern:
        return True
    if not isinstance(pattern, frozenset):
        return False
    return type_ <= pattern if isinstance(type_, frozenset) else type_ in pattern


_RULES: Final[dict[int, list[Rule]]] = {}


def rule(subject: Any, *patterns: Pattern) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare how a call of `subject` with arguments of these exact types is evaluated.

    A pattern is a type, a set of types, or None for any value.  The subject is kept alive.
    """
    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        _RULES.setdefault(id(subject), []).append(Rule(subject, patterns, function))
        return function
    return declare


def rules_for(subject: Any) -> list[Rule]:
    """The rules about an object, in the order in which they were declared."""
    return _RULES.get(id(subject), [])
