"""Bodies of generators: what they come to, and when their frames are linked (see runtime/resume.c)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from tiercel.bytecode.suspensions import depth_of, unit_of
from tiercel.emit import abi
from tiercel.graph.build import NULL, Const, Node, Operand

if TYPE_CHECKING:
    from tiercel.emit.lower import Lowering

_YIELDED, _RETURNED, _DELEGATED, _STARTS = range(3, 7)       # what `enter` returns


def _suspend(e: Lowering, node: Node) -> None:
    value, point, *slots = node.args
    _suspend_at(e, value, point, slots, _DELEGATED if node.attrs.get("delegates") else _YIELDED)


def _delegate(e: Lowering, node: Node) -> None:
    point, *slots = node.args
    _suspend_at(e, NULL, point, slots, _STARTS)


def _suspend_at(e: Lowering, value: Operand, point: Operand, slots: Sequence[Operand], outcome: int) -> None:
    assert isinstance(point, Const)
    at, depth = unit_of(point.value), depth_of(point.value)
    code = e.offset["code.code_adaptive"] + 2 * at
    e.store("ptr", f"getelementptr (i8, ptr {e.code}, i64 {code})", "%frame", e.offset["frame.instr_ptr"], "frame")
    _put_back(e, value, slots, depth, outcome)


def _finish(e: Lowering, node: Node) -> None:
    value, *slots = node.args
    _put_back(e, value, slots, 0, _RETURNED)


def _put_back(e: Lowering, value: Operand, slots: Sequence[Operand], depth: int, outcome: int) -> None:
    """Fill the slots of a generator's frame and return the value to the runtime.  Empty locals have been so since the
    frame was entered."""
    count = abi.local_count(e.graph.code)
    for number, slot in enumerate(slots):
        if slot is not NULL or number >= count:
            e.store("ptr", e.value(slot), "%frame", e.offset["frame.localsplus"] + 8 * number, "frame")
    e.store("i32", str(count + depth), "%frame", e.offset["frame.stacktop"], "frame")
    e.store("ptr", e.value(value), "%extra", 0, "extra")
    e.line(f"ret i64 {outcome}")


def link_chain(e: Lowering, lasting: bool = True) -> None:
    """Before what could see frames: those of a generator and of all that wait for it are linked, unless they are already.
    `lasting`: every way on leads through here."""
    if not e.unlinked:
        return
    e.unlinked = not lasting
    if e.quick:
        e.call("void", "tc_link_chain", ("ptr", "%extra"))
        return
    chain = e.load("ptr", "%extra", e.offset["extra.chain"], "extra")
    cold, done = e.fresh("chain"), e.fresh("l")
    e.line(f"br i1 {e.put(f'icmp eq ptr {chain}, null')}, label %{done}, label %{cold}{e.unlikely}")
    saved = e.aside(cold)
    e.call("void", "tc_link_chain", ("ptr", "%extra"))
    e.line(f"br label %{done}")
    e.back(saved)
    e.start(done)


RULES: Final[dict[str, Any]] = {"suspend": _suspend, "delegate": _delegate, "finish": _finish}
