"""One check for `a * x + b`: whether x lies where nothing can overflow.

    %p = i64_mul_checked 3, %x   | before 5       %0 = i64_add %x, 3074457345618258602
    %q = i64_add_checked %p, 1   | before 8  →    %1 = i64_ult %0, 6148914691236517204
                                                  guard %1                             | before 5
                                                  %p = i64_mul 3, %x
                                                  %q = i64_add %p, 1

for constant a and b.  The result no longer waits for the checked product: it takes a cycle where a is 2, 3, 5 or the
like.  Where only the sum would overflow, the interpreter multiplies again.
"""

from __future__ import annotations

from typing import Final

from tiercel.graph.build import Block, Const, Graph, Node, Operand
from tiercel.graph.ops import OPS

_LEAST, _GREATEST = -(1 << 63), (1 << 63) - 1
_SUMS: Final = {"i64_add_checked": 1, "i64_sub_checked": -1}


def check_linear(graph: Graph) -> None:
    """Check the operand instead of the product and of the sums that are made of it in the same block."""
    for block in graph.blocks:
        sums: dict[Node, list[tuple[Node, int]]] = {}
        for node in block.nodes:
            name = node.op.name    # type: ignore[union-attr]
            if name == "i64_mul_checked" and _factor(node) is not None:
                sums[node] = []
            elif name in _SUMS:
                product, added = _of_product(node, sums)
                if product is not None:
                    sums[product].append((node, added))
        for product, found in sums.items():
            if found:
                _check_operand(block, product, found)


def _factor(product: Node) -> tuple[int, Operand] | None:
    """The constant factor, other than -1, 0 and 1, and what it multiplies."""
    for factor, other in (product.args, product.args[::-1]):
        if isinstance(factor, Const) and abs(factor.value) > 1:
            return factor.value, other
    return None


def _of_product(node: Node, sums: dict[Node, list[tuple[Node, int]]]) -> tuple[Node | None, int]:
    """The product to which a constant is added, and that constant."""
    a, b = node.args
    if isinstance(a, Const) and node.op is OPS["i64_add_checked"]:
        a, b = b, a
    if isinstance(a, Node) and a in sums and isinstance(b, Const):
        return a, b.value * _SUMS[node.op.name]    # type: ignore[union-attr]
    return None, 0


def _check_operand(block: Block, product: Node, sums: list[tuple[Node, int]]) -> None:
    found = _factor(product)
    assert found is not None
    factor, operand = found
    added = [0, *(each for _, each in sums)]
    low, high = _LEAST - min(added), _GREATEST - max(added)    # within which the product must be
    if factor < 0:
        low, high, factor = -high, -low, -factor
    least, greatest = -(-low // factor), high // factor
    size = min(greatest - least + 1, _GREATEST)
    if size < 1:
        return
    before = block.nodes
    block.nodes = before[:before.index(product)]
    inside = block.append("i64_ult", [block.append("i64_add", [operand, Const(-least, "i")]), Const(size, "i")])
    block.append("guard", [inside], state=product.state, **product.attrs)
    block.nodes += before[before.index(product):]
    for node in (product, *(node for node, _ in sums)):
        node.op = OPS[node.op.name.removesuffix("_checked")]    # type: ignore[union-attr]
        node.state, node.attrs = None, {}
