"""How much of LLVM's time a version is worth, and whether it counts its work since it may turn out to be worth more.

Machine code made quickly takes LLVM a sixth of the time.  Most functions and running loops never do enough work to pay
for more; those that do say so, and are made anew.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tiercel.emit.llvm import Effort
from tiercel.graph.build import Graph, Node
from tiercel.graph.flow import Flow

QUICK_FROM: Final = 80             # nodes from which a graph without loops is made quickly at first
LOOPS_QUICK_FROM: Final = 500      # the same for one with loops
LARGE: Final = 1500                # nodes from which it stays so: LLVM's time grows faster than what it works on
CALLS_QUICK_FROM: Final = 25       # of the nodes in innermost loops, one in so many calls into CPython
CALL_COST: Final = 20              # operations that a call into CPython takes as long as
_HARDLY_RUN: Final = ("poll", "release", "call_native")


class Plan(NamedTuple):
    """`call` and `round`: the operations of a call and of a round of a loop, which are counted if they are not 0."""

    effort: Effort
    call: int = 0
    round: int = 0


def plan(graph: Graph, flow: Flow, outgrown: bool, spared: bool) -> Plan:
    """What to do with a graph.  `outgrown`: what was made quickly was not enough; `spared`: calls were not inlined that
    would be otherwise."""
    nodes = sum(len(block.nodes) for block in graph.blocks)
    hot = [node for block in flow.innermost() for node in block.nodes]
    calls = sum(map(_calls_python, hot))
    mostly_calls = calls * CALLS_QUICK_FROM >= len(hot)
    small = nodes <= (LOOPS_QUICK_FROM if flow.headers else QUICK_FROM)
    worth_it = small and not mostly_calls and graph.loop_at is None
    effort = Effort.FULL if (worth_it or outgrown) and nodes <= LARGE else Effort.QUICK
    if outgrown or effort is Effort.FULL and not spared:
        return Plan(effort)
    outside = nodes - len(hot) if flow.headers else nodes
    return Plan(effort, outside + CALL_COST * (sum(map(_calls_python, graph.nodes())) - calls),
                len(hot) + calls * CALL_COST)


def _calls_python(node: Node) -> bool:
    return node.op is not None and node.op.runs and node.op.name not in _HARDLY_RUN
