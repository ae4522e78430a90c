"""The account of one function: `print(tiercel.explain(f))`.

    norm2 (app.py:3)
      version 1: norm2(xs: list) -> float, 41 instructions in 3.2 ms; left 1 time
      the running loop at line 5 is not compiled: ...

        3        def norm2(xs):
        4   |        s = 0.0
        5   |        for x in xs:
        6   |            s += x * x               left 1 time: type
        7   |        return s

A bar stands before lines that are compiled; lines without one have not run, or have not been hot.
"""

from __future__ import annotations

import linecache
from types import CodeType, FunctionType
from typing import Any

from tiercel.control import session
from tiercel.control.records import FUNCTION, Compiled, Record, known_record

_COLUMN = 60


def code_of(function: Any) -> CodeType:
    """The code object of a function, method or code object; TypeError for anything else."""
    unwrapped = function
    if callable(function) and hasattr(function, "__wrapped__"):
        import inspect
        unwrapped = inspect.unwrap(function)
    unwrapped = getattr(unwrapped, "__func__", unwrapped)
    if isinstance(unwrapped, CodeType):
        return unwrapped
    if isinstance(unwrapped, FunctionType):
        return unwrapped.__code__
    raise TypeError(f"tiercel.explain: {function!r} is not a Python function")


class Explanation:
    """What was compiled of a function, where it leaves and why; or why it was not.  `str` gives the text."""

    def __init__(self, function: Any) -> None:
        self.code = code_of(function)
        self.record: Record | None = known_record(self.code)
        self._text = "\n".join(self._lines())

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    @property
    def versions(self) -> list[Compiled]:
        """The versions made so far; of the retired ones the newest."""
        return list(self.record.compiled) if self.record is not None else []

    @property
    def reasons(self) -> list[str]:
        """Why parts of it, or all, are left to the interpreter."""
        if self.record is None:
            return [self._not_asked()]
        reasons = [f"{_what(self.code, at)}: {reason}" for at, reason in self.record.refused.items()]
        reasons += [f"{_what(self.code, at)}: its machine code is being made" for at in sorted(self.record.underway)]
        if not reasons and not self.record.compiled:
            reasons = [self._not_asked()]
        return reasons

    def _not_asked(self) -> str:
        if session.current is None:
            return f"not compiled: Tiercel is inactive, {session.reason}"
        return "not compiled: it has not been hot, or the compile budget is used up"

    def _lines(self) -> list[str]:
        lines = [f"{self.code.co_qualname} ({self.code.co_filename}:{self.code.co_firstlineno})"]
        for compiled in self.versions:
            compiled.refresh()
            lines.extend(f"  {line}" for line in _version(self.code, compiled))
        lines.extend(f"  {reason}" for reason in self.reasons)
        if self.record is not None:
            for error in self.record.errors:
                lines.extend(f"  {line}" for line in error.splitlines())
        return lines + [""] + self._source()

    def _source(self) -> list[str]:
        compiled = {line for each in self.versions if each.alive for line in each.lines}
        remarks = self._remarks()
        lines = []
        for number in _line_numbers(self.code):
            text = linecache.getline(self.code.co_filename, number).rstrip("\n")
            mark = "|" if number in compiled else " "
            left = f"{number:5}   {mark} {text}"
            remark = "; ".join(remarks.get(number, ()))
            lines.append(f"{left:{_COLUMN}}  {remark}".rstrip())
        return lines

    def _remarks(self) -> dict[int, list[str]]:
        """What to say beside each line of this function's own source."""
        remarks: dict[int, list[str]] = {}
        for compiled in self.versions:
            counts: dict[tuple[int, str], int] = {}
            for count, site in zip(compiled.counts, compiled.sites):
                if count and site.code() is self.code:
                    counts[site.line, site.reason] = counts.get((site.line, site.reason), 0) + count
            for (line, reason), count in counts.items():
                remarks.setdefault(line, []).append(f"left {_times(count)}: {reason}")
            for function, line, text in compiled.notes:
                if function == self.code.co_qualname and text not in remarks.get(line, ()):
                    remarks.setdefault(line, []).append(text)
        return remarks


def _version(code: CodeType, compiled: Compiled) -> list[str]:
    params = ", ".join(f"{name}: {type_}" for name, type_ in compiled.params)
    head = f"version {compiled.number}: "
    if compiled.at == FUNCTION:
        head += f"{code.co_name}({params})" + (f" -> {compiled.result}" if compiled.result else "")
    else:
        head += f"{_what(code, compiled.at)} with {params or 'nothing'}"
    head += f", {compiled.instructions} instructions in {1000 * sum(compiled.seconds.values()):.1f} ms"
    if compiled.retired is not None:
        head += f"; retired: {compiled.retired}"
    elif compiled.exits:
        head += f"; left {_times(compiled.exits)}"
    lines = [head]
    if compiled.inlined:
        lines.append(f"    inlined: {', '.join(sorted(set(compiled.inlined)))}")
    if compiled.direct:
        lines.append(f"    called directly: {', '.join(compiled.direct)}")
    for count, site in zip(compiled.counts, compiled.sites):
        if count and site.code() is not code:
            lines.append(f"    left {_times(count)} in {site.function}, line {site.line}: {site.reason}")
    return lines


def _what(code: CodeType, at: int) -> str:
    if at == FUNCTION:
        return "the function"
    from tiercel.bytecode import decode, suspensions  # not there where Tiercel is not active, nor then needed
    before = [line for start, _, line in code.co_lines() if line and start <= 2 * at]
    what = "the generator's body from" if suspensions.goes_on_at(decode(code), at) else "the running loop at"
    return f"{what} line {before[-1] if before else code.co_firstlineno}"


def _line_numbers(code: CodeType) -> range:
    numbers = [line for _, _, line in code.co_lines() if line]
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and constant.co_filename == code.co_filename:
            numbers += [line for _, _, line in constant.co_lines() if line]
    return range(min(numbers), max(numbers) + 1) if numbers else range(0)


def _times(count: int) -> str:
    return f"{count} time{'' if count == 1 else 's'}"
