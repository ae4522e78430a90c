"""What `object` gives every class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiercel.rules.registry import Anything, rule

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator


@rule(object.__init__, Anything)
def init(e: Evaluator, instance: Any) -> Any:
    """Without further arguments it does nothing, whatever the class."""
    return e.NONE


@rule(object.__setattr__, Anything, str, Anything)
def setattr_(e: Evaluator, instance: Any, name: Any, value: Any) -> Any:
    """As frozen dataclasses store in `__init__`, past the `__setattr__` of the class."""
    if not e.is_constant(name) or not e.store_plainly(instance, e.constant(name), value):
        return NotImplemented
    return e.NONE
