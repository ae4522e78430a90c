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

A loop over a range counts its rounds down beside the index.  Where each round checks whether the index, or the index and
a constant, lies within a length that stays the same, one check before the loop does for all:

    b1(%i: i64, %left: i64):                      b1(%i0: i64, %left0: i64):
      %more = i64_gt %left, 0                       %end = i64_add %i0, %left0
      branch %more, b2, b3                          ...
    b2:                                             guard %fits 'index, before the loop'  | before 5 {i=%i0}
      %in = i64_ult %i, %n                   →      jump b2(%i0, %left0)
      guard %in 'index'  | before 9 {i=%i}          ...
      %j = i64_add %i, 1
      %l = i64_sub %left, 1
      ...
      jump b1(%j, %l)

A load is moved only where the type of its object is known before the loop: within, a branch may have shown it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tiercel.graph.build import HOISTED, NULL, Block, Const, Edge, FrameState, Graph, Node, Operand
from tiercel.graph.flow import Flow, Replacer, place
from tiercel.graph.numbers import same
from tiercel.graph.ops import MADE_TYPES, OPS, Effect

_ALLOWED: Final = Effect.LEAVES | Effect.NARROWS
_DIVIDES: Final = frozenset({"i64_floordiv", "i64_mod", "u64_floordiv", "u64_mod"})
_OF_ANY_TYPE: Final = frozenset({"is", "type_is", "type_of", "equals_itself", "guard_type", "guard_is"})
_MOST_OFFSET: Final = 1 << 31    # of an index: an overflow could not lead back into a list
_NOT_MOVED: Final = frozenset({"loop", "leave", "refcount_is", "is_exhausted", "call_symbol", "dict_get_simple", "check_left",
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


class _Range:
    """A guard that `index + offset`, where the index grows by `step` in each of the `left` rounds, is below `length`."""

    __slots__ = ("guard", "index", "step", "offset", "length", "left")

    def __init__(self, guard: Node, index: Node, step: Operand, offset: int, length: Operand, left: Node) -> None:
        self.guard = guard
        self.index = index
        self.step = step
        self.offset = offset
        self.length = length
        self.left = left


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
            if self._in_each_round(index):
                for node in self.flow.order[index].nodes:
                    if self._moves(node):
                        self._move(node)
        ranges = self._ranges()
        if ranges or any(node.op.leaves or node.op.reads for node in self.moved):    # type: ignore[union-attr]
            before = self._rebuild(state)
            for each in ranges:
                self._check_range(before, each)

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

    def _in_each_round(self, index: int) -> bool:
        return all(self.flow.dominates(index, self.flow.index[latch]) for latch in self.latches)

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

    # -- ranges ------------------------------------------------------------------------------------------------------

    def _ranges(self) -> list[_Range]:
        """The checks of an index that one check before the loop can replace."""
        left = self._rounds_left()
        if left is None:
            return []
        indexes = {param: step for param in self.header.params if (step := self._step(param)) is not None}
        found = []
        for index in self.body:
            block = self.flow.order[index]
            if block is not self.header and self._in_each_round(index):
                found += [each for node in block.nodes if (each := self._range(node, indexes, left)) is not None]
        return found

    def _rounds_left(self) -> Node | None:
        """The parameter that counts down the rounds still to be made, if the loop ends at 0 and nowhere else."""
        end = self.header.nodes[-1]
        test = end.args[0] if end.op is OPS["branch"] else None
        if not isinstance(test, Node) or test.op is not OPS["i64_gt"] or not _is_number(test.args[1], 0):
            return None
        left = test.args[0]
        for index in self.body:
            block = self.flow.order[index]
            leads_out = [self.flow.index[edge.block] not in self.body for edge in block.successors]
            if leads_out != ([False, True] if block is self.header else [False] * len(leads_out)):
                return None
        if left in self.header.params and all(
                each.op is OPS["i64_sub"] and each.args[0] is left and _is_number(each.args[1], 1)
                for each in self._next(left)):
            return left
        return None

    def _step(self, param: Node) -> Operand | None:
        """What each round adds to a parameter, if that is always the same."""
        steps = [each.args[1] if each.op is OPS["i64_add"] and each.args[0] is param else NULL
                 for each in self._next(param)]
        step = steps[0]
        return step if step is not NULL and step not in self.inside and all(same(step, each) for each in steps) else None

    def _next(self, param: Node) -> list[Node]:
        """What each way back passes for a parameter of the header; a node of no operation stands for a constant."""
        number = self.header.params.index(param)
        passed = [edge.args[number] for latch in self.latches for edge in latch.successors if edge.block is self.header]
        return [each if isinstance(each, Node) else self.graph.function for each in passed]

    def _range(self, guard: Node, indexes: dict[Node, Operand], left: Node) -> _Range | None:
        """A guard of an index below a length, taken apart."""
        test = guard.args[0] if guard.op is OPS["guard"] else None
        if not isinstance(test, Node) or test.op is not OPS["i64_ult"] or test.args[1] in self.inside:
            return None
        index, length = test.args
        offset = 0
        if isinstance(index, Node) and index.op in (OPS["i64_add"], OPS["i64_sub"]):
            index, added = index.args
            if not isinstance(added, Const) or abs(added.value) > _MOST_OFFSET:
                return None
            offset = added.value if test.args[0].op is OPS["i64_add"] else -added.value    # type: ignore[union-attr]
        if index not in indexes:
            return None
        return _Range(guard, index, indexes[index], offset, length, left)

    def _check_range(self, before: Block, each: _Range) -> None:
        """Replace a check in each round by one before the loop: of the first and the last index, if there is a round."""
        guard = each.guard
        assert guard.block is not None
        guard.block.nodes.remove(guard)
        params = dict(zip(self.header.params, before.params))
        jump = before.nodes.pop()
        index: Operand = params[each.index]
        if each.offset:
            index = before.append("i64_add", [index, Const(each.offset, "i")])
        left = params[each.left]
        way = before.append("i64_sub", [left, Const(1, "i")])
        reason = f"{guard.attrs.get('reason', 'guard')}{HOISTED}"
        if not _is_number(each.step, 1):
            way = before.append("i64_mul_checked", [way, each.step], state=self.entry_state, reason=reason)
        last = before.append("i64_add", [index, way])
        fits = before.append("bool_and", [before.append("i64_ult", [index, each.length]),
                                          before.append("i64_ult", [last, each.length])])
        none = before.append("i64_le", [left, Const(0, "i")])
        guard.args = [before.append("bool_or", [none, fits])]
        guard.state, guard.block = self.entry_state, before
        guard.attrs["reason"] = reason
        before.nodes += [guard, jump]

    # -- the new shape -----------------------------------------------------------------------------------------------

    def _rebuild(self, state: FrameState) -> Block:
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
        self.entry_state = entry_state = Replacer(renamed).frame(state)
        for node in self.moved:
            if node.state is not None:
                node.state = entry_state
                node.attrs["reason"] = f"{node.attrs.get('reason', node.op.name)}{HOISTED}"    # type: ignore[union-attr]
            node.block = before
            before.nodes.append(node)
        before.append("jump").targets = [Edge(header, [renamed[param] for param in header.params])]
        for latch in self.latches:
            self._two_ways_back(latch, before)
        return before

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


def _is_number(operand: Operand, value: int) -> bool:
    return isinstance(operand, Const) and operand.value == value
