"""Follows a graph with references along random ways and proves the counts: each reference that is owned is given up
exactly once, nothing is used after it may be gone, and every exit takes over just what is owned there."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field

from tiercel.graph.build import NULL, Const, Graph, Node, Operand
from tiercel.graph.flow import place
from tiercel.passes.refs import is_weak


class CountError(AssertionError):
    """A reference that is lost, given up twice, or used when it may be gone."""


@dataclass(eq=False)
class Thing:
    """An object on one way through the graph."""

    name: str
    owned: int = 0
    permanent: bool = False
    immortal: bool = False         # nobody counts
    lender: Thing | None = None    # borrowed from it, out of these kinds of memory
    kinds: frozenset[str] = frozenset()
    lent: bool = False             # whether that still holds

    def valid(self, killed: frozenset[str] | None = frozenset()) -> bool:
        """Whether it exists; `killed` are the kinds of memory being written (None: code runs)."""
        if self.owned > 0 or self.permanent:
            return True
        if not self.lent or self.lender is None:
            return False
        if self.kinds and (killed is None or self.kinds & killed):
            return False
        return self.lender.valid(killed)


@dataclass
class Walk:
    """One way through a graph."""

    graph: Graph
    choose: random.Random
    steps: int = 300
    things: dict[Node, Thing | None] = field(default_factory=dict)
    constants: dict[int, Thing] = field(default_factory=dict)
    everything: list[Thing] = field(default_factory=list)

    def run(self) -> None:
        graph = self.graph
        self.things[graph.function] = Thing("function", permanent=True)
        for param in graph.entry.params:
            if param.rep == "o":
                mine = graph.loop_at is not None
                self.make(param, Thing("param", owned=int(mine), permanent=not mine))
        block = graph.entry
        while self.steps > 0:
            for node in block.nodes:
                self.steps -= 1
                following = self.node(node)
            if following is None:
                return
            edge, gone = following
            if gone is not None:
                gone.owned = 0
            arrived = [self.thing(arg) for arg in edge.args]
            for param, thing in zip(edge.block.params, arrived, strict=True):
                if param.rep == "o":
                    self.things[param] = thing
            block = edge.block

    def make(self, node: Node, thing: Thing) -> None:
        self.things[node] = thing
        self.everything.append(thing)

    def thing(self, operand: Operand) -> Thing | None:
        if operand is NULL:
            return None
        if isinstance(operand, Const):
            if operand.rep != "o":
                return None
            thing = self.constants.get(id(operand.value))
            if thing is None:
                immortal = sys.getrefcount(operand.value) > 1 << 31
                thing = Thing(repr(operand.value), permanent=True, immortal=immortal)
                self.constants[id(operand.value)] = thing
                self.everything.append(thing)
            return thing
        return self.things[operand] if operand.rep == "o" else None

    def need(self, node: Node, operand: Operand, killed: frozenset[str] | None = frozenset()) -> None:
        thing = self.thing(operand)
        if thing is not None and not thing.valid(killed):
            raise CountError(f"{operand!r} may be gone at {node!r}")
        if killed is None and isinstance(operand, Const) and operand.rep == "o" and is_weak(operand.value) \
                and not self.thing(operand).owned:
            raise CountError(f"{operand!r} is not kept while {node!r} runs code")

    def node(self, node: Node):
        op = node.op
        killed = None if op.runs or op.name == "drop" else frozenset(place(kind, node) for kind in op.writes)
        if op.name in ("poll", "release"):
            for arg in node.args:
                self.need(node, arg)
        else:
            for arg in node.args:
                self.need(node, arg, killed if op.runs else frozenset())
        consumed = self.thing(node.args[0]) if op.name in ("release", "drop") else None
        if op.name in ("release", "drop"):
            self.give_up(node, consumed)
        if node.state is not None:
            self.exit(node, killed if op.raises else frozenset())
        for number in node.attrs.get("stolen", ()):
            self.give_up(node, self.thing(node.args[number]))
        self.kill(killed)
        if op.name.startswith("incref"):
            thing = self.thing(node.args[0])
            if thing is None and not op.name.endswith("_maybe"):
                raise CountError(f"{node!r} of null")
            if thing is not None and not thing.immortal:
                thing.owned += 1
        elif op.name.startswith("decref"):
            thing = self.thing(node.args[0])
            if thing is None and not op.name.endswith("_maybe"):
                raise CountError(f"{node!r} of null")
            self.give_up(node, thing)
        elif node.rep == "o":
            self.result(node)
        if not op.ends:
            return None
        if op.name == "return":
            self.returned(node)
        if not node.targets:
            return None
        number = self.choose.randrange(len(node.targets))
        gone = None
        if op.name == "check":
            raising = node.block.nodes[-2]
            number = 1 if raising.op.name in ("raise", "raise_again") else number
            gone = self.thing(raising) if number == 1 else None
        if op.name == "branch" and number == 0 and isinstance(node.args[0], Node) and node.args[0].op is not None \
                and node.args[0].op.name == "is_exhausted":
            gone = self.thing(node.args[0].args[0])
        return node.targets[number], gone

    def kill(self, killed: frozenset[str] | None) -> None:
        for thing in self.everything:
            if thing.lent and not (Thing("", lender=thing.lender, kinds=thing.kinds, lent=True).valid(killed)):
                thing.lent = False

    def give_up(self, node: Node, thing: Thing | None) -> None:
        if thing is None or thing.immortal:
            return
        if thing.owned < 1:
            raise CountError(f"{node!r}: no reference to {thing.name} is owned")
        thing.owned -= 1
        self.kill(frozenset())

    def result(self, node: Node) -> None:
        ref = "immortal" if node.attrs.get("immortal") else node.op.ref or "new"
        if ref == "new":
            self.make(node, Thing(repr(node), owned=1))
        elif ref == "immortal":
            self.make(node, Thing(repr(node), permanent=True, immortal=True))
        else:
            self.make(node, Thing(repr(node), lender=self.thing(node.args[0]), lent=True,
                                  kinds=frozenset(place(kind, node) for kind in node.op.reads)))

    def exit(self, node: Node, killed: frozenset[str] | None) -> None:
        for mentioned in node.state.nodes():
            if mentioned.rep == "o":
                self.need(node, mentioned, killed)
        taken: dict[Thing, int] = {}
        for owned in self.graph.owned.get(node, ()):
            thing = self.thing(owned)
            if thing is not None and not thing.immortal:
                taken[thing] = taken.get(thing, 0) + 1
        for thing in self.everything:
            if taken.get(thing, 0) != thing.owned:
                raise CountError(f"{node!r} hands over {taken.get(thing, 0)} of {thing.owned} references to "
                                 f"{thing.name}")

    def returned(self, node: Node) -> None:
        value = node.args[0] if node.args else NULL
        thing = self.thing(value)
        self.give_up(node, thing)
        for thing in self.everything:
            if thing.owned:
                raise CountError(f"{thing.owned} references to {thing.name} are lost")


def prove(graph: Graph, seed: int = 0, ways: int = 20) -> None:
    """Raise CountError if some way through the graph miscounts."""
    for number in range(ways):
        Walk(graph, random.Random(seed * 1000 + number)).run()
