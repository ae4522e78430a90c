"""What the operations behind statements do in the graph interpreter: exceptions, patterns, unpacking, names, imports.

What CPython has functions of its own for is done by these, since no Python code could do just that.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from tiercel.graph.table import Attrs, Leaves, implements, simple

# -- exceptions ------------------------------------------------------------------------------------------------------

@implements("raise")
def _raise(attrs: Attrs, exception: Any, *cause: Any) -> None:
    if cause:
        raise exception from cause[0]
    raise exception


def _raise_again(exception: BaseException, lasti: int) -> None:
    raise exception


def _exchange(exception: Any) -> Any:
    from tiercel import _runtime
    return _runtime.exchange_handled(exception)


def _handled_exception() -> BaseException:
    handled = sys.exception()
    if handled is None:
        raise Leaves
    return handled


def _check_exc_match(exception: BaseException, wanted: Any) -> bool:
    classes = wanted if issubclass(type(wanted), tuple) else (wanted,)
    for cls in classes:
        if not (issubclass(type(cls), type) and issubclass(cls, BaseException)):
            raise TypeError("catching classes that do not inherit from BaseException is not allowed")
    return any(cls in type(exception).__mro__ for cls in classes)


simple({
    "raise_again": _raise_again, "push_exc_info": _exchange, "pop_except": _exchange, "handled_exception": _handled_exception,
    "check_exc_match": _check_exc_match, "exc_traceback": lambda exception: exception.__traceback__,
})


@implements("exc_matches")
def _exc_matches(attrs: Attrs, exception: BaseException) -> bool:
    return attrs["type"] in type(exception).__mro__


@implements("load_special")
def _load_special(attrs: Attrs, manager: Any) -> Any:
    name = attrs["name"]
    for base in type(manager).__mro__:
        if name in base.__dict__:
            method = base.__dict__[name]
            return method.__get__(manager, type(manager)) if hasattr(type(method), "__get__") else method
    kind = "asynchronous context manager" if name.startswith("__a") else "context manager"
    missed = f" (missed {name} method)" if name.endswith("exit__") else ""
    raise TypeError(f"{type(manager).__name__!r} object does not support the {kind} protocol{missed}")


# -- patterns ---------------------------------------------------------------------------------------------------------

def _helper(name: str, *types: Any) -> Any:
    """A C function of the runtime that takes these and gives an object."""
    from tiercel import _runtime
    return ctypes.PYFUNCTYPE(ctypes.py_object, *types)(_runtime.symbols()[name])


_OBJECT, _NUMBER = ctypes.py_object, ctypes.c_int64


@implements("instance_of")
def _instance_of(attrs: Attrs, value: Any) -> bool:
    if attrs["type"] in type(value).__mro__:
        return True
    if value.__class__ is not type(value):
        raise Leaves
    return False


@implements("type_flag")
def _type_flag(attrs: Attrs, value: Any) -> bool:
    return bool(type(value).__flags__ & attrs["flag"])


@implements("match_class")
def _match_class(attrs: Attrs, subject: Any, cls: Any, names: Any) -> Any:
    return _helper("tc_match_class", _OBJECT, _OBJECT, _OBJECT, _NUMBER)(subject, cls, names, attrs["positional"])


@implements("intrinsic_1", "intrinsic_2")
def _intrinsic(attrs: Attrs, *values: Any) -> Any:
    return _helper(f"tc_intrinsic_{len(values)}", *[_OBJECT] * len(values), _NUMBER)(*values, attrs["number"])


simple({
    "match_keys": lambda subject, keys: _helper("tc_match_keys", _OBJECT, _OBJECT)(subject, keys),
    "check_eg_match": lambda exc, wanted: _helper("tc_check_eg_match", _OBJECT, _OBJECT)(exc, wanted),
})


# -- unpacking --------------------------------------------------------------------------------------------------------

_unpackers: dict[str, Callable[[Any], tuple[Any, ...]]] = {}


def _unpack(value: Any, targets: list[str]) -> tuple[Any, ...]:
    pattern, names = ", ".join(targets), ", ".join(targets).replace("*", "")
    if pattern not in _unpackers:
        scope: dict[str, Any] = {}
        exec(f"def unpack(value):\n [{pattern}] = value\n return [{names}]", scope)    # noqa: S102
        _unpackers[pattern] = scope["unpack"]
    return tuple(_unpackers[pattern](value))


@implements("unpack_sequence")
def _unpack_sequence(attrs: Attrs, value: Any) -> tuple[Any, ...]:
    return _unpack(value, [f"a{i}" for i in range(attrs["count"])])


@implements("unpack_ex")
def _unpack_ex(attrs: Attrs, value: Any) -> tuple[Any, ...]:
    return _unpack(value, [*(f"a{i}" for i in range(attrs["front"])), "*rest",
                           *(f"b{i}" for i in range(attrs["back"]))])


# -- names and imports ------------------------------------------------------------------------------------------------

@implements("store_global")
def _store_global(attrs: Attrs, value: Any) -> None:
    attrs["globals"][attrs["name"]] = value


@implements("delete_global")
def _delete_global(attrs: Attrs) -> None:
    name = attrs["name"]
    try:
        del attrs["globals"][name]
    except KeyError:
        raise NameError(f"name {name!r} is not defined", name=name) from None


@implements("import_name")
def _import_name(attrs: Attrs, level: Any, names: Any) -> Any:
    import_ = attrs["builtins"].get("__import__")
    if import_ is None:
        raise ImportError("__import__ not found")
    return import_(attrs["name"], attrs["globals"], attrs["locals"], names, level)


@implements("import_from")
def _import_from(attrs: Attrs, module: Any) -> Any:
    if type(module) is not ModuleType or attrs["name"] not in module.__dict__:
        raise Leaves
    return module.__dict__[attrs["name"]]
