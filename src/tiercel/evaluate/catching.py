"""What operations raise led to compiled handlers: those of the frame itself, or of one that it is inlined into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiercel.evaluate.flow import Flow
from tiercel.evaluate.state import Frame
from tiercel.graph.build import Edge, Graph, Node
from tiercel.graph.ops import OPS
from tiercel.values import Abstract, Virtual, known

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Code, Instruction
    from tiercel.graph.build import Handler

MAX_WAYS: Final = 24          # into one handler: what raises beyond these is unwound to the interpreter

# They raise for others, hardly ever, or where no handler is wanted.
_NOT_CAUGHT: Final = ("poll", "release", "dict_new", "set_new", "build_string", "build_slice", "str_concat")


class Catching(Flow):
    """Gives what raises a way to its handler.

    An operation that is covered is followed by `check`.  Where it raised, a block of its own takes the exception, lets
    go of what the interpreter drops from the stack, and goes on at the handler like any other way into that.  What is
    not worth it keeps its frame state only, with which the interpreter goes on at the handler.
    """

    def __init__(self, graph: Graph, history: Any) -> None:
        super().__init__(graph, history)
        self._warmth: dict[Code, bool] = {}     # whether the interpreter has run code often enough to specialise it

    def catch(self, node: Node, stack: list[Abstract]) -> None:
        """`check` what may raise where a compiled handler covers the instruction."""
        op = node.op
        assert op is not None
        if op.name in _NOT_CAUGHT or op.name.startswith("long_"):
            return
        found = self._covering()
        if found is None:
            return
        ending, frame, handler = found
        if ending and self._shares_with_callers(ending):
            return
        thrown, landing, go_on = self.state.copy(), self.graph.new_block(), self.graph.new_block()
        landing.line = go_on.line = self.block.line
        self.block.append("check").targets = [Edge(go_on), Edge(landing)]
        saved = self.state, self.op_at, self.resume, self._before, self._replaced
        exc = landing.append("catch", frames=ending or None, again=op is OPS["raise_again"] or None)
        exc.fact = self.state.fact(exc)
        for _ in range(ending):
            assert thrown.frame.parent is not None
            thrown.frame = thrown.frame.parent
        self.state, self.block, self._replaced, self.catches = thrown, landing, [], False
        dropped: list[Abstract] = [value for value in node.args if isinstance(value, Node) and value.rep == "o"]
        if op.name.startswith("call"):
            dropped = [*dropped[1:], *dropped[:1]]
        if ending:
            self.op_at = frame.at
            dropped += reversed(stack)
            stack = thrown.frame.stack
        self._to_handler(handler, exc, known(self.op_at), stack, dropped)
        pending = self._outer[-ending][0] if ending else self._pending
        pending.setdefault(handler.target, []).append((self.state, self.block))
        self.state, self.op_at, self.resume, self._before, self._replaced = saved
        self.block, self.catches = go_on, True

    def throw(self, exc: Node, lasti: Abstract) -> bool:
        """Go on at the handler that covers the current instruction with an exception that has its traceback entry, at
        `lasti`; False if that is not compiled."""
        found = self._covering()
        if found is None:
            return self._is_let_out() and self._raise_again(exc, lasti)
        ending, _, handler = found
        if ending:
            return not self._shares_with_callers(ending) and self._raise_again(exc, lasti)
        self._to_handler(handler, exc, lasti, self.frame.stack, [])
        self._pending.setdefault(handler.target, []).append((self.state, self.block))
        return True

    def _raise_again(self, exc: Node, lasti: Abstract) -> bool:
        self.emit("raise_again", exc, self.i64(lasti))
        self.block.append("never")
        return True

    def _is_let_out(self) -> bool:
        """Whether nothing covers the current instruction, so that what is raised there leaves the version: not out of a
        frame that is the interpreter's, nor out of a generator's."""
        if self.graph.loop_at is not None:
            return False
        return not any(frame.ends is not None or frame.code.hidden
                       or frame.code.handler_at(self.op_at if frame is self.frame else frame.at) is not None
                       for frame in self.state.frames())

    def _to_handler(self, handler: Handler, exc: Node, lasti: Abstract, stack: list[Abstract],
                    dropped: list[Abstract]) -> None:
        """Cut the innermost frame's stack as the handler wants it, and let go of what is dropped."""
        dropped = [*dropped, *reversed(stack[handler.depth:])]
        self.frame.stack[:] = [*stack[:handler.depth], *([lasti] if handler.lasti else []), exc]
        self.resume = handler.target
        self.let_go(*dropped)

    def _covering(self) -> tuple[int, Frame, Handler] | None:
        """The handler of what is raised at the current instruction: how many inlined frames end before, the frame that
        it belongs to, and itself; None if there is none, or it is not compiled."""
        frame, at, ending = self.frame, self.op_at, 0
        while True:
            handler = frame.code.handler_at(at)
            if handler is not None:
                break
            if frame.ends is not None or frame.parent is None or frame.code.hidden:
                return None
            frame = frame.parent
            at = frame.at
            ending += 1
        if frame.ends is not None:      # a generator has an exception of its own that is being handled
            return None
        pending, region = self._outer[-ending] if ending else (self._pending, self._region)
        if handler.target not in region or len(pending.get(handler.target, ())) >= MAX_WAYS \
                or self.is_cold(frame.code, handler.target):
            return None
        return ending, frame, handler

    def is_cold(self, code: Code, unit: int) -> bool:
        """Whether the interpreter seems never to have come to an instruction, in code that it knows well."""
        warmth = self._warmth.get(code)
        if warmth is None:
            warmth = self._warmth[code] = any(instruction.warm for instruction in code.instructions)
        if not warmth:
            return False
        instruction = code.by_offset.get(unit)
        while instruction is not None and instruction.opcode.control == "next":
            if instruction.cache:
                return not instruction.warm
            instruction = code.by_offset.get(instruction.next)
        return False

    def is_cold_block(self, code: Code, instruction: Instruction) -> bool:
        """Whether the interpreter seems never to have come to the block of an instruction."""
        return any(instruction in block.instructions and self.is_cold(code, block.at) for block in code.flow.order)

    def _shares_with_callers(self, ending: int) -> bool:
        """Whether an object that does not exist yet belongs to frames that end and to ones that stay: those in the
        traceback get one of their own."""
        frames = self.state.frames()
        kept: set[Virtual] = set()
        for frame in frames[ending:]:
            for value in (*frame.locals, *frame.stack):
                self._gather(value, kept)
        ended: set[Virtual] = set()
        for frame in frames[:ending]:
            for value in (*frame.locals, *frame.stack):
                self._gather(value, ended)
        return any(virtual.mutable for virtual in kept & ended)

    def _gather(self, value: Abstract, found: set[Virtual]) -> None:
        if isinstance(value, Virtual) and value not in found:
            found.add(value)
            for part in self.state.parts(value):
                self._gather(part, found)
