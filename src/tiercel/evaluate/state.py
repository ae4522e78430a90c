"""The state of an evaluation at one point: frames of abstract values, and what is known of nodes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tiercel.graph.build import (
    NULL,
    RESULT,
    Const,
    FrameState,
    Maybe,
    Node,
    Operand,
    Slot,
    VirtualObject,
    _Mark,
)
from tiercel.types import ANY, Fact, of_object
from tiercel.values import Abstract, FunctionInfo, MaybeUnbound, Virtual

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Code


class Inlining:
    """Facts about one inlined call that are settled only when its evaluation is done."""

    __slots__ = ("states", "nodes")

    def __init__(self, states: list[FrameState], nodes: list[Node]) -> None:
        self.states = states
        self.nodes = nodes    # its enter_inlined and leave_inlined nodes


class Described(NamedTuple):
    """The frame state of a caller, the values it was made of, and what stands in it for their virtual objects."""

    state: FrameState
    locals: list[Abstract]
    stack: list[Abstract]
    objects: dict[Virtual, VirtualObject]


class Frame:
    """One Python frame: its locals (cells and free variables behind them) and its stack, as abstract values.

    `key` names the frame by the call sites that led to it, so that what was learnt about a loop is found again when
    it is evaluated again.  `at` and `resume` are where a caller stands while a callee is evaluated, and `result` the
    stack slot the callee's result belongs to (None: it is dropped).  `ends`: the frame is the body of the generator on
    top of its caller's stack; where the caller goes on when it ends.  `described` is its frame state as a caller, which
    the states of its callee's instructions have in common.
    """

    __slots__ = ("code", "function", "locals", "stack", "parent", "key", "at", "resume", "result", "inlining", "names",
                 "closure", "ends", "globals", "described")

    def __init__(self, code: Code, function: Operand | Virtual, locals_: list[Abstract], parent: Frame | None = None,
                 key: tuple[Any, ...] = ()) -> None:
        self.code = code
        self.function = function
        self.locals = locals_
        self.stack: list[Abstract] = []
        self.parent = parent
        self.key = key
        self.at = 0
        self.resume = 0
        self.result: _Mark | None = RESULT
        self.inlining: Inlining | None = None
        self.names: dict[str, Any] | None = None    # the namespace LOAD_NAME and STORE_NAME use, at module level
        self.closure: Abstract | None = None        # the virtual tuple of cells of a virtual function
        self.ends: int | None = None
        self.globals: dict[str, Any] | None = None  # of a generator's body; otherwise the function tells
        self.described: Described | None = None

    def copy(self) -> Frame:
        twin = Frame(self.code, self.function, self.locals[:], self.parent and self.parent.copy(), self.key)
        twin.stack = self.stack[:]
        twin.at, twin.resume, twin.result = self.at, self.resume, self.result
        twin.inlining, twin.names, twin.closure = self.inlining, self.names, self.closure
        twin.ends, twin.globals = self.ends, self.globals
        return twin

    @property
    def path(self) -> tuple[int, ...]:
        """The key in numbers, to be remembered without keeping the code of callees alive."""
        return tuple([each if type(each) is int else id(each) for each in self.key])

    @property
    def depth(self) -> int:
        """How many callers are inlined above this frame."""
        return 0 if self.parent is None else 1 + self.parent.depth


Path = tuple[Any, ...]


class State:
    """Frames, the parts of mutable virtual objects, and facts about nodes that hold at this point.

    `raw` maps a boxed node to its unboxed twin, `boxed` the other way.  `kept` are objects that the version has for as
    long as it runs: frame states mention them, and others by their unboxed twins.  `cases` has for a node that is one
    of several functions, as ways brought them that have met, what each of these ways knew of other nodes.  `built` tells
    what took the place of a virtual object: instructions hold operands that they have taken off the stack while they
    build others.
    """

    __slots__ = ("frame", "heap", "facts", "raw", "boxed", "kept", "built", "cases")

    def __init__(self, frame: Frame, kept: frozenset[Node] = frozenset()) -> None:
        self.frame = frame
        self.kept = kept
        self.heap: dict[Virtual, list[Abstract]] = {}
        self.facts: dict[Node, Fact] = {}
        self.raw: dict[Node, Node] = {}
        self.boxed: dict[Node, Node] = {}
        self.built: dict[Virtual, Abstract] = {}
        self.cases: dict[Node, list[tuple[Const, dict[Node, Fact]]]] = {}

    def copy(self) -> State:
        twin = State(self.frame.copy(), self.kept)
        twin.heap = {virtual: parts[:] for virtual, parts in self.heap.items()}
        twin.facts = self.facts.copy()
        twin.raw = self.raw.copy()
        twin.boxed = self.boxed.copy()
        twin.built = self.built.copy()
        twin.cases = self.cases.copy()
        return twin

    def parts(self, virtual: Virtual) -> list[Abstract]:
        """The parts of a virtual object as they are here; the list is live for a mutable kind."""
        return self.heap[virtual] if virtual.mutable else virtual.parts

    def fact(self, value: Abstract) -> Fact:
        """What is known of a value here."""
        if isinstance(value, Node):
            return self.facts.get(value) or value.fact or ANY
        if isinstance(value, Const):
            return of_object(value.value)
        if isinstance(value, Virtual):
            return value.fact
        if isinstance(value, MaybeUnbound):
            return self.fact(value.value)
        return ANY

    def frames(self) -> list[Frame]:
        """The innermost frame first."""
        result, frame = [], self.frame
        while True:
            result.append(frame)
            if frame.parent is None:
                return result
            frame = frame.parent

    def current(self, value: Abstract) -> Abstract:
        """What a value taken from this state earlier is by now: virtual objects may have been built since."""
        if not self.built:
            return value
        while isinstance(value, Virtual) and value in self.built:
            value = self.built[value]
        if isinstance(value, Virtual) and not value.mutable and value.parts:
            parts = [self.current(part) for part in value.parts]
            if any(a is not b for a, b in zip(parts, value.parts, strict=True)):
                twin = self.built[value] = Virtual(value.kind, parts, value.info)
                return twin
        return value

    def replace(self, old: Abstract, new: Abstract) -> None:
        """Put `new` wherever `old` is, also inside virtual objects (of which immutable ones are made anew)."""
        changed: dict[Virtual, Virtual] = {}
        if isinstance(old, Virtual):
            self.built[old] = new

        def one(value: Abstract) -> Abstract:
            if value is old:
                return new
            if isinstance(value, Virtual) and not value.mutable and value.parts:
                if value in changed:
                    return changed[value]
                parts = [one(part) for part in value.parts]
                if all(a is b for a, b in zip(parts, value.parts, strict=True)):
                    return value
                twin = changed[value] = self.built[value] = Virtual(value.kind, parts, value.info)
                return twin
            return value

        for frame in self.frames():
            frame.locals[:] = [one(v) for v in frame.locals]
            frame.stack[:] = [one(v) for v in frame.stack]
            if isinstance(frame.closure, Virtual):
                frame.closure = one(frame.closure)
            if isinstance(frame.function, Virtual):
                frame.function = one(frame.function)  # type: ignore[assignment]
        for parts in self.heap.values():
            parts[:] = [one(v) for v in parts]

    def holds(self, value: Abstract) -> bool:
        """Whether any slot, or part of a virtual object in a slot, is this very value or its boxed or raw twin."""
        twins = {value}
        if isinstance(value, Node):
            twins.update(t for t in (self.raw.get(value), self.boxed.get(value)) if t is not None)
        seen: set[Virtual] = set()

        def inside(slots: list[Abstract]) -> bool:
            if not twins.isdisjoint(slots):
                return True
            for slot in slots:
                if type(slot) is MaybeUnbound:
                    if slot.value in twins:
                        return True
                elif type(slot) is Virtual and slot not in seen:
                    seen.add(slot)
                    if inside(self.parts(slot)):
                        return True
            return False

        return any(inside(frame.locals) or inside(frame.stack) for frame in self.frames())

    # -- paths: the places of a state in a fixed order, to compare and merge states ----------------------------------

    def places(self) -> dict[Path, Any]:
        """Every place with its leaf: a node, a constant, NULL, a MaybeUnbound, or a `Shape` of a virtual object."""
        result: dict[Path, Any] = {}
        first: dict[Virtual, Path] = {}

        def visit(path: Path, value: Abstract) -> None:
            if isinstance(value, Virtual):
                if value in first:
                    result[path] = ("same", first[value])
                    return
                first[value] = path
                parts = self.parts(value)
                result[path] = ("virtual", value.kind, len(parts), value.info)
                for index, part in enumerate(parts):
                    visit((*path, index), part)
            else:
                result[path] = value

        for depth, frame in enumerate(self.frames()):
            for index, value in enumerate(frame.locals):
                visit(("L", depth, index), value)
            for index, value in enumerate(frame.stack):
                visit(("S", depth, index), value)
        return result

    def _mutable_virtuals(self) -> dict[Path, Virtual]:
        """The first place of each mutable virtual object."""
        result: dict[Path, Virtual] = {}
        seen: set[Virtual] = set()

        def visit(path: Path, value: Abstract) -> None:
            if isinstance(value, Virtual) and value not in seen:
                seen.add(value)
                if value.mutable:
                    result[path] = value
                for index, part in enumerate(self.parts(value)):
                    visit((*path, index), part)

        for depth, frame in enumerate(self.frames()):
            for name, values in (("L", frame.locals), ("S", frame.stack)):
                for index, value in enumerate(values):
                    visit((name, depth, index), value)
        return result

    def value_at(self, path: Path) -> Abstract:
        frame = self.frames()[path[1]]
        value = (frame.locals if path[0] == "L" else frame.stack)[path[2]]
        for index in path[3:]:
            assert isinstance(value, Virtual)
            value = self.parts(value)[index]
        return value

    def find_at(self, path: Path) -> Abstract | None:
        """What is in a place, if the state has it."""
        try:
            return self.value_at(path)
        except (IndexError, AssertionError):
            return None

    def rebuild(self, leaves: dict[Path, Any]) -> None:
        """Set every place from `leaves`, as `places` gave them.  Immutable virtual objects are made anew; mutable ones
        keep their identity where they stay in their place."""
        made: dict[Path, Virtual] = {}
        heap: dict[Virtual, list[Abstract]] = {}
        present = self._mutable_virtuals()

        def value(path: Path) -> Abstract:
            leaf = leaves[path]
            if not isinstance(leaf, tuple):
                return leaf
            if leaf[0] == "same":
                return made[leaf[1]]
            _, kind, count, info = leaf
            virtual = present.get(path)
            if virtual is None or virtual.kind != kind:
                virtual = Virtual(kind, [], info)
            made[path] = virtual
            parts = [value((*path, index)) for index in range(count)]
            if virtual.mutable:
                heap[virtual] = parts
            else:
                virtual.parts = parts
            return virtual

        for depth, frame in enumerate(self.frames()):
            frame.locals = [value(("L", depth, index)) for index in range(len(frame.locals))]
            frame.stack = [value(("S", depth, index)) for index in range(len(frame.stack))]
        self.heap = heap

    # -- frame states ------------------------------------------------------------------------------------------------

    def describe(self, at: int, resume: int, stack: list[Abstract] | None = None,
                 locals_: list[Abstract] | None = None) -> FrameState:
        """The frame state for the innermost frame at an instruction, and for its callers."""
        memo: dict[Virtual, VirtualObject] = {}
        frame = self.frame
        return self._describe(frame, at, resume, frame.stack if stack is None else stack,
                              frame.locals if locals_ is None else locals_, memo)

    def _describe(self, frame: Frame, at: int, resume: int, stack: list[Abstract], locals_: list[Abstract],
                  memo: dict[Virtual, VirtualObject]) -> FrameState:
        parent = None if frame.parent is None else self._describe_caller(frame.parent, memo)
        result = FrameState(frame.code.code, self._slot(frame.function, memo), at, resume, self._slots(locals_, memo),
                            self._slots(stack, memo), frame.code.handler_at(at), parent, ends=frame.ends)
        if frame.inlining is not None:
            frame.inlining.states.append(result)
        return result

    def _describe_caller(self, frame: Frame, memo: dict[Virtual, VirtualObject]) -> FrameState:
        """The state of a frame whose callee is being evaluated: that of the last time, if nothing in it has changed."""
        stack = [*frame.stack, frame.result] if frame.result is not None else frame.stack
        known = frame.described
        if known is not None and (known.state.at, known.state.resume) == (frame.at, frame.resume) \
                and known.locals == frame.locals and known.stack == stack:
            parent = None if frame.parent is None else self._describe_caller(frame.parent, memo)
            if parent is known.state.parent:
                memo.update(known.objects)
                return known.state
        objects: dict[Virtual, VirtualObject] = {}
        state = self._describe(frame, frame.at, frame.resume, stack, frame.locals, objects)
        memo.update(objects)
        if not any(virtual.mutable for virtual in objects):
            frame.described = Described(state, frame.locals[:], stack[:], objects)
        return state

    def _slots(self, values: list[Abstract], memo: dict[Virtual, VirtualObject]) -> list[Slot]:
        kept, raw = self.kept, self.raw
        result: list[Slot] = []
        for value in values:       # one that is a node or nothing most often
            if type(value) is Node:
                result.append(value if value in kept else raw.get(value, value))
            else:
                result.append(value if value is NULL else self._slot(value, memo))
        return result

    def _slot(self, value: Abstract, memo: dict[Virtual, VirtualObject]) -> Slot:
        if isinstance(value, Node):
            return value if value in self.kept else self.raw.get(value, value)
        if isinstance(value, MaybeUnbound):
            return Maybe(value.bound, value.value)
        if isinstance(value, Virtual):
            found = memo.get(value)
            if found is None:
                assert value.kind != "wide", "a result of unknown width in a frame state"
                found = memo[value] = VirtualObject(value.kind, [])
                parts = self._slots(self.parts(value), memo)
                if isinstance(value.info, FunctionInfo):
                    info = value.info
                    parts[:0] = [Const(x, "o") for x in (info.code, info.globals, info.qualname, info.flags)]
                elif value.kind == "instance":
                    pairs = zip(value.info.places, parts, strict=True)
                    parts = [Const(value.info.type, "o"), *[x for n, p in pairs if p is not NULL for x in (Const(n, "o"), p)]]
                found.parts = parts
            return found
        return value
