"""Functions whose frames nobody sees: neither tracebacks nor `sys._getframe` nor tools.

Python functions that stand for C functions are such: those have no frames.
"""

from __future__ import annotations

from types import CodeType, FunctionType
from typing import Final

from tiercel import _runtime

_HIDDEN: Final[dict[int, CodeType]] = {}


def hide(function: FunctionType) -> None:
    """From now on, for good; before any frame of its code exists."""
    _runtime.hide(function)
    _HIDDEN[id(function.__code__)] = function.__code__


def is_hidden(code: CodeType) -> bool:
    """Whether code is that of a hidden function."""
    return id(code) in _HIDDEN
