"""Whether machine code of a graph can be expected to be faster than the interpreter.

Calls into CPython take what they take, and around each the frame has to be in order, which costs about what the interpreter
spends on pushing operands.  The estimate adds up, loops more than what is around them, what the interpreter would spend on
the work that is done natively, and takes off what entering native code costs.
"""

from __future__ import annotations

from tiercel.graph.build import Block, Graph, Node
from tiercel.graph.flow import Flow
from tiercel.graph.ops import OPS

# Nanoseconds that an operation of a kind saves over the interpreter's instruction, or costs more, roughly.
_SAVES = {"call_native": 30.0, "enter_inlined": 20.0, "leave_inlined": 0.0, "poll": 1.0, "release": -2.0, "drop": -2.0,
          "branch": 4.0, "pending": 0.0, "rely": 0.0, "jump": 0.0, "return": 5.0, "unlink": 0.0, "leave": 0.0, "check_left": 0.0,
          "incref": -0.5, "decref": -0.5, "next": -5.0, "iter": -5.0, "send": -40.0, "refcount_is": 0.0, "keys_count": 0.0,
          "inline_valid": 0.0, "check": 0.0, "never": 0.0, "catch": 0.0, "check_frame": 0.0, "type_is": 0.0, "is": 3.0}
_RUNS = 2.0                   # as long as the interpreter takes, but for the operands that it would push
_BIG_INT = -2.0               # CPython's own function, which takes its time and makes an object
_READS = 8.0
_COMPUTES = 8.0
_ENTERED = -20.0              # a call from the interpreter, beside what the interpreter's own costs
LOOP = 8.0                    # rounds that a loop is taken to make
_MOST = LOOP ** 4


def estimate(graph: Graph) -> float:
    """Nanoseconds saved by running the graph once, if each loop in it makes a few rounds."""
    flow = Flow(graph)
    saves = 0.0 if graph.loop_at is not None else _ENTERED
    return saves + sum(runs * sum(map(_saving, block.nodes)) for block, runs in zip(flow.order, _frequencies(flow)) if runs)


def _frequencies(flow: Flow) -> list[float]:
    """How often each block runs when the graph runs once: what raises or leaves never does, loops make a few
    rounds, and other branches go either way."""
    loops = {header: flow.loop(header) for header in flow.headers
             if not all(_is_aside(flow.order[pred]) for pred in flow.preds[header] if pred >= header)}
    runs = [0.0] * len(flow.order)
    runs[0] = 1.0
    for index, block in enumerate(flow.order):
        if index in loops:
            runs[index] = min(runs[index] * LOOP, _MOST)
        targets = [flow.index[edge.block] for edge in block.successors]
        for target, part in zip(targets, _parts(flow, loops, index, targets)):
            if target > index:
                runs[target] += runs[index] * part
    return runs


def _parts(flow: Flow, loops: dict[int, set[int]], index: int, targets: list[int]) -> list[float]:
    """How the runs of a block are shared among its successors."""
    block = flow.order[index]
    if block.end is not None and block.end.op is OPS["check"]:
        return [1.0, 0.0]
    weights = [0.0 if _is_rare(flow.order[target]) else 1.0 for target in targets]
    for body in loops.values():
        if index in body and any(target in body for target in targets):
            weights = [weight if target in body else weight / LOOP for weight, target in zip(weights, targets)]
    total = sum(weights)
    return [weight / total if total else 1.0 / len(weights) for weight in weights]


def _is_rare(block: Block) -> bool:
    end = block.end
    return end is not None and end.op in (OPS["leave"], OPS["never"])


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
