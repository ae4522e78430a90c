"""The instructions of CPython 3.13, one line each; everything else is derived from the table.

Columns: name, entries popped, entries pushed, inline cache entries, where control goes, what the argument means,
what happens to locals.

Popped and pushed: `n` is the argument, `low` its lowest bit, `ex` the targets of a starred unpacking.  They say what
the instruction takes off the stack and puts there when control goes on to the next instruction; entries it merely
looks at (COPY, LIST_APPEND's list) are in neither.

Control: `next`; `jump` (always); `branch` (to the target or the next); `iter` (FOR_ITER); `yield` (goes on
when the generator is resumed); `return`; `raise`.
Locals: `r` reads, `w` writes, `d` deletes, in the order of the operands; `cell` goes through a cell in that slot.
"""

from __future__ import annotations

import opcode
from typing import Final

_TABLE: Final = """
NOP                         0       0       0  next    -        -
RESUME                      0       0       0  next    number   -
POP_TOP                     1       0       0  next    -        -
PUSH_NULL                   0       1       0  next    -        -
COPY                        0       1       0  next    number   -
SWAP                        0       0       0  next    number   -

LOAD_CONST                  0       1       0  next    const    -
LOAD_FAST                   0       1       0  next    local    r
LOAD_FAST_CHECK             0       1       0  next    local    r
LOAD_FAST_AND_CLEAR         0       1       0  next    local    rd
LOAD_FAST_LOAD_FAST         0       2       0  next    locals   r,r
STORE_FAST                  1       0       0  next    local    w
STORE_FAST_LOAD_FAST        1       1       0  next    locals   w,r
STORE_FAST_STORE_FAST       2       0       0  next    locals   w,w
DELETE_FAST                 0       0       0  next    local    rd
MAKE_CELL                   0       0       0  next    local    rw
COPY_FREE_VARS              0       0       0  next    number   free
LOAD_DEREF                  0       1       0  next    local    cell
STORE_DEREF                 1       0       0  next    local    cell!
DELETE_DEREF                0       0       0  next    local    cell!
LOAD_FROM_DICT_OR_DEREF     1       1       0  next    local    cell

LOAD_GLOBAL                 0       1+low   4  next    name1    -
STORE_GLOBAL                1       0       0  next    name     -
DELETE_GLOBAL               0       0       0  next    name     -
LOAD_NAME                   0       1       0  next    name     -
STORE_NAME                  1       0       0  next    name     -
DELETE_NAME                 0       0       0  next    name     -
LOAD_LOCALS                 0       1       0  next    -        -
LOAD_FROM_DICT_OR_GLOBALS   1       1       0  next    name     -
SETUP_ANNOTATIONS           0       0       0  next    -        -
LOAD_BUILD_CLASS            0       1       0  next    -        -
LOAD_ASSERTION_ERROR        0       1       0  next    -        -
IMPORT_NAME                 2       1       0  next    name     -
IMPORT_FROM                 1       2       0  next    name     -

LOAD_ATTR                   1       1+low   9  next    name1    -
STORE_ATTR                  2       0       4  next    name     -
DELETE_ATTR                 1       0       0  next    name     -
LOAD_SUPER_ATTR             3       1+low   1  next    name2    -

UNARY_NEGATIVE              1       1       0  next    -        -
UNARY_NOT                   1       1       0  next    -        -
UNARY_INVERT                1       1       0  next    -        -
TO_BOOL                     1       1       3  next    -        -
BINARY_OP                   2       1       1  next    operator -
COMPARE_OP                  2       1       1  next    compare  -
IS_OP                       2       1       0  next    number   -
CONTAINS_OP                 2       1       1  next    number   -
BINARY_SUBSCR               2       1       1  next    -        -
STORE_SUBSCR                3       0       1  next    -        -
DELETE_SUBSCR               2       0       0  next    -        -
BINARY_SLICE                3       1       0  next    -        -
STORE_SLICE                 4       0       0  next    -        -
GET_LEN                     1       2       0  next    -        -

BUILD_TUPLE                 n       1       0  next    number   -
BUILD_LIST                  n       1       0  next    number   -
BUILD_SET                   n       1       0  next    number   -
BUILD_MAP                   2n      1       0  next    number   -
BUILD_CONST_KEY_MAP         n+1     1       0  next    number   -
BUILD_SLICE                 n       1       0  next    number   -
BUILD_STRING                n       1       0  next    number   -
LIST_APPEND                 1       0       0  next    number   -
LIST_EXTEND                 1       0       0  next    number   -
SET_ADD                     1       0       0  next    number   -
SET_UPDATE                  1       0       0  next    number   -
MAP_ADD                     2       0       0  next    number   -
DICT_UPDATE                 1       0       0  next    number   -
DICT_MERGE                  1       0       0  next    number   -
UNPACK_SEQUENCE             1       n       1  next    number   -
UNPACK_EX                   1       ex      0  next    number   -
CONVERT_VALUE               1       1       0  next    number   -
FORMAT_SIMPLE               1       1       0  next    -        -
FORMAT_WITH_SPEC            2       1       0  next    -        -

CALL                        n+2     1       3  next    number   -
CALL_KW                     n+3     1       0  next    number   -
CALL_FUNCTION_EX            3+low   1       0  next    number   -
CALL_INTRINSIC_1            1       1       0  next    number   -
CALL_INTRINSIC_2            2       1       0  next    number   -
MAKE_FUNCTION               1       1       0  next    -        -
SET_FUNCTION_ATTRIBUTE      2       1       0  next    number   -
EXIT_INIT_CHECK             1       0       0  next    -        -

JUMP_FORWARD                0       0       0  jump    forward  -
JUMP_BACKWARD               0       0       1  jump    backward -
JUMP_BACKWARD_NO_INTERRUPT  0       0       0  jump    backward -
POP_JUMP_IF_FALSE           1       0       1  branch  forward  -
POP_JUMP_IF_TRUE            1       0       1  branch  forward  -
POP_JUMP_IF_NONE            1       0       1  branch  forward  -
POP_JUMP_IF_NOT_NONE        1       0       1  branch  forward  -
GET_ITER                    1       1       0  next    -        -
FOR_ITER                    0       1       1  iter    forward  -
END_FOR                     1       0       0  next    -        -
RETURN_VALUE                1       0       0  return  -        -
RETURN_CONST                0       0       0  return  const    -
INTERPRETER_EXIT            1       0       0  return  -        -

RAISE_VARARGS               n       0       0  raise   number   -
RERAISE                     1       0       0  raise   number   -
PUSH_EXC_INFO               1       2       0  next    -        -
POP_EXCEPT                  1       0       0  next    -        -
CHECK_EXC_MATCH             2       2       0  next    -        -
CHECK_EG_MATCH              2       2       0  next    -        -
BEFORE_WITH                 1       2       0  next    -        -
WITH_EXCEPT_START           4       5       0  next    -        -

MATCH_CLASS                 3       1       0  next    number   -
MATCH_KEYS                  2       3       0  next    -        -
MATCH_MAPPING               1       2       0  next    -        -
MATCH_SEQUENCE              1       2       0  next    -        -

RETURN_GENERATOR            0       1       0  next    -        -
YIELD_VALUE                 1       1       0  yield   number   -
GET_YIELD_FROM_ITER         1       1       0  next    -        -
GET_AWAITABLE               1       1       0  next    number   -
SEND                        2       2       1  branch  forward  -
END_SEND                    2       1       0  next    -        -
CLEANUP_THROW               3       2       0  next    -        -
GET_AITER                   1       1       0  next    -        -
GET_ANEXT                   1       2       0  next    -        -
END_ASYNC_FOR               2       0       0  next    -        -
BEFORE_ASYNC_WITH           1       2       0  next    -        -
"""


class Count:
    """How many stack entries, as a function of the instruction's argument."""

    __slots__ = ("fixed", "per_arg", "low_bit", "starred")

    def __init__(self, fixed: int = 0, per_arg: int = 0, low_bit: int = 0, starred: bool = False) -> None:
        self.fixed = fixed
        self.per_arg = per_arg
        self.low_bit = low_bit
        self.starred = starred

    def of(self, arg: int) -> int:
        count = self.fixed + self.per_arg * arg + self.low_bit * (arg & 1)
        return count + 1 + (arg & 0xFF) + (arg >> 8) if self.starred else count

    @classmethod
    def parse(cls, text: str) -> Count:
        fixed = per_arg = low_bit = 0
        for term in text.split("+"):
            if term == "low":
                low_bit += 1
            elif term.endswith("n"):
                per_arg += int(term[:-1] or 1)
            elif term != "ex":
                fixed += int(term)
        return cls(fixed, per_arg, low_bit, text == "ex")


class Opcode:
    """One line of the table."""

    __slots__ = ("name", "number", "pops", "pushes", "caches", "control", "argument", "locals")

    def __init__(self, name: str, number: int, pops: Count, pushes: Count, caches: int, control: str, argument: str,
                 locals: str) -> None:
        self.name = name
        self.number = number
        self.pops = pops
        self.pushes = pushes
        self.caches = caches
        self.control = control
        self.argument = argument
        self.locals = locals

    @property
    def has_target(self) -> bool:
        return self.argument in ("forward", "backward")

    def effect(self, arg: int) -> int:
        """By how much the stack grows when control goes on to the next instruction."""
        return self.pushes.of(arg) - self.pops.of(arg)

    def jump_effect(self, arg: int) -> int:
        """By how much the stack grows when control goes to the target: an exhausted FOR_ITER drops its iterator."""
        return -1 if self.control == "iter" else self.effect(arg)


def _parse(line: str) -> Opcode:
    name, pops, pushes, caches, control, argument, slots = line.split()
    return Opcode(name, opcode.opmap[name], Count.parse(pops), Count.parse(pushes), int(caches), control,
                  "" if argument == "-" else argument, "" if slots == "-" else slots)


OPCODES: Final[dict[str, Opcode]] = {entry.name: entry for entry in map(_parse, filter(None, _TABLE.splitlines()))}
BY_NUMBER: Final[dict[int, Opcode]] = {entry.number: entry for entry in OPCODES.values()}

EXTENDED_ARG: Final[int] = opcode.opmap["EXTENDED_ARG"]

_SPECIALIZATIONS: Final[dict[str, list[str]]] = opcode._specializations  # type: ignore[attr-defined]

# The numbers of the specialised forms are not in `opmap`.
SPECIALIZED: Final[dict[int, str]] = {
    number: name for name, number in opcode._specialized_opmap.items()}  # type: ignore[attr-defined]
GENERIC: Final[dict[str, str]] = {form: name for name, forms in _SPECIALIZATIONS.items() for form in forms}

# Instructions that count down in their cache before the interpreter specialises them, and what they begin with.
ADAPTIVE: Final[frozenset[str]] = frozenset(name for name in _SPECIALIZATIONS if name in OPCODES and OPCODES[name].caches)
INITIAL_COUNTER: Final = b"\x11\x00"
# What a specialised instruction has in the same place until what it was specialised for does not come: from then on it
# counts down to being specialised anew.
COOLDOWN_COUNTER: Final = b"\x40\x03"

# Specialised forms whose cache has the version tag of the type of the object whose attribute it is, and where.
OWNER_VERSION: Final[frozenset[str]] = frozenset({
    "LOAD_ATTR_INSTANCE_VALUE", "LOAD_ATTR_WITH_HINT", "LOAD_ATTR_SLOT", "LOAD_ATTR_PROPERTY",
    "LOAD_ATTR_METHOD_WITH_VALUES", "LOAD_ATTR_METHOD_NO_DICT", "LOAD_ATTR_METHOD_LAZY_DICT",
    "LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES", "LOAD_ATTR_NONDESCRIPTOR_NO_DICT",
    "STORE_ATTR_INSTANCE_VALUE", "STORE_ATTR_SLOT", "STORE_ATTR_WITH_HINT",
})
OWNER_VERSION_BEGIN: Final = 2       # bytes of the cache
OWNER_VERSION_END: Final = 6

# In the argument of the RESUME behind a yield: no handler covers the yield but the one that every generator has.
RESUME_UNGUARDED: Final = 4
# What else it says: 0 at the start of a function or generator, 1 after a yield, more after one on behalf of another.
RESUME_PLACE: Final = 3

# An exhausted FOR_ITER goes on behind END_FOR and POP_TOP, which only generators returning into a loop run.
FOR_ITER_SKIPS: Final = 2

# Numbers of CALL_INTRINSIC_1; from the last one on they make type variables, aliases and the like.
INTRINSIC_UNARY_POSITIVE, INTRINSIC_LIST_TO_TUPLE, INTRINSICS_OF_TYPE_PARAMETERS = 5, 6, 7

BINARY_OPERATORS: Final[tuple[str, ...]] = tuple(symbol for _, symbol in opcode._nb_ops)  # type: ignore[attr-defined]
COMPARISONS: Final[tuple[str, ...]] = opcode.cmp_op
