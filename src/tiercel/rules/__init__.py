"""What is known about Python's types and functions, one file a type.

A rule is keyed by the Python object it is about and chosen by the exact types of the arguments; it does typing, folding
and emitting together.  Rules say what they mean in the vocabulary of `tiercel.evaluate.api`; they import nothing of the
evaluator.
"""

from __future__ import annotations


def load() -> None:
    """Declare the built-in rules; done once, before the first evaluation."""
    from tiercel.rules import (  # noqa: F401
        array,
        bool,
        builtins,
        bytes,
        complex,
        consumers,
        dict,
        float,
        int,
        list,
        math,
        number,
        object,
        range,
        set,
        str,
        tuple,
    )
