"""Formatting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tiercel.rules.results import MAKES_EXACT_TEXT
from tiercel.types import ANY, STR

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Instruction
    from tiercel.evaluate.evaluator import Evaluator


def format_simple(e: Evaluator, i: Instruction) -> None:
    value = e.bound(e.frame.stack.pop())
    if e.type_of(value) is str:
        e.frame.stack.append(value)
        return
    text = e.apply(str, value) if e.type_of(value) is int else None
    e.frame.stack.append(e.emit("format_simple", e.obj(value)) if text is None else text)
    e.let_go(value)


def format_with_spec(e: Evaluator, i: Instruction) -> None:
    spec, value = e.bound(e.frame.stack.pop()), e.bound(e.frame.stack.pop())
    e.frame.stack.append(e.emit("format", e.obj(value), e.obj(spec)))
    e.let_go(value)


def convert_value(e: Evaluator, i: Instruction) -> None:
    value = e.bound(e.frame.stack.pop())
    name = {1: "str_of", 2: "repr_of", 3: "ascii_of"}[i.arg]
    # the methods of other types may return an instance of a subclass
    fact = STR if e.type_of(value) in MAKES_EXACT_TEXT else ANY
    e.frame.stack.append(e.emit(name, e.obj(value), fact=fact))
    e.let_go(value)


def build_string(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    parts = stack[len(stack) - i.arg:]
    del stack[len(stack) - i.arg:]
    stack.append(e.emit("build_string", *[e.obj(part) for part in parts], fact=STR))


HANDLERS: Final = {
    "FORMAT_SIMPLE": format_simple, "FORMAT_WITH_SPEC": format_with_spec, "CONVERT_VALUE": convert_value,
    "BUILD_STRING": build_string,
}
