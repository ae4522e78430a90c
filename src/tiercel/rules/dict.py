"""Dicts: looking up simple keys, such as strings, ints and tuples of these, runs no code of the program."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from tiercel.graph.build import NO_WITNESS
from tiercel.rules.registry import Anything, rule
from tiercel.types import DICT, INDEX
from tiercel.values import ABSENT

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator

_LOOKED_UP: Final = (str, int)


def _seen(e: Evaluator, names: Any, key: Any) -> Any:
    """The value seen under a key, or under any other key of the dict."""
    witness = e.witness_of(names)
    if type(witness) is not dict or not witness:
        return NO_WITNESS
    wanted = e.constant(key)
    if type(wanted) in _LOOKED_UP and wanted in witness:
        return witness[wanted]
    return next(iter(witness.values()))


@rule(operator.getitem, dict, Anything)
def getitem(e: Evaluator, names: Any, key: Any) -> Any:
    seen = _seen(e, names, key)
    if not e.is_simple_key(key):
        return e.emit("dict_get", e.obj(names), e.obj(key), witness=seen)
    if "missing" in e.failures():
        handled = e.unseen(KeyError, names, key) if "keys" not in e.failures() else None
        if handled is None:
            return e.emit("dict_get", e.obj(names), e.obj(key), witness=seen)
        value = e.emit("dict_get_or", e.obj(names), e.obj(key), e.obj(ABSENT), witness=seen, reason="keys")
        e.go_unseen(e.emit("is", value, ABSENT), handled)
        return value
    return e.emit("dict_get_simple", e.obj(names), e.obj(key), witness=seen, reason="missing")


@rule(dict.get, dict, Anything)
def get(e: Evaluator, names: Any, key: Any) -> Any:
    return get_or(e, names, key, e.NONE)


@rule(dict.get, dict, Anything, Anything)
def get_or(e: Evaluator, names: Any, key: Any, missing: Any) -> Any:
    if not e.is_simple_key(key) or "keys" in e.failures():
        return NotImplemented
    seen = _seen(e, names, key)
    if seen is NO_WITNESS and missing is not e.NONE:
        seen = e.sample_like(missing)
    return e.emit("dict_get_or", e.obj(names), e.obj(key), e.obj(missing), witness=seen, reason="keys")


@rule(operator.setitem, dict, Anything, Anything)
def setitem(e: Evaluator, names: Any, key: Any, value: Any) -> Any:
    if not e.is_simple_key(key):
        return NotImplemented
    e.emit("dict_set_simple", e.obj(names), e.obj(key), e.obj(value))
    return e.NONE


@rule(operator.contains, dict, Anything)
def contains(e: Evaluator, names: Any, key: Any) -> Any:
    if not e.is_simple_key(key) or "keys" in e.failures():
        return NotImplemented
    return e.emit("dict_has_simple", e.obj(names), e.obj(key), reason="keys")


@rule(len, dict)
def length(e: Evaluator, names: Any) -> Any:
    return e.emit("dict_length", e.obj(names), fact=INDEX)


@rule(dict)
def empty(e: Evaluator) -> Any:
    return e.emit("dict_new", fact=DICT)
