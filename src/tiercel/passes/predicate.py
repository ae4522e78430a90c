"""If-conversion: both sides of a short branch are computed, and what is wanted is selected.

    b1(%n: i64):                                  b1(%n: i64):
      %c = i64_eq %r, 0                             %c = i64_eq %r, 0
      branch %c, b2, b3                             %h = i64_shr %n, 1
    b2:                                      →      %not = bool_not %c
      %h = i64_shr %n, 1                            %t = i64_add_checked_if %not, %n, 1  | before 9 {n=%n}
      jump b4(%h)                                   %m = i64_select %c, %h, %t
    b3:                                             ...
      %t = i64_add_checked %n, 1  | before 9 {n=%n}
      jump b4(%t)
    b4(%m: i64): ...

A branch that depends on data is mispredicted every so often, which costs as much as dozens of such operations.  LLVM
does this too, but not for what may leave; and Python's compiler jumps back at the end of each side of a last `if`.
Where both sides poll and begin the next round, they look together whether something is pending, and each polls for
itself if so.  Sides that read memory, divide, compute with floats or take more than a few operations stay as they are.

So does what would make each round wait for loads of the one before: a value that one side leaves as it was, where the
condition is read from memory by it, as in `if xs[i] < xs[least]: least = i`.
"""

from __future__ import annotations

from typing import Final

from tiercel.graph.build import Block, Const, Edge, Graph, Node, Operand
from tiercel.graph.flow import replace, reverse_postorder
from tiercel.graph.numbers import same
from tiercel.graph.ops import OPS

MOST_NODES: Final = 6      # on both sides together
MOST_SELECTS: Final = 3
MOST_LOOKED_AT: Final = 40     # nodes behind a condition

_CONDITIONAL: Final = {"guard": "guard_if", "guard_not": "guard_if",
                **{f"i64_{name}_checked": f"i64_{name}_checked_if" for name in ("add", "sub", "mul")}}
_CHEAP: Final = {
    *_CONDITIONAL, *_CONDITIONAL.values(),
    *(f"i64_{name}" for name in ("add", "sub", "mul", "and", "or", "xor", "neg", "not", "abs", "min", "max", "select",
                                 "lt", "le", "eq", "ne", "gt", "ge", "ult")),
    "bool_not", "bool_and", "bool_or", "bool_xor", "bool_to_i64",
}
_SHIFTS: Final = frozenset({"i64_shl", "i64_shr", "i64_lshr"})
_DIVISIONS: Final = frozenset({"i64_floordiv", "i64_mod"})


class _Side:
    """What one way out of a branch leads to: a few nodes, perhaps a poll, and the edge on from there."""

    __slots__ = ("nodes", "edge", "poll", "pending")

    def __init__(self, nodes: list[Node], edge: Edge, poll: Node | None = None, pending: Edge | None = None) -> None:
        self.nodes = nodes
        self.edge = edge
        self.poll = poll    # the poll before the edge
        self.pending = pending    # or the edge taken where something is pending


def predicate(graph: Graph) -> None:
    """Replace short branches by selections, innermost first."""
    changed = True
    while changed:
        ways: dict[Block, int] = {graph.entry: 1}
        for block in graph.blocks:
            for edge in block.successors:
                ways[edge.block] = ways.get(edge.block, 0) + 1
        joined: dict[Node, Operand] = {}
        changed = False
        for block in reversed(reverse_postorder(graph)):
            changed |= _convert(graph, block, ways, joined)
        if changed:
            graph.blocks = reverse_postorder(graph)
            replace(graph, joined)


def _convert(graph: Graph, block: Block, ways: dict[Block, int], joined: dict[Node, Operand]) -> bool:
    """Convert the branch that ends a block, if it is short; a block that only the two sides lead to is joined to it,
    and what its parameters become is noted in `joined`."""
    branch = block.nodes[-1]
    if branch.op is not OPS["branch"] or branch.attrs.get("likely") is not None:
        return False
    condition = branch.args[0]
    yes, no = (_side(edge, ways) for edge in branch.targets)
    if yes.edge.block is not no.edge.block or yes.edge.block is block or not _alike(yes, no) \
            or len(yes.nodes) + len(no.nodes) > MOST_NODES:
        return False
    differing = [(a, b, param.rep) for a, b, param in zip(yes.edge.args, no.edge.args, yes.edge.block.params)
                 if not same(a, b)]
    if len(differing) > MOST_SELECTS or any(rep not in "ib" for _, _, rep in differing):
        return False
    if any(_is_parameter(value) and _is_loaded_by(condition, value) for a, b, _ in differing for value in (a, b)):
        return False
    block.nodes.pop()
    _speculate(block, yes.nodes, condition)
    _speculate(block, no.nodes, condition, negated=True)
    chosen = [a if same(a, b) else _selected(block, condition, a, b, param.rep)
              for a, b, param in zip(yes.edge.args, no.edge.args, yes.edge.block.params)]
    onward = Edge(yes.edge.block, chosen)
    if yes.poll is None and yes.pending is None:
        if ways[onward.block] == 2:
            _join(block, onward, joined)
        else:
            block.append("jump").targets = [onward]
    else:
        aside = graph.new_block(block.line)
        aside.append("branch", [condition]).targets = [_polling(graph, side, block.line) for side in (yes, no)]
        block.append("branch", [block.append("pending")], likely=False).targets = [Edge(aside), onward]
    return True


def _is_parameter(value: Operand) -> bool:
    return isinstance(value, Node) and value.op is None


def _is_loaded_by(condition: Operand, parameter: Operand) -> bool:
    """Whether a condition depends on what is read from memory by way of a block's parameter."""
    work: list[tuple[Operand, bool]] = [(condition, False)]
    for _ in range(MOST_LOOKED_AT):
        if not work:
            return False
        value, loaded = work.pop()
        if loaded and value is parameter:
            return True
        if isinstance(value, Node) and value.op is not None:
            loaded = loaded or bool(value.op.reads)
            work += [(arg, loaded) for arg in value.args]
    return bool(work)


def _join(block: Block, onward: Edge, joined: dict[Node, Operand]) -> None:
    """Let the block go on with the nodes of the one that it alone leads to."""
    joined.update(zip(onward.block.params, onward.args))
    for node in onward.block.nodes:
        node.block = block
    block.nodes += onward.block.nodes


def _side(edge: Edge, ways: dict[Block, int]) -> _Side:
    """What an edge leads to, looking through a block that nothing else enters."""
    block = edge.block
    if ways[block] != 1 or block.params:
        return _Side([], edge)
    *nodes, end = block.nodes
    if end.op is OPS["jump"]:
        poll = nodes.pop() if nodes and nodes[-1].op is OPS["poll"] and not nodes[-1].attrs.get("asked") else None
        if all(map(_is_cheap, nodes)):
            return _Side(nodes, end.targets[0], poll)
    elif end.op is OPS["branch"] and nodes and nodes[-1].op is OPS["pending"] and end.args[0] is nodes[-1]:
        if all(map(_is_cheap, nodes[:-1])):
            return _Side(nodes[:-1], end.targets[1], pending=end.targets[0])
    return _Side([], edge)


def _is_cheap(node: Node) -> bool:
    """Whether computing it in vain harms nothing and costs next to nothing."""
    name = node.op.name    # type: ignore[union-attr]
    if name in _SHIFTS or name in _DIVISIONS:
        by = node.args[1]
        if not isinstance(by, Const):
            return False
        return 0 <= by.value < 64 if name in _SHIFTS else by.value > 0 and by.value & (by.value - 1) == 0
    return name in _CHEAP


def _alike(yes: _Side, no: _Side) -> bool:
    return (yes.poll is None) is (no.poll is None) and (yes.pending is None) is (no.pending is None)


def _speculate(block: Block, nodes: list[Node], condition: Operand, negated: bool = False) -> None:
    """Move the nodes of one side to the end of the block; what may leave does so only where that side is taken."""
    taken: Operand | None = None if negated else condition
    for node in nodes:
        op = node.op
        assert op is not None
        if op.leaves:
            taken = taken or block.append("bool_not", [condition])
            if op.conditional:
                node.args[0] = block.append("bool_and", [taken, node.args[0]])
            else:
                if op.name == "guard_not":
                    node.args = [block.append("bool_not", node.args)]
                node.op = OPS[_CONDITIONAL[op.name]]
                node.args.insert(0, taken)
        node.block = block
        block.nodes.append(node)


def _selected(block: Block, condition: Operand, yes: Operand, no: Operand, rep: str) -> Operand:
    if rep == "i":
        return block.append("i64_select", [condition, yes, no])
    if isinstance(yes, Const) and isinstance(no, Const):
        return condition if yes.value else block.append("bool_not", [condition])
    otherwise = block.append("bool_and", [block.append("bool_not", [condition]), no])
    return block.append("bool_or", [block.append("bool_and", [condition, yes]), otherwise])


def _polling(graph: Graph, side: _Side, line: int) -> Edge:
    """The way of a side where something is pending."""
    if side.pending is not None:
        return side.pending
    assert side.poll is not None
    block = graph.new_block(line)
    side.poll.attrs["asked"] = True
    side.poll.block = block
    block.nodes.append(side.poll)
    block.append("jump").targets = [side.edge]
    return Edge(block)
