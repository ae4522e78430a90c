"""A code object as instructions, independent of how CPython stores them.

Adaptive and instrumented forms are mapped back to the generic instruction, EXTENDED_ARG is folded into the
instruction it belongs to, caches are skipped.  What the interpreter has learnt is there as `specialized` and `cache`.
"""

from __future__ import annotations

import weakref
from sys import byteorder
from types import CodeType
from typing import Any

from tiercel.bytecode import opcodes_313 as opcodes
from tiercel.bytecode.blocks import Flow, analyse
from tiercel.bytecode.handlers import handler_at
from tiercel.bytecode.hidden import is_hidden
from tiercel.bytecode.suspensions import Suspensions, find_suspensions
from tiercel.graph.build import Handler
from tiercel.identity import IdentityTable


class Instruction:
    """One instruction.  All places are in code units (two bytes each) from the start of the code.

    `at` is where the instruction begins, its EXTENDED_ARG prefixes included: jumps and resumptions go there.  `op_at`
    is the unit of the instruction itself, which is what `instr_ptr` and tracebacks refer to; the same without prefix.
    `next` is the instruction that follows, caches skipped; `target` where it jumps, or None.
    """

    __slots__ = ("arg", "at", "handler", "line", "next", "op", "op_at", "opcode", "owner", "target")

    def __init__(self, owner: Code, at: int, op_at: int, opcode: opcodes.Opcode, arg: int, following: int,
                 target: int | None, line: int | None, handler: Handler | None) -> None:
        self.owner = owner
        self.at = at
        self.op_at = op_at
        self.opcode = opcode
        self.op = opcode.name
        self.handler = handler
        self.arg = arg
        self.next = following
        self.target = target
        self.line = line

    def __repr__(self) -> str:
        target = f" -> {self.target}" if self.target is not None else ""
        return f"<{self.at} {self.op} {self.arg}{target}>"

    @property
    def destination(self) -> int:
        """Where an instruction that jumps does so."""
        assert self.target is not None
        return self.target

    @property
    def specialized(self) -> str | None:
        """The specialised form that the interpreter ran when the code was last decoded, if any."""
        return opcodes.SPECIALIZED.get(self.owner.adaptive[2 * self.op_at])

    @property
    def cache(self) -> bytes:
        """The inline cache when the code was last decoded."""
        return self.owner.adaptive[2 * self.op_at + 2 : 2 * self.next]

    @property
    def owner_version(self) -> int:
        """The version tag of the type on whose instances the interpreter found an attribute here; 0: it shows none."""
        if self.specialized not in opcodes.OWNER_VERSION:
            return 0
        return int.from_bytes(self.cache[opcodes.OWNER_VERSION_BEGIN:opcodes.OWNER_VERSION_END], byteorder)

    @property
    def warm(self) -> bool:
        """Whether the interpreter has specialised the instruction, or tried to: it has then run several times."""
        if self.op not in opcodes.ADAPTIVE:
            return False
        return self.specialized is not None or self.cache[:2] != opcodes.INITIAL_COUNTER

    @property
    def missed(self) -> bool:
        """Whether the interpreter met something else here than what it had specialised the instruction for."""
        return self.op in opcodes.ADAPTIVE and self.specialized is not None and self.cache[:2] != opcodes.COOLDOWN_COUNTER

    @property
    def argval(self) -> Any:
        """What the argument stands for: a constant, a name, the name of a local, an operator; else the number."""
        code = self.owner.code
        kind = self.opcode.argument
        if kind == "const":
            return code.co_consts[self.arg]
        if kind.startswith("name"):
            return code.co_names[self.arg >> int(kind[4:] or 0)]
        if kind == "local":
            return self.owner.local_names[self.arg]
        if kind == "locals":
            return self.owner.local_names[self.arg >> 4], self.owner.local_names[self.arg & 15]
        if kind == "operator":
            return opcodes.BINARY_OPERATORS[self.arg]
        if kind == "compare":
            return opcodes.COMPARISONS[self.arg >> 5]
        return self.target if self.target is not None else self.arg

    def slots(self, letters: str) -> list[int]:
        """The locals that the instruction reads (`r`), writes (`w`) or deletes (`d`): any of these letters.

        An instruction that goes through a cell reads the slot that holds it; if it changes the cell's content, it
        counts as writing the slot too (`!`), though the slot keeps its cell.
        """
        uses = self.opcode.locals
        if not uses:
            return []
        if uses == "free":
            count = len(self.owner.local_names)
            return list(range(count - self.arg, count)) if "w" in letters else []
        if uses.startswith("cell"):
            return [self.arg] if "r" in letters or (uses.endswith("!") and "w" in letters) else []
        if "," in uses:
            pairs = zip(uses.split(","), (self.arg >> 4, self.arg & 15))
            return [slot for use, slot in pairs if any(letter in letters for letter in use)]
        return [self.arg] if any(letter in letters for letter in uses) else []


class Code:
    """A decoded code object.  It does not keep the code object alive.

    Of hidden code nothing is known that the interpreter learnt: it runs it for all uses alike.
    """

    __slots__ = ("_code", "_flow", "_resumed", "_suspensions", "adaptive", "by_offset", "hidden", "instructions",
                 "local_names")

    def __init__(self, code: CodeType) -> None:
        self._code = weakref.ref(code)
        self.hidden = is_hidden(code)
        self.adaptive: bytes = code.co_code if self.hidden else code._co_code_adaptive  # type: ignore[attr-defined]
        name_of = code._varname_from_oparg  # type: ignore[attr-defined]
        self.local_names: tuple[str, ...] = tuple(name_of(i) for i in range(_local_count(code)))
        self.instructions = _instructions(self, code)
        self.by_offset: dict[int, Instruction] = {instruction.at: instruction for instruction in self.instructions}
        self._flow: Flow | None = None
        self._suspensions: tuple[Suspensions | None] | None = None
        self._resumed: dict[int, Flow] = {}

    @property
    def code(self) -> CodeType:
        code = self._code()
        assert code is not None, "decoded code used after its code object died"
        return code

    @property
    def flow(self) -> Flow:
        """Blocks, loops, stack depths and liveness."""
        if self._flow is None:
            self._flow = analyse(self)
        return self._flow

    @property
    def suspensions(self) -> Suspensions | None:
        """Where a generator can be suspended, if the code makes one that can be evaluated in place."""
        if self._suspensions is None:
            self._suspensions = (find_suspensions(self),)
        return self._suspensions[0]

    def flow_from(self, unit: int, depth: int) -> Flow:
        """The same of what a generator runs that goes on at `unit`, up to where it yields next; `depth` is that of its
        stack there."""
        flow = self._resumed.get(unit)
        if flow is None:
            flow = self._resumed[unit] = analyse(self, unit, depth)
        return flow

    def handler_at(self, unit: int) -> Handler | None:
        return handler_at(self.code, unit)


def _local_count(code: CodeType) -> int:
    """`co_nlocalsplus`: a cell that is an argument too has one slot only."""
    names = set(code.co_varnames)
    return code.co_nlocals + sum(name not in names for name in code.co_cellvars) + len(code.co_freevars)


def _instructions(owner: Code, code: CodeType) -> list[Instruction]:
    raw = code.co_code
    lines = _lines(code, len(raw) // 2)
    result: list[Instruction] = []
    unit, start, prefix = 0, 0, 0
    while unit < len(raw) // 2:
        number, arg = raw[2 * unit], raw[2 * unit + 1] | prefix << 8
        if number == opcodes.EXTENDED_ARG:
            prefix = arg
            unit += 1
            continue
        entry = opcodes.BY_NUMBER[number]
        following = unit + 1 + entry.caches
        target = None
        if entry.argument == "forward":
            target = following + arg
            if entry.control == "iter":
                target += opcodes.FOR_ITER_SKIPS
        elif entry.argument == "backward":
            target = following - arg
        result.append(Instruction(owner, start, unit, entry, arg, following, target, lines[unit], handler_at(code, unit)))
        unit = start = following
        prefix = 0
    return result


def _lines(code: CodeType, units: int) -> list[int | None]:
    lines: list[int | None] = [None] * units
    for begin, end, line in code.co_lines():
        lines[begin // 2 : end // 2] = [line] * (end // 2 - begin // 2)
    return lines


_decoded = IdentityTable()


def decode(code: CodeType) -> Code:
    """The instructions of a code object, with the interpreter's caches as they are now."""
    decoded: Code | None = _decoded.get(code)
    if decoded is None:
        decoded = Code(code)
        _decoded.set(code, decoded)
    elif not decoded.hidden:
        decoded.adaptive = code._co_code_adaptive  # type: ignore[attr-defined]
    return decoded


def jumps_back(code: CodeType) -> bool:
    """Whether there is a loop in a code object, found without decoding it."""
    return opcodes.OPCODES["JUMP_BACKWARD"].number in code.co_code[::2]
