"""Block parameters that always hold the same value become one.

    b1(%x: bool, %y: bool):                       b1(%x: bool):
      ...                                  →        ...
      jump b1(true, true)                           jump b1(true)

Optimistic: parameters of a block are taken to be equal until an edge shows that they are not, so that loops do not
hide it (partition refinement, as in Alpern, Wegman and Zadeck, "Detecting equality of variables in programs", 1988).
"""

from __future__ import annotations

from typing import Any

from tiercel.graph.build import Block, Const, Edge, Graph, Node, Operand
from tiercel.graph.flow import replace


def merge_parameters(graph: Graph) -> None:
    """Remove all but one of the parameters of a block that are shown to be equal."""
    incoming: dict[Block, list[Edge]] = {block: [] for block in graph.blocks}
    for block in graph.blocks:
        for edge in block.successors:
            incoming[edge.block].append(edge)
    leader: dict[Node, Node] = {}
    candidates = [block for block in graph.blocks[1:] if len(block.params) > 1]
    for block in candidates:
        first: dict[str, Node] = {}
        for param in block.params:
            leader[param] = first.setdefault(param.rep, param)
    changed = True
    while changed:
        changed = False
        for block in candidates:
            changed |= _split(block, incoming[block], leader)
    mapping = {param: chief for param, chief in leader.items() if param is not chief}
    if not mapping:
        return
    for block in candidates:
        kept = [index for index, param in enumerate(block.params) if param not in mapping]
        if len(kept) < len(block.params):
            block.params = [block.params[index] for index in kept]
            for edge in incoming[block]:
                edge.args = [edge.args[index] for index in kept]
    replace(graph, mapping)


def _split(block: Block, incoming: list[Edge], leader: dict[Node, Node]) -> bool:
    """Part the block's classes by what the edges pass; True if any class fell apart."""
    classes: dict[tuple[Any, ...], Node] = {}
    changed = False
    for index, param in enumerate(block.params):
        key = (leader[param], *(_class_of(edge.args[index], leader) for edge in incoming))
        chief = classes.setdefault(key, param)
        if chief is not leader[param]:
            leader[param] = chief
            changed = True
    return changed


def _class_of(operand: Operand, leader: dict[Node, Node]) -> Any:
    if isinstance(operand, Const):
        return operand.key()
    return id(leader.get(operand, operand) if isinstance(operand, Node) else operand)
