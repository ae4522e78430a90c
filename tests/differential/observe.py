"""Descriptions of values and exceptions that are equal exactly if Python code could not tell the originals apart.

An exact int or float is its value: which object carries it is the one freedom Tiercel takes.  Everything else
keeps its identity where that shows: a part met twice, a result that is one of the arguments.
"""

from __future__ import annotations

import re
import struct
import sys
import traceback
import types
from typing import Any

ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
DEPTH = 12
LONG = 60           # lines of a traceback or entries of its frames kept, half from each end


def describe(value: Any, seen: dict[int, tuple[int, Any]] | None = None, depth: int = 0) -> Any:
    """A value as JSON: type and content, parts included.  What was `seen` is kept, so that its id stays its own."""
    kind = type(value)
    name = kind.__qualname__
    if value is None or kind is bool:
        return repr(value)
    if kind is int:
        return f"int {value:#x}"
    if kind is float:
        # Which NaN arithmetic gives is the processor's affair, and a compiler that folds it may choose another.
        return "float nan" if value != value else "float " + struct.pack(">d", value).hex() + f" {value!r}"
    if kind is complex:
        return ["complex", describe(value.real), describe(value.imag)]
    if kind in (str, bytes):
        return f"{name} {value!r}"
    seen = {} if seen is None else seen
    if id(value) in seen:
        return f"again {seen[id(value)][0]}"
    seen[id(value)] = len(seen), value
    if depth > DEPTH:
        return f"{name} ..."
    if issubclass(kind, (list, tuple)):
        return [name, *(describe(item, seen, depth + 1) for item in value)]
    if issubclass(kind, dict):
        return [name, *([describe(k, seen, depth + 1), describe(v, seen, depth + 1)] for k, v in value.items())]
    if issubclass(kind, (set, frozenset)):
        return [name, *sorted(str(describe(item, seen, depth + 1)) for item in value)]
    if issubclass(kind, BaseException):
        parts = [describe(argument, seen, depth + 1) for argument in value.args]
        return [name, *parts, f"context {type(value.__context__).__name__}", f"cause {type(value.__cause__).__name__}"]
    if issubclass(kind, (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)):
        return f"{name} {value.__name__}"
    fields = getattr(value, "__dict__", None)
    if fields is not None:
        return [name, *([key, describe(part, seen, depth + 1)] for key, part in fields.items())]
    slots = [slot for base in kind.__mro__ for slot in getattr(base, "__slots__", ())]
    if slots and kind.__module__ != "builtins":
        return [name, *([slot, describe(getattr(value, slot, "<empty>"), seen, depth + 1)] for slot in slots)]
    return ADDRESS.sub("0x", repr(value))


def shortened(entries: list[Any]) -> list[Any]:
    """Long lists from recursion, their middle replaced by its length."""
    if len(entries) <= LONG:
        return entries
    return [*entries[:LONG // 2], f"... {len(entries) - LONG} ...", *entries[-LONG // 2:]]


def describe_exception(error: BaseException, skip: int = 0) -> Any:
    """An exception, its traceback as printed, and instruction and locals of each frame in it."""
    trace = error.__traceback__
    for _ in range(skip):
        trace = trace.tb_next if trace else None
    frames = []
    step = trace
    while step is not None:
        code = step.tb_frame.f_code
        compiler = step.tb_frame.f_globals.get("__name__", "").startswith("tiercel.")   # an internal error: whole graphs
        values = {name: ADDRESS.sub("0x", str(describe(value))) for name, value in step.tb_frame.f_locals.items()
                  if not name.startswith("__")} if not compiler and code.co_name != "<module>" else {}
        frames.append([code.co_name, step.tb_lineno, step.tb_lasti, values])
        step = step.tb_next
    printed = "".join(traceback.format_exception(type(error), error, trace))
    lines = shortened(ADDRESS.sub("0x", printed).splitlines())
    return {"exception": type(error).__qualname__, "args": [str(describe(a)) for a in error.args],
            "printed": lines, "frames": shortened(frames)}


def counted(arguments: tuple[Any, ...]) -> list[Any]:
    """The objects whose reference counts are watched: the arguments and their items, numbers and immortals aside."""
    found: list[Any] = []
    for value in arguments:
        found.append(value)
        if isinstance(value, (list, tuple)):
            found.extend(value)
        elif isinstance(value, dict):
            found.extend(value.keys())
            found.extend(value.values())
        elif hasattr(value, "__dict__") and not isinstance(value, (type, types.FunctionType, types.ModuleType)):
            found.extend(vars(value).values())
    return [value for value in found if type(value) not in (int, float, bool, complex, types.NoneType)]


def counts(objects: list[Any]) -> list[int]:
    """Their reference counts."""
    return [sys.getrefcount(value) for value in objects]
