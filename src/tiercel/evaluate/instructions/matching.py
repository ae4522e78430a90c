"""The instructions of `match`.

Each says whether a pattern fits, and the instruction behind it jumps on that: it is evaluated here as well, so that what
fits and what does not part at once, each with what is known of the subject there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiercel.evaluate.instructions.attributes import plain_attribute
from tiercel.evaluate.objects import MISSING, find_in_type
from tiercel.graph.build import NO_WITNESS, Const, Node
from tiercel.types import SIMPLE, exact, flags_of, is_class
from tiercel.values import ABSENT, NONE, Abstract, Virtual, known

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Instruction
    from tiercel.evaluate.evaluator import Evaluator

_MAPPING, _SEQUENCE, _MATCH_SELF, _IMMUTABLE = 1 << 6, 1 << 5, 1 << 22, 1 << 8     # bits of tp_flags


def _jump_behind(e: Evaluator, i: Instruction, *between: str) -> Any:
    """The jump that follows, after these instructions."""
    for op in between[:-1]:
        i = e.frame.code.by_offset.get(i.next)
        if i is None or i.op != op:
            break
    jump = None if i is None else e.frame.code.by_offset.get(i.next)
    if jump is None or jump.op != between[-1]:
        e.leave("a pattern in another form than the compiler's")
    return jump


def _part(e: Evaluator, jump: Any, condition: Any, found: Any, *gone: Abstract) -> bool:
    """Where a pattern fits, push what `found` finds and go on behind the jump, otherwise push None and jump."""
    yes, no = e.branch(condition)
    if yes is not None:
        e.stand_after_split(*yes)
        _fits(e, jump, found, *gone)
    if no is not None:
        e.stand_after_split(*no)
        _fails(e, jump, *gone)
    return True


def _fits(e: Evaluator, jump: Any, found: Any, *gone: Abstract) -> None:
    e.frame.stack.append(found())
    e.let_go(*gone)
    e.go_to(jump.next)


def _fails(e: Evaluator, jump: Any, *gone: Abstract) -> None:
    e.frame.stack.append(NONE)
    e.let_go(*gone)
    e.go_to(jump.target)


def _part_found(e: Evaluator, jump: Any, found: Node, count: int, *gone: Abstract) -> bool:
    """The same for what a call of CPython found: a tuple, or None."""
    def parts() -> Virtual:
        return Virtual("tuple", [e.tuple_item(found, Const(n, "i")) for n in range(count)])
    return _part(e, jump, e.not_(e.identical(found, NONE)), parts, *gone)


# -- classes -------------------------------------------------------------------------------------------------------------


def match_class(e: Evaluator, i: Instruction) -> bool:
    stack = e.frame.stack
    jump = _jump_behind(e, i, "COPY", "POP_JUMP_IF_NONE")
    keywords, cls, subject = (e.bound(stack.pop()) for _ in range(3))
    type_ = e.learn_for_test(subject)
    wanted = e.constant(cls)
    names = _attributes(e, wanted, i.arg, e.constant(keywords)) if is_class(wanted) else None
    if names is None or (type_ is None and not e.leaves_instances_to_type(wanted)):
        return _match_by_cpython(e, i, jump, subject, cls, keywords)
    fits = e.instance_test(subject, wanted)
    if fits is None:
        return _match_by_cpython(e, i, jump, subject, cls, keywords)
    if not names or (isinstance(fits, Const) and not fits.value):
        return _part(e, jump, fits, lambda: Virtual("tuple", []), subject)
    if type_ is None:
        assert isinstance(subject, Node)
        return _match_some(e, i, jump, subject, cls, keywords, names)
    return _match_known(e, i, jump, subject, type_, cls, keywords, names)


def _match_some(e: Evaluator, i: Instruction, jump: Any, subject: Node, cls: Any, keywords: Any, names: list[str | None]) -> bool:
    """A subject of any type: the attributes are looked up in place where it is an instance of the very class."""
    there, elsewhere = e.parted(e.emit("type_is", subject, type=cls.value))
    e.stand_after_split(*there)
    e.narrow(subject, exact(cls.value))
    _match_known(e, i, jump, subject, cls.value, cls, keywords, names)
    e.stand_after_split(*elsewhere)
    fits = e.instance_test(subject, cls.value)
    assert fits is not None
    yes, no = e.branch(fits)
    if no is not None:
        e.stand_after_split(*no)
        _fails(e, jump, subject)
    if yes is not None:
        e.stand_after_split(*yes)
        _match_by_cpython(e, i, jump, subject, cls, keywords)
    return True


def _match_known(e: Evaluator, i: Instruction, jump: Any, subject: Abstract, type_: type, cls: Any, keywords: Any,
                 names: list[str | None]) -> bool:
    """A subject of a known type, which is an instance of the class."""
    values = []
    for name in names:
        value = subject if name is None else plain_attribute(e, subject, type_, name)
        if value is None:
            return _match_by_cpython(e, i, jump, subject, cls, keywords)
        values.append(value)
    _fits(e, jump, lambda: Virtual("tuple", values), subject)
    return True


def _match_by_cpython(e: Evaluator, i: Instruction, jump: Any, subject: Abstract, cls: Abstract, keywords: Abstract) -> bool:
    found = e.emit("match_class", e.obj(subject), e.obj(cls), e.obj(keywords), positional=i.arg)
    return _part_found(e, jump, found, i.arg + len(e.constant(keywords)), subject, cls)


def _attributes(e: Evaluator, cls: type, positional: int, keywords: tuple[str, ...]) -> list[str | None] | None:
    """The names of the attributes that a class pattern looks at, None for the object itself; None if that is an error or
    not to be foreseen."""
    names: list[str | None] = list(keywords)
    if positional:
        if type(cls) is not type:
            return None
        first = find_in_type(cls, "__match_args__")
        e.assumptions.add_type(cls)
        if first is MISSING:
            if positional > 1 or not flags_of(cls) & _MATCH_SELF:
                return None
            names.insert(0, None)
        elif type(first) is tuple and len(first) >= positional and all(type(name) is str for name in first):
            names[:0] = first[:positional]
        else:
            return None
    return names if len(set(names)) == len(names) else None


# -- sequences and mappings ----------------------------------------------------------------------------------------------


def _match_collection(flag: int) -> Any:
    """Whether the subject's type says that it is such a collection.  A class written in Python may come to say so at any
    time, which nobody is told of."""
    def handler(e: Evaluator, i: Instruction) -> bool:
        jump = _jump_behind(e, i, "POP_JUMP_IF_FALSE")
        subject = e.bound(e.frame.stack[-1])
        type_ = e.learn(subject)
        if type_ is not None and flags_of(type_) & _IMMUTABLE:
            fits: Any = Const(bool(flags_of(type_) & flag), "b")
        else:
            fits = e.emit("type_flag", e.obj(subject), flag=flag)
        yes, no = e.branch(fits)
        for way, unit in ((yes, jump.next), (no, jump.target)):
            if way is not None:
                e.go_to(unit, *way)
        return True
    return handler


def match_keys(e: Evaluator, i: Instruction) -> bool:
    jump = _jump_behind(e, i, "COPY", "POP_JUMP_IF_NONE")
    keys, subject = e.bound(e.frame.stack[-1]), e.bound(e.frame.stack[-2])
    wanted = e.constant(keys)
    plain = isinstance(keys, Const) and all(type(key) in SIMPLE for key in wanted) and len(set(wanted)) == len(wanted)
    if not plain or e.learn(subject) is not dict or "keys" in e.failures():
        found = e.emit("match_keys", e.obj(subject), e.obj(keys))
        return _part_found(e, jump, found, len(keys.parts) if isinstance(keys, Virtual) else len(wanted))
    values: list[Abstract] = []
    seen = e.witness_of(subject)
    absent: Any = Const(False, "b")
    for key in wanted:
        witness = NO_WITNESS if seen is NO_WITNESS else dict.get(seen, key, NO_WITNESS)
        value = e.emit("dict_get_or", e.obj(subject), e.obj(known(key)), e.obj(ABSENT), reason="keys",
                       witness=witness)
        absent = e.either(absent, e.emit("is", value, ABSENT))
        values.append(value)
    return _part(e, jump, e.not_(absent), lambda: Virtual("tuple", values))


HANDLERS: Final = {
    "MATCH_CLASS": match_class, "MATCH_KEYS": match_keys, "MATCH_SEQUENCE": _match_collection(_SEQUENCE),
    "MATCH_MAPPING": _match_collection(_MAPPING),
}
