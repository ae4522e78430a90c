"""Folds constants, applies exact identities, and straightens the ways through the graph.

    b0:                                           b0:
      %c = i64_lt 1, 2                        →     return %x
      branch %c, b1(%x), b2
    b1(%y: i64):
      %z = i64_add %y, 0
      return %z
    b2: ...

Branches on constants become jumps; blocks that nothing reaches go, blocks with one way in and one way out are joined,
blocks that only jump are skipped; a block parameter that always receives the same value is replaced by it.  A guard
that always holds goes; one that never does becomes `leave`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tiercel.graph.build import NULL, Block, Const, Edge, Graph, Node, Operand
from tiercel.graph.flow import replace, reverse_postorder
from tiercel.graph.numbers import fold, same
from tiercel.graph.ops import OPS
from tiercel.types import is_heap_type


def simplify(graph: Graph) -> None:
    """Simplify until nothing changes."""
    replaced: dict[Node, Operand] = {}
    changed = True
    while changed:
        changed = False
        graph.blocks = order = reverse_postorder(graph)
        incoming: dict[Block, list[Edge]] = {block: [] for block in order}
        for block in order:
            for edge in block.successors:
                incoming[edge.block].append(edge)
        for block in order:
            if block.params and incoming[block]:
                changed |= _params(block, incoming[block], replaced)
            changed |= _nodes(block, replaced)
        changed |= _straighten(graph)
    replace(graph, replaced)


def _resolve(operand: Operand, replaced: dict[Node, Operand]) -> Operand:
    while operand in replaced:
        operand = replaced[operand]
    return operand


def _params(block: Block, edges: list[Edge], replaced: dict[Node, Operand]) -> bool:
    """Remove parameters that only ever hold one value."""
    dead: set[int] = set()
    for edge in edges:
        edge.args = [_resolve(arg, replaced) for arg in edge.args]
    for number, param in enumerate(block.params):
        source: Operand | None = None
        for edge in edges:
            arg = edge.args[number]
            if arg is param or (source is not None and same(arg, source)):
                continue
            if source is not None:
                break
            source = arg
        else:
            if source is not None:
                replaced[param] = source
                dead.add(number)
    if not dead:
        return False
    block.params = [param for number, param in enumerate(block.params) if number not in dead]
    for edge in edges:
        edge.args = [arg for number, arg in enumerate(edge.args) if number not in dead]
    return True


def _nodes(block: Block, replaced: dict[Node, Operand]) -> bool:
    kept: list[Node] = []
    changed = False
    for node in block.nodes:
        op = node.op
        assert op is not None
        args = node.args
        if replaced:
            for i, arg in enumerate(args):
                if arg in replaced:
                    args[i] = _resolve(arg, replaced)
        if node.rep:
            if op.removable or op.leaves:
                result: Operand | None = fold(node)
                if result is None:
                    rule = _IDENTITIES.get(op.name)
                    result = rule(args) if rule is not None else None
                if result is not None:
                    replaced[node] = result
                    changed = True
                    continue
        elif op.leaves and not op.ends:
            holds = _holds(node)
            if holds is True:
                changed = True
                continue
            if holds is False:
                end = Node(OPS["leave"], (), "", {"reason": node.attrs.get("reason", "")}, node.state)
                end.block = block
                kept.append(end)
                changed = True
                break
        elif op.name == "branch":
            changed |= _branch(node)
        elif op.name == "switch" and type(args[0]) is Const:
            number = args[0].value
            _jump(node, node.targets[number if 0 <= number < len(node.targets) - 1 else -1])
            changed = True
        kept.append(node)
    block.nodes = kept
    return changed


def _holds(node: Node) -> bool | None:
    """Whether a guard of a constant holds; guards of negations are turned round."""
    name = node.op.name    # type: ignore[union-attr]
    if name in ("guard", "guard_not"):
        arg = node.args[0]
        while isinstance(arg, Node) and arg.op is not None and arg.op.name == "bool_not":
            arg = node.args[0] = arg.args[0]
            name = "guard_not" if name == "guard" else "guard"
            node.op = OPS[name]
        return arg.value is (name == "guard") if isinstance(arg, Const) else None
    value = node.args[0] if node.args else None
    if not isinstance(value, Const):
        return None
    if name == "guard_is":
        return value.value is node.attrs["value"]
    if name == "guard_type" and not is_heap_type(type(value.value)):
        return type(value.value) is node.attrs["type"]
    return None


def _jump(node: Node, edge: Edge) -> None:
    node.op = OPS["jump"]
    node.args = []
    node.attrs = {}
    node.targets = [edge]


def _branch(node: Node) -> bool:
    condition = node.args[0]
    if type(condition) is Const:
        _jump(node, node.targets[0 if condition.value else 1])
        return True
    yes, no = node.targets
    if yes.block is no.block and all(map(same, yes.args, no.args)):
        _jump(node, yes)
        return True
    if isinstance(condition, Node) and condition.op is not None and condition.op.name == "bool_not":
        node.args[0] = condition.args[0]
        node.targets = [no, yes]
        if node.attrs.get("likely") is not None:
            node.attrs["likely"] = not node.attrs["likely"]
        return True
    return False


def _only_jumps(block: Block) -> bool:
    return not block.params and block.nodes[0].op.name == "jump"    # type: ignore[union-attr]


def _straighten(graph: Graph) -> bool:
    """Skip blocks that only jump, join each block with its only successor where that has no other way in."""
    changed = False
    ways: dict[Block, int] = {graph.entry: 1}
    for block in graph.blocks:
        targets = {edge.block for edge in block.successors}
        for edge in block.successors:
            if _only_jumps(edge.block):
                onward = edge.block.nodes[0].targets[0]
                # two ways from one block to another could not be told apart by what they bring
                if (onward.block not in targets or not onward.args) and not _only_jumps(onward.block):
                    edge.block, edge.args = onward.block, list(onward.args)
                    targets.add(edge.block)
                    changed = True
            ways[edge.block] = ways.get(edge.block, 0) + 1
    joined: set[Block] = set()
    for block in graph.blocks:
        while block not in joined:
            end = block.nodes[-1]
            if end.op.name != "jump":    # type: ignore[union-attr]
                break
            next_block = end.targets[0].block
            if next_block.params or ways[next_block] != 1 or next_block is block or next_block is graph.entry:
                break
            block.nodes.pop()
            block.nodes.extend(next_block.nodes)
            for node in next_block.nodes:
                node.block = block
            joined.add(next_block)
            changed = True
    if joined:
        graph.blocks = [block for block in graph.blocks if block not in joined]
    return changed


# -- identities that are exact ----------------------------------------------------------------------------------------

_Rule = Callable[[list[Operand]], "Operand | None"]


def _is(operand: Operand, value: float, rep: str = "i") -> bool:
    if type(operand) is not Const or operand.rep != rep or operand.value != value:
        return False
    return rep != "f" or value != 0 or str(operand.value) == str(float(value))    # -0.0 is another number


def _neutral(value: float, rep: str = "i", left: bool = False) -> _Rule:
    def rule(args: list[Operand]) -> Operand | None:
        if _is(args[1], value, rep):
            return args[0]
        return args[1] if left and _is(args[0], value, rep) else None
    return rule


def _first(*rules: _Rule) -> _Rule:
    def rule(args: list[Operand]) -> Operand | None:
        for each in rules:
            result = each(args)
            if result is not None:
                return result
        return None
    return rule


def _absorbing(value: int) -> _Rule:
    return lambda args: Const(value, "i") if _is(args[0], value) or _is(args[1], value) else None


def _same_gives(value: object) -> _Rule:
    def rule(args: list[Operand]) -> Operand | None:
        if not same(args[0], args[1]):
            return None
        return args[0] if value is None else Const(value, "b" if isinstance(value, bool) else "i")
    return rule


def _undoes(name: str) -> _Rule:
    def rule(args: list[Operand]) -> Operand | None:
        inner = args[0]
        return inner.args[0] if isinstance(inner, Node) and inner.op is not None and inner.op.name == name else None
    return rule


def _double(args: list[Operand]) -> Operand | None:
    """The number in a box, which is a double if it was ever one."""
    inner = args[0]
    if isinstance(inner, Node) and inner.op is not None and inner.op.name in ("box_f64", "box_number"):
        return inner.args[-1]
    return None


def _truth(absorbing: bool) -> _Rule:
    def rule(args: list[Operand]) -> Operand | None:
        for arg, other in (args, args[::-1]):
            if type(arg) is Const:
                return arg if arg.value is absorbing else other
        return args[0] if args[0] is args[1] else None
    return rule


def _select(args: list[Operand]) -> Operand | None:
    if type(args[0]) is Const:
        return args[1] if args[0].value else args[2]
    return args[1] if same(args[1], args[2]) else None


_ADD: Final = _neutral(0, left=True)
_SUB: Final = _first(_neutral(0), _same_gives(0))
_MUL: Final = _first(_neutral(1, left=True), _absorbing(0))
_OR: Final = _first(_neutral(0, left=True), _same_gives(None))

_IDENTITIES: Final[dict[str, _Rule]] = {
    "i64_add": _ADD, "i64_add_checked": _ADD, "i64_sub": _SUB, "i64_sub_checked": _SUB,
    "i64_mul": _MUL, "i64_mul_checked": _MUL, "i64_or": _OR,
    "i64_and": _first(_neutral(-1, left=True), _absorbing(0), _same_gives(None)),
    "i64_xor": _first(_neutral(0, left=True), _same_gives(0)),
    "i64_shl": _neutral(0), "i64_shl_checked": _neutral(0), "i64_shr": _neutral(0), "i64_lshr": _neutral(0),
    "i64_floordiv": _neutral(1), "i64_pow_checked": _neutral(1),
    "i64_min": _same_gives(None), "i64_max": _same_gives(None),
    "i64_eq": _same_gives(True), "i64_le": _same_gives(True), "i64_ge": _same_gives(True),
    "i64_ne": _same_gives(False), "i64_lt": _same_gives(False), "i64_gt": _same_gives(False),
    "i64_select": _select, "f64_select": _select,
    "i64_neg": _undoes("i64_neg"), "i64_not": _undoes("i64_not"),
    "f64_mul": _neutral(1.0, "f", left=True), "f64_div": _neutral(1.0, "f"),
    "f64_sub": _neutral(0.0, "f"), "f64_add": _neutral(-0.0, "f", left=True),
    "f64_neg": _undoes("f64_neg"),
    "bool_not": _undoes("bool_not"), "bool_and": _truth(False), "bool_or": _truth(True),
    "unbox_i64": _undoes("box_i64"), "unbox_f64": _undoes("box_f64"), "unbox_bool": _undoes("box_bool"),
    "number_to_f64": _double,
    "is": lambda args: Const(True, "b") if args[0] is args[1] and args[0] is not NULL else None,
}
