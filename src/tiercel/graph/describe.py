"""Frame states as the runtime reads them: a tuple that says where each value of an exit goes.

    (kinds, frames, reason)

and `words` behind, bytes, where the values do not lie in order in the extra area: the word of each, a C `unsigned
short`.  `kinds` has one letter for each value: ``o i f b``, or ``O`` where the compiled code owns a reference that the
exit takes over.  Each frame, the innermost first, is `(code, function, at, resume, handler, locals, stack, linked)`,
the function and the locals and stack entries being slots; `ends` follows where the frame is the body of a generator:

    n >= 0: value n    -1: empty    -2: the result    -3: the result made a bool    -4: its negation
    (0, object)                     a constant
    (1, n, slot)                    `slot` where value n is true, else empty
    (2, kind, memo, parts...)       an object to be made; the same `memo` again is the same object
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tiercel.graph.build import (
    NULL,
    RESULT,
    RESULT_BOOL,
    RESULT_NOT,
    Const,
    FrameState,
    Maybe,
    Node,
    Slot,
    VirtualObject,
)

EMPTY, RESULT_SLOT, RESULT_BOOL_SLOT, RESULT_NOT_SLOT = -1, -2, -3, -4
CONSTANT, MAYBE, VIRTUAL = 0, 1, 2

_MARKS: Final = {id(NULL): EMPTY, id(RESULT): RESULT_SLOT, id(RESULT_BOOL): RESULT_BOOL_SLOT, id(RESULT_NOT): RESULT_NOT_SLOT}
_BOXED: Final = {"i": int, "u": int, "f": float, "b": bool}

Description = tuple[bytes, tuple[tuple[Any, ...], ...], str]


def describe(state: FrameState, owned: Iterable[Node | Const] = (), reason: str = "",
             running: Node | None = None) -> tuple[Description, list[Node | Const]]:
    """The description of a state and the values it needs, in order.

    `running` is the running function: as the function of the outermost frame it is known anyway, and no value.
    `owned` are those of which a reference is handed over; ones the state does not mention come last, only to be
    released.
    """
    owned = frozenset(owned)
    writer = _Writer(owned, running)
    frames = tuple(writer.frame(frame) for frame in state.frames())
    for extra in sorted(owned.difference(writer.numbers), key=_order):
        writer.value(extra)
    return (bytes(writer.kinds), frames, reason), writer.values


def _order(value: Node | Const) -> tuple[int, int, int]:
    """Some fixed order, so that the same graph gives the same text."""
    if isinstance(value, Const):
        return (2, 0, id(value.value))
    if isinstance(value.name, int) and value.name >= 0:
        return (0, value.name, 0)
    return (1, 0, id(value))


class _Writer:
    def __init__(self, owned: frozenset[Node | Const], running: Node | None) -> None:
        self.owned = owned
        self.running = running
        self.values: list[Node | Const] = []
        self.numbers: dict[Node | Const, int] = {}
        self.kinds = bytearray()
        self.memos: dict[VirtualObject, int] = {}
        self.open: set[VirtualObject] = set()

    def value(self, node: Node | Const) -> int:
        number = self.numbers.get(node)
        if number is None:
            number = self.numbers[node] = len(self.values)
            self.values.append(node)
            self.kinds.append(ord("O" if node in self.owned else node.rep))
        return number

    def frame(self, frame: FrameState) -> tuple[Any, ...]:
        handler = frame.handler
        known = frame.parent is None and frame.function is self.running
        described = (
            frame.code, EMPTY if known else self.slot(frame.function), frame.at, frame.resume,
            None if handler is None else (handler.target, handler.depth, handler.lasti),
            tuple([self.slot(slot) for slot in frame.locals]), tuple([self.slot(slot) for slot in frame.stack]),
            frame.linked,
        )
        return described if frame.ends is None else (*described, frame.ends)

    def slot(self, slot: Slot) -> Any:
        if isinstance(slot, Node):
            return self.value(slot)
        if isinstance(slot, Const):
            return (CONSTANT, slot.value if slot.rep == "o" else _BOXED[slot.rep](slot.value))
        if isinstance(slot, Maybe):
            bound = self.value(slot.bound)
            return (MAYBE, bound, self.slot(slot.value))
        if isinstance(slot, VirtualObject):
            memo = self.memos.setdefault(slot, len(self.memos))
            if slot in self.open:
                # inside itself: known by its memo already, but a generator, which is made of its function
                made_of = slot.parts[:1] if slot.kind == "generator" else []
                return (VIRTUAL, slot.kind, memo, *[self.slot(part) for part in made_of])
            self.open.add(slot)
            parts = [self.slot(part) for part in slot.parts]
            self.open.discard(slot)
            return (VIRTUAL, slot.kind, memo, *parts)
        return _MARKS[id(slot)]
