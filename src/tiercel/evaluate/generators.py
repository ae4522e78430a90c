"""Generators that exist only at compile time: their bodies are evaluated where a loop takes the next value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import CodeType, GeneratorType
from typing import Any, Final

from tiercel import _runtime
from tiercel.bytecode import Code, decode
from tiercel.bytecode.blocks import Flow
from tiercel.bytecode.suspensions import FINISHED, SUSPENDS, awaits, depth_of, unit_of
from tiercel.bytecode.suspensions import point as point_at
from tiercel.evaluate.assumptions import Unsupported
from tiercel.evaluate.flow import Incoming
from tiercel.evaluate.polymorphism import Polymorphism
from tiercel.evaluate.state import Frame, Inlining, State
from tiercel.graph.build import NO_WITNESS, NULL, RESULT, Block, Const, Node, Operand, Suspension
from tiercel.values import NONE, Abstract, GeneratorInfo, MaybeUnbound, Virtual, known

MAX_YIELDS: Final = 4
MAX_SLOTS: Final = 64      # locals and stack entries of a generator that is taken apart


class NotInPlace(Exception):
    """With the bodies of generators evaluated in place the code cannot be compiled; it may be without."""


class Generators(Polymorphism):
    """Makes virtual generators, resumes and suspends them."""

    def __init__(self, graph: Any, history: Any) -> None:
        super().__init__(graph, history)
        self.in_place = True
        self._infos: dict[tuple[Code, int], GeneratorInfo] = {}

    def walk_all(self, code: Code, start: int, state: State, block: Block, region: set[int] | None = None,
                 flow: Flow | None = None) -> None:
        """Evaluate the whole version."""
        try:
            self.walk(code, start, state, block, region, flow)
        except Unsupported as error:
            if not self._infos:
                raise
            raise NotInPlace from error

    # -- making one --------------------------------------------------------------------------------------------------

    def can_inline(self, code: CodeType) -> bool:
        if not code.co_flags & SUSPENDS:
            return super().can_inline(code)
        if awaits(code) and not self._awaited_at_once():
            return False
        suspensions = decode(code).suspensions if self.in_place else None
        return suspensions is not None and len(suspensions.yields) <= MAX_YIELDS and "generator" not in self.failures() \
            and self.is_small(code)

    def _awaited_at_once(self) -> bool:
        """Whether the result of the current instruction is awaited by the next one.  A coroutine that is not would have to
        be an object: its end is noticed."""
        following = self.frame.code.by_offset.get(self.resume)
        return following is not None and following.op == "GET_AWAITABLE"

    def open_iterator(self, iterator: Abstract, places: Sequence[Abstract]) -> Abstract:
        """Take apart a generator object as well, and the iterators on its stack."""
        opened = super().open_iterator(iterator, places)
        if opened is not iterator or not isinstance(iterator, Node) or self.type_of(iterator) is not GeneratorType:
            return opened
        seen = None if iterator.witness is NO_WITNESS else _runtime.suspended(iterator.witness)
        if seen is None or not self._can_open(*seen):
            return iterator
        function, point, slots = seen
        code = decode(function.__code__)
        count, depth = len(code.local_names), code.suspensions.depth    # type: ignore[union-attr]
        self.own(iterator, places)
        bound = sum(1 << index for index, slot in enumerate(slots) if slot is not _runtime.NULL)
        if iterator in self.graph.entry.params:
            self.graph.suspended[iterator] = Suspension(code.code, function.__globals__, point, bound)
            self.constants += [code.code, function.__globals__]
        else:
            self.guard(self.emit("generator_at", iterator, known(code.code), known(function.__globals__),
                                 Const(point, "i"), Const(bound, "i")), "suspended elsewhere")
        taken = [NULL if slot is _runtime.NULL else self.emit("generator_slot", iterator, Const(index, "i"), witness=slot)
                 for index, slot in enumerate(slots)]
        operand = self.emit("generator_function", iterator, witness=function)
        padding = [NULL] * (count + depth - len(slots))
        virtual = self.new_virtual("generator", [operand, Const(point, "i"), *taken, *padding],
                                   self._info(code, function.__globals__))
        self.state.replace(iterator, virtual)
        self.refresh_before()
        for value in taken[:count]:
            self.learn(value)
        for value in taken[count:]:
            self.open_iterator(value, taken)
        return virtual

    def _can_open(self, function: Any, point: int, slots: tuple[Any, ...]) -> bool:
        suspensions = decode(function.__code__).suspensions
        return suspensions is not None and (point == suspensions.start or point in suspensions.yields) \
            and len(slots) < MAX_SLOTS and self.failures().isdisjoint(("shared", "suspended elsewhere")) \
            and self.can_inline(function.__code__)

    def make_generator(self) -> None:
        """The innermost frame, whose arguments and cells are ready, becomes a generator, and its caller goes on."""
        frame = self.frame
        suspensions = frame.code.suspensions
        if frame.parent is None or suspensions is None:
            self.leave("a generator is made")
        if awaits(frame.code.code):
            self.leave_if(self.emit("tracks_origins"), "coroutines note where they are made")
        function = frame.function
        parts = [function, Const(suspensions.start, "i"), *frame.locals, *[NULL] * suspensions.depth]
        generator = self.new_virtual("generator", parts, self._info(frame.code, self.frame_globals()))
        self.state.frame = frame.parent
        frame.parent.stack.append(generator)
        self.returns.append((self.state, self.block, NONE))

    def _info(self, code: Code, globals_: dict[str, Any]) -> GeneratorInfo:
        key = (code, id(globals_))
        if key not in self._infos:
            self._infos[key] = GeneratorInfo(code, globals_)
        return self._infos[key]

    # -- running it --------------------------------------------------------------------------------------------------

    def resume_generator(self, ends: int) -> tuple[list[Incoming], list[Incoming]]:
        """Evaluate the body of the generator on top of the stack up to where it yields next, or ends; the caller then
        goes on at `ends`.  The states after each yield, its value pushed, and those after each end, with the generator
        still there, and above a coroutine what it returned."""
        generator, parts = self._generator(self.frame)
        if len(parts) == 1:
            self.leave("a generator that is running is asked for its next value")
        point = parts[1]
        if isinstance(point, Const):
            return self._run_from(point.value, ends)
        suspensions = generator.info.code.suspensions
        lo, hi = self.interval(self.i64(point))
        points = [p for p in (suspensions.start, *suspensions.yields) if lo <= p <= hi]
        yielded: list[Incoming] = []
        ended: list[Incoming] = []
        at, op_at, resume = self.at, self.op_at, self.resume
        for candidate in points:
            rest: Incoming | None = None
            if candidate != points[-1]:
                here, rest = self.branch(self.emit("i64_eq", self.i64(point), Const(candidate, "i")))
                assert here is not None
                self.stand_after_split(*here)
            more = self._run_from(candidate, ends)
            yielded += more[0]
            ended += more[1]
            if rest is not None:
                self.stand(*rest, at, resume)
                self.at, self.op_at, self.resume = at, op_at, resume
        return yielded, ended

    def _run_from(self, point: int, ends: int) -> tuple[list[Incoming], list[Incoming]]:
        """The body from a known point on: with a frame of its own if other code may see it, which only evaluating it
        tells."""
        if point == FINISHED:
            return [], [(self.state, self.block)]
        key = (*self.frame.key, self.at, self.frame.stack[-1].info.code.code, point)
        return self.unobserved_first(key, lambda observed: self._evaluate_body(key, point, ends, observed))

    def _evaluate_body(self, key: tuple[Any, ...], point: int, ends: int,
                       linked: bool) -> tuple[list[Incoming], list[Incoming]]:
        caller = self.frame
        inlining = Inlining([], [])
        if linked:
            function = self.obj(self._generator(caller)[1][0])
            self.emit("enter_inlined", function, code=key[-2], reason="recursion")
            self.constants.append(key[-2])
        generator, parts = self._generator(caller)
        code = generator.info.code
        count = len(code.local_names)
        frame = Frame(code, parts[0], parts[2:2 + count], caller, key)  # type: ignore[arg-type]
        frame.stack = [*parts[2 + count:2 + count + depth_of(point)], NONE]
        frame.ends, frame.inlining, frame.globals = ends, inlining, generator.info.globals
        self.state.heap[generator] = parts[:1]
        caller.at, caller.resume, caller.result = self.op_at, self.resume, RESULT
        self.inlined_size += len(code.instructions)
        if code.code.co_qualname not in self.inlined:
            self.inlined.append(code.code.co_qualname)
        outer = self.returns, self.yields, self.at, self.op_at, self.resume
        self.returns, self.yields = [], []
        self.state.frame = frame
        unit = unit_of(point)
        self.walk(code, unit, self.state, self.block, flow=code.flow_from(unit, len(frame.stack)))
        yielded, ended = self.yields, [(state, block) for state, block, _ in self.returns]
        self.returns, self.yields, self.at, self.op_at, self.resume = outer
        if not linked:
            for described in inlining.states:
                described.linked = False
        return yielded, ended

    def _generator(self, caller: Frame) -> tuple[Virtual, list[Abstract]]:
        """The generator on top of a frame's stack, and its parts."""
        generator = caller.stack[-1]
        assert isinstance(generator, Virtual)
        return generator, self.state.parts(generator)

    def suspend(self, value: Abstract, delegates: bool = False) -> None:
        """The innermost frame, the body of a generator, yields a value to its caller; `delegates`: that of another one."""
        frame = self.frame
        caller = frame.parent
        if caller is None and self.graph.resumes:
            self._suspend_version(value, delegates)
            return
        if frame.ends is None or caller is None:
            self.leave("a yield out of a running loop is not compiled")
        if frame.key in self.observed:
            self._unlink(frame)
        generator, _ = self._generator(caller)
        padding = [NULL] * (frame.code.suspensions.depth - len(frame.stack))
        self.state.heap[generator] = [frame.function, Const(point_at(self.resume, len(frame.stack)), "i"),
                                      *frame.locals, *frame.stack, *padding]
        self.state.frame = caller
        caller.stack.append(value)
        self.yields.append((self.state, self.block))

    def _suspend_version(self, value: Abstract, delegates: bool) -> None:
        """The frame is a real generator's, and the version ends here."""
        for operand, point, slots in self._put_back(self.resume, value):
            self.block.append("suspend", [operand, point, *slots], delegates=delegates or None)

    def delegate(self, unit: int) -> None:
        """The frame is a real generator's, and the version ends where it comes to wait for the one on top of its stack; it
        is suspended then at `unit`."""
        for _, point, slots in self._put_back(unit, NONE):
            self.block.append("delegate", [point, *slots])

    def _put_back(self, unit: int, value: Abstract) -> Iterator[tuple[Operand, Operand, list[Operand]]]:
        """The operands for a generator that is suspended: a value above its stack, the point, and its slots."""
        self.state.frame.stack.append(value)
        self.stand(self.state, self.block, self.at, self.at)
        for slots in self._settled_slots(self.frame.locals):
            *stack, value = [slot.value if isinstance(slot, MaybeUnbound) and slot.value.rep == "o" else slot
                             for slot in self.frame.stack]
            operands = [NULL if slot is NULL else self.obj(slot) for slot in (*slots, *stack)]
            yield self.obj(value), Const(point_at(unit, len(stack)), "i"), operands

    def finish_version(self, value: Abstract) -> None:
        """The same where the generator comes to its end."""
        self.state.frame.stack.append(value)
        self.stand(self.state, self.block, self.at, self.at)
        for slots in self._settled_slots(self.frame.locals):
            operands = [NULL if slot is NULL else self.obj(slot) for slot in slots]
            self.block.append("finish", [self.obj(self.frame.stack[-1]), *operands])

    def _settled_slots(self, slots: list[Abstract]) -> Iterator[list[Abstract]]:
        """The operands for slots, of which one that may be unbound becomes a null pointer where it is.  A raw number cannot:
        there the way parts, and the evaluation stands in one after the other."""
        for index, slot in enumerate(slots):
            if isinstance(slot, MaybeUnbound) and slot.value.rep != "o":
                here = self.at
                for way, settled in zip(self.branch(slot.bound), (slot.value, NULL), strict=True):
                    if way is not None:
                        self.stand(*way, here, here)
                        self.frame.locals[index] = settled
                        yield from self._settled_slots(self.frame.locals)
                return
        yield [slot.value if isinstance(slot, MaybeUnbound) else slot for slot in slots]

    def _unlink(self, frame: Frame) -> None:
        self.emit("check_frame", reason="frame object")
        self.block.append("leave_inlined", code=frame.code.code)

    def do_return(self, value: Abstract) -> None:
        if self.frame.ends is None:
            super().do_return(value)
        else:
            self._end(self.bound(value))

    def _end(self, value: Abstract) -> None:
        """The innermost frame, the body of a generator, returns."""
        frame = self.frame
        caller = frame.parent
        assert caller is not None
        if frame.key in self.observed:
            self._unlink(frame)
        generator, _ = self._generator(caller)
        self.state.heap[generator] = [frame.function, Const(FINISHED, "i")]
        self.state.frame = caller
        op_at, resume, effects = self.op_at, self.resume, self.effects
        self.op_at, self.resume = caller.at, frame.ends
        gone = [v for i, v in enumerate(frame.locals) if v not in frame.locals[i + 1:]]
        if awaits(frame.code.code):
            caller.stack.append(value)
            self.let_go(*gone)
        else:
            caller.stack.pop()
            self.let_go(*gone, value)
            caller.stack.append(generator)
        self.op_at, self.resume = op_at, resume
        self.past += self.effects - effects
        self.returns.append((self.state, self.block, NONE))
