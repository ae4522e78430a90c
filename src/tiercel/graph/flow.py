"""What passes ask about a graph's shape: order, dominators, loops; and the replacing of nodes everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tiercel.graph.build import (
    NULL,
    Block,
    Const,
    Edge,
    FrameState,
    Graph,
    Maybe,
    Node,
    Slot,
    VirtualObject,
)


def reverse_postorder(graph: Graph) -> list[Block]:
    """The blocks that can be reached, each before its successors except along back-edges."""
    order: list[Block] = []
    entry = graph.entry
    seen = {entry}
    stack: list[tuple[Block, list[Edge]]] = [(entry, list(entry.successors))]
    while stack:
        block, edges = stack[-1]
        while edges:
            successor = edges.pop().block    # from the last: the first target then comes first in the order
            if successor not in seen:
                seen.add(successor)
                stack.append((successor, list(successor.successors)))
                break
        else:
            order.append(block)
            stack.pop()
    order.reverse()
    return order


class Flow:
    """Order, predecessors, dominators and loops of a graph; valid until its edges change.

    `order` is the reverse postorder and `index` each block's place in it, `idom` the index of the immediate dominator
    (its own for the entry).  `headers` are the indexes of blocks that a back-edge enters.  With `dominators` false
    nothing is known of dominators and loops.
    """

    def __init__(self, graph: Graph, dominators: bool = True) -> None:
        self.order = order = reverse_postorder(graph)
        self.index = index = {block: i for i, block in enumerate(order)}
        self.preds: list[list[int]] = [[] for _ in order]
        for i, block in enumerate(order):
            for edge in block.successors:
                self.preds[index[edge.block]].append(i)
        self.headers = [i for i, preds in enumerate(self.preds) if preds and max(preds) >= i]
        self.idom: list[int] = []
        if dominators:
            self.idom = self._dominators()
            self._spans()

    def _dominators(self) -> list[int]:
        idom = [-1] * len(self.order)
        idom[0] = 0
        changed = True
        while changed:
            changed = False
            for i in range(1, len(idom)):
                new = -1
                for pred in self.preds[i]:
                    if idom[pred] < 0:
                        continue
                    if new < 0:
                        new = pred
                        continue
                    other = pred
                    while new != other:
                        while other > new:
                            other = idom[other]
                        while new > other:
                            new = idom[new]
                if idom[i] != new:
                    idom[i] = new
                    changed = bool(self.headers)    # without back-edges one round is exact
        return idom

    def _spans(self) -> None:
        """Number the dominator tree, so that `dominates` is two comparisons."""
        count = len(self.order)
        size = [1] * count
        for i in range(count - 1, 0, -1):
            size[self.idom[i]] += size[i]
        self.first = [0] * count
        self.last = [0] * count
        taken = [1] * count
        for i in range(count):
            if i:
                parent = self.idom[i]
                self.first[i] = self.first[parent] + taken[parent]
                taken[parent] += size[i]
            self.last[i] = self.first[i] + size[i]

    def dominates(self, a: int, b: int) -> bool:
        """Whether every way to block `b` (by index) leads through `a`."""
        return self.first[a] <= self.first[b] < self.last[a]

    def loop(self, header: int) -> set[int]:
        """The blocks of the loop, or loops, with this header."""
        body = {header}
        stack = [pred for pred in self.preds[header] if pred >= header and self.dominates(header, pred)]
        while stack:
            block = stack.pop()
            if block not in body:
                body.add(block)
                stack.extend(self.preds[block])
        return body

    def innermost(self) -> list[Block]:
        """The blocks that lie in the most loops; all where there is none."""
        depth = [0] * len(self.order)
        for header in self.headers:
            for index in self.loop(header):
                depth[index] += 1
        deepest = max(depth)
        return [block for block, each in zip(self.order, depth) if each == deepest]


class Replacer:
    """Replaces nodes by other operands; frames and virtual objects are copied only where something changes, and
    the same frame or object always becomes the same copy."""

    def __init__(self, mapping: Mapping[Node, Slot]) -> None:
        self.mapping: dict[Node, Slot] = dict(mapping)
        for node in self.mapping:
            self._shorten(node)
        self._frames: dict[FrameState, FrameState] = {}
        self._virtuals: dict[VirtualObject, VirtualObject] = {}

    def _shorten(self, node: Node) -> None:
        mapping = self.mapping
        chain = []
        target: Slot = node
        while isinstance(target, Node) and target in mapping:
            chain.append(target)
            target = mapping[target]
        for link in chain:
            mapping[link] = target

    def graph(self, graph: Graph) -> None:
        """Everywhere in the graph."""
        if not self.mapping:
            return
        for block in graph.blocks:
            for node in block.nodes:
                self.node(node)

    def node(self, node: Node) -> None:
        """In the operands, edges and state of a node."""
        mapping = self.mapping
        args = node.args
        for i, arg in enumerate(args):
            if arg in mapping:
                args[i] = mapping[arg]    # type: ignore[assignment]
        for edge in node.targets:
            args = edge.args
            for i, arg in enumerate(args):
                if arg in mapping:
                    args[i] = mapping[arg]    # type: ignore[assignment]
        if node.state is not None:
            node.state = self.frame(node.state)

    def frame(self, frame: FrameState) -> FrameState:
        known = self._frames.get(frame)
        if known is None:
            known = self._frames[frame] = self._new_frame(frame)
        return known

    def _new_frame(self, frame: FrameState) -> FrameState:
        parent = None if frame.parent is None else self.frame(frame.parent)
        function = self.slot(frame.function)
        locals_ = self._slots(frame.locals)
        stack = self._slots(frame.stack)
        if (parent is frame.parent and function is frame.function and locals_ is frame.locals
                and stack is frame.stack):
            return frame
        return FrameState(frame.code, function, frame.at, frame.resume, locals_, stack, frame.handler, parent,
                          frame.linked, frame.ends)

    def _slots(self, slots: list[Slot]) -> list[Slot]:
        mapping = self.mapping
        new: list[Slot] | None = None
        for i, slot in enumerate(slots):
            if isinstance(slot, Node):
                if slot not in mapping:
                    continue
                other = mapping[slot]
            elif isinstance(slot, Maybe | VirtualObject):
                other = self.slot(slot)
                if other is slot:
                    continue
            else:
                continue
            if new is None:
                new = list(slots)
            new[i] = other
        return slots if new is None else new

    def slot(self, slot: Slot) -> Slot:
        if isinstance(slot, Node):
            return self.mapping.get(slot, slot)
        if isinstance(slot, Maybe):
            bound, value = self.slot(slot.bound), self.slot(slot.value)
            if isinstance(bound, Const):
                return value if bound.value else NULL
            if bound is slot.bound and value is slot.value:
                return slot
            return NULL if value is NULL else Maybe(bound, value)    # type: ignore[arg-type]
        if isinstance(slot, VirtualObject):
            return self._virtual(slot)
        return slot

    def _virtual(self, virtual: VirtualObject) -> VirtualObject:
        known = self._virtuals.get(virtual)
        if known is None:
            if not self._mentions(virtual, set()):
                known = virtual
                self._virtuals[virtual] = known
            else:
                known = self._virtuals[virtual] = VirtualObject(virtual.kind, [])
                known.parts = [self.slot(part) for part in virtual.parts]
        return known

    def _mentions(self, slot: Maybe | VirtualObject, seen: set[VirtualObject]) -> bool:
        mapping = self.mapping
        if isinstance(slot, VirtualObject):
            if slot in seen:
                return False
            seen.add(slot)
            parts: Sequence[Slot] = slot.parts
        else:
            parts = (slot.bound, slot.value)
        for part in parts:
            kind = type(part)
            if kind is Node:
                if part in mapping:
                    return True
            elif (kind is Maybe or kind is VirtualObject) and self._mentions(part, seen):    # type: ignore[arg-type]
                return True
        return False


def replace(graph: Graph, mapping: Mapping[Node, Slot]) -> None:
    """Replace nodes by other operands everywhere in the graph."""
    if mapping:
        Replacer(mapping).graph(graph)


def place(kind: str, node: Node) -> str:
    """The part of a kind of memory that a node reads or writes: different attributes are different memory."""
    if kind != "attr":
        return kind
    attrs = node.attrs
    if "index" in attrs:
        return f"attr {attrs['index']}"
    return f"slot {attrs['offset']}" if "offset" in attrs else kind


def state_nodes(state: FrameState, known: dict[FrameState, list[Node]]) -> list[Node]:
    """The nodes a state mentions, each once; `known` remembers the answer for each frame, as callers are shared."""
    nodes = known.get(state)
    if nodes is None:
        found: dict[Node, None] = {}
        for slots in ((state.function,), state.locals, state.stack):
            for slot in slots:
                kind = type(slot)
                if kind is Node:
                    found[slot] = None    # type: ignore[index]
                elif kind is Maybe or kind is VirtualObject:
                    _gather(slot, found, set())
        if state.parent is not None:
            found.update(dict.fromkeys(state_nodes(state.parent, known)))
        nodes = known[state] = list(found)
    return nodes


def _gather(slot: Slot, found: dict[Node, None], seen: set[VirtualObject]) -> None:
    if isinstance(slot, Node):
        found[slot] = None
    elif isinstance(slot, Maybe):
        found[slot.bound] = None
        _gather(slot.value, found, seen)
    elif isinstance(slot, VirtualObject) and slot not in seen:
        seen.add(slot)
        for part in slot.parts:
            _gather(part, found, seen)
