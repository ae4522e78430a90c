"""Truth values."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from tiercel.rules.registry import Anything, rule

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator


@rule(bool)
def nothing(e: Evaluator) -> Any:
    return e.known(False)


@rule(bool, Anything)
def to_bool(e: Evaluator, a: Any) -> Any:
    if e.type_of(a) not in (int, float, bool, str, list, tuple, dict, set, bytes, type(None)):
        return NotImplemented
    return e.as_bool(e.truth(a))


@rule(operator.not_, Anything)
def not_(e: Evaluator, a: Any) -> Any:
    result = to_bool(e, a)
    return NotImplemented if result is NotImplemented else e.as_bool(e.not_(e.boolean(result)))


@rule(operator.is_, Anything, Anything)
def is_(e: Evaluator, a: Any, b: Any) -> Any:
    return e.as_bool(e.identical(a, b))


@rule(operator.is_not, Anything, Anything)
def is_not(e: Evaluator, a: Any, b: Any) -> Any:
    return e.as_bool(e.not_(e.identical(a, b)))


@rule(operator.eq, type(None), Anything)
@rule(operator.eq, Anything, type(None))
def equals_none(e: Evaluator, a: Any, b: Any) -> Any:
    other = b if e.type_of(a) is type(None) else a
    return e.known(e.type_of(other) is type(None)) if e.type_of(other) in _PLAIN else NotImplemented


@rule(operator.ne, type(None), Anything)
@rule(operator.ne, Anything, type(None))
def differs_from_none(e: Evaluator, a: Any, b: Any) -> Any:
    other = b if e.type_of(a) is type(None) else a
    return e.known(e.type_of(other) is not type(None)) if e.type_of(other) in _PLAIN else NotImplemented


_PLAIN: Final = (int, float, bool, str, bytes, list, tuple, dict, set, type(None), range)
