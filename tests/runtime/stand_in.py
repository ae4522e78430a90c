"""Versions whose machine code is a Python function behind ctypes: what the runtime does with them needs no compiler."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from types import FunctionType
from typing import Any

from tiercel import _runtime

BOUND = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))
ENTER = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
MISMATCH = 1

_incref = ctypes.pythonapi.Py_IncRef
_incref.argtypes = [ctypes.py_object]


def address(callback: Any) -> int:
    value = ctypes.cast(callback, ctypes.c_void_p).value
    assert value
    return value


def new_reference(value: object) -> int:
    _incref(value)
    return id(value)


def bound_form(code: Any, body: Callable[..., Any]) -> Any:
    """The bound form that computes `body(*slots)`; NotImplemented: the types do not match."""
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)

    def bound(thread: int, func: int, slots: Any) -> int:
        result = body(*(ctypes.cast(slots[i], ctypes.py_object).value for i in range(count)))
        return MISMATCH if result is NotImplemented else new_reference(result)

    return BOUND(bound)


def new_version(func: FunctionType, sites: int = 1, loop_at: int = -1) -> Any:
    return _runtime.Version(func.__code__, func.__globals__, func.__builtins__, sites, "o" * func.__code__.co_argcount,
                            loop_at)


def install(version: Any, func: FunctionType, body: Callable[..., Any]) -> Any:
    callback = bound_form(func.__code__, body)
    version.install(native=0, bound=address(callback), entry=0, library=callback)
    return version


def attached(func: FunctionType, body: Callable[..., Any]) -> Any:
    """A version of `func` that computes `body`, installed and attached."""
    version = install(new_version(func), func, body)
    assert _runtime.attach(func, version)
    return version


def state(func: FunctionType, *constants: object) -> tuple[Any, ...]:
    """A site description that mentions the constants."""
    slots = tuple((0, c) for c in constants)
    return (b"", ((func.__code__, (0, func), 0, 0, None, slots, (), True),), "test")


def fresh(source: str, name: str = "f") -> Any:
    """A function made by `source` in a namespace of its own."""
    namespace: dict[str, Any] = {"__name__": "fresh"}
    exec(source, namespace)
    return namespace[name]


def settle() -> None:
    """Lets pending calls run: the sweep of retired versions is one."""
    for _ in range(3):
        pass
