"""Jumps, loops over iterables, returns, and what leaves."""

from __future__ import annotations

from types import CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any, Final

from tiercel.bytecode.decode import decode
from tiercel.bytecode.opcodes_313 import RESUME_PLACE
from tiercel.bytecode.suspensions import awaits, start_of
from tiercel.graph.build import Const, Node
from tiercel.graph.ops import OPS
from tiercel.values import NONE, Virtual, known

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Instruction
    from tiercel.evaluate.evaluator import Evaluator


def resume(e: Evaluator, i: Instruction) -> None:
    place = i.arg & RESUME_PLACE
    if e.frame.parent is None and (place == 0 or place == 1 and e.graph.resumes):
        e.emit("poll", after=e.frame.stack)


def jump_forward(e: Evaluator, i: Instruction) -> bool:
    e.go_to(i.destination)
    return True


def jump_backward(e: Evaluator, i: Instruction) -> bool:
    e.resume = i.destination
    if e.frame.ends is None:
        e.emit("poll", after=e.frame.stack)
    elif i.destination in e.headers:
        # rounds without a yield; with one, the loop that takes the values polls
        e.emit_quietly("poll", after=e.frame.stack)
    e.go_to(i.destination)
    return True


def jump_backward_no_interrupt(e: Evaluator, i: Instruction) -> bool:
    e.go_to(i.destination)
    return True


def _split(e: Evaluator, condition: Any, if_true: int, if_false: int) -> bool:
    yes, no = e.branch(condition)
    if yes is not None:
        e.go_to(if_true, *yes)
    if no is not None:
        e.go_to(if_false, *no)
    return True


def pop_jump_if_true(e: Evaluator, i: Instruction) -> bool:
    return _split(e, e.truth(e.frame.stack.pop()), i.destination, i.next)


def pop_jump_if_false(e: Evaluator, i: Instruction) -> bool:
    return _split(e, e.truth(e.frame.stack.pop()), i.next, i.destination)


def _jump_on_none(e: Evaluator, i: Instruction, if_none: int, if_not: int) -> bool:
    value = e.bound(e.frame.stack.pop())
    condition = e.identical(value, NONE)
    yes, no = e.branch(condition)
    if yes is not None:
        state, block = yes
        if isinstance(value, Node):
            state.replace(value, NONE)
        e.go_to(if_none, state, block)
    if no is not None:
        state, block = no
        e.stand_after_split(state, block)
        e.resume = if_not
        e.let_go(value)
        e.go_to(if_not, e.state, e.block)
    return True


def pop_jump_if_none(e: Evaluator, i: Instruction) -> bool:
    return _jump_on_none(e, i, i.destination, i.next)


def pop_jump_if_not_none(e: Evaluator, i: Instruction) -> bool:
    return _jump_on_none(e, i, i.next, i.destination)


_ITERATED: Final = {"FOR_ITER_LIST": list, "FOR_ITER_TUPLE": tuple, "FOR_ITER_RANGE": range}
_TO_THE_LOOP: Final = 8       # instructions between GET_ITER and FOR_ITER: those with which a comprehension begins


def _sight_iterable(e: Evaluator, i: Instruction) -> type | None:
    """What is probably iterated over, by the type of the iterator that the interpreter found in the loop that follows:
    few loops are over an iterator that exists already."""
    for _ in range(_TO_THE_LOOP):
        i = e.frame.code.by_offset.get(i.next)
        if i is None or i.opcode.control != "next":
            break
    return _ITERATED.get(i.specialized or "") if i is not None and i.op == "FOR_ITER" else None


def get_iter(e: Evaluator, i: Instruction) -> None:
    value = e.bound(e.frame.stack.pop())
    unseen = e.witness_of(value) is e.NO_WITNESS
    # the interpreter iterates over subclasses of a list as over a list
    e.learn(value, e.attribute_type(value) or _sight_iterable(e, i) if unseen else None)
    _push_iterator(e, value)


def _push_iterator(e: Evaluator, value: Any) -> None:
    result = e.apply(iter, value)
    if result is None and e.call_generator_method("__iter__", value):
        return
    if result is None:
        result = e.emit("iter", e.obj(value))
    e.frame.stack.append(result)
    e.let_go(value)


def _next_of_generator(e: Evaluator, i: Instruction) -> bool:
    yielded, ended = e.resume_generator(i.destination)
    for state, block in yielded:
        e.go_to(i.next, state, block)
    for state, block in ended:
        e.stand_after_split(state, block)
        e.resume = i.destination
        e.let_go(e.frame.stack.pop())
        e.go_to(i.destination, e.state, e.block)
    return True


def for_iter(e: Evaluator, i: Instruction) -> bool:
    iterator = e.bound(e.frame.stack[-1])
    if isinstance(iterator, Virtual) and iterator.kind == "generator":
        return _next_of_generator(e, i)
    if isinstance(iterator, Virtual):
        more, finish = e.iterator_next(iterator)
        item = None
    else:
        item = e.emit("next", e.obj(iterator), unchecked=True)
        more, finish = e.not_(e.emit("is_exhausted", item)), lambda: item
    yes, no = e.branch(more)
    if yes is not None:
        e.stand_after_split(*yes)
        e.frame.stack.append(finish())
        if item is not None:
            e.check_left(i.next)
        e.go_to(i.next, e.state, e.block)
    if no is not None:
        e.stand_after_split(*no)
        e.resume = i.destination
        e.frame.stack.pop()
        if item is not None:
            e.check_left(i.destination)
        e.let_go(iterator)
        e.go_to(i.destination, e.state, e.block)
    return True


def return_generator(e: Evaluator, i: Instruction) -> bool:
    e.make_generator()
    return True


def yield_value(e: Evaluator, i: Instruction) -> bool:
    e.suspend(e.frame.stack.pop(), delegates=bool(i.arg))
    return True


def _leave_unless_delegating(e: Evaluator) -> None:
    if not awaits(e.frame.code.code) and (not e.graph.resumes or e.frame.parent is not None):
        e.leave("values of another generator are handed on")


def get_awaitable(e: Evaluator, i: Instruction) -> None:
    value = e.bound(e.frame.stack.pop())
    if isinstance(value, Virtual) and value.kind == "generator":
        e.frame.stack.append(value)
        return
    type_ = e.learn(value)
    operand = e.obj(value)
    if not isinstance(operand, Node) or operand.op is not OPS["generator_new"] or not e.fresh(operand):
        e.guard(e.emit("is_awaitable", operand), "awaitable")
    if type_ is CoroutineType:
        e.frame.stack.append(value)
    else:
        e.frame.stack.append(e.emit("awaitable", operand))
        e.let_go(value)


def _await_in_place(e: Evaluator, i: Instruction) -> bool:
    """The coroutine that is on top of the stack runs in place: to its end most often."""
    yielded, ended = e.resume_generator(i.destination)
    for unit, ways in ((i.next, yielded), (i.destination, ended)):
        for state, block in ways:
            e.go_to(unit, state, block)
    return True


def get_yield_from_iter(e: Evaluator, i: Instruction) -> None:
    _leave_unless_delegating(e)
    value = e.bound(e.frame.stack.pop())
    type_ = e.learn(value)
    if type_ is GeneratorType:
        e.frame.stack.append(value)
        return
    if type_ is None:
        e.leave_if(e.emit("type_is", e.obj(value), type=CoroutineType), "a coroutine")
    elif type_ is CoroutineType:
        e.leave("a coroutine")
    _push_iterator(e, value)


def _is_new(e: Evaluator, generator: Any) -> bool:
    """Whether a generator was made just now."""
    if not isinstance(generator, Node) or generator.op is not OPS["generator_new"] or e.block.nodes[-1] is not generator:
        return False
    function, point = generator.args[:2]
    return isinstance(function, Const) and isinstance(point, Const) and point.value == start_of(decode(function.value.__code__))


def send(e: Evaluator, i: Instruction) -> bool:
    _leave_unless_delegating(e)
    sent = e.frame.stack[-1]
    if not isinstance(sent, Const) or sent.value is not None:
        e.leave("a value is sent to another generator")
    e.frame.stack.pop()
    awaited = e.bound(e.frame.stack[-1])
    if type(awaited) is Virtual and e.type_of(awaited) is CoroutineType:
        return _await_in_place(e, i)
    receiver = e.obj(awaited)
    starts = None
    if e.graph.resumes and e.frame.parent is None:
        # the version ends where it comes to wait for what has not begun: the runtime goes on in that
        starts, begun = e.branch(Const(True, "b") if _is_new(e, receiver) else e.emit("is_unstarted", receiver))
        if begun is None:
            e.delegate(e.frame.code.by_offset[i.next].next)
            return True
        e.stand_after_split(*begun)
    item = e.emit("send", receiver, unchecked=True)
    more, ended = e.parted(e.not_(e.emit("is_exhausted", item)))
    e.stand_after_split(*more)
    e.frame.stack.append(item)
    e.check_left(i.next)
    e.go_to(i.next, e.state, e.block)
    e.stand_after_split(*ended)
    e.frame.stack.append(e.emit("send_result"))
    e.check_left(i.destination)
    e.go_to(i.destination, e.state, e.block)
    if starts is not None:
        e.stand_after_split(*starts)
        e.delegate(e.frame.code.by_offset[i.next].next)
    return True


def end_send(e: Evaluator, i: Instruction) -> None:
    result = e.frame.stack.pop()
    receiver = e.frame.stack.pop()
    e.frame.stack.append(result)
    e.let_go(receiver)


def return_value(e: Evaluator, i: Instruction) -> bool:
    e.do_return(e.frame.stack.pop())
    return True


def return_const(e: Evaluator, i: Instruction) -> bool:
    e.do_return(known(e.frame.code.code.co_consts[i.arg]))
    return True


def load_assertion_error(e: Evaluator, i: Instruction) -> None:
    e.frame.stack.append(known(AssertionError))


HANDLERS: Final = {
    "RESUME": resume, "JUMP_FORWARD": jump_forward, "JUMP_BACKWARD": jump_backward,
    "JUMP_BACKWARD_NO_INTERRUPT": jump_backward_no_interrupt, "POP_JUMP_IF_TRUE": pop_jump_if_true,
    "POP_JUMP_IF_FALSE": pop_jump_if_false, "POP_JUMP_IF_NONE": pop_jump_if_none,
    "POP_JUMP_IF_NOT_NONE": pop_jump_if_not_none, "GET_ITER": get_iter, "FOR_ITER": for_iter,
    "RETURN_GENERATOR": return_generator, "YIELD_VALUE": yield_value,
    "GET_YIELD_FROM_ITER": get_yield_from_iter, "GET_AWAITABLE": get_awaitable, "SEND": send, "END_SEND": end_send,
    "RETURN_VALUE": return_value, "RETURN_CONST": return_const, "LOAD_ASSERTION_ERROR": load_assertion_error,
}
