"""Checks that a graph is one: what every pass may rely on and must leave true."""

from __future__ import annotations

from typing import Final, NoReturn

from tiercel.graph import text
from tiercel.graph.build import NULL, RESULT, RESULT_BOOL, RESULT_NOT, Block, Const, FrameState, Graph, Maybe, Node, VirtualObject
from tiercel.graph.flow import Flow, state_nodes

_TARGETS: Final = {"jump": (1, 1), "branch": (2, 2), "check": (2, 2), "switch": (1, 1 << 30)}
_RESULTS: Final = (RESULT, RESULT_BOOL, RESULT_NOT)
_EITHER_MODE: Final = ("poll", "leave")
_NOT_CHECKED: Final = ("poll", "release")    # they raise for others, or not at all


class VerifyError(Exception):
    """What is wrong, and the line of the graph's text where it is."""


def verify(graph: Graph) -> None:
    """Raise VerifyError unless the graph is well formed."""
    _Verifier(graph).run()


class _Verifier:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.states: dict[FrameState, list[Node]] = {}
        self.checked: dict[tuple[FrameState, bool], None] = {}
        self.where: Node | Block | None = None

    def fail(self, what: str) -> NoReturn:
        line = ""
        if self.where is not None:
            printer = text._Printer(self.graph, {})
            if isinstance(self.where, Block):
                line = f"\n  {printer.blocks.get(self.where, repr(self.where))}:"
            else:
                try:
                    line = "\n" + printer.line(self.where)
                except (AttributeError, KeyError, TypeError, IndexError):    # too wrong to be printed
                    line = f"\n  {self.where!r}"
        raise VerifyError(f"{self.graph.name}: {what}{line}")

    def run(self) -> None:
        graph = self.graph
        if not graph.blocks:
            self.fail("no blocks")
        self.shape()
        flow = Flow(graph)
        known = set(flow.order)
        if flow.preds[0]:
            self.where = graph.entry
            self.fail("an edge leads to the entry")
        place: dict[Node, tuple[int, int]] = {graph.function: (0, -1)}
        for block in graph.blocks:
            if block not in known:
                continue
            index = flow.index[block]
            for param in block.params:
                self.place(place, param, index, -1)
            for number, node in enumerate(block.nodes):
                self.place(place, node, index, number)
        for index, block in enumerate(flow.order):
            for number, node in enumerate(block.nodes):
                self.where = node
                used = list(node.args)
                for edge in node.targets:
                    used += edge.args
                if node.state is not None:
                    used += state_nodes(node.state, self.states)
                for operand in used:
                    if not isinstance(operand, Node):
                        continue
                    made = place.get(operand)
                    if made is None:
                        self.fail(f"{operand!r} is not made in a block that can be reached")
                    if made[0] == index:
                        if made[1] >= number:
                            self.fail(f"{operand!r} is used before it is made")
                    elif not flow.dominates(made[0], index):
                        self.fail(f"{operand!r} is not made on every way here")

    def place(self, place: dict[Node, tuple[int, int]], node: Node, block: int, number: int) -> None:
        if node in place:
            self.where = node if node.op else None
            self.fail(f"{node!r} stands in the graph twice")
        place[node] = (block, number)

    def shape(self) -> None:
        """All that needs no knowledge of the ways through the graph."""
        graph = self.graph
        if len(graph.param_slots) != len(graph.entry.params):
            self.fail("one param_slot for each parameter of the entry is needed")
        blocks = set(graph.blocks)
        if len(blocks) != len(graph.blocks):
            self.fail("a block stands in the graph twice")
        for block in graph.blocks:
            self.where = block
            if block.end is None:
                self.fail("the block does not end")
            for param in block.params:
                if param.op is not None or param.block is not block:
                    self.fail(f"{param!r} is no parameter of this block")
            for node in block.nodes:
                self.where = node
                self.operation(node, block, blocks)

    def operation(self, node: Node, block: Block, blocks: set[Block]) -> None:
        op = node.op
        if op is None:
            self.fail("a parameter among the operations")
        if node.block is not block:
            self.fail("the node believes to be in another block")
        if op.ends and node is not block.nodes[-1]:
            self.fail("an operation that ends a block stands inside one")
        low, high = _TARGETS.get(op.name, (0, 0))
        if not low <= len(node.targets) <= high:
            self.fail(f"{len(node.targets)} edges")
        for edge in node.targets:
            if edge.block not in blocks:
                self.fail("an edge leads out of the graph")
            if len(edge.args) != len(edge.block.params):
                self.fail(f"{len(edge.args)} arguments for the {len(edge.block.params)} parameters of a block")
            for arg, param in zip(edge.args, edge.block.params):
                if arg is not NULL:
                    self.rep(arg, param.rep)
        if op.name == "check":
            self.check(node, block)
        elif op.name == "catch" and node is not block.nodes[0]:
            self.fail("`catch` begins its block")
        elif op.name in ("raise", "raise_again") and (len(block.nodes) < 2 or block.nodes[-2] is not node
                                     or block.nodes[-1].op.name not in ("check", "never")):    # type: ignore[union-attr]
            self.fail("something follows `raise`")
        self.operands(node)
        if op.result != "?" and node.rep != op.result:
            self.fail(f"the result is {op.result or 'none'}, not {node.rep or 'none'}")
        for key in node.attrs:
            if key not in op.attrs and not (key == "unchecked" and op.runs) and not (key == "reason" and op.leaves):
                self.fail(f"{op.name} has no attribute {key}")
        if op.leaves or op.raises:
            if node.state is None:
                self.fail("a frame state is needed")
            self.state(node, node.state)
        elif node.state is not None:
            self.fail("a frame state, but the operation never leaves")

    def check(self, node: Node, block: Block) -> None:
        raising = block.nodes[-2].op if len(block.nodes) > 1 else None
        if raising is None or not raising.raises or raising.name in _NOT_CHECKED:
            self.fail("nothing that raises stands before `check`")
        first = node.targets[1].block.nodes[0].op if node.targets[1].block.nodes else None
        if first is None or first.name != "catch" or node.targets[1].args:
            self.fail("what is raised must be caught")
        if sum(edge.block is node.targets[1].block for other in self.graph.blocks for edge in other.successors) != 1:
            self.fail("a block that catches has other ways in")

    def operands(self, node: Node) -> None:
        assert node.op is not None
        reps = node.op.args
        if reps.endswith("*"):
            fixed, repeated = reps[:-2], reps[-2]
            if len(node.args) < len(fixed):
                self.fail(f"{len(node.args)} operands, at least {len(fixed)} are needed")
            reps = fixed + repeated * (len(node.args) - len(fixed))
        elif node.op.name == "return" and not self.graph.result:
            reps = reps[:len(node.args)]
        if len(reps) != len(node.args):
            self.fail(f"{len(node.args)} operands, {len(reps)} are needed")
        for arg, rep in zip(node.args, reps):
            self.rep(arg, rep)

    def rep(self, operand: object, rep: str) -> None:
        if operand is NULL:
            if rep not in "o?":
                self.fail(f"null for {text.REPS[rep]}")
        elif not isinstance(operand, Node | Const):
            self.fail(f"{operand!r} is no operand")
        elif rep not in (operand.rep, "?") or operand.rep not in text.REPS:
            self.fail(f"{operand!r} is {text.REPS.get(operand.rep, 'nothing')}, not {text.REPS.get(rep, 'a value')}")

    def state(self, node: Node, state: FrameState) -> None:
        op = node.op
        assert op is not None
        if op.name not in _EITHER_MODE:
            wanted = "after" if op.raises else "before"
            if state.mode != wanted:
                self.fail(f"the frame state is of the kind `{state.mode}`, not `{wanted}`")
        results = self.frame(state, False)
        if results and (state.mode == "before" or not node.rep):
            self.fail("the frame state wants a result that does not exist")
        parent = state.parent
        while parent is not None:
            if (parent, True) in self.checked:
                break
            self.checked[parent, True] = None
            self.frame(parent, True)
            parent = parent.parent

    def frame(self, frame: FrameState, caller: bool) -> int:
        if len(frame.locals) != _local_count(frame):
            self.fail(f"{frame.code.co_name} has {_local_count(frame)} locals, the frame state {len(frame.locals)}")
        if len(frame.stack) > frame.code.co_stacksize:
            self.fail(f"the frame state has {len(frame.stack)} stack entries, {frame.code.co_name} at most "
                      f"{frame.code.co_stacksize}")
        results = sum(slot in _RESULTS for slot in frame.stack)
        if results > 1:
            self.fail("more than one result in a frame")
        if caller and frame.mode == "before":
            self.fail("a caller goes on before its call")
        for slot in (*frame.locals, *frame.stack):
            if isinstance(slot, Maybe) and slot.bound.rep != "b":
                self.fail("whether a local is bound is a truth value")
            if isinstance(slot, Node) and not slot.rep:
                self.fail(f"{slot!r} has no result")
        if not isinstance(frame.function, VirtualObject) and (
                not isinstance(frame.function, Node | Const) or frame.function.rep != "o"):
            self.fail("the frame's function is no object")
        return results


def _local_count(frame: FrameState) -> int:
    code = frame.code
    cells = [name for name in code.co_cellvars if name not in code.co_varnames]
    return len(code.co_varnames) + len(cells) + len(code.co_freevars)
