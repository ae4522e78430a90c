"""What is known of types and their instances at compile time, without running code of the program."""

from __future__ import annotations

import weakref
from struct import calcsize
from types import FunctionType, MemberDescriptorType
from typing import Any, Final

from tiercel import _runtime
from tiercel.values import InstanceInfo

_MRO: Final = type.__dict__["__mro__"].__get__
_DICT: Final = type.__dict__["__dict__"].__get__
_SUBCLASSES: Final = type.__dict__["__subclasses__"]
_TYPE_CALL: Final = type.__dict__["__call__"]
_POINTER: Final = calcsize("P")
MISSING: Final[Any] = _runtime.NULL


def find_in_type(type_: type, name: str) -> Any:
    """What the type's method resolution order has under a name, or MISSING."""
    for base in _MRO(type_):
        names = _DICT(base)
        if name in names:
            return names[name]
    return MISSING


def find_after(type_: type, cls: type, name: str) -> Any:
    """What follows `cls` in the type's method resolution order under a name, as `super` looks it up, or MISSING."""
    order = _MRO(type_)
    if cls not in order:
        return MISSING
    for base in order[order.index(cls) + 1:]:
        names = _DICT(base)
        if name in names:
            return names[name]
    return MISSING


def traits(type_: type) -> dict[str, Any]:
    """How attribute access works for instances of a type; see `type_traits` in the runtime."""
    return _runtime.type_traits(type_)


def is_data_descriptor(value: Any, assumptions: Any) -> bool:
    """Whether a class attribute takes precedence over the instance's own, as long as its own class is not changed."""
    kind = type(value)
    assumptions.add_type(kind)
    return find_in_type(kind, "__set__") is not MISSING or find_in_type(kind, "__delete__") is not MISSING


def is_descriptor(value: Any, assumptions: Any) -> bool:
    """Whether an attribute of a class is bound when it is read through an instance, as long as its own class is not
    changed."""
    assumptions.add_type(type(value))
    return find_in_type(type(value), "__get__") is not MISSING


def peek(value: Any, name: str) -> Any:
    """The attribute that an instance holds itself, or MISSING."""
    return _runtime.peek_attr(value, name, MISSING)


def instance_info(cls: type) -> InstanceInfo | None:
    """The layout of instances of `cls`, if calling it is `object.__new__` and `__init__`; else None."""
    facts = traits(cls)
    if not facts["heap_type"] or find_in_type(type(cls), "__call__") is not _TYPE_CALL \
            or find_in_type(cls, "__new__") is not object.__new__ or _DICT(cls).get("__abstractmethods__"):
        return None
    if facts["inline_values"]:
        names = _runtime.shared_names(cls) if facts["basicsize"] == object.__basicsize__ else None
        return None if names is None else InstanceInfo(cls, names)
    return None if facts["has_dict"] else _slots(cls, facts["basicsize"])


def _slots(cls: type, size: int) -> InstanceInfo | None:
    """The slots of which instances consist, each found in the class under its name; None if there is anything else."""
    slots: list[tuple[int, str]] = []
    for base in _MRO(cls):
        members = [(_runtime.member_offset(value), name) for name, value in _DICT(base).items()
                   if type(value) is MemberDescriptorType and value.__name__ == name and find_in_type(cls, name) is value]
        slots += [each for each in sorted(members) if each[0] >= 0]
    if size != object.__basicsize__ + len(slots) * _POINTER:
        return None
    return InstanceInfo(cls, tuple([name for _, name in slots]), tuple([offset for offset, _ in slots]))


def slot_offset(type_: type, member: Any) -> int:
    """Where instances of a type have the slot behind an attribute of their class; -1 if it is no slot of theirs."""
    if type(member) is not MemberDescriptorType or member.__objclass__ not in _MRO(type_):
        return -1
    return int(_runtime.member_offset(member))


def python_method(type_: type, name: str) -> FunctionType | None:
    """A special method of a type, if it is a Python function."""
    found = find_in_type(type_, name)
    return found if type(found) is FunctionType else None


SEQUENCES: Final = (list, tuple)


def sequence_base(type_: type) -> type | None:
    """Of which sequence a type is a subclass that keeps its items as that does."""
    return next((base for base in SEQUENCES if base is not type_ and base in _MRO(type_)), None)


def compares_as_object(type_: type) -> bool:
    """Whether the comparisons of a type are those of `object`."""
    return all(find_in_type(type_, name) is method for name, method in _COMPARISONS)


_COMPARISONS: Final = [(name, vars(object)[name]) for name in ("__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__")]
_versions: dict[int, weakref.ref[type] | None] = {}


def type_of_version(version: int) -> type | None:
    """The type that an inline cache means by a version tag, or None if there is none any more.

    Tags are never given out twice: one that no type has belongs to a type that is gone or was changed since, so that
    all types are looked through once for each tag at most.
    """
    if version not in _versions:
        pending, seen = [object], {id(object)}
        while pending:
            type_ = pending.pop()
            if (tag := _runtime.type_version(type_)) != 0:
                _versions[tag] = weakref.ref(type_)
            for each in _SUBCLASSES(type_):
                if id(each) not in seen:
                    seen.add(id(each))
                    pending.append(each)
        _versions.setdefault(version, None)
    reference = _versions[version]
    found = reference() if reference is not None else None
    return found if found is not None and _runtime.type_version(found) == version else None
