"""References, always last: gives each object value owned or borrowed and inserts what follows from it.

    %o = list_item %xs, %i                        %o = list_item %xs, %i
    %y = call @f, %o   | after 9..12 {x=%o}  →    incref %o
    %z = call @f, %y   | after 15..18 {x=%o}      %y = call @f, %o   | after 9..12 {x=%o} owns %o
    return %z                                     %z = call @f, %y   | after 15..18 {x=%o} owns %o, %y
                                                  decref %o
                                                  decref %y
                                                  return %z

Four sorts of values:

- never counted: constants, immortal objects, a function's parameters (its caller keeps them), and whatever is read
  from those and cannot change;
- borrowed: the result of a `borrowed` operation, as long as its lender lives and nothing overwrites the place it was
  read from.  Where something may while the value is still needed, it is retained: increased where it is made, and
  owned;
- owned: results of `new` operations, retained values, a running loop's parameters, block parameters (unless only
  never counted values come in);
- consumed: by `return`, `suspend`, `delegate` and `finish`, by an edge into an owned parameter, by `release` and
  `drop`, by operands an operation steals.

Where `check` follows an operation, everything that one uses is needed up to `check`, so that its two edges say what
becomes of it; on the edge of the exception the result does not exist.

An owned value is released after its last use on every way.  Use by a frame state counts, and use of a value borrowed
from it.  `graph.owned` says what a node owns where its exit is taken.  A `release` of something that is owned and not
needed later is the decrement itself; any other one disappears, for then something else keeps the object.

The sets of values are Python ints, one bit for each value.
"""

from __future__ import annotations

import sys
from types import FunctionType, ModuleType
from typing import Final

from tiercel.graph.build import (
    NULL,
    Block,
    Const,
    Edge,
    FrameState,
    Graph,
    Maybe,
    Node,
    Operand,
    Slot,
    VirtualObject,
)
from tiercel.graph.flow import Flow, place, state_nodes
from tiercel.graph.numbers import same
from tiercel.graph.ops import OPS
from tiercel.types import is_class, is_heap_type

_INCREF, _DECREF, _CHECK, _CATCH = OPS["incref"], OPS["decref"], OPS["check"], OPS["catch"]
_HAND_OVER: Final = (OPS["suspend"], OPS["delegate"], OPS["finish"])
_ALWAYS_RAISE: Final = (OPS["raise"], OPS["raise_again"])
MAX_ROUNDS: Final = 12     # of looking for what must be retained: large functions could take hundreds
_LETS_GO: Final = ("release", "drop")
_IMMORTAL: Final = 1 << 31
MAX_STOLEN: Final = 63    # operands among which an operation can tell those that it takes over


def count_references(graph: Graph) -> None:
    """Insert increments and decrements, and fill `graph.owned`."""
    _References(graph).run()


def is_weak(value: object) -> bool:
    """Whether a version keeps this constant only weakly, so that running code must keep it."""
    return issubclass(type(value), (FunctionType, ModuleType)) or (is_class(value) and is_heap_type(value))


class _Item:
    """What a node means for references: sets of values."""

    __slots__ = ("defines", "node", "state", "uses")

    def __init__(self, node: Node, uses: int, state: int, defines: int) -> None:
        self.node = node
        self.uses = uses
        self.state = state
        self.defines = defines


class _References:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.flow = Flow(graph, dominators=False)
        self.order = self.flow.order
        self.bits: dict[Node, int] = {}       # every counted value's bit
        self.values: list[Node] = []          # by bit
        self.lenders: dict[Node, Node | None] = {}    # of borrowed values; None: never counted
        self.maybe: set[Node] = set()         # may be null
        self.uses: dict[Node, int] = {}       # what a use of a value is a use of
        self.retained = 0
        self.lets_go: list[Node] = []
        self.state_bits: dict[FrameState, int] = {}
        self.state_nodes: dict[FrameState, list[Node]] = {}
        self.counted: dict[FrameState, list[Node]] = {}    # of those, the counted ones
        self.constants: dict[FrameState, list[Const]] = {}

    def run(self) -> None:
        self.sort()
        if not self.bits:
            self.insert_nothing()
            return
        self.retain()
        # from here on only owned values count, and a use of a borrowed one is a use of the owned one behind it
        owned: dict[Node, int] = {}
        for node, bit in self.bits.items():
            if node in self.lenders and not bit & self.retained:
                lender = self.lenders[node]
                owned[node] = 0 if lender is None else owned.get(lender, 0)
            else:
                owned[node] = bit
        self.uses = owned
        self.liveness(ignored=frozenset())
        self.insert()

    # -- which values are counted -----------------------------------------------------------------------------------

    def sort(self) -> None:
        graph = self.graph
        incoming: dict[Node, list[Operand]] = {}
        for block in self.order:
            for edge in block.successors:
                for param, arg in zip(edge.block.params, edge.args):
                    if param.rep == "o":
                        incoming.setdefault(param, []).append(arg)
        counted: set[Node] = set()
        if graph.loop_at is not None:
            counted.update(param for param in graph.entry.params if param.rep == "o")
        changed = True
        while changed:
            changed = False
            for block in self.order:
                for param in block.params:
                    if param not in counted and any(arg in counted for arg in incoming.get(param, ())):
                        counted.add(param)
                        changed = True
                for node in block.nodes:
                    if node.rep != "o" or node in counted or node.attrs.get("immortal"):
                        continue
                    ref = node.op.ref or "new"    # type: ignore[union-attr]
                    if ref == "new" or (ref == "borrowed" and (node.op.reads or node.args[0] in counted)):    # type: ignore[union-attr]
                        counted.add(node)
                        changed = True
            changed = changed and bool(self.flow.headers)
        for block in self.order:
            for node in (*block.params, *block.nodes):
                if node in counted:
                    self.bits[node] = 1 << len(self.values)
                    self.values.append(node)
                    if node.op is not None and node.op.ref == "borrowed":
                        lender = node.args[0]
                        self.lenders[node] = lender if lender in counted else None
                if node.op is not None and node.op.name in _LETS_GO:
                    self.lets_go.append(node)
        self.find_maybe(incoming)

    def find_maybe(self, incoming: dict[Node, list[Operand]]) -> None:
        maybe = self.maybe
        maybe.update(node for node in self.values if node.op is not None and node.op.null)
        changed = True
        while changed:
            changed = False
            for param, args in incoming.items():
                if param not in maybe and any(arg is NULL or arg in maybe for arg in args):
                    maybe.add(param)
                    changed = True

    # -- which borrowed values must be retained -----------------------------------------------------------------------

    def retain(self) -> None:
        """Find the borrowed values that something may free while they are needed."""
        if not self.lenders:
            return
        bits, lenders = self.bits, self.lenders
        last = self.last_releases()
        chain: dict[Node, int] = {}
        self.uses = chain
        readers: dict[str, int] = {}
        for node, bit in bits.items():
            lender = lenders.get(node)
            chain[node] = bit if lender is None else bit | chain[lender]
            if node in lenders:
                for kind in node.op.reads:    # type: ignore[union-attr]
                    kind = place(kind, node)
                    readers[kind] = readers.get(kind, 0) | bit
        borrowers = self.borrowers()
        all_readers = 0
        for mask in readers.values():
            all_readers |= mask
        for left in range(MAX_ROUNDS, -1, -1):
            # what lets go of a borrowed value will disappear: no code runs there; in the last round any may run
            ignored = frozenset(node for node in self.lets_go if left and not self.owns(node.args[0]))
            self.liveness(ignored)
            before = self.retained
            for index, items in enumerate(self.items):
                live = self.live_out[index]
                for item in reversed(items):
                    node = item.node
                    op = node.op
                    assert op is not None
                    after = live & ~item.defines
                    live = after | item.uses | item.state
                    if op.name in _LETS_GO:
                        if node in last and node not in ignored:
                            gone = borrowers.get(node.args[0], 0)    # type: ignore[arg-type]
                            self.retained |= (after | item.state) & (all_readers | gone)
                    elif op.runs:
                        self.retained |= live & all_readers
                    elif op.writes:
                        for kind in op.writes:
                            self.retained |= after & readers.get(place(kind, node), 0)
            if self.retained == before or not any(self.owns(node.args[0]) for node in ignored):
                break

    def last_releases(self) -> set[Node]:
        """What lets go of a value that nothing mentions later (though something borrowed from it may be needed)."""
        last: set[Node] = set()
        if not self.lets_go:
            return last
        self.uses = self.bits
        self.liveness(frozenset())
        for index, items in enumerate(self.items):
            live = self.live_out[index]
            for item in reversed(items):
                value = item.node.args[0] if item.node.op.name in _LETS_GO else None    # type: ignore[union-attr]
                if value in self.bits and not (live | item.state) & self.bits[value]:
                    last.add(item.node)
                live = live & ~item.defines | item.uses | item.state
        return last

    def owns(self, value: Operand) -> bool:
        bit = self.bits.get(value, 0)    # type: ignore[arg-type]
        return bool(bit) and (value not in self.lenders or bool(bit & self.retained))

    def borrowers(self) -> dict[Node, int]:
        """Of each lender the values that are borrowed from it, directly or not."""
        found: dict[Node, int] = {}
        for node in self.lenders:
            lender = self.lenders[node]
            while lender is not None:
                found[lender] = found.get(lender, 0) | self.bits[node]
                lender = self.lenders.get(lender)
        return found

    # -- liveness -----------------------------------------------------------------------------------------------------

    def liveness(self, ignored: frozenset[Node]) -> None:
        """Fill `items`, `live_in` (the block's own parameters among them) and `live_out`, in terms of `uses`."""
        uses, bits = self.uses, self.bits
        self.state_bits = {}
        self.items: list[list[_Item]] = []
        gens, defs = [], []
        self.param_bits = []
        for block in self.order:
            items = []
            for node in block.nodes:
                used = 0
                state = node.state
                args = node.args
                if node.op is _CHECK:
                    raising = block.nodes[-2]
                    state, args = raising.state, [*raising.args, raising]
                for arg in args:
                    used |= uses.get(arg, 0)    # type: ignore[arg-type]
                mentioned = 0 if state is None or node in ignored else self.state_mask(state)
                defined = bits.get(node, 0)
                op = node.op
                if used or mentioned or defined or state is not None or op.runs or op.writes or op.name in _LETS_GO:    # type: ignore[union-attr]
                    items.append(_Item(node, used, mentioned, defined))
            gen = defined = 0
            for item in reversed(items):
                gen = gen & ~item.defines | item.uses | item.state
                defined |= item.defines
            params = 0
            for param in block.params:
                params |= bits.get(param, 0)
            self.items.append(items)
            gens.append(gen)
            defs.append(~defined)
            self.param_bits.append(params)
        index = self.flow.index
        edges = [[(index[edge.block], self.edge_uses(edge)) for edge in block.successors] for block in self.order]
        count = len(self.order)
        live_in, live_out = [0] * count, [0] * count
        changed = True
        while changed:
            changed = False
            for i in range(count - 1, -1, -1):
                out = 0
                for successor, used in edges[i]:
                    out |= used | live_in[successor] & ~self.param_bits[successor]
                live_out[i] = out
                new = gens[i] | out & defs[i]
                if new != live_in[i]:
                    live_in[i] = new
                    changed = bool(self.flow.headers)
        self.live_in, self.live_out = live_in, live_out

    def edge_uses(self, edge: Edge) -> int:
        used = 0
        for arg in edge.args:
            used |= self.uses.get(arg, 0)    # type: ignore[arg-type]
        return used

    def state_mask(self, state: FrameState) -> int:
        mask = self.state_bits.get(state)
        if mask is None:
            counted = self.counted.get(state)
            if counted is None:
                bits = self.bits
                counted = [node for node in state_nodes(state, self.state_nodes) if node in bits]
                self.counted[state] = counted
            mask = 0
            for node in counted:
                mask |= self.uses[node]
            self.state_bits[state] = mask
        return mask

    # -- insertion ----------------------------------------------------------------------------------------------------

    def insert_nothing(self) -> None:
        """No value is counted, but constants may be returned, released, or passed to code that runs."""
        self.uses = {}
        self.liveness(frozenset())
        self.insert()

    def insert(self) -> None:
        heads: list[list[Node]] = [[] for _ in self.order]
        for index, block in enumerate(self.order):
            self.block(index, block, heads)
        for block, head in zip(self.order, heads):
            if head:
                for node in head:
                    node.block = block
                place = int(block.nodes[0].op is _CATCH)
                block.nodes[place:place] = head

    def block(self, index: int, block: Block, heads: list[list[Node]]) -> None:
        items = {item.node: item for item in self.items[index]}
        live = self.live_out[index]
        new: list[Node] = []    # backwards
        for node in reversed(block.nodes):
            item = items.get(node)
            op = node.op
            assert op is not None
            if op.ends:
                live = self.end(index, node, item, live, new, heads)
            elif item is None:
                new.append(node)
            else:
                live = self.node(node, item, live, new, block.nodes[-1].op is _CHECK and node is block.nodes[-2])
        dead = self.param_bits[index] & ~live
        if dead:
            new.extend(reversed(self.decrefs(dead)))
        new.reverse()
        for node in new:
            node.block = block
        block.nodes = _without_pauses(new)

    def node(self, node: Node, item: _Item, after: int, new: list[Node], checked: bool) -> int:
        """Put a node and what belongs around it, last first; returns what is live before it.  Nothing comes between a
        node and the `check` that it is `checked` by."""
        op = node.op
        assert op is not None
        defines = item.defines if node not in self.lenders or item.defines & self.retained else 0
        before = after & ~defines | item.uses | item.state
        dying = (item.uses | item.state | defines) & ~after
        consumed = self.stolen(node, dying)
        kept = self.kept_constants(node)
        if checked or op in _ALWAYS_RAISE:
            consumed = dying
        else:
            new.extend(self.counter("decref", const) for const in reversed(kept))
        if op.name in _LETS_GO:
            if not self.owns(node.args[0]) or self.bits[node.args[0]] & (after | item.state):    # type: ignore[index]
                new.extend(reversed(self.decrefs(dying)))
                return before
            consumed = self.bits[node.args[0]]    # type: ignore[index]
            if node.args[0] in self.maybe:
                node.attrs["maybe"] = True
        new.extend(reversed(self.decrefs(dying & ~consumed)))
        if defines and node in self.lenders:
            new.append(self.counter("incref", node))
        new.append(node)
        if node.state is not None:
            owned = before & ~consumed if op.name in _LETS_GO else before
            self.own(node, owned, kept)
        new.extend(self.counter("incref", value) for value in reversed(kept))
        return before

    def stolen(self, node: Node, dying: int) -> int:
        """Of the operands that a node may take over, those whose last reference of ours it gets."""
        steals = node.op.steals    # type: ignore[union-attr]
        if not steals:
            return 0
        consumed = 0
        places = []
        for number in range(0 if steals == "all" else len(node.args) - 1, len(node.args)):
            value = node.args[number]
            bit = self.bits.get(value, 0) if self.owns(value) else 0    # type: ignore[arg-type]
            if bit & dying & ~consumed and number < MAX_STOLEN:
                consumed |= bit
                places.append(number)
        if places:
            node.attrs["stolen"] = tuple(places)
        return consumed

    def kept_constants(self, node: Node) -> list[Const]:
        """The constants that running code might free under our feet: those the node uses and those of its state."""
        if not node.op.runs or node.op.name in ("poll", "release"):    # type: ignore[union-attr]
            return []
        found = {id(arg.value): arg for arg in node.args
                 if type(arg) is Const and arg.rep == "o" and is_weak(arg.value)}
        function = node.attrs.get("function")
        if is_weak(function):
            found.setdefault(id(function), Const(function, "o"))
        if node.state is not None:
            for const in self.state_constants(node.state):
                found.setdefault(id(const.value), const)
        return list(found.values())

    def state_constants(self, state: FrameState) -> list[Const]:
        """The weakly kept constants that a state mentions."""
        found = self.constants.get(state)
        if found is None:
            found = self.constants[state] = []
            slots: list[Slot] = [state.function, *state.locals, *state.stack]
            seen: set[VirtualObject] = set()
            while slots:
                slot = slots.pop()
                if isinstance(slot, Const):
                    if slot.rep == "o" and is_weak(slot.value):
                        found.append(slot)
                elif isinstance(slot, Maybe):
                    slots.append(slot.value)
                elif isinstance(slot, VirtualObject) and slot not in seen:
                    seen.add(slot)
                    slots.extend(slot.parts)
            if state.parent is not None:
                found.extend(self.state_constants(state.parent))
        return found

    def end(self, index: int, node: Node, item: _Item | None, out: int, new: list[Node],
            heads: list[list[Node]]) -> int:
        """Put a block's last node and what belongs on its edges; returns what is live before it."""
        before = out
        if item is not None:
            before |= item.uses | item.state
        new.append(node)
        if node.state is not None:
            self.own(node, before, [])
        if node.op in _HAND_OVER:
            moved, grown = self.handed_over(node)
            new.extend(reversed([*self.increfs(grown), *self.decrefs(before & ~moved)]))
            return before
        if node.op.name == "return":    # type: ignore[union-attr]
            value = node.args[0] if node.args else NULL
            if not isinstance(value, Node | Const) or value.rep != "o":
                new.extend(reversed(self.decrefs(before)))
            elif self.owns(value):
                new.extend(reversed(self.decrefs(before & ~self.bits[value])))    # type: ignore[index]
            else:
                new.extend(reversed(self.decrefs(before)))
                new.extend(self.increfs([value]))
            return before
        kept = self.kept_constants(node.block.nodes[-2]) if node.op is _CHECK else []    # type: ignore[union-attr]
        for edge in list(node.targets):
            self.edge(node, edge, before, new, heads, kept)
        return before

    def handed_over(self, node: Node) -> tuple[int, list[Operand]]:
        """What a suspended or finished generator takes: the values that are ours to give, and those to be increased."""
        moved = 0
        grown: list[Operand] = []
        for value in node.args:
            if isinstance(value, Node | Const) and value.rep == "o":
                bit = self.bits[value] if self.owns(value) else 0    # type: ignore[index]
                if bit & ~moved:
                    moved |= bit
                else:
                    grown.append(value)
        return moved, grown

    def edge(self, end: Node, edge: Edge, before: int, new: list[Node], heads: list[list[Node]],
             kept: list[Const]) -> None:
        target = self.flow.index[edge.block]
        params = self.param_bits[target]
        needed = self.live_in[target] & ~params
        moved = 0
        grown: list[Operand] = []
        grown_params: list[Operand] = []
        for arg, param in zip(edge.args, edge.block.params):
            if param not in self.bits or arg is NULL:
                continue
            bit = self.bits[arg] if self.owns(arg) else 0    # type: ignore[index]
            if bit and not bit & (needed | moved):
                moved |= bit
            else:
                grown.append(arg)
                grown_params.append(param)
        dead = before & ~needed & ~moved
        if end.op.name == "branch" and edge is end.targets[0]:    # type: ignore[union-attr]
            dead &= ~self.no_item(end.args[0])
        elif end.op is _CHECK and edge is end.targets[1]:
            dead &= ~self.bits.get(end.block.nodes[-2], 0)    # type: ignore[union-attr]
        if not grown and not dead and not kept:
            return
        gone = [*self.decrefs(dead), *(self.counter("decref", const) for const in kept)]
        if len(end.targets) == 1:
            new.extend(reversed([*self.increfs(grown), *gone]))
        elif len(self.flow.preds[target]) == 1:
            heads[target][:0] = [*self.increfs(grown_params), *gone]
        else:
            middle = self.graph.new_block(edge.block.line)
            middle.nodes = [*self.increfs(grown), *gone]
            jump = middle.append("jump")
            jump.targets = [Edge(edge.block, edge.args)]
            for node in middle.nodes:
                node.block = middle
            edge.block, edge.args = middle, []

    def no_item(self, condition: Operand) -> int:
        """Where `next` found the end there is no item to release."""
        if isinstance(condition, Node) and condition.op is not None and condition.op.name == "is_exhausted":
            return self.bits.get(condition.args[0], 0)    # type: ignore[arg-type]
        return 0

    def own(self, node: Node, owned: int, constants: list[Const]) -> None:
        nodes: set[Node | Const] = {*self.nodes_of(owned), *constants}
        if nodes:
            self.graph.owned[node] = frozenset(nodes)

    def nodes_of(self, mask: int) -> list[Node]:
        nodes = []
        while mask:
            bit = mask & -mask
            nodes.append(self.values[bit.bit_length() - 1])
            mask ^= bit
        return nodes

    def increfs(self, values: list[Operand]) -> list[Node]:
        return [self.counter("incref", value) for value in values
                if not (isinstance(value, Const) and sys.getrefcount(value.value) > _IMMORTAL)]

    def decrefs(self, mask: int) -> list[Node]:
        return [self.counter("decref", node) for node in self.nodes_of(mask)] if mask else []

    def counter(self, name: str, value: Operand) -> Node:
        if value in self.maybe:
            name += "_maybe"
        return Node(OPS[name], [value], "")


def _without_pauses(nodes: list[Node]) -> list[Node]:
    """Without the decrement of a constant that an increment of it follows at once."""
    kept: list[Node] = []
    for node in nodes:
        if node.op is _INCREF and kept and kept[-1].op is _DECREF and type(node.args[0]) is Const \
                and same(node.args[0], kept[-1].args[0]):
            kept.pop()
        else:
            kept.append(node)
    return kept
