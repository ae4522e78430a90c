"""Abstract values: what a local or a stack slot holds while bytecode is evaluated.

A value is one of: a graph `Node` (its representation is boxed or raw), a graph `Const` with an object, a `Virtual`
object that exists only at compile time, `NULL` (unbound, or an empty stack slot), or a `MaybeUnbound`.
"""

from __future__ import annotations

from types import BuiltinFunctionType, CellType, CodeType, FunctionType, GeneratorType, MethodType
from typing import TYPE_CHECKING, Any, Final

from tiercel.bytecode.suspensions import type_made
from tiercel.graph.build import NULL, Const, Node, _Mark
from tiercel.types import NUMBER, Fact

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Code

LIST_ITERATOR: Final[type] = type(iter([]))
TUPLE_ITERATOR: Final[type] = type(iter(()))
RANGE_ITERATOR: Final[type] = type(iter(range(0)))
STR_ITERATOR: Final[type] = type(iter(""))
BYTES_ITERATOR: Final[type] = type(iter(b""))
LIST_REVERSE_ITERATOR: Final[type] = type(reversed([]))

# kind of a virtual object -> its Python type, and whether its parts change during its life
KINDS: Final[dict[str, tuple[type, bool]]] = {
    "tuple": (tuple, False),
    "slice": (slice, False),
    "wide": (int, False),             # the exact result of an operation of which the next instruction keeps 64 bits
    "number": (object, False),        # an int or a float: whether it is an int, and its value, exactly, as a double
    "range": (range, False),
    "bound_method": (MethodType, False),
    "builtin_method": (BuiltinFunctionType, False),
    "function": (FunctionType, False),
    "instance": (object, True),       # of the class that its `info` names
    "cell": (CellType, True),
    "list_iterator": (LIST_ITERATOR, True),
    "tuple_iterator": (TUPLE_ITERATOR, True),
    "range_iterator": (RANGE_ITERATOR, True),
    "str_iterator": (STR_ITERATOR, True),
    "bytes_iterator": (BYTES_ITERATOR, True),
    "reversed_list": (LIST_REVERSE_ITERATOR, True),
    "enumerate": (enumerate, True),
    "zip": (zip, True),
    "generator": (GeneratorType, True),
}


class Virtual:
    """An object that is built only where it escapes or at an exit.

    Its parts are abstract values; those of a mutable kind are in `State.heap`, so that branches have their own.
    `info` is what else it is made of: a FunctionInfo, a GeneratorInfo, or an InstanceInfo; the parts of an instance are
    its attributes (NULL: not set).

    The parts of a generator are its function and, unless its body is just being evaluated, the point at which it is
    suspended (see `bytecode/suspensions.py`), its locals, and its stack, filled up with NULL.
    """

    __slots__ = ("kind", "parts", "info", "depth")

    def __init__(self, kind: str, parts: list[Abstract] | None = None, info: Any = None) -> None:
        self.kind = kind
        self.parts: list[Abstract] = parts if parts is not None else []
        self.info = info
        self.depth = 0      # of a tuple: how many lie in each other in it

    @property
    def fact(self) -> Fact:
        """The exact type the object will have, as far as it is known."""
        if self.kind == "number":
            return NUMBER
        return Fact(self.info.type if self.kind in ("instance", "generator") else KINDS[self.kind][0])

    @property
    def mutable(self) -> bool:
        return KINDS[self.kind][1]

    def __repr__(self) -> str:
        return f"<virtual {self.kind}>"


class FunctionInfo:
    """What a virtual function is besides its parts (defaults, keyword defaults, annotations, closure by `flags`)."""

    __slots__ = ("code", "globals", "qualname", "flags")

    def __init__(self, code: CodeType, globals: dict[str, Any], qualname: str, flags: int) -> None:
        self.code = code
        self.globals = globals
        self.qualname = qualname
        self.flags = flags

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, FunctionInfo) and self.code is other.code and self.qualname == other.qualname
                and self.flags == other.flags)

    def __hash__(self) -> int:
        return hash((id(self.code), self.qualname, self.flags))


class GeneratorInfo:
    """What a virtual generator runs; one for each code in each namespace, so that identity tells them apart."""

    __slots__ = ("code", "globals")

    def __init__(self, code: Code, globals: dict[str, Any]) -> None:
        self.code = code
        self.globals = globals

    @property
    def type(self) -> type:
        """Of the object: that of generators or of coroutines."""
        return type_made(self.code.code)


class InstanceInfo:
    """The class of a virtual instance, and what it has room for: the shared keys of a class whose instances have inline
    values, in the order of the keys, or slots, in the order in which its end clears them."""

    __slots__ = ("type", "names", "offsets")

    def __init__(self, type: type, names: tuple[str, ...], offsets: tuple[int, ...] | None = None) -> None:
        self.type = type
        self.names = names
        self.offsets = offsets    # of the slots, in bytes from the object

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, InstanceInfo) and self.type is other.type and self.names == other.names
                and self.offsets == other.offsets)

    def __hash__(self) -> int:
        return hash((id(self.type), self.names, self.offsets))

    @property
    def slotted(self) -> bool:
        return self.offsets is not None

    @property
    def places(self) -> tuple[str, ...] | tuple[int, ...]:
        """What an exit knows the attributes by."""
        return self.names if self.offsets is None else self.offsets


class MaybeUnbound:
    """A local that holds `value` where the node `bound` is true and is unbound elsewhere."""

    __slots__ = ("bound", "value")

    def __init__(self, bound: Node, value: Node) -> None:
        self.bound = bound
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MaybeUnbound) and self.bound is other.bound and self.value is other.value

    def __hash__(self) -> int:
        return hash((self.bound, self.value))


Abstract = Node | Const | Virtual | MaybeUnbound | _Mark


def known(value: Any) -> Const:
    """The abstract value of a constant object."""
    return Const(value, "o")


NONE: Final = known(None)
TRUE: Final = known(True)
FALSE: Final = known(False)
# What a lookup gives where nothing is found: no program has it.
ABSENT: Final = known(type("Absent", (), {"__slots__": (), "__repr__": lambda self: "<absent>"})())

__all__ = ["ABSENT", "FALSE", "NONE", "NULL", "TRUE", "Abstract", "FunctionInfo", "GeneratorInfo", "InstanceInfo",
           "MaybeUnbound", "Virtual", "known"]
