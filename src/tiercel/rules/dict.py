"""Dicts: keys that are strings or ints run no code of the program."""

from __future__ import annotations

import operator
from typing import Any

from tiercel.graph.build import NO_WITNESS
from tiercel.rules.registry import Anything, rule
from tiercel.types import DICT, INDEX

_SIMPLE = (str, int)


def _seen(e: Any, names: Any, key: Any) -> Any:
    """The value seen under a key, or under any other key of the dict."""
    witness = e.witness_of(names)
    if type(witness) is not dict or not witness:
        return NO_WITNESS
    wanted = e.constant(key)
    if type(wanted) in _SIMPLE and wanted in witness:
        return witness[wanted]
    return next(iter(witness.values()))


@rule(operator.getitem, dict, str)
@rule(operator.getitem, dict, int)
def getitem(e: Any, names: Any, key: Any) -> Any:
    seen = _seen(e, names, key)
    if "missing" in e.failures():
        return e.emit("dict_get", e.obj(names), e.obj(key), witness=seen)
    return e.emit("dict_get_str", e.obj(names), e.obj(key), witness=seen, reason="missing")


@rule(operator.getitem, dict, Anything)
def getitem_any(e: Any, names: Any, key: Any) -> Any:
    return e.emit("dict_get", e.obj(names), e.obj(key), witness=_seen(e, names, key))


@rule(operator.setitem, dict, str, Anything)
@rule(operator.setitem, dict, int, Anything)
def setitem(e: Any, names: Any, key: Any, value: Any) -> Any:
    e.emit("dict_set_str", e.obj(names), e.obj(key), e.obj(value))
    return e.NONE


@rule(operator.contains, dict, str)
@rule(operator.contains, dict, int)
def contains(e: Any, names: Any, key: Any) -> Any:
    return e.emit("dict_has_str", e.obj(names), e.obj(key))


@rule(len, dict)
def length(e: Any, names: Any) -> Any:
    return e.emit("dict_length", e.obj(names), fact=INDEX)


@rule(dict)
def empty(e: Any) -> Any:
    return e.emit("dict_new", fact=DICT)
