"""Whether machine code of a graph can be expected to be faster than the interpreter.

Code that mostly calls into CPython gains nothing: the calls take what they take, and around each the frame has to be in
order.  The estimate weighs, loops more than what is around them, what the interpreter would spend on work that is done
natively against what native code pays around other people's code.
"""

from __future__ import annotations

from tiercel.graph.build import Block, Graph, Node
from tiercel.graph.flow import Flow
from tiercel.graph.ops import OPS

# Nanoseconds that an operation of a kind saves over the interpreter's instruction, or costs more, roughly.
_SAVES = {"call_native": 30.0, "enter_inlined": 20.0, "leave_inlined": 0.0, "poll": 1.0, "release": -2.0, "drop": -2.0,
          "branch": 4.0, "pending": 0.0, "rely": 0.0, "jump": 0.0, "return": 5.0, "unlink": 0.0, "leave": 0.0, "check_left": 0.0,
          "incref": -0.5, "decref": -0.5, "next": -5.0, "iter": -5.0, "refcount_is": 0.0, "keys_count": 0.0,
          "inline_valid": 0.0, "check": 0.0, "never": 0.0, "catch": 0.0, "check_frame": 0.0, "type_is": 0.0, "is": 3.0}
_RUNS = -15.0                 # saves its operands and its place first, looks at the frame afterwards
_BIG_INT = -2.0               # CPython's own function, which takes its time and makes an object
_READS = 8.0
_COMPUTES = 8.0
LOOP = 8.0                    # rounds that a loop is taken to make


def estimate(graph: Graph) -> float:
    """Nanoseconds saved by running the graph once, if each loop in it makes a few rounds."""
    flow = Flow(graph)
    depth = [0] * len(flow.order)
    for header in flow.headers:
        if all(_is_aside(flow.order[pred]) for pred in flow.preds[header] if pred >= header):
            continue        # goes round only where polling found something to do
        for index in flow.loop(header):
            depth[index] += 1
    return sum(LOOP ** min(depth[index], 4) * sum(map(_saving, block.nodes)) for index, block in enumerate(flow.order))


def _is_aside(block: Block) -> bool:
    return any(node.op is OPS["poll"] and node.attrs.get("asked") for node in block.nodes)


def _saving(node: Node) -> float:
    op = node.op
    assert op is not None
    if (known := _SAVES.get(op.name)) is not None:
        return known
    if op.runs:
        return _RUNS
    if op.name.startswith("guard"):
        return 0.0
    if op.name.startswith("long_") and node.rep == "o":
        return _BIG_INT
    if op.name.startswith(("box_", "unbox_")):
        return 1.0
    return _READS if op.reads or op.writes else _COMPUTES
