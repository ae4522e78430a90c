"""Native calls of functions whose versions are replaced while their callers stay."""

from __future__ import annotations

from typing import Any

from case import case


class Cell:
    def __init__(self, value: Any) -> None:
        self.value = value


def _weigh(cell: Cell, by: int) -> Any:
    total = cell.value * by
    if total is None:
        raise ValueError(cell)
    return total


def _twice(cell: Cell, by: int) -> Any:
    return _weigh(cell, by) + _weigh(cell, by + 1)


def _thrice(cell: Cell, by: int) -> Any:
    return _twice(cell, by) + _weigh(cell, by)


@case()
def callee_made_anew():
    """The callee's guard of a type fails often enough for another version; its callers go on with that."""
    results = [_thrice(Cell(i), i) for i in range(30)]
    results += [_thrice(Cell(i + 0.5), i) for i in range(100)]
    results += [_thrice(Cell(i), i) for i in range(30)]
    return results, [_thrice(Cell("ab"), i) for i in range(3)]


def _step(cell: Cell, by: int) -> int:
    return cell.value + by


def _walk(cells: list, by: int) -> int:
    total = 0
    for cell in cells:
        total += _step(cell, by)
    return total


@case()
def callee_replaced():
    """The callee's code is assigned to while callers are compiled."""
    cells = [Cell(i) for i in range(20)]
    results = [_walk(cells, i) for i in range(10)]
    code = _step.__code__
    try:
        _step.__code__ = (lambda cell, by: cell.value - by).__code__
        results += [_walk(cells, i) for i in range(10)]
    finally:
        _step.__code__ = code
    return results + [_walk(cells, i) for i in range(10)]


class Odd:
    @property
    def value(self) -> int:
        _step.__defaults__ = (len(_step.__defaults__ or ()),)
        return 5


@case()
def callee_retired_while_it_runs():
    """What the callee calls retires it; the caller goes on, and calls it again."""
    results = []
    cells: list = [Cell(i) for i in range(20)]
    for round_ in range(5):
        results.append(_walk(cells, round_))
        results.append(_walk([*cells[:5], Odd(), *cells[5:]], round_))
    _step.__defaults__ = None
    return results
