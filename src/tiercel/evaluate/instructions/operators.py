"""Unary and binary operators, comparisons, truth."""

from __future__ import annotations

import operator
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from tiercel.evaluate.objects import MISSING, compares_as_object, find_in_type
from tiercel.graph.build import RESULT_BOOL, RESULT_NOT, Const, Node, Operand
from tiercel.values import Abstract, Virtual

if TYPE_CHECKING:
    from collections.abc import Collection

    from tiercel.bytecode.decode import Instruction
    from tiercel.evaluate.evaluator import Evaluator

# in the order of the instruction's argument: (function, the in-place one, generic operation)
BINARY: Final[list[tuple[Any, str]]] = [
    (operator.add, "add"), (operator.and_, "and"), (operator.floordiv, "floor_divide"), (operator.lshift, "lshift"),
    (operator.matmul, "matrix_multiply"), (operator.mul, "multiply"), (operator.mod, "remainder"), (operator.or_, "or"),
    (operator.pow, "power"), (operator.rshift, "rshift"), (operator.sub, "subtract"), (operator.truediv, "true_divide"),
    (operator.xor, "xor"),
]
INPLACE_FUNCTIONS: Final = [
    operator.iadd, operator.iand, operator.ifloordiv, operator.ilshift, operator.imatmul, operator.imul, operator.imod,
    operator.ior, operator.ipow, operator.irshift, operator.isub, operator.itruediv, operator.ixor,
]
COMPARISONS: Final = [operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge]
DUNDERS: Final = {
    operator.add: ("__add__", "__radd__"), operator.sub: ("__sub__", "__rsub__"), operator.mul: ("__mul__", "__rmul__"),
    operator.truediv: ("__truediv__", "__rtruediv__"), operator.floordiv: ("__floordiv__", "__rfloordiv__"),
    operator.mod: ("__mod__", "__rmod__"), operator.and_: ("__and__", "__rand__"), operator.or_: ("__or__", "__ror__"),
    operator.xor: ("__xor__", "__rxor__"), operator.matmul: ("__matmul__", "__rmatmul__"),
    operator.lshift: ("__lshift__", "__rlshift__"), operator.rshift: ("__rshift__", "__rrshift__"),
}

_SIGHTED: Final[dict[str, tuple[type, type]]] = {
    "BINARY_OP_ADD_INT": (int, int), "BINARY_OP_SUBTRACT_INT": (int, int), "BINARY_OP_MULTIPLY_INT": (int, int),
    "BINARY_OP_ADD_FLOAT": (float, float), "BINARY_OP_SUBTRACT_FLOAT": (float, float),
    "BINARY_OP_MULTIPLY_FLOAT": (float, float), "BINARY_OP_ADD_UNICODE": (str, str),
    "BINARY_OP_INPLACE_ADD_UNICODE": (str, str), "COMPARE_OP_INT": (int, int), "COMPARE_OP_FLOAT": (float, float),
    "COMPARE_OP_STR": (str, str),
}


# operators that the interpreter does not specialise: where one operand is an int, so is the other, as good as always
_OF_BITS: Final = frozenset({operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift})


def _learn_two(e: Evaluator, i: Instruction, a: Abstract, b: Abstract, function: Any = None) -> None:
    ta, tb = _SIGHTED.get(i.specialized or "", (None, None))
    of_bits = function in _OF_BITS
    type_ = e.learn(a, ta, int if of_bits and e.type_of(b) is int else None)
    e.learn(b, tb, int if of_bits and type_ is int else None)


def binary_op(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    e.as_numbers(i)
    b, a = e.bound(stack.pop()), e.bound(stack.pop())
    inplace = i.arg >= len(BINARY)
    function, name = BINARY[i.arg - len(BINARY) if inplace else i.arg]
    _learn_two(e, i, a, b, function)
    result, changes = None, False
    if inplace:
        augmented = INPLACE_FUNCTIONS[i.arg - len(BINARY)]
        result, changes = e.apply(augmented, a, b), _may_change(e, a, augmented)
    if result is None and not changes:
        result = e.apply(function, a, b)
    if result is None and not inplace and e.inline_operator(DUNDERS.get(function), a, b):
        return
    if result is None and inplace and e.inline_operator(DUNDERS.get(function), a, b, inplace=True):
        return
    if result is None:
        result = e.emit(f"number_{'inplace_' if inplace else ''}{name}", e.obj(a), e.obj(b))
    stack.append(result)
    e.let_go(a, b)


def _may_change(e: Evaluator, value: Abstract, augmented: Any) -> bool:
    """Whether an augmented assignment may change the object itself, as that of a list does, instead of making another."""
    types = e.fact(value).types
    return not types or any(find_in_type(type_, f"__{augmented.__name__}__") is not MISSING for type_ in types)


def _unary(function: Any, name: str) -> Any:
    def handler(e: Evaluator, i: Instruction) -> None:
        e.as_numbers(i)
        value = e.bound(e.frame.stack.pop())
        e.learn(value)
        result = e.apply(function, value)
        if result is None:
            result = e.emit(f"number_{name}", e.obj(value))
        e.frame.stack.append(result)
        e.let_go(value)
    return handler


def unary_not(e: Evaluator, i: Instruction) -> None:
    value = e.frame.stack.pop()
    e.frame.stack.append(e.as_bool(e.not_(e.truth(value))))


_TO_BOOL: Final = {
    "TO_BOOL_INT": int, "TO_BOOL_BOOL": bool, "TO_BOOL_LIST": list, "TO_BOOL_STR": str, "TO_BOOL_NONE": NoneType}


def to_bool(e: Evaluator, i: Instruction) -> None:
    e.as_numbers(i)
    value = e.bound(e.frame.stack.pop())
    e.learn(value, _TO_BOOL.get(i.specialized or ""))
    e.frame.stack.append(e.as_bool(e.truth(value)))
    e.let_go(value)


def compare_op(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    if is_identity_test(e, i):
        _test_identity(e, i)
        return
    e.as_numbers(i)
    b, a = e.bound(stack.pop()), e.bound(stack.pop())
    number, wants_bool = i.arg >> 5, bool(i.arg & 16)
    _learn_two(e, i, a, b)
    result = e.apply(COMPARISONS[number], a, b)
    if result is None and e.inline_comparison(number, a, b, wants_bool):
        return
    if result is None:
        after = [*stack, RESULT_BOOL] if wants_bool else None
        result = e.emit("compare", e.obj(a), e.obj(b), operator=number, after=after)
        if wants_bool:
            result = e.emit("truth", result)
    elif wants_bool:
        result = e.as_bool(e.truth(result))
    stack.append(result)
    e.let_go(a, b)


def _test_identity(e: Evaluator, i: Instruction) -> None:
    """``a == b`` or ``a != b`` of objects that are equal to nothing but themselves."""
    stack = e.frame.stack
    b, a = e.bound(stack.pop()), e.bound(stack.pop())
    for value in (a, b):
        types = e.fact(value).types
        for type_ in types:
            e.assumptions.add_type(type_)
        if not types:
            e.guard(e.emit("equals_itself", e.obj(value)), "comparison")
    truth = e.identical(a, b)
    if COMPARISONS[i.arg >> 5] is operator.ne:
        truth = e.not_(truth)
    stack.append(e.as_bool(truth))
    e.let_go(a, b)


def is_op(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    b, a = e.bound(stack.pop()), e.bound(stack.pop())
    truth = e.identical(a, b)
    if i.arg:
        truth = e.not_(truth)
    stack.append(e.as_bool(truth))
    e.let_go(a, b)


_CONTAINERS: Final = {"CONTAINS_OP_DICT": dict, "CONTAINS_OP_SET": set}


def contains_op(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    container, item = e.bound(stack.pop()), e.bound(stack.pop())
    e.learn(container, _CONTAINERS.get(i.specialized or "") if e.witness_of(container) is e.NO_WITNESS else None)
    e.learn(item)
    result = e.apply(operator.contains, container, item)
    if result is None:
        after = [*stack, RESULT_NOT if i.arg else RESULT_BOOL]
        truth: Operand = e.emit("contains", e.obj(container), e.obj(item), after=after)
    else:
        truth = e.truth(result)
    stack.append(e.as_bool(e.not_(truth) if i.arg else truth))
    e.let_go(item, container)


def is_identity_test(e: Evaluator, instruction: Instruction) -> bool:
    """Whether the current instruction is ``==`` or ``!=`` of objects that are, or look like ones that are, equal to
    nothing but themselves."""
    if COMPARISONS[instruction.arg >> 5] not in (operator.eq, operator.ne) or "comparison" in e.failures():
        return False
    return all(_equals_itself(e, value, learnt) for learnt, value in enumerate(e.frame.stack[-2:]))


def _equals_itself(e: Evaluator, value: Abstract, learnt: int) -> bool:
    """Whether an operand has, or seems to have, the comparisons of `object`."""
    types: Collection[type] = e.fact(value).types
    if not types and isinstance(value, Node) and value.rep == "o":
        types = e.types_seen(value, learnt)
    return bool(types) and all(type_ is NoneType or compares_as_object(type_) for type_ in types)


def identical(e: Evaluator, a: Abstract, b: Abstract) -> Any:
    """``a is b`` as a ``b`` operand.  Numbers that are unboxed are compared as the objects they come back as."""
    if isinstance(a, Virtual) or isinstance(b, Virtual):
        if a is b:
            return Const(True, "b")
        if not (isinstance(a, Node) or isinstance(b, Node) or e.is_number(a) or e.is_number(b)) \
                and (isinstance(a, Const) or isinstance(b, Const)):
            return Const(False, "b")
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(a.value is b.value, "b")
    ta, tb = e.type_of(a), e.type_of(b)
    if ta is not None and tb is not None and ta is not tb:
        return Const(False, "b")
    if a is b and isinstance(a, Node):
        return Const(True, "b")
    if ta is NoneType and tb is NoneType:
        return Const(True, "b")
    if ta is bool and tb is bool:
        return e.not_(e.emit("bool_xor", e.boolean(a), e.boolean(b)))
    return e.emit("is", e.obj(a), e.obj(b))


HANDLERS: Final = {
    "BINARY_OP": binary_op, "UNARY_NEGATIVE": _unary(operator.neg, "negative"),
    "UNARY_INVERT": _unary(operator.invert, "invert"), "UNARY_NOT": unary_not, "TO_BOOL": to_bool,
    "COMPARE_OP": compare_op, "IS_OP": is_op, "CONTAINS_OP": contains_op,
}
