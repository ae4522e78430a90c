"""Exceptions that nobody would see are not made.

    try:
        value = names[key]
    except KeyError:
        value = None

The handler neither looks at the exception nor calls anything that could: where a lookup is known to miss often, the
machine code tests for it and goes on behind the handler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiercel.evaluate.catching import Catching
from tiercel.evaluate.flow import Incoming
from tiercel.evaluate.numbers import is_number
from tiercel.graph.build import Edge, Node, Operand
from tiercel.types import is_class
from tiercel.values import NONE, Abstract, MaybeUnbound, Virtual, known

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Code, Instruction

# What a handler may do: nothing of it raises, calls or leaves.
_QUIET: Final = frozenset({"NOP", "LOAD_CONST", "LOAD_FAST", "STORE_FAST", "SWAP"})


class Handled:
    """A handler that does not look at its exception: the `depth` its stack begins at, its `body`, where that `ends`, and
    the value, if any, that must not end on the way."""

    __slots__ = ("depth", "body", "ends", "lasting")

    def __init__(self, depth: int, body: list[Instruction], ends: int) -> None:
        self.depth = depth
        self.body = body
        self.ends = ends
        self.lasting: list[Node | MaybeUnbound] = []


class Unseen(Catching):
    """Lets what would raise go on behind the handler."""

    def steady_global(self, name: str) -> Any:
        """The value of a global or builtin name that is taken not to change, or NO_WITNESS."""
        raise NotImplementedError

    def not_(self, value: Any) -> Any:
        raise NotImplementedError

    def unseen(self, error: type[BaseException], *operands: Abstract) -> Handled | None:
        """The handler of an `error` that the current instruction would raise, its operands taken from the stack, if
        nobody would see the exception.  A finaliser of one of these, or of what the handler binds anew, could."""
        found = self._covering()
        if found is None or found[0] or found[2].lasti:
            return None
        _, frame, handler = found
        first = self._clause(frame.code, handler.target, error)
        handled = None if first is None else _quiet(frame.code, handler.depth, first)
        if handled is None:
            return None
        after = self.state.copy()
        before, self.state = self.state, after
        try:
            dropped = [*operands, *after.frame.stack[handler.depth:], *self._go_behind(handled)]
            possible = all(self._goes_silently(value, handled.lasting) for value in dropped)
        finally:
            self.state = before
        most = 0 if "last" in self.failures() else 1
        return handled if possible and len(handled.lasting) <= most else None

    def go_unseen(self, condition: Operand, handled: Handled) -> None:
        """Where `condition` (``b``) is true, go on behind the handler; else here."""
        assert isinstance(condition, Node)
        behind, here = self.graph.new_block(), self.graph.new_block()
        behind.line = here.line = self.block.line
        self.block.append("branch", [condition]).targets = [Edge(behind), Edge(here)]
        state = self.state
        self.state, self.block = state.copy(), behind
        ways = self._not_the_last(*handled.lasting) if handled.lasting else [(self.state, behind)]
        for self.state, self.block in ways:
            self._go_behind(handled)
            self.go_to(handled.ends)
        self.state, self.block = state, here

    def _clause(self, code: Code, at: int, error: type[BaseException]) -> Instruction | None:
        """The first instruction of the clause behind `except` that an `error` comes to."""
        places = code.by_offset
        i = places[at]
        if i.op != "PUSH_EXC_INFO":
            return None
        i = places[i.next]
        while i.op != "POP_TOP":
            classes: list[type] = []
            while i.op == "LOAD_GLOBAL":
                cls = self.steady_global(i.argval)
                if not (is_class(cls) and issubclass(cls, BaseException)):
                    return None
                classes.append(cls)
                i = places[i.next]
            if i.op == "BUILD_TUPLE":
                i = places[i.next]
            if not classes or i.op != "CHECK_EXC_MATCH":
                return None
            jump = places[i.next]
            if jump.op != "POP_JUMP_IF_FALSE" or jump.target is None:
                return None
            i = places[jump.next if issubclass(error, tuple(classes)) else jump.target]
        return places[i.next]

    def _go_behind(self, handled: Handled) -> list[Abstract]:
        """Change the present state to what it is behind a handler; what the handler binds anew."""
        frame = self.state.frame
        del frame.stack[handled.depth:]
        stack: list[Abstract] = [*frame.stack, NONE]        # below what the handler pushes: what was handled before
        replaced: list[Abstract] = []
        for i in handled.body:
            if i.op == "LOAD_CONST":
                stack.append(known(i.argval))
            elif i.op == "LOAD_FAST":
                stack.append(frame.locals[i.arg])
            elif i.op == "STORE_FAST":
                replaced.append(frame.locals[i.arg])
                frame.locals[i.arg] = stack.pop()
            elif i.op == "SWAP":
                stack[-1], stack[-i.arg] = stack[-i.arg], stack[-1]
        frame.stack[:] = stack[:-1]
        return replaced

    def _goes_silently(self, value: Abstract, lasting: list[Node | MaybeUnbound]) -> bool:
        """Whether it cannot be noticed when a reference to a value that the state may not have any more goes, unless it is
        the last one: of those, the value is added to `lasting`."""
        there = self.state.current(value.value if isinstance(value, MaybeUnbound) else value)
        if isinstance(there, Virtual):
            return is_number(there) or self.state.holds(there)
        if not isinstance(there, Node) or not self._needs_release(there) or self.state.holds(there):
            return True
        lasting.append(value if isinstance(value, MaybeUnbound) else there)
        return there.op is None or not there.op.null

    def _not_the_last(self, value: Node | MaybeUnbound) -> list[Incoming]:
        """Leave where this is the last reference to the value; the ways on which it is not, or the local is unbound."""
        unbound = None
        if isinstance(value, MaybeUnbound):
            bound, unbound = self.branch(value.bound)
            assert bound is not None
            self.state, self.block = bound
            value = value.value
        self.emit("guard", self.not_(self.emit("refcount_is", value, count=1)), reason="last")
        return [way for way in ((self.state, self.block), unbound) if way is not None]


def _quiet(code: Code, depth: int, first: Instruction) -> Handled | None:
    """A clause that does little up to its end, which leaves nothing but a result on the stack."""
    body: list[Instruction] = []
    i = first
    while i.op in _QUIET:
        body.append(i)
        i = code.by_offset[i.next]
    return Handled(depth, body, i.next) if i.op == "POP_EXCEPT" else None
