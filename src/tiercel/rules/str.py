"""Strings: characters by index and code point, comparison, length."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from tiercel.graph.build import Const, Node
from tiercel.rules.list import sliced
from tiercel.rules.registry import Anything, Int, rule
from tiercel.rules.results import MAKES_EXACT_TEXT
from tiercel.types import ANY, FLOAT, INDEX, INT, STR, Fact

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator

_FEW: Final = 8        # characters that are compared one by one


def code_point(e: Evaluator, text: Any) -> Any:
    """The code point of a string known to be one character: of `s[i]`, `chr(n)` or a constant; else None."""
    if e.is_constant(text):
        value = e.constant(text)
        return Const(ord(value), "i") if type(value) is str and len(value) == 1 else None
    if isinstance(text, Node) and text.op is not None and text.op.name == "str_from_code":
        return text.args[0]
    return None


@rule(operator.getitem, str, Int)
def getitem(e: Evaluator, text: Any, index: Any) -> Any:
    at = e.item_offset(text, index, "str_length")
    if at is None:
        return NotImplemented
    code = e.emit("str_item", e.obj(text), at, fact=Fact(int, 0, 0x10FFFF))
    return e.emit("str_from_code", code, fact=STR)


@rule(iter, str)
def iterate(e: Evaluator, text: Any) -> Any:
    return e.virtual_iterator(text)


@rule(len, str)
def length(e: Evaluator, text: Any) -> Any:
    if e.is_constant(text):
        return e.known(len(e.constant(text)))
    return e.emit("str_length", e.obj(text), fact=INDEX)


@rule(operator.eq, str, str)
def equal(e: Evaluator, a: Any, b: Any) -> Any:
    if e.is_constant(a) and e.is_constant(b):
        return e.known(e.constant(a) == e.constant(b))
    x, y = code_point(e, a), code_point(e, b)
    if x is not None and y is not None:
        return e.emit("i64_eq", x, y)
    return e.emit("str_eq", e.obj(a), e.obj(b))


@rule(operator.ne, str, str)
def different(e: Evaluator, a: Any, b: Any) -> Any:
    return e.as_bool(e.not_(e.truth(equal(e, a, b))))


def _ordered(function: Any, name: str) -> None:
    @rule(function, str, str)
    def evaluate(e: Evaluator, a: Any, b: Any) -> Any:
        x, y = code_point(e, a), code_point(e, b)
        return e.emit(f"i64_{name}", x, y) if x is not None and y is not None else NotImplemented


for _function, _name in ((operator.lt, "lt"), (operator.le, "le"), (operator.gt, "gt"), (operator.ge, "ge")):
    _ordered(_function, _name)


@rule(ord, str)
def to_code(e: Evaluator, text: Any) -> Any:
    known = code_point(e, text)
    if known is not None:
        return e.number(known)
    length_ = e.emit("str_length", e.obj(text), fact=INDEX)
    e.guard(e.emit("i64_eq", length_, Const(1, "i")), "length")
    return e.emit("str_item", e.obj(text), Const(0, "i"), fact=Fact(int, 0, 0x10FFFF))


@rule(chr, Int)
def from_code(e: Evaluator, code: Any) -> Any:
    if e.is_big(code):
        return NotImplemented
    point = e.i64(code)
    lo, hi = e.interval(point)
    if lo < 0 or hi > 0x10FFFF:
        e.guard(e.emit("i64_ult", point, Const(0x110000, "i")), "code point")
    return e.emit("str_from_code", point, fact=STR)


@rule(operator.add, str, str)
def concatenate(e: Evaluator, a: Any, b: Any) -> Any:
    return e.emit("str_concat", e.obj(a), e.obj(b), fact=STR)


@rule(operator.mul, str, Int)
def repeated(e: Evaluator, text: Any, count: Any) -> Any:
    return e.emit("number_multiply", e.obj(text), e.obj(count), fact=STR)


@rule(operator.getitem, str, slice)
def piece(e: Evaluator, text: Any, bounds: Any) -> Any:
    part = sliced(e, text, bounds, "str", STR)
    return e.emit("get_item", e.obj(text), e.obj(bounds), fact=STR) if part is NotImplemented else part


@rule(operator.contains, str, str)
def contains(e: Evaluator, text: Any, part: Any) -> Any:
    code = code_point(e, part)
    if code is None or not e.is_constant(text) or len(e.constant(text)) > _FEW:
        return e.emit("str_has", e.obj(text), e.obj(part))
    result: Any = Const(False, "b")
    for character in e.constant(text):
        result = e.either(result, e.emit("i64_eq", code, Const(ord(character), "i")))
    return e.as_bool(result)


@rule(int, str)
def to_int(e: Evaluator, text: Any) -> Any:
    return e.emit("int_of_str", e.obj(text), fact=INT)


@rule(float, str)
def to_float(e: Evaluator, text: Any) -> Any:
    return e.emit("float_of_str", e.obj(text), fact=FLOAT)


@rule(str, str)
def same(e: Evaluator, text: Any) -> Any:
    return text


@rule(str, int)
def of_int(e: Evaluator, value: Any) -> Any:
    if e.is_constant(value) or e.is_big(value):
        return NotImplemented
    return e.emit("i64_to_str", e.i64(value), fact=STR)


@rule(str, Anything)
def of_anything(e: Evaluator, value: Any) -> Any:
    return e.emit("str_of", e.obj(value), fact=STR if e.type_of(value) in MAKES_EXACT_TEXT else ANY)
