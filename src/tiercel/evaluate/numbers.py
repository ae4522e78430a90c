"""Numbers that are ints at times and floats at others: kept as a double, and whether it is an int, instead of an object.

    x = p.x * q.x                   # each an int or a float
                                        %0 = type_is %px, int
                                        %1 = number_to_f64 %px
      binary_op *                       ...
                              →         %4 = bool_and %0, %2
                                        %5 = f64_mul %1, %3          x is number(%4, %5)

The double is the number exactly: ints beyond 2**53 leave.  Where such a number meets a float, the double is all that is
needed; where one meets its like, no way parts, and none has to be made an object where ways meet.
"""

from __future__ import annotations

from typing import Any, Final

from tiercel.evaluate.core import Core
from tiercel.evaluate.state import Path, State
from tiercel.graph.build import Block, Const, Node, Operand
from tiercel.graph.numbers import EXACT_DOUBLE
from tiercel.graph.ops import OPS
from tiercel.types import NUMBER
from tiercel.values import Abstract, Virtual, known

NUMBER_SHAPE: Final = ("virtual", "number", 2, None)


def is_number(value: Any) -> bool:
    """Whether a value is an int or a float, it is not known which, that is no object."""
    return isinstance(value, Virtual) and value.kind == "number"


def _parts(value: Any) -> tuple[Any, Any] | None:
    """Whether it is an int, and its value, of an object that was made of such a number."""
    made = isinstance(value, Node) and value.op is OPS["box_number"]
    return (value.args[0], value.args[1]) if made else None


class Numbers(Core):
    """Makes such numbers, and takes them apart."""

    @staticmethod
    def is_number(value: Any) -> bool:
        return is_number(value)

    def new_number(self, is_int: Operand, value: Operand) -> Virtual:
        """An int or a float of that value; not -0.0 if it is an int."""
        parts = [known(part.value) if isinstance(part, Const) else part for part in (is_int, value)]
        return Virtual("number", parts)  # type: ignore[arg-type]

    def double_of(self, value: Node) -> Node:
        """The value of an object that is an int or a float; leaves where it is neither, or an int beyond 2**53."""
        if (parts := _parts(value)) is not None:
            return parts[1]
        node = self.emit("number_to_f64", value, reason="number")
        self.narrow(value, NUMBER)
        return node

    def number_of(self, value: Node) -> Virtual:
        """As `double_of`, and whether it is an int."""
        if (parts := _parts(value)) is not None:
            return self.new_number(*parts)
        self.constants.append(int)
        double = self.double_of(value)
        return self.new_number(self.emit("type_is", value, type=int), double)

    def is_int(self, value: Abstract) -> Operand:
        """Whether a number is an int (or bool) and no float."""
        if isinstance(value, Virtual):
            flag = self.raw(value.parts[0])
            assert flag is not None
            return flag
        return Const(self.type_of(value) is not float, "b")

    # -- where ways meet ---------------------------------------------------------------------------------------------

    def _fits_number(self, state: State, value: Any) -> bool:
        """Whether a value can be given the form of a number without anything that may leave."""
        if is_number(value) or _parts(value):
            return True
        if not isinstance(value, Node | Const):
            return False
        fact = state.fact(value)
        if fact.type is int:
            return fact.lo >= -EXACT_DOUBLE and fact.hi <= EXACT_DOUBLE
        return fact.type is float

    def meet_as_numbers(self, ways: list[tuple[State, Block]], path: Path, unit: int) -> bool:
        """Give what different ways bring for a place the form of a number in all of them, if that can be done."""
        values = [state.find_at(path) for state, _ in ways]
        if not all(self._fits_number(state, value) for (state, _), value in zip(ways, values, strict=True)):
            return False
        changed = False
        for (state, block), value in zip(ways, values, strict=True):
            if not is_number(value):
                self.stand(state, block, unit, unit)
                self._in_form(state, value)  # type: ignore[arg-type]
                changed = True
        return changed

    def part_numbers(self, ways: list[tuple[State, Block]], path: Path) -> bool:
        """Where ways bring numbers for a place that some of them have in another place as well, and others do not: give
        the place one of its own."""
        if not all(is_number(state.find_at(path)) for state, _ in ways):
            return False
        changed = False
        for state, _ in ways:
            leaves, number = state.places(), state.find_at(path)
            if leaves[path][0] == "same" and isinstance(number, Virtual):
                leaves[path] = NUMBER_SHAPE
                leaves[*path, 0], leaves[*path, 1] = number.parts
                state.rebuild(leaves)
                changed = True
        return changed

    def _in_form(self, state: State, value: Abstract) -> None:
        """Make a number of a float or small int, in all places of the state that hold it."""
        leaves = state.places()
        is_int, double = _parts(value) or (self.is_int(value), self.f64(value))
        number = self.new_number(is_int, double)
        first: Path | None = None
        for path, leaf in list(leaves.items()):
            if leaf is not value:
                continue
            if first is not None:
                leaves[path] = ("same", first)
                continue
            first, leaves[path] = path, NUMBER_SHAPE
            leaves[*path, 0], leaves[*path, 1] = number.parts
        state.rebuild(leaves)
