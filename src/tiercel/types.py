"""What can be known about a value: a lattice of facts.

A `Fact` is the exact type of a value, if known, and for ints an interval; or a few exact types of which it has one.
The order is "says less": `ANY` says nothing, `join` gives the most that holds of either of two values.  Only exact types
are assumed, never "isinstance".
"""

from __future__ import annotations

from types import BuiltinFunctionType, CodeType, MethodDescriptorType, NoneType
from typing import Any, Final, TypeIs

MAX_UNION: Final = 4
I64_MIN: Final = -(1 << 63)
I64_MAX: Final = (1 << 63) - 1
U64_MAX: Final = (1 << 64) - 1

# as types have them: looking them up would run code of a metaclass
qualified_name = type.__dict__["__qualname__"].__get__
flags_of = type.__dict__["__flags__"].__get__
_name = type.__dict__["__name__"].__get__
_HEAPTYPE: Final = 1 << 9

Types = frozenset[type]


class Fact:
    """`type` is the exact type or None.  An int that is not `big` fits 64 bits and lies within `lo`..`hi`: signed, or,
    where `hi` is beyond the greatest signed number, unsigned.  `union`: where `type` is None, the exact types of which
    the value has one (empty: any type)."""

    __slots__ = ("type", "lo", "hi", "big", "union")

    def __init__(self, type: type | None = None, lo: int = I64_MIN, hi: int = I64_MAX, big: bool = False,
                 union: Types = frozenset()) -> None:
        self.type = type
        self.lo = lo
        self.hi = hi
        self.big = big
        self.union = union

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, Fact) and self.type is other.type and self.lo == other.lo and self.hi == other.hi
                and self.big == other.big and self.union == other.union)

    @property
    def types(self) -> Types:
        """The exact types of which the value has one; empty: any type."""
        return self.union if self.type is None else frozenset((self.type,))

    @property
    def rep(self) -> str:
        """The representation in which such a value is best kept."""
        if self.type is int:
            return "o" if self.big else "u" if self.hi > I64_MAX else "i"
        if self.type is float:
            return "f"
        return "b" if self.type is bool else "o"

    def __str__(self) -> str:
        if self.type is None:
            return " | ".join(sorted(_name(each) for each in self.union)) or "any"
        if self.type is int:
            if self.big:
                return "int"
            if (self.lo, self.hi) == (I64_MIN, I64_MAX):
                return "i64"
            if self.hi > I64_MAX:
                return "u64"
            return f"i64 {self.lo if self.lo > I64_MIN else ''}..{self.hi if self.hi < I64_MAX else ''}"
        return _name(self.type)


ANY: Final = Fact()
INT: Final = Fact(int)
U64: Final = Fact(int, 0, U64_MAX)
BIG_INT: Final = Fact(int, big=True)
FLOAT: Final = Fact(float)
BOOL: Final = Fact(bool)
NONE: Final = Fact(NoneType)
STR: Final = Fact(str)
LIST: Final = Fact(list)
TUPLE: Final = Fact(tuple)
DICT: Final = Fact(dict)
INDEX: Final = Fact(int, 0, I64_MAX)
NUMBER: Final = Fact(union=frozenset({int, float}))


def is_class(value: object) -> TypeIs[type]:
    """Whether an object is a class; what it says of itself by `__class__`, as proxies do, is not asked."""
    return issubclass(type(value), type)


def is_heap_type(type_: type) -> bool:
    """Whether a type was made at run time, like every class of a program: it goes with its last reference, and may change."""
    return bool(flags_of(type_) & _HEAPTYPE)


def one_of(types: Types) -> Fact:
    """The fact that a value's type is exactly one of these."""
    if len(types) == 1:
        return Fact(next(iter(types)))
    return Fact(union=types) if len(types) <= MAX_UNION else ANY


def exact(type_: type) -> Fact:
    """The fact that a value's type is exactly `type_`; an int is taken to fit."""
    return Fact(type_)


def int_between(lo: int, hi: int) -> Fact:
    """The fact of an int within an interval; outside 64 bits it is a big int."""
    if lo < I64_MIN or hi > (U64_MAX if lo >= 0 else I64_MAX):
        return BIG_INT
    return Fact(int, lo, hi)


def of_object(value: Any) -> Fact:
    """All that is known of a constant."""
    type_ = type(value)
    if type_ is int:
        return int_between(value, value)
    return Fact(type_)


def join(a: Fact, b: Fact) -> Fact:
    """What holds of a value of which either `a` or `b` holds."""
    if a == b:
        return a
    if a.type is not b.type or a.type is None:
        return one_of(a.types | b.types) if a.types and b.types else ANY
    if a.type is int:
        return BIG_INT if a.big or b.big else int_between(min(a.lo, b.lo), max(a.hi, b.hi))
    return a


def widen(known: Fact, new: Fact) -> Fact:
    """As `join`, but reaches a fixed point in few steps: a bound that moves goes to its end."""
    result = join(known, new)
    if result.type is int and not result.big and known.type is int:
        lo, hi = known.lo, known.hi
        if result.hi > hi:
            hi = I64_MAX if result.hi <= I64_MAX else U64_MAX
        if result.lo < lo:
            lo = 0 if result.lo >= 0 else I64_MIN
        return int_between(lo, hi)
    return result


def implies(a: Fact, b: Fact) -> bool:
    """Whether `a` says all that `b` says."""
    if b.type is None:
        return not b.union or bool(a.types) and a.types <= b.union
    if a.type is not b.type:
        return False
    if a.type is int:
        return b.big or (not a.big and a.lo >= b.lo and a.hi <= b.hi)
    return True


UNOBSERVABLE: Final[frozenset[Any]] = frozenset({
    int, float, bool, complex, str, bytes, NoneType, type(NotImplemented), type(...), range, CodeType,
    BuiltinFunctionType, MethodDescriptorType, type(int.__add__), type(iter(range(0))),
})


# Hashing these, and comparing one with another, runs no code of the program.  Not floats: a nan equals only the very
# object that it is, which an unboxed one no longer is.
SIMPLE: Final[frozenset[Any]] = frozenset({int, bool, str, bytes, NoneType})
IMMORTAL: Final[frozenset[Any]] = frozenset({bool, type(None), type(...)})    # all their instances are


def observable(fact: Fact) -> bool:
    """Whether a program can notice when a value of this type ends: it, or what it holds, may run code."""
    return not fact.types or not fact.types <= UNOBSERVABLE
