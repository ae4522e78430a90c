"""Where a generator can be suspended.

A *point* is the unit at which the generator goes on, with the depth that its stack has then in the bits above 32: one
number says both.  `FINISHED` is that of a generator that has come to its end.
"""

from __future__ import annotations

from types import AsyncGeneratorType, CodeType, CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Final

from tiercel.bytecode import flags
from tiercel.bytecode.opcodes_313 import RESUME_PLACE, RESUME_UNGUARDED

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Code, Instruction

FINISHED: Final = -1
SUSPENDS: Final = flags.CO_GENERATOR | flags.CO_COROUTINE | flags.CO_ASYNC_GENERATOR


class Suspensions:
    """The point at which a generator of a code object is when it is made, those at its yields, and the greatest depth of
    its stack at any."""

    __slots__ = ("start", "yields", "depth")

    def __init__(self, start: int, yields: tuple[int, ...], depth: int) -> None:
        self.start = start
        self.yields = yields
        self.depth = depth


def point(unit: int, depth: int) -> int:
    """The point of a unit and a depth."""
    return unit | depth << 32


def unit_of(point: int) -> int:
    """The unit at which a generator goes on."""
    return point & 0xFFFFFFFF


def depth_of(point: int) -> int:
    """The depth of its stack."""
    return point >> 32


def type_made(code: CodeType) -> type:
    """What calling a function of a code object that can be suspended makes."""
    if code.co_flags & flags.CO_COROUTINE:
        return CoroutineType
    return AsyncGeneratorType if code.co_flags & flags.CO_ASYNC_GENERATOR else GeneratorType


def awaits(code: CodeType) -> bool:
    """Whether it is the code of a coroutine or an asynchronous generator."""
    return bool(code.co_flags & (flags.CO_COROUTINE | flags.CO_ASYNC_GENERATOR))


def goes_on_at(code: Code, unit: int) -> bool:
    """Whether a generator goes on there: at its start, behind a yield, or when what it delegated to has ended.  Jumps go
    back to other places, not all of which are loops."""
    if not code.code.co_flags & SUSPENDS:
        return False
    there = code.by_offset[unit]
    return there.op == "END_SEND" or there.op == "RESUME" and bool(there.arg & RESUME_PLACE) or unit == start_of(code)


def start_of(code: Code) -> int:
    """Where a generator goes on that has not begun."""
    return next(i.next for i in code.instructions if i.op == "RETURN_GENERATOR")


def find_suspensions(code: Code) -> Suspensions | None:
    """None for what is no generator or coroutine, for a generator in which a handler of its own would notice that it is
    closed, and for one that cannot be followed from each yield to the next.  A coroutine that is suspended always is an
    object."""
    coroutine = bool(code.code.co_flags & flags.CO_COROUTINE)
    if not coroutine and code.code.co_flags & (SUSPENDS | flags.CO_ITERABLE_COROUTINE) != flags.CO_GENERATOR:
        return None
    start = start_of(code)
    points = []
    for instruction in code.instructions:
        if instruction.op != "YIELD_VALUE":
            continue
        block = code.flow.blocks.get(instruction.next)
        if block is None or block.depth is None:
            continue
        if not coroutine and not _is_plain(code, instruction):
            return None
        points.append(point(block.at, block.depth - 1))
    if not all(code.flow_from(unit_of(p), depth_of(p) + 1).reducible for p in (start, *points)):
        return None
    return Suspensions(point(start, 0), tuple(points), max(map(depth_of, points), default=0))


def _is_plain(code: Code, instruction: Instruction) -> bool:
    resume = code.by_offset[instruction.next]
    return resume.op == "RESUME" and bool(resume.arg & RESUME_UNGUARDED)
