"""What machine code must know of C structures: byte offsets, all reported by the runtime, and kinds of memory.

Nothing here is a literal of one CPython version: the runtime takes every number from `offsetof` where it was built.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from struct import calcsize
from types import CodeType
from typing import Final

TYPES: Final = {"o": "ptr", "i": "i64", "u": "i64", "f": "double", "b": "i1", "": "void"}

# Kinds of memory, told to LLVM as TBAA: accesses of different kinds never touch the same bytes.
KINDS: Final = ("type", "refcount", "list", "items", "float", "long", "attr", "dictptr", "cell", "tuple", "str", "bytes",
         "bytearray", "iter", "dict", "set", "func", "frame", "thread", "extra", "keys", "buffer", "array")
# What an array.array of a type code holds.
ITEM_TYPES: Final = {"f": "float", "d": "double", **{code: f"i{8 * calcsize(code)}" for code in "bBhHiIlLqQ"}}
TBAA: Final = {kind: f", !tbaa !{2 * number + 2}" for number, kind in enumerate(KINDS)}
PLAIN: Final = dict.fromkeys(KINDS, "")     # where LLVM is told nothing
UNLIKELY: Final = ", !prof !900"         # the first target of the branch
LIKELY: Final = ", !prof !901"


def metadata(text: str) -> list[str]:
    """The metadata of TBAA, UNLIKELY and LIKELY that a text refers to."""
    lines = []
    for number, kind in enumerate(KINDS):
        if f"{TBAA[kind]}\n" in text:
            lines.append(f'!{2 * number + 1} = !{{!"{kind}", !0, i64 0}}')
            lines.append(f"!{2 * number + 2} = !{{!{2 * number + 1}, !{2 * number + 1}, i64 0}}")
    if lines:
        lines.append('!0 = !{!"tiercel"}')
    if LIKELY in text or UNLIKELY in text:
        lines.append('!900 = !{!"branch_weights", i32 1, i32 1048575}')
        lines.append('!901 = !{!"branch_weights", i32 1048575, i32 1}')
    return lines


@cache
def offsets() -> Mapping[str, int]:
    """Offsets and constants by name, from the runtime."""
    from tiercel import _runtime

    found = _runtime.offsets()
    behind = (found["frame.return_offset"], found["frame.owner"])
    if behind != (found["frame.stacktop"] + 4, found["frame.stacktop"] + 6):
        raise RuntimeError("the fields behind a frame's stack top are not where one store would set them")
    return found


def local_count(code: CodeType) -> int:
    """`co_nlocalsplus`: locals, cells that are no locals, and free variables."""
    names = set(code.co_varnames)
    return len(names) + sum(name not in names for name in code.co_cellvars) + len(code.co_freevars)


def frame_words(code: CodeType, offset: Mapping[str, int]) -> int:
    """`co_framesize`: words that a frame of this code takes on the data stack."""
    return offset["frame.localsplus"] // 8 + local_count(code) + code.co_stacksize
