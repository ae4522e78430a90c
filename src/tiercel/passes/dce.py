"""Dead code: what no effect, no result and no frame state needs.

    b1(%x: f64, %unused: i64):                    b1(%x: f64):
      %b = box_f64 %x                        →      poll    | before 4 {x=%x}
      %t = tuple_new %b, @1                         return %x
      poll    | before 4 {x=%b} [%t]                (the state's stack: [tuple(%x, @1)])
      return %x

An object that only frame states mention and that can be made at the exit sinks into them: a box leaves its number
there, a tuple, list or slice and the like becomes a virtual object, as does a part of a list that nothing has changed
since.  Block parameters that only feed themselves go too.
"""

from __future__ import annotations

from typing import Final

from tiercel.graph.build import Edge, FrameState, Graph, Node, Slot, VirtualObject
from tiercel.graph.flow import replace, state_nodes

_BOXES: Final = frozenset({"box_i64", "box_u64", "box_f64", "box_bool"})
_VIRTUALS: Final = {
    "tuple_new": "tuple", "list_new": "list", "slice_new": "slice", "range_new": "range",
    "bound_method_new": "bound_method", "builtin_method_new": "builtin_method", "box_number": "number",
    "range_iter_new": "range_iterator",
}
_COPIES: Final = {"list_slice": "list_slice", "list_slice_step": "list_slice"}      # of what may change
_NUMBERS: Final = _BOXES | {"box_number"}
_LETS_GO: Final = ("release", "drop")
_SINKS: Final = frozenset((*_BOXES, *_VIRTUALS, *_COPIES))


def remove_dead(graph: Graph) -> None:
    """Remove dead nodes and block parameters, and sink objects into the frame states."""
    _forget_harmless(graph)
    edges: dict[Node, list[tuple[Edge, int]]] = {}
    roots: list[Node] = []
    for block in graph.blocks:
        for node in block.nodes:
            if not node.op.removable:    # type: ignore[union-attr]
                roots.append(node)
        for edge in block.successors:
            for i, param in enumerate(edge.block.params):
                edges.setdefault(param, []).append((edge, i))

    live: set[Node] = set(roots)
    sunk: dict[Node, None] = {}
    frames: dict[FrameState, list[Node]] = {}
    seen: set[FrameState] = set()
    work = roots
    waiting: list[Node] = []    # sinkable nodes that states mention
    while work or waiting:
        if not work:
            _sink_one(waiting.pop(), live, sunk, work, waiting)
            continue
        node = work.pop()
        if node.op is None:
            for edge, i in edges.get(node, ()):
                arg = edge.args[i]
                if type(arg) is Node and arg not in live:
                    live.add(arg)
                    work.append(arg)
            continue
        for arg in node.args:
            if type(arg) is Node and arg not in live:
                live.add(arg)
                work.append(arg)
        state = node.state
        if state is not None and state not in seen:
            seen.add(state)
            for mentioned in state_nodes(state, frames):
                if mentioned in live:
                    continue
                if mentioned.op is not None and mentioned.op.name in _SINKS and _can_be_made_at(node, mentioned):
                    waiting.append(mentioned)
                else:
                    live.add(mentioned)
                    work.append(mentioned)

    _sweep(graph, live)
    _sink(graph, [node for node in sunk if node not in live])


def _can_be_made_at(site: Node, made: Node) -> bool:
    """Whether a node would compute the same at a later site that mentions it."""
    reads = made.op.reads    # type: ignore[union-attr]
    if not reads:
        return True
    block = made.block
    assert block is not None
    if site.block is not block:
        return False
    between = block.nodes[block.nodes.index(made) + 1:block.nodes.index(site) + 1]
    return not any(node.op.runs or node.op.releases or node.op.writes & reads for node in between)  # type: ignore[union-attr]


def _forget_harmless(graph: Graph) -> None:
    """Nobody sees the end of a sequence that holds constants and numbers only and that was only made and let go of."""
    harmless: dict[Node, list[Node]] = {}
    for block in graph.blocks:
        for node in block.nodes:
            if node.op.name in _LETS_GO:    # type: ignore[union-attr]
                made = node.args[0]
                if isinstance(made, Node) and made.op is not None and made.op.name in _VIRTUALS and not any(
                        isinstance(part, Node) and (part.op is None or part.op.name not in _NUMBERS)
                        for part in made.args):
                    harmless.setdefault(made, []).append(node)
    if not harmless:
        return
    for block in graph.blocks:
        for node in block.nodes:
            if node.op.name not in _LETS_GO:    # type: ignore[union-attr]
                for arg in node.args:
                    harmless.pop(arg, None)    # type: ignore[arg-type]
            for edge in node.targets:
                for arg in edge.args:
                    harmless.pop(arg, None)    # type: ignore[arg-type]
    for nodes in harmless.values():
        for node in nodes:
            node.block.nodes.remove(node)    # type: ignore[union-attr]


def _sink_one(node: Node, live: set[Node], sunk: dict[Node, None], work: list[Node], waiting: list[Node]) -> None:
    """A node that states mention and nothing else so far: its parts are needed in its place."""
    if node in live or node in sunk:
        return
    sunk[node] = None
    for arg in node.args:
        if type(arg) is not Node or arg in live:
            continue
        if arg.op is not None and arg.op.name in _SINKS and not arg.op.reads:
            waiting.append(arg)
        else:
            live.add(arg)
            work.append(arg)


def _sink(graph: Graph, nodes: list[Node]) -> None:
    replaced: dict[Node, Slot] = {}
    left = set(nodes)

    def sink(node: Node) -> Slot:
        if node not in replaced:
            parts: list[Slot] = [sink(arg) if arg in left else arg for arg in node.args]
            name = node.op.name    # type: ignore[union-attr]
            replaced[node] = parts[0] if name in _BOXES else VirtualObject(_VIRTUALS.get(name) or _COPIES[name], parts)
        return replaced[node]

    for node in nodes:
        sink(node)
    replace(graph, replaced)


def _sweep(graph: Graph, live: set[Node]) -> None:
    entry = graph.entry
    for block in graph.blocks:
        if any(node not in live for node in block.nodes):
            block.nodes = [node for node in block.nodes if node in live]
    for block in graph.blocks:
        for edge in block.successors:
            params = edge.block.params
            if edge.args and any(param not in live for param in params):
                edge.args = [arg for arg, param in zip(edge.args, params) if param in live]
    for block in graph.blocks:
        if block is not entry and any(param not in live for param in block.params):
            block.params = [param for param in block.params if param in live]
