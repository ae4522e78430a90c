"""Moves what a loop computes, loads or checks alike in each round to the place before the loop.

    b1(%i: i64):                                  b1(%i0: i64):
      loop    | before 5 {xs=%xs, i=%i}             %n = list_length %xs
      %n = list_length %xs                          guard_type %xs0, float | before 5 {xs=%xs, i=%i0}
      guard_type %xs0, float | before 9 {...}       jump b2(%i0)
      ...                                    →    b2(%i: i64):
      poll    | after 20..5 {xs=%xs, i=%j}          ...
      jump b1(%j)                                   %p = pending
                                                    branch %p, b3, b2(%j)
                                                  b3:
                                                    poll    | after 20..5 {xs=%xs, i=%j}
                                                    jump b1(%j)

Innermost loops only.  Polling may run any code, so nothing known of memory would survive a round; but hardly ever is
there something to do.  So the loop gets two ways back: a short one, and one through the poll that computes anew what
was moved.  A guard that is moved leaves in the state of the `loop` node, at the header; should it fail often there (a
loop that makes no round, for one), the next version does without hoisting.

A load is moved only where the type of its object is known before the loop: within, a branch may have shown it.
"""

from __future__ import annotations

from collections.abc import Iterator

from tiercel.graph.build import HOISTED, Block, Const, Edge, FrameState, Graph, Node, Operand
from tiercel.graph.flow import Flow, Replacer, place
from tiercel.graph.ops import MADE_TYPES, OPS, Effect

_ALLOWED = Effect.LEAVES | Effect.NARROWS
_DIVIDES = frozenset({"i64_floordiv", "i64_mod", "u64_floordiv", "u64_mod"})
_OF_ANY_TYPE = frozenset({"is", "type_is", "type_of", "guard_type", "guard_is"})
_NOT_MOVED = frozenset({"loop", "leave", "refcount_is_one", "is_exhausted", "call_symbol", "dict_get_str", "check_left",
                        "list_iter_seq", "tuple_iter_seq"})


def hoist(graph: Graph) -> None:
    """Move what is the same in each round of an innermost loop; remove all `loop` nodes."""
    flow = Flow(graph)
    known: dict[Node, type] = {param: type_ for param, type_ in zip(graph.entry.params, graph.param_types)
                               if type_ is not None and param.rep == "o"}
    headers = set(flow.headers)
    loops = [(header, flow.loop(header)) for header in flow.headers]
    for header, body in loops:
        if len(body & headers) == 1 and all(flow.dominates(header, index) for index in body):
            _Loop(graph, flow, header, body, known).run()
    for block in graph.blocks:
        if any(node.op.name == "loop" for node in block.nodes):    # type: ignore[union-attr]
            block.nodes = [node for node in block.nodes if node.op.name != "loop"]    # type: ignore[union-attr]


class _Loop:
    """One innermost loop."""

    def __init__(self, graph: Graph, flow: Flow, header: int, body: set[int], known: dict[Node, type]) -> None:
        self.graph = graph
        self.flow = flow
        self.index = header
        self.header = flow.order[header]
        self.body = sorted(body)
        self.latches = [flow.order[pred] for pred in flow.preds[header] if pred in body]
        self.inside = {node for index in self.body for node in (*flow.order[index].params, *flow.order[index].nodes)}
        self.known = dict(known)
        self.moved: list[Node] = []
        self.written: set[str] | None = set()    # None: anything

    def run(self) -> None:
        state = self._anchor()
        polls = [_poll_of(latch) for latch in self.latches]
        if state is None or None in polls or self.header is self.graph.entry:
            return
        self._look_at_memory({poll for poll in polls if poll is not None})
        self._look_before()
        for index in self.body:
            if all(self.flow.dominates(index, self.flow.index[latch]) for latch in self.latches):
                for node in self.flow.order[index].nodes:
                    if self._moves(node):
                        self._move(node)
        if any(node.op.leaves or node.op.reads for node in self.moved):    # type: ignore[union-attr]
            self._rebuild(state)

    def _anchor(self) -> FrameState | None:
        """The interpreter's state at the header, if guards may be moved there."""
        first = self.header.nodes[0]
        if first.op is not OPS["loop"] or not first.attrs.get("hoists", True):
            return None
        return first.state

    def _look_at_memory(self, polls: set[Node]) -> None:
        """What kinds of memory a round writes, its polls aside."""
        for node in self._nodes():
            op = node.op
            assert op is not None
            if node in polls:
                continue
            if op.runs or op.name == "drop":
                self.written = None
                return
            if self.written is not None:
                self.written.update(place(kind, node) for kind in op.writes)

    def _look_before(self) -> None:
        """The types that guards on every way to the loop have shown."""
        index = self.index
        while index:
            index = self.flow.idom[index]
            for node in self.flow.order[index].nodes:
                self._learn(node)

    def _learn(self, node: Node) -> None:
        name = node.op.name    # type: ignore[union-attr]
        if name == "guard_type" and isinstance(node.args[0], Node):
            self.known.setdefault(node.args[0], node.attrs["type"])
        elif name in MADE_TYPES:
            self.known.setdefault(node, MADE_TYPES[name])

    def _nodes(self) -> Iterator[Node]:
        for index in self.body:
            yield from self.flow.order[index].nodes

    # -- what can be moved -------------------------------------------------------------------------------------------

    def _moves(self, node: Node) -> bool:
        op = node.op
        assert op is not None
        if op.effects & ~_ALLOWED or op.writes or op.ends or op.ref == "new" or op.name in _NOT_MOVED:
            return False
        if any(arg in self.inside for arg in node.args) or (op.name in _DIVIDES and not _never_zero(node.args[1])):
            return False
        for kind in op.reads:
            # the payload of a float in use never changes
            if kind != "float" and (self.written is None or place(kind, node) in self.written):
                return False
        return op.name in _OF_ANY_TYPE or all(self._is_typed(arg) for arg in node.args)

    def _is_typed(self, operand: Operand) -> bool:
        """Whether reading an object is safe before the loop."""
        return not isinstance(operand, Node) or operand.rep != "o" or operand in self.known \
            or operand is self.graph.function

    def _move(self, node: Node) -> None:
        self.moved.append(node)
        self.inside.discard(node)
        self._learn(node)

    # -- the new shape -----------------------------------------------------------------------------------------------

    def _rebuild(self, state: FrameState) -> None:
        """Put a block before the header that computes what was moved, and a second way back."""
        graph, header = self.graph, self.header
        before = graph.new_block(header.line)
        renamed: dict[Node, Operand] = {}
        for param in header.params:
            twin = before.param(param.rep, param.hint)
            twin.fact = param.fact
            renamed[param] = twin
        for pred in self.flow.preds[self.index]:
            block = self.flow.order[pred]
            if block not in self.latches:
                for edge in block.successors:
                    if edge.block is header:
                        edge.block = before
        moved = set(self.moved)
        for index in self.body:
            block = self.flow.order[index]
            block.nodes = [node for node in block.nodes if node not in moved]
        entry_state = Replacer(renamed).frame(state)
        for node in self.moved:
            if node.state is not None:
                node.state = entry_state
                node.attrs["reason"] = f"{node.attrs.get('reason', node.op.name)}{HOISTED}"    # type: ignore[union-attr]
            node.block = before
            before.nodes.append(node)
        before.append("jump").targets = [Edge(header, [renamed[param] for param in header.params])]
        for latch in self.latches:
            self._two_ways_back(latch, before)

    def _two_ways_back(self, latch: Block, before: Block) -> None:
        poll, jump = _poll_of(latch), latch.nodes[-1]
        assert poll is not None
        aside = self.graph.new_block(latch.line)
        latch.nodes.remove(poll)
        latch.nodes.pop()
        asked = latch.append("pending")
        latch.append("branch", [asked], likely=False).targets = [Edge(aside), jump.targets[0]]
        poll.attrs["asked"] = True
        poll.block = aside
        aside.nodes.append(poll)
        aside.append("jump").targets = [Edge(before, jump.targets[0].args)]


def _poll_of(latch: Block) -> Node | None:
    """The poll at the end of a round, if nothing but what could as well come before it follows."""
    if latch.nodes[-1].op is not OPS["jump"]:
        return None
    for node in reversed(latch.nodes[:-1]):
        op = node.op
        assert op is not None
        if op.name == "poll":
            return node
        if not op.pure or op.reads:
            return None
    return None


def _never_zero(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value != 0
