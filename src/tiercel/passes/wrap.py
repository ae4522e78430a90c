"""Arithmetic of which only low bits are wanted wraps instead of leaving on overflow.

    %p = i64_mul_checked %h, 31      | ...        %p = i64_mul %h, 31
    %q = i64_add_checked %p, %c      | ...   →    %q = i64_add %p, %c
    %r = i64_and %q, 4294967295                   %r = i64_and %q, 4294967295

A mask that is not negative keeps at most 63 bits, and the low 64 bits of sums, differences, products, left shifts and
bitwise operations depend on the low 64 bits of their operands only.  A value that a frame state mentions must be exact,
unless it is the state of an operation that no longer leaves.
"""

from __future__ import annotations

from typing import Final

from tiercel.graph.build import Const, FrameState, Graph, Node
from tiercel.graph.flow import state_nodes
from tiercel.graph.ops import OPS

_CHECKED: Final = {f"i64_{name}_checked": f"i64_{name}" for name in ("add", "sub", "mul", "shl")}
_LOW_BITS: Final = _CHECKED.keys() | {"i64_add", "i64_sub", "i64_mul", "i64_neg", "i64_not", "i64_and", "i64_or", "i64_xor",
                               "i64_shl"}


def wrap(graph: Graph) -> None:
    """Make wrapping operations of the checked ones whose overflow nobody could see."""
    candidates: set[Node] = set()
    masked = False
    for block in graph.blocks:
        for node in block.nodes:
            name = node.op.name    # type: ignore[union-attr]
            if name not in _LOW_BITS:
                continue
            if name.startswith("i64_shl") and not _fixed_shift(node):
                continue
            candidates.add(node)
            masked = masked or _masks(node)
    if not masked:
        return
    frames: dict[FrameState, list[Node]] = {}
    users: dict[Node, list[Node]] = {node: [] for node in candidates}
    mentions: dict[Node, list[Node]] = {node: [] for node in candidates}
    exact: list[Node] = []
    for block in graph.blocks:
        for node in block.nodes:
            for arg in node.args:
                if arg in candidates:
                    users[arg].append(node)
            if node.state is not None:
                for held in state_nodes(node.state, frames):
                    if held in candidates:
                        mentions[held].append(node)
            for edge in node.targets:
                exact.extend(arg for arg in edge.args if arg in candidates)
    candidates.difference_update(exact)
    changed = True
    while changed:
        changed = False
        for node in list(candidates):
            if not (all(user in candidates or _masks(user) for user in users[node])
                    and all(owner in candidates and owner.op.name in _CHECKED    # type: ignore[union-attr]
                            for owner in mentions[node])):
                candidates.discard(node)
                changed = True
    for node in candidates:
        name = node.op.name    # type: ignore[union-attr]
        if name in _CHECKED:
            node.op = OPS[_CHECKED[name]]
            node.state = None
            node.attrs.pop("reason", None)


def _fixed_shift(node: Node) -> bool:
    count = node.args[1]
    return isinstance(count, Const) and 0 <= count.value <= 63


def _masks(node: Node) -> bool:
    """Whether it keeps only low bits of whatever it is given."""
    return node.op.name == "i64_and" and any(    # type: ignore[union-attr]
        isinstance(arg, Const) and arg.value >= 0 for arg in node.args)
