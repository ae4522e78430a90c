"""Exceptions: raised, matched, being handled, raised again; and `with`, which looks at them."""

from __future__ import annotations

from types import FunctionType, MethodDescriptorType
from typing import TYPE_CHECKING, Any, Final

from tiercel.evaluate.instructions.calling import call_value
from tiercel.evaluate.objects import find_in_type
from tiercel.graph.build import Const
from tiercel.types import is_class
from tiercel.values import Abstract, Virtual, known

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Instruction
    from tiercel.evaluate.evaluator import Evaluator


def push_exc_info(e: Evaluator, i: Instruction) -> None:
    exc = e.frame.stack.pop()
    e.frame.stack += [e.emit("push_exc_info", exc), exc]


def pop_except(e: Evaluator, i: Instruction) -> None:
    before = e.frame.stack.pop()
    e.let_go(e.emit("pop_except", e.obj(before)))


def _classes(value: Abstract) -> list[type] | None:
    """The exception classes that stand behind `except`, if they are known."""
    values: list[Any]
    if isinstance(value, Virtual):
        items: list[Any] = value.parts if value.kind == "tuple" else [None]
        values = [item.value if isinstance(item, Const) else None for item in items]
    elif isinstance(value, Const):
        values = list(value.value) if type(value.value) is tuple else [value.value]
    else:
        return None
    fit = all(is_class(each) and issubclass(each, BaseException) for each in values)
    return values if fit else None


def check_exc_match(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    wanted = e.bound(stack.pop())
    exc = stack[-1]
    classes = _classes(wanted)
    if classes is None:
        stack.append(e.emit("check_exc_match", exc, e.obj(wanted)))
        e.let_go(wanted)
        return
    matches: Any = Const(False, "b")
    for cls in classes:
        e.constants.append(cls)
        matches = e.either(matches, e.emit("exc_matches", exc, type=cls))
    stack.append(e.as_bool(matches))


def check_eg_match(e: Evaluator, i: Instruction) -> None:
    """What of a group is none of the exceptions behind `except*`, and what is."""
    stack = e.frame.stack
    wanted, exc = e.bound(stack.pop()), stack.pop()
    pair = e.emit("check_eg_match", e.obj(exc), e.obj(wanted), fact=e.TUPLE, unchecked=True)
    stack += [e.tuple_item(pair, Const(n, "i")) for n in range(2)]
    e.check_left(i.next)
    e.let_go(exc, wanted)


def raise_varargs(e: Evaluator, i: Instruction) -> bool:
    """An error that was never raised leaves: other code could see the frames around it, which would have to be linked."""
    if "raise" not in e.failures() and e.is_cold_block(e.frame.code, i):
        e.leave("raise")
    if not i.arg:
        return _raise_again(e, e.emit("handled_exception", reason="nothing to raise again"), known(i.op_at))
    stack = e.frame.stack
    operands = [e.bound(value) for value in stack[-i.arg:]]
    del stack[-i.arg:]
    e.emit("raise", *[e.obj(value) for value in operands])
    e.block.append("never")
    return True


def reraise(e: Evaluator, i: Instruction) -> bool:
    stack = e.frame.stack
    exc = stack.pop()
    return _raise_again(e, exc, stack[-i.arg] if i.arg else known(i.op_at))


def _raise_again(e: Evaluator, exc: Any, lasti: Abstract) -> bool:
    if not e.throw(exc, lasti):
        e.leave("an exception raised again")
    return True


# -- with ----------------------------------------------------------------------------------------------------------------

_METHODS: Final = (FunctionType, MethodDescriptorType)


def before_with(e: Evaluator, i: Instruction) -> None:
    """The manager's ``__exit__`` below the result of its ``__enter__``."""
    _enter_manager(e, "__enter__", "__exit__")


def before_async_with(e: Evaluator, i: Instruction) -> None:
    _enter_manager(e, "__aenter__", "__aexit__")


def _enter_manager(e: Evaluator, enters: str, leaves: str) -> None:
    stack = e.frame.stack
    manager = e.bound(stack.pop())
    type_ = e.learn(manager)
    if type_ is not None:
        enter, leave = find_in_type(type_, enters), find_in_type(type_, leaves)
        if type(enter) in _METHODS and type(leave) in _METHODS:
            e.assumptions.add_type(type_)
            e.constants += [enter, leave]
            stack.append(Virtual("bound_method", [known(leave), manager]))
            call_value(e, known(enter), [manager], ())
            return
    operand = e.obj(manager)
    enter = e.emit("load_special", operand, name=enters, after=stack, unchecked=True)
    stack.append(e.emit("load_special", operand, name=leaves, after=stack, unchecked=True))
    stack.append(e.emit("call", enter, names=()))
    e.let_go(manager, enter)


def with_except_start(e: Evaluator, i: Instruction) -> None:
    """``__exit__`` called with what was raised."""
    stack = e.frame.stack
    leave, exc = e.bound(stack[-4]), stack[-1]
    args = [e.emit("type_of", exc), exc, e.emit("exc_traceback", exc)]
    if isinstance(leave, Virtual) and leave.kind == "bound_method":
        leave, manager = leave.parts
        args.insert(0, manager)
    call_value(e, leave, args, ())


HANDLERS: Final = {
    "PUSH_EXC_INFO": push_exc_info, "POP_EXCEPT": pop_except, "CHECK_EXC_MATCH": check_exc_match,
    "CHECK_EG_MATCH": check_eg_match,
    "RAISE_VARARGS": raise_varargs, "RERAISE": reraise, "BEFORE_WITH": before_with,
    "BEFORE_ASYNC_WITH": before_async_with,
    "WITH_EXCEPT_START": with_except_start,
}
