"""C functions that take all values of an iterable, written in Python.

Where one is called with a generator that exists only at compile time, the function here that stands for it is evaluated
in its place: a loop like any other, into which the generator's body goes.  An exit makes a frame of it that nobody sees.
So it must do exactly what the C function does, in the same order, down to when it lets go of each value (`del`); it
calls nothing but C functions; and what it names are the builtins as they were when this was imported.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from operator import index
from types import CodeType, FunctionType
from typing import Any, Final

from tiercel.bytecode.hidden import hide
from tiercel.types import I64_MAX, I64_MIN

_STAND_INS: Final[dict[int, tuple[Any, FunctionType]]] = {}
MISSING: Final[Any] = object()
_NAMES: Final = {"index": index, "I64_MIN": I64_MIN, "I64_MAX": I64_MAX, "MISSING": MISSING, "__builtins__": {}}


def stands_for(subject: Any) -> Callable[[Any], Any]:
    """Declare a Python function that does what a C function does to its parameter `iterable`.  Both are kept alive."""
    def declare(function: Any) -> Any:
        code: CodeType = function.__code__
        names = {name: vars(builtins)[name] for name in code.co_names if name in vars(builtins)}
        stand_in = FunctionType(code, names | _NAMES, function.__name__, function.__defaults__)
        stand_in.__kwdefaults__ = function.__kwdefaults__
        hide(stand_in)
        _STAND_INS[id(subject)] = subject, stand_in
        return stand_in
    return declare


def stand_in_for(subject: Any) -> FunctionType | None:
    """The Python function that stands for a C function, if there is one."""
    entry = _STAND_INS.get(id(subject))
    return None if entry is None else entry[1]


@stands_for(any)
def any_of(iterable: Any, /) -> Any:
    for item in iterable:
        if item:
            del item
            return True
        del item
    return False


@stands_for(all)
def all_of(iterable: Any, /) -> Any:
    for item in iterable:
        if item:
            del item
            continue
        del item
        return False
    return True


@stands_for(sum)
def sum_of(iterable: Any, /, start: Any = 0) -> Any:
    """Ints that fit in 64 bits, then floats with Neumaier's compensation, then anything, and never back."""
    total, lost = start, 0.0
    kind: Any = type(start)
    if kind is int:
        if not I64_MIN <= start <= I64_MAX:
            kind = None
    elif kind is not float:
        kind = None
        if issubclass(type(start), str):
            raise TypeError("sum() can't sum strings [use ''.join(seq) instead]")
        if issubclass(type(start), bytes):
            raise TypeError("sum() can't sum bytes [use b''.join(seq) instead]")
        if issubclass(type(start), bytearray):
            raise TypeError("sum() can't sum bytearray [use b''.join(seq) instead]")
    for item in iterable:
        if kind is float:
            if type(item) is float:
                rounded = total + item
                if abs(total) >= abs(item):
                    lost += total - rounded + item
                else:
                    lost += item - rounded + total
                total = rounded
            elif issubclass(type(item), int) and I64_MIN <= index(item) <= I64_MAX:
                total += index(item)
            else:
                if lost and abs(lost) < 1e999:
                    total += lost
                total = total + item
                kind = None
        else:
            total = total + item
            if kind is int and not ((type(item) is int or type(item) is bool)
                                    and I64_MIN <= item <= I64_MAX and I64_MIN <= total <= I64_MAX):
                kind = float if type(total) is float else None
        del item
    if kind is float and lost and abs(lost) < 1e999:
        total += lost
    return total


@stands_for(list)
def list_of(iterable: Any, /) -> Any:
    items: Any = []
    for item in iterable:
        items.append(item)
        del item
    return items


@stands_for(tuple)
def tuple_of(iterable: Any, /) -> Any:
    items: Any = []
    for item in iterable:
        items.append(item)
        del item
    return tuple(items)


@stands_for(set)
def set_of(iterable: Any, /) -> Any:
    items: Any = set()
    for item in iterable:
        items.add(item)
        del item
    return items


@stands_for(list.extend)
def extend(self: Any, iterable: Any, /) -> Any:
    for item in iterable:
        self.append(item)
        del item


@stands_for(set.update)
def update(self: Any, iterable: Any, /) -> Any:
    for item in iterable:
        self.add(item)
        del item


@stands_for(str.join)
def join(self: Any, iterable: Any, /) -> Any:
    items: Any = []
    for item in iterable:
        items.append(item)
        del item
    return self.join(items)


@stands_for(sorted)
def sorted_of(iterable: Any, /, *, key: Any = None, reverse: Any = False) -> Any:
    items: Any = []
    for item in iterable:
        items.append(item)
        del item
    items.sort(key=key, reverse=reverse)
    return items


@stands_for(min)
def least(iterable: Any, /, *, key: Any = None, default: Any = MISSING) -> Any:
    empty, best, best_value = True, None, None
    for item in iterable:
        value = item if key is None else key(item)
        if empty or value < best_value:
            empty, best_value, best = False, value, item
        del item, value
    if empty:
        if default is MISSING:
            raise ValueError("min() iterable argument is empty")
        return default
    return best


@stands_for(max)
def greatest(iterable: Any, /, *, key: Any = None, default: Any = MISSING) -> Any:
    empty, best, best_value = True, None, None
    for item in iterable:
        value = item if key is None else key(item)
        if empty or value > best_value:
            empty, best_value, best = False, value, item
        del item, value
    if empty:
        if default is MISSING:
            raise ValueError("max() iterable argument is empty")
        return default
    return best
