"""Locals, constants and the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiercel.graph.build import NULL
from tiercel.values import MaybeUnbound, known

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Instruction
    from tiercel.evaluate.evaluator import Evaluator


def _load(e: Evaluator, index: int) -> None:
    value = e.frame.locals[index]
    if isinstance(value, MaybeUnbound):
        value = value.value      # the compiler has shown that it is bound
    e.frame.stack.append(value)


def _store(e: Evaluator, index: int) -> list[Any]:
    """Store the top of the stack; what is to be let go once the whole instruction is done: when something leaves then,
    the interpreter goes on behind all of it."""
    locals_ = e.frame.locals
    old, locals_[index] = locals_[index], e.frame.stack.pop()
    return [] if old is locals_[index] else [old]


def nop(e: Evaluator, i: Instruction) -> None:
    pass


def load_const(e: Evaluator, i: Instruction) -> None:
    e.frame.stack.append(known(e.frame.code.code.co_consts[i.arg]))


def load_fast(e: Evaluator, i: Instruction) -> None:
    _load(e, i.arg)


def load_fast_check(e: Evaluator, i: Instruction) -> None:
    value = e.frame.locals[i.arg]
    if value is NULL:
        e.leave("an unbound local")
    e.frame.stack.append(e.bound(value))


def load_fast_load_fast(e: Evaluator, i: Instruction) -> None:
    _load(e, i.arg >> 4)
    _load(e, i.arg & 15)


def load_fast_and_clear(e: Evaluator, i: Instruction) -> None:
    e.frame.stack.append(e.frame.locals[i.arg])
    e.frame.locals[i.arg] = NULL


def store_fast(e: Evaluator, i: Instruction) -> None:
    e.let_go(*_store(e, i.arg))


def store_fast_load_fast(e: Evaluator, i: Instruction) -> None:
    old = _store(e, i.arg >> 4)
    _load(e, i.arg & 15)
    e.let_go(*old)


def store_fast_store_fast(e: Evaluator, i: Instruction) -> None:
    old = _store(e, i.arg >> 4)
    old += _store(e, i.arg & 15)
    e.let_go(*old)


def delete_fast(e: Evaluator, i: Instruction) -> None:
    old = e.frame.locals[i.arg]
    if old is NULL:
        e.leave("an unbound local")
    old = e.bound(old)
    e.frame.locals[i.arg] = NULL
    e.let_go(old)


def pop_top(e: Evaluator, i: Instruction) -> None:
    e.let_go(e.frame.stack.pop())


def push_null(e: Evaluator, i: Instruction) -> None:
    e.frame.stack.append(NULL)


def copy(e: Evaluator, i: Instruction) -> None:
    e.frame.stack.append(e.frame.stack[-i.arg])


def swap(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    stack[-1], stack[-i.arg] = stack[-i.arg], stack[-1]


HANDLERS: Final = {
    "NOP": nop, "LOAD_CONST": load_const, "LOAD_FAST": load_fast, "LOAD_FAST_CHECK": load_fast_check,
    "LOAD_FAST_LOAD_FAST": load_fast_load_fast, "LOAD_FAST_AND_CLEAR": load_fast_and_clear, "STORE_FAST": store_fast,
    "STORE_FAST_LOAD_FAST": store_fast_load_fast, "STORE_FAST_STORE_FAST": store_fast_store_fast,
    "DELETE_FAST": delete_fast, "POP_TOP": pop_top, "END_FOR": pop_top, "PUSH_NULL": push_null, "COPY": copy,
    "SWAP": swap,
}
