"""The early part of a function: what comes before anything needs its frame.

It becomes a function of its own, `native`, which goes on in the other, `late`, by a tail call.  So calls that end there,
as the bottom of a recursion does, neither link a frame nor save a register.  Where a function calls itself, a small early
part is repeated: a call that ends there puts nothing down and asks for nothing afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tiercel.emit.abi import TYPES
from tiercel.graph.build import Block, Edge, Graph, Node
from tiercel.graph.flow import reverse_postorder
from tiercel.graph.ops import Effect

if TYPE_CHECKING:
    from tiercel.emit.lower import Lowering

_RESULT: Final = "{ i64, i64 }"
MAX_REPEATED: Final = 12     # nodes


def needs_frame(node: Node) -> bool:
    """Whether other code may look at the frame while the node runs, or the call cannot begin anew after it."""
    op = node.op
    assert op is not None
    keeps = bool(op.effects & Effect.KEEPS) and op.name not in ("unlink", "drop") and not op.name.startswith("incref")
    return op.raises or keeps or op.releases and op.name != "drop" or bool(op.writes)


def _owns(node: Node) -> bool:
    """Whether a reference would be lost if the call began anew after the node."""
    return node.op is not None and (node.op.ref == "new" or node.op.name.startswith("incref"))


def early_blocks(graph: Graph) -> set[Block]:
    """The blocks before the frame is linked: those from the entry on in which nothing needs one, as far as a single way
    leads on from them, and if a way out of the function lies among them."""
    early: dict[Block, None] = {}
    predecessors = graph.predecessors()
    polls = int(polls_at_entry(graph))
    for block in reverse_postorder(graph):
        nodes = block.nodes[polls:] if block is graph.entry else block.nodes
        if (all(before in early for before, _ in predecessors[block]) and not any(map(needs_frame, nodes))
                and (not block.successors or not any(map(_owns, nodes)))):
            early[block] = None
    while sum(len(_late_edges(block, early)) for block in early) > 1:
        gone = {next(block for block in reversed(early) if _late_edges(block, early))}
        for block in early:
            if any(before in gone for before, _ in predecessors[block]):
                gone.add(block)
        early = {block: None for block in early if block not in gone}
    returns = any(block.end is not None and block.end.op.name == "return" for block in early)  # type: ignore[union-attr]
    return set(early) if returns else set()


def _late_edges(block: Block, early: Mapping[Block, None] | set[Block]) -> list[Edge]:
    return [edge for edge in block.successors if edge.block not in early]


def go_late(e: Lowering, edge: Edge) -> str:
    """The label of a block that goes on in `late` with what that needs of the values known by then."""
    texts = {e.value(value): TYPES[value.rep] for value in _handed(e, edge)}
    # a node of the same bits as a parameter has the parameter's name
    e.handed = [(type_, text) for text, type_ in texts.items()
                if text.startswith("%") and (type_, text) not in parameters(e)]
    label = e.fresh("late")
    given = "".join(f", {type_} {text}" for type_, text in (*parameters(e), *e.handed))
    e.cold += [f"{label}:", f"%r.{label} = tail call {_RESULT} @late(ptr %th, ptr %func{given})",
               f"ret {_RESULT} %r.{label}"]
    e.incoming.setdefault(edge.block, []).append(("start", edge.args))
    return label


def _handed(e: Lowering, edge: Edge) -> list[Node]:
    """The results of early nodes that the late part mentions; `edge` leads there."""
    mentioned = [*edge.args]
    for block in reverse_postorder(e.graph):
        if block not in e.early_blocks:
            for node in block.nodes:
                mentioned += [*node.args, *(arg for target in node.targets for arg in target.args)]
                mentioned += node.state.nodes() if node.state is not None else ()
    return [value for value in mentioned
            if isinstance(value, Node) and value.block in e.early_blocks and value not in e.graph.entry.params]


def parameters(e: Lowering) -> list[tuple[str, str]]:
    """The types and names of the parameters of the native form, after the thread and the function."""
    return [(TYPES[param.rep], f"%p{number}") for number, param in enumerate(e.graph.entry.params)]


def polls_at_entry(graph: Graph) -> bool:
    """Whether the first thing that the function does is to poll: the prologue looks then already, and lets the
    interpreter have the call if something is pending."""
    first = graph.entry.nodes[0].op
    return first is not None and first.name == "poll" and graph.loop_at is None and graph.linked and not any(
        edge.block is graph.entry for block in graph.blocks for edge in block.successors)


# -- repeated where the function calls itself ------------------------------------------------------------------------


class Repeat:
    """The early part being written where the function calls itself."""

    __slots__ = ("labels", "otherwise", "done", "results")

    def __init__(self, labels: dict[Block, str], otherwise: str, done: str) -> None:
        self.labels = labels
        self.otherwise = otherwise    # where a call is made after all
        self.done = done
        self.results: list[tuple[str, str]] = []    # (value, label it comes from)


def can_repeat(e: Lowering) -> bool:
    """Whether the early part is small, and may simply begin anew in a call."""
    blocks = e.early_blocks
    if not 0 < sum(len(block.nodes) for block in blocks) <= MAX_REPEATED:
        return False
    for block in blocks:
        end = block.nodes[-1]
        if block.params and block is not e.graph.entry:
            return False
        if end.op.name == "return" and e.rep(end.args[0]) != e.graph.result:    # type: ignore[union-attr]
            return False
        if any(map(_owns, block.nodes)) and any(map(_leaves, block.nodes)):
            return False
    return True


def _leaves(node: Node) -> bool:
    return node.op is not None and node.op.leaves and node.op.name != "unlink"


def repeat(e: Lowering, call: Node, function: str) -> tuple[Repeat, str]:
    """Write the early part for a call of the function itself: where it ends, its results are noted; otherwise on, where
    a call is to be made.  Also the name of what must be called then."""
    order = [block for block in reverse_postorder(e.graph) if block in e.early_blocks]
    again = Repeat({block: e.fresh("early") for block in order}, e.fresh("l"), e.fresh("l"))
    left = e.load("i32", "%ts", e.offset["tstate.py_recursion_remaining"], "thread")
    deep = e.put(f"icmp slt i32 {left}, 1")
    e.line(f"br i1 {deep}, label %{again.otherwise}, label %{again.labels[order[0]]}{e.unlikely}")
    given = {param: e.value(arg) for param, arg in zip(e.graph.entry.params, call.args, strict=True)}
    values, early = e.values, e.early
    e.values = {**{node: text for node, text in values.items() if node.block not in e.early_blocks}, **given,
                e.graph.function: function}
    e.repeated, e.early = again, True
    for block in order:
        e.start(again.labels[block])
        for node in block.nodes:
            e.node(node)
    e.values, e.repeated, e.early = values, None, early
    e.start(again.otherwise)
    late = next(edge for block in order for edge in _late_edges(block, e.early_blocks))
    begins_anew = bool(_handed(e, late)) or any(_leaves(node) for block in order for node in block.nodes)
    return again, "@native" if begins_anew else "@late"
