"""The exception table: which handler, if any, covers an instruction."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType

from tiercel.graph.build import Handler


@lru_cache(maxsize=512)
def _regions(table: bytes) -> tuple[list[int], list[tuple[int, Handler]]]:
    """Starts of the protected regions, and for each its end and handler.  Regions are sorted and do not overlap."""
    starts, rest = [], []
    for start, end, handler in _parse(table):
        starts.append(start)
        rest.append((end, handler))
    return starts, rest


def _parse(table: bytes) -> Iterator[tuple[int, int, Handler]]:
    numbers = _numbers(table)
    for start in numbers:
        length, target, depth_lasti = next(numbers), next(numbers), next(numbers)
        yield start, start + length, Handler(target, depth_lasti >> 1, bool(depth_lasti & 1))


def _numbers(table: bytes) -> Iterator[int]:
    """Big-endian groups of six bits; bit 6 says that another group follows."""
    position = 0
    while position < len(table):
        byte = table[position]
        value = byte & 63
        while byte & 64:
            position += 1
            byte = table[position]
            value = value << 6 | byte & 63
        position += 1
        yield value


def handler_at(code: CodeType, unit: int) -> Handler | None:
    """The handler of an exception raised by the instruction at `unit`, or None."""
    table = code.co_exceptiontable
    if not table:
        return None
    starts, rest = _regions(table)
    index = bisect_right(starts, unit) - 1
    if index < 0:
        return None
    end, handler = rest[index]
    return handler if unit < end else None


def handlers(code: CodeType) -> list[Handler]:
    """Every handler of the code, in the order of the table."""
    return [handler for _, handler in _regions(code.co_exceptiontable)[1]]
