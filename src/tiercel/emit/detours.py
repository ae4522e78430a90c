"""Detours: where native calls go while their target leads to no version.

Machine code of the same form as a native one, which hands its arguments to the runtime.  It depends on nothing but the
signature, so there is one for each signature, for good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiercel import _runtime
from tiercel.emit.abi import TYPES
from tiercel.emit.llvm import Effort, backend

if TYPE_CHECKING:
    from tiercel.emit.library import Linked

_made: dict[str, Linked] = {}


def provide(target: Any) -> None:
    """Give a target its detour, which it must have before machine code calls it."""
    if not target.detour:
        target.set_detour(_detour(target.signature))


def text_of(signature: str) -> str:
    """The LLVM text of a signature's detour."""
    reps = list(enumerate(signature[1:]))
    params = "".join(f", {TYPES[rep]} %p{number}" for number, rep in reps)
    widened = [f"%w{number} = zext i1 %p{number} to i64" for number, rep in reps if rep == "b"]
    given = "".join(f", i64 %w{number}" if rep == "b" else f", {TYPES[rep]} %p{number}" for number, rep in reps)
    return "\n".join([
        f'@signature = private constant [{len(signature) + 1} x i8] c"{signature}\\00"',
        "declare { i64, i64 } @tc_detour(ptr, ptr, ptr, ...) nounwind",
        f"define dso_local {{ i64, i64 }} @detour(ptr %th, ptr %func{params}) nounwind {{", *widened,
        f"%r = call {{ i64, i64 }} (ptr, ptr, ptr, ...) @tc_detour(ptr %th, ptr %func, ptr @signature{given})",
        "ret { i64, i64 } %r", "}", ""])


def _detour(signature: str) -> int:
    linked = _made.get(signature)
    if linked is None:
        llvm = backend()
        made = llvm.job(text_of(signature), "detour", Effort.QUICK)
        made.run()
        linked = llvm.link(made.take(), ["detour"], {"tc_detour": _runtime.symbols()["tc_detour"]}, f"detour {signature}")
        _made[signature] = linked
    return linked.addresses["detour"]
