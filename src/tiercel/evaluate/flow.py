"""The walk over a function's blocks: merging states where ways meet, and loops by widening and peeling."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, NoneType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tiercel.evaluate.assumptions import Left, Unsupported
from tiercel.evaluate.numbers import NUMBER_SHAPE, Numbers, is_number
from tiercel.evaluate.state import Path, State
from tiercel.graph.build import HOISTED, NO_WITNESS, NULL, Block, Const, Edge, Node, Operand
from tiercel.types import ANY, BOOL, I64_MAX, U64_MAX, Fact, implies, join, one_of, widen
from tiercel.values import Abstract, MaybeUnbound, Virtual

if TYPE_CHECKING:
    from tiercel.bytecode.blocks import Block as BasicBlock
    from tiercel.bytecode.blocks import Flow as BasicFlow
    from tiercel.bytecode.decode import Code

_CALLED: Final = frozenset({FunctionType, BuiltinFunctionType, MethodDescriptorType, type})

MAX_ROUNDS: Final = 40          # evaluations of one loop before giving up
MAX_BLOCKS: Final = 20_000
MAX_INSTRUCTIONS: Final = 20_000    # of a function or loop: it takes seconds, and its text would be too large
MAX_PEELED: Final = 2           # rounds before a loop in which representations settle

_MOVES_BY_INDEX: Final = frozenset({"list_iterator", "tuple_iterator", "str_iterator", "bytes_iterator", "reversed_list",
                             "enumerate"})
_NULL_RAW: Final[dict[str, Operand]] = {
    "i": Const(0, "i"), "u": Const(0, "u"), "f": Const(0.0, "f"), "b": Const(False, "b"), "o": NULL}


class LoopMemory:
    """What is remembered of a loop from one evaluation to the next; it only grows."""

    __slots__ = ("changed", "facts", "maybe", "built", "numbers", "hoisted", "peel", "rounds")

    def __init__(self) -> None:
        self.changed: set[Path] = set()
        self.facts: dict[Path, Fact] = {}
        self.maybe: set[Path] = set()
        self.built: set[Path] = set()    # virtual objects that must be real at the header
        self.numbers: set[Path] = set()    # what is an int at times and a float at others
        self.hoisted: dict[Path, type] = {}
        self.peel = 0    # how many rounds are evaluated before the loop proper
        self.rounds = 0


Incoming = tuple[State, Block]
Outcome = TypeVar("Outcome")


class _Loop:
    """A loop being evaluated."""

    __slots__ = ("header", "last", "key", "peeled", "peeling", "entries", "pending", "outer", "graph_size", "returns",
                 "yields", "inlined", "block", "state", "params", "back")

    def __init__(self, header: int, last: int, key: tuple[Any, ...], peeled: int, peeling: bool,
                 entries: list[tuple[State, Block, int]], pending: dict[int, list[tuple[State, Block, int]]],
                 outer: list[dict[int, int]], graph_size: int, returns: int, yields: int, inlined: int) -> None:
        self.header = header
        self.last = last
        self.key = key
        self.peeled = peeled    # how many rounds were evaluated before
        self.peeling = peeling    # whether this is another such
        self.entries = entries
        self.pending = pending
        self.outer = outer    # for each caller, how many ways into its blocks were waiting
        self.graph_size = graph_size
        self.returns = returns
        self.yields = yields
        self.inlined = inlined
        self.block: Block | None = None
        self.state: State | None = None
        self.params: dict[Path, Fact] = {}
        self.back: list[Incoming] = []


class Flow(Numbers):
    """Walks blocks in reverse postorder.  Subclasses evaluate the instructions of one block by `run_block`, which
    hands on states by `go_to`."""

    def __init__(self, graph: Any, history: Any) -> None:
        super().__init__(graph, history)
        self.memory: dict[tuple[Any, ...], LoopMemory] = {}
        self._pending: dict[int, list[Incoming]] = {}
        self._region: set[int] = set()
        self._outer: list[tuple[dict[int, list[Incoming]], set[int]]] = []    # the same of the callers, outermost first
        self.headers: Collection[int] = ()     # of the loops that are being walked
        self.returns: list[tuple[State, Block, Abstract]] = []
        self.yields: list[Incoming] = []       # of a generator's body that is being walked, back in its caller
        self.observed: set[tuple[Any, ...]] = set()    # keys of inlined code that needs a frame, since other code may see it
        self.own_size = 0          # instructions of the version's own code
        self.inlined_size = 0      # instructions of callees evaluated in place
        self.spared = False        # whether a callee was not, as this code has not yet shown that it is worth it

    def run_block(self, block: BasicBlock) -> None:
        raise NotImplementedError

    # -- the walk ----------------------------------------------------------------------------------------------------

    def walk(self, code: Code, start: int, state: State, block: Block, region: set[int] | None = None,
             flow: BasicFlow | None = None) -> None:
        """Evaluate from the basic block at `start`; `region` limits it to some blocks (by their first unit), from which
        every way out is a `leave`; `flow` is that of a generator that goes on there.  What returns is added to
        `self.returns`."""
        self._outer.append((self._pending, self._region))
        catches, self.catches = self.catches, False
        headers = self.headers
        flow = flow or code.flow
        self.headers = flow.loops.keys()
        order = [b for b in flow.order if region is None or b.at in region]
        position = {b.at: index for index, b in enumerate(order)}
        self._region = set(position)
        if len(self._outer) == 1:
            self.own_size = sum(len(b.instructions) for b in order)
            if self.own_size > MAX_INSTRUCTIONS:
                raise Unsupported("too large")
        self._pending = {start: [(state, block)]}
        loops: list[_Loop] = []
        index, peeled = 0, 0
        while index < len(order):
            basic = order[index]
            incoming = self._pending.pop(basic.at, None)
            if incoming:
                if basic.at in flow.loops:
                    last = max(position[b.at] for b in flow.loops[basic.at].blocks if b.at in position)
                    self._enter_loop(basic, flow.loops[basic.at].stores, incoming, index, last, loops, peeled)
                    peeled = 0
                else:
                    state, open_block = self._merge(incoming, basic.at)
                    self._run(basic, state, open_block)
            while loops and loops[-1].last == index:
                loop = loops.pop()
                if self._finish_loop(loop, order[loop.header]):
                    index, peeled = loop.header - 1, loop.peeled + loop.peeling
                    break
            index += 1
        self._pending, self._region = self._outer.pop()
        self.catches, self.headers = catches, headers

    def _run(self, basic: BasicBlock, state: State, block: Block) -> None:
        if len(self.graph.blocks) > MAX_BLOCKS:
            raise Unsupported("too large")
        block.line = block.line or basic.instructions[0].line or 0
        self.stand(state, block, basic.at, basic.at)
        with suppress(Left):
            self.run_block(basic)

    def go_to(self, unit: int, state: State | None = None, block: Block | None = None) -> None:
        """The state goes on at the basic block at `unit`."""
        state, block = state or self.state, block or self.block
        if unit not in self._region:
            # without standing there: the other way of a branch is still evaluated at the current instruction
            block.append("leave", state=state.describe(unit, unit), reason="end of the compiled loop")
            return
        self._pending.setdefault(unit, []).append((state, block))

    def branch(self, condition: Operand, likely: bool | None = None) -> tuple[Incoming | None, Incoming | None]:
        """Split on `condition` (``b``): the state and open block for true and for false (None: cannot happen)."""
        if isinstance(condition, Const):
            here = (self.state, self.block)
            return (here, None) if condition.value else (None, here)
        assert isinstance(condition, Node)
        yes, no = self.graph.new_block(), self.graph.new_block()
        end = self.block.append("branch", [condition], likely=likely)
        end.targets = [Edge(yes), Edge(no)]
        yes_state, no_state = self.state, self.state.copy()
        _refine(yes_state, condition, True)
        _refine(no_state, condition, False)
        return (yes_state, yes), (no_state, no)

    # -- merging -----------------------------------------------------------------------------------------------------

    def parted(self, condition: Operand) -> tuple[Incoming, Incoming]:
        """The same of a condition that is not constant."""
        yes, no = self.branch(condition)
        assert yes is not None and no is not None
        return yes, no

    def _merge(self, incoming: list[Incoming], unit: int) -> Incoming:
        """One state and block for several ways into `unit`."""
        if len(incoming) == 1:
            return incoming[0]
        catches, self.catches = self.catches, False
        places = self._common_places(incoming, unit)
        target = self.graph.new_block()
        leaves: dict[Path, Any] = {}
        merged: list[tuple[Path, Fact, str]] = []
        for path, first in places[0].items():
            others = [p[path] for p in places]
            if isinstance(first, tuple) or all(_same(first, other) for other in others):
                leaves[path] = first
            else:
                facts = [s.fact(o) for (s, _), o in zip(incoming, others, strict=True) if o is not NULL]
                fact = facts[0] if facts else ANY
                for other in facts[1:]:
                    fact = join(fact, other)
                bound = {_bound_state(o) for o in others}
                merged.append((path, fact, "always" if bound == {"always"} else "maybe"))
        # the same values in several places make one parameter
        state = incoming[0][0].copy()
        self._meet_knowledge(state, [s for s, _ in incoming])
        made: dict[tuple[Any, ...], Abstract] = {}
        arguments: list[list[Operand]] = [[] for _ in incoming]
        for path, fact, bound_state in merged:
            values = [p[path] for p in places]
            ident = tuple(_identity(v) for v in values)
            if ident not in made:
                made[ident] = self._parameter(target, fact, bound_state == "maybe", _first_witness(values))
                for (in_state, in_block), value, args in zip(incoming, values, arguments, strict=True):
                    self.stand(in_state, in_block, unit, unit)
                    args += self._arguments_for(made[ident], value)
                self._note_cases(state, made[ident], values, incoming)
            leaves[path] = made[ident]
        state.rebuild(leaves)
        for (_, in_block), args in zip(incoming, arguments, strict=True):
            in_block.append("jump").targets = [Edge(target, args)]
        self.catches = catches
        return state, target

    def _note_cases(self, state: State, parameter: Abstract, values: list[Any], incoming: list[Incoming]) -> None:
        """Where each way brings a function, a call of it can tell which way was taken, and so what is known."""
        if not isinstance(parameter, Node) or not all(isinstance(v, Const) and type(v.value) in _CALLED for v in values):
            return
        cases: dict[Any, tuple[Const, dict[Node, Fact]]] = {}
        for value, (way, _) in zip(values, incoming, strict=True):
            facts = {node: fact for node, fact in way.facts.items() if fact != state.fact(node)}
            known = cases.get(value.key())
            if known is not None:
                facts = {node: join(fact, known[1][node]) for node, fact in facts.items() if node in known[1]}
            cases[value.key()] = value, facts
        state.cases[parameter] = list(cases.values())

    def _common_places(self, incoming: list[Incoming], unit: int) -> list[dict[Path, Any]]:
        """The places of all states, virtual objects built where the states differ in their shape."""
        for _ in range(1000):
            places = [state.places() for state, _ in incoming]
            path = _first_difference(places)
            if path is None:
                if any(self.meet_as_numbers(incoming, path, unit) for path in _mixtures(places, incoming)):
                    continue
                return places
            if self.meet_as_numbers(incoming, path, unit) or self.part_numbers(incoming, path):
                continue
            for (state, block), here in zip(incoming, places, strict=True):
                if path in here and isinstance(here[path], tuple):
                    self.stand(state, block, unit, unit)
                    value = state.value_at(path)
                    assert isinstance(value, Virtual)
                    self.materialise(value)
        raise Unsupported("states do not merge")

    def _meet_knowledge(self, state: State, others: list[State]) -> None:
        """Keep in `state` what all of `others` know of the same nodes."""
        for node in list(state.facts):
            fact = state.facts[node]
            for other in others:
                fact = join(fact, other.fact(node))
            state.facts[node] = fact
        state.raw = {n: r for n, r in state.raw.items() if all(o.raw.get(n) is r for o in others)}
        state.boxed = {n: r for n, r in state.boxed.items() if all(o.boxed.get(n) is r for o in others)}
        state.built = {v: n for v, n in state.built.items() if all(o.built.get(v) is n for o in others)}
        state.cases = {n: c for n, c in state.cases.items() if all(o.cases.get(n) is c for o in others)}

    def _parameter(self, block: Block, fact: Fact, maybe: bool, witness: Any) -> Abstract:
        bound = block.param("b") if maybe else None
        param = block.param(fact.rep)
        param.fact, param.hint = fact, str(fact)
        self.set_witness(param, witness)
        if bound is None:
            return param
        bound.fact = BOOL
        return MaybeUnbound(bound, param)

    def _arguments_for(self, param: Abstract, value: Abstract) -> list[Operand]:
        """What an edge passes for a parameter; unboxes and boxes at the present point."""
        if isinstance(param, MaybeUnbound):
            if value is NULL:
                return [Const(False, "b"), _NULL_RAW[param.value.rep]]
            if isinstance(value, MaybeUnbound):
                return [value.bound, self._as_rep(value.value, param.value.rep)]
            return [Const(True, "b"), self._as_rep(value, param.value.rep)]
        assert isinstance(param, Node)
        return [self._as_rep(value, param.rep)]

    def _as_rep(self, value: Abstract, rep: str) -> Operand:
        if rep == "o":
            return NULL if value is NULL else self.obj(value)
        raw = self.raw(value)
        if rep == "u" and raw is not None and raw.rep == "i":
            return Const(raw.value, "u") if isinstance(raw, Const) else self.emit("u64_of_i64", raw)
        if raw is None or raw.rep != rep:
            raise Unsupported(f"a value does not take the form {rep} where ways meet")
        return raw

    # -- loops -------------------------------------------------------------------------------------------------------

    def _enter_loop(self, basic: BasicBlock, stores: frozenset[int], incoming: list[Incoming], index: int, last: int,
                    loops: list[_Loop], peeled: int) -> None:
        key = (*incoming[0][0].frame.key, basic.at)
        memory = self.memory.setdefault(key, LoopMemory())
        memory.rounds += 1
        if memory.rounds > MAX_ROUNDS:
            raise Unsupported("a loop whose types do not settle")
        loop = _Loop(index, last, key, peeled, peeled < memory.peel,
                     [(state.copy(), block, len(block.nodes)) for state, block in incoming],
                     {unit: [(s.copy(), b, len(b.nodes)) for s, b in ins] for unit, ins in self._pending.items()},
                     [{unit: len(ins) for unit, ins in pending.items()} for pending, _ in self._outer],
                     len(self.graph.blocks), len(self.returns), len(self.yields), self.inlined_size)
        loops.append(loop)
        state, block = self._merge(incoming, basic.at)
        if not loop.peeling:
            state, block = self._header(loop, memory, basic, stores, state, block)
        self._run(basic, state, block)

    def _header(self, loop: _Loop, memory: LoopMemory, basic: BasicBlock, stores: frozenset[int], state: State,
                block: Block) -> Incoming:
        """Make the header: a parameter for each place that the loop changes."""
        self.stand(state, block, basic.at, basic.at)
        for path in sorted(memory.built, key=repr):
            value = state.find_at(path)
            if isinstance(value, Virtual):
                self.materialise(value)
        for path, type_ in memory.hoisted.items():
            value = state.find_at(path)
            if isinstance(value, Node) and self.type_of(value) is None:
                self.guard_type(value, type_)
        for path in sorted(memory.numbers, key=repr):
            self.meet_as_numbers([(state, block)], path, basic.at)
        self.stand(state, block, basic.at, basic.at)
        header = self.graph.new_block(basic.instructions[0].line or 0)
        leaves = state.places()
        args: list[Operand] = []
        # a guess, which saves rounds; hidden code has locals that say which way it is on, mostly the same all the time
        stored = set() if state.frame.code.hidden else {("L", 0, index) for index in stores}
        for path, leaf in list(leaves.items()):
            if isinstance(leaf, tuple):
                continue
            if not (path in memory.changed or path in stored or _moves(leaves, path)):
                continue
            if leaf is NULL and path not in memory.maybe:
                continue
            fact = memory.facts.get(path)
            here = state.fact(leaf) if leaf is not NULL else None
            if here is not None:
                fact = _header_fact(here) if fact is None else join(fact, here)
            fact = fact or ANY
            maybe = leaf is NULL or isinstance(leaf, MaybeUnbound) or path in memory.maybe
            param = self._parameter(header, fact, maybe, _first_witness([leaf]))
            args += self._arguments_for(param, leaf)
            leaves[path] = param
            loop.params[path] = fact
        inner = state.copy()
        inner.rebuild(leaves)
        self.block.append("jump").targets = [Edge(header, args)]
        loop.block, loop.state = header, inner.copy()
        self.stand(inner, header, basic.at, basic.at)
        self.emit("loop", hoists=not any(reason.endswith(HOISTED) for reason in self.failures()))
        return inner, header

    def _finish_loop(self, loop: _Loop, basic: BasicBlock) -> bool:
        """Close the back-edges; True where the loop is evaluated again instead."""
        back = self._pending.pop(basic.at, [])
        memory = self.memory[loop.key]
        if loop.peeling:
            if back:
                self._pending[basic.at] = back
            return bool(back)
        assert loop.state is not None and loop.block is not None
        if not back:
            return False
        grown = False
        numbers = [path for path, leaf in loop.state.places().items() if leaf == NUMBER_SHAPE]
        for state, block in back:
            for path in numbers:
                self.meet_as_numbers([(state, block)], path, basic.at)
            grown |= self._learn_from(loop, memory, state)
        if grown:
            self._roll_back(loop, basic)
            return True
        header_places = loop.state.places()
        for state, block in back:
            self.stand(state, block, basic.at, basic.at)
            args: list[Operand] = []
            for path, leaf in header_places.items():
                if path in loop.params:
                    args += self._arguments_for(leaf, state.value_at(path))
            self.block.append("jump").targets = [Edge(loop.block, args)]
        return False

    def _roll_back(self, loop: _Loop, basic: BasicBlock) -> None:
        """Forget all that was made since the loop was entered."""
        for _, block, size in loop.entries:
            self.cut(block, size, loop.graph_size)
        for (pending, _), counts in zip(self._outer, loop.outer, strict=True):
            for unit, incoming in pending.items():
                del incoming[counts.get(unit, 0):]
        del self.returns[loop.returns:]
        del self.yields[loop.yields:]
        self.inlined_size = loop.inlined
        # in the order of blocks, some that are no part of the loop may come before its last: they were entered
        for ways in loop.pending.values():
            for _, block, size in ways:
                self.cut(block, size, loop.graph_size)
        self._pending = {unit: [(state, block) for state, block, _ in ways] for unit, ways in loop.pending.items()}
        self._pending[basic.at] = [(state, block) for state, block, _ in loop.entries]

    def unobserved_first(self, key: tuple[Any, ...], evaluate: Callable[[bool], Outcome]) -> Outcome:
        """Evaluate inlined code with a frame only if other code may see it, which only evaluating it tells: without one
        (`evaluate(False)`), and if that was wrong everything since is forgotten, and it is done with one."""
        if key in self.observed:
            return evaluate(True)
        before, block = self.state.copy(), self.block
        nodes, blocks, sizes = len(block.nodes), len(self.graph.blocks), (self.inlined_size, len(self.inlined))
        ways = [(pending, {unit: len(incoming) for unit, incoming in pending.items()})
                for pending in (self._pending, *[pending for pending, _ in self._outer])]
        where = self.at, self.op_at, self.resume, self._before_at, self._stack_before, self._locals_before
        effects, past, self.past = self.effects, self.past, 0
        left: Left | None = None
        try:
            outcome = evaluate(False)
        except Left as error:
            left = error
        seen, self.past = self.effects != effects + self.past, past
        if not seen:
            if left is not None:
                raise left
            return outcome
        self.observed.add(key)
        self.cut(block, nodes, blocks)
        for pending, counts in ways:
            for unit, incoming in pending.items():
                del incoming[counts.get(unit, 0):]
        (self.inlined_size, inlined), self.effects = sizes, effects
        del self.inlined[inlined:]
        self.stand(before, block, self.at, self.resume)
        self.at, self.op_at, self.resume, self._before_at, self._stack_before, self._locals_before = where
        return evaluate(True)

    def cut(self, block: Block, nodes: int, blocks: int) -> None:
        """Forget what was made since a block had so many nodes, and the graph so many blocks."""
        for each in self.graph.blocks[blocks:]:
            each.nodes.clear()
        del self.graph.blocks[blocks:]
        del block.nodes[nodes:]

    def _learn_from(self, loop: _Loop, memory: LoopMemory, state: State) -> bool:
        """Compare the state at a back-edge with the header's; remember what must be wider.  True if anything was."""
        assert loop.state is not None
        grown = False
        places, header = state.places(), loop.state.places()
        for path, leaf in header.items():
            if path not in places:
                continue
            other = places[path]
            if isinstance(leaf, tuple):
                if leaf != other:
                    memory.built.add(path)
                    memory.changed.add(path)
                    memory.numbers.discard(path)
                    grown = True
                continue
            if isinstance(other, tuple):
                # a virtual object where the header has a real one: built on the back-edge
                other = state.value_at(path)
                if is_number(other) and path not in memory.numbers and path not in memory.built:
                    memory.numbers.add(path)
                    memory.facts.pop(path, None)
                    grown = True
                    continue
            if path in loop.params:
                grown |= self._widen_parameter(loop, memory, path, leaf, other, state)
            elif not _same(leaf, other):
                if _is_point(header, path) and not memory.peel:
                    memory.peel = 1       # after one round a generator is where it is in every later one
                    memory.facts.clear()
                    return True
                memory.changed.add(path)
                if leaf is NULL or other is NULL or isinstance(other, MaybeUnbound):
                    memory.maybe.add(path)
                if other is not NULL:
                    memory.facts[path] = state.fact(other)
                grown = True
            elif isinstance(leaf, Node) and loop.state.fact(leaf).type is None:
                learnt = state.fact(leaf).type
                if learnt is not None and path not in memory.hoisted and _witness_is(leaf, learnt):
                    memory.hoisted[path] = learnt
                    grown = True
        return grown

    def _widen_parameter(self, loop: _Loop, memory: LoopMemory, path: Path, leaf: Any, other: Any,
                         state: State) -> bool:
        grown = False
        if (other is NULL or isinstance(other, MaybeUnbound)) and not isinstance(leaf, MaybeUnbound):
            memory.maybe.add(path)
            grown = True
        if other is NULL:
            return grown
        known, new = loop.params[path], state.fact(other)
        if implies(new, known):
            return grown
        if known.rep != "o" and new.rep != "o" and widen(known, new).rep == "o" and memory.peel < MAX_PEELED:
            memory.peel += 1
            memory.facts.clear()
            return True
        if not known.types:
            return grown
        memory.facts[path] = widen(known, new)
        return True


def _refine(state: State, condition: Node, truth: bool) -> None:
    """What a comparison says of its operands where it is known to be true or false."""
    if condition.op is not None and condition.op.name in ("is", "type_is"):
        _refine_type(state, condition, truth)
    if condition.op is None or not condition.op.name.startswith("i64_"):
        return
    name = condition.op.name[4:]
    if not truth:
        name = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}.get(name, "")
    if name not in ("lt", "le", "gt", "ge", "eq"):
        return
    a, b = condition.args
    fa, fb = _int_fact(state, a), _int_fact(state, b)
    if fa is None or fb is None:
        return
    if name in ("gt", "ge"):
        a, b, fa, fb, name = b, a, fb, fa, {"gt": "lt", "ge": "le"}[name]
    strict = 1 if name == "lt" else 0
    if name == "eq":
        lo, hi = max(fa.lo, fb.lo), min(fa.hi, fb.hi)
        new_a = new_b = (lo, hi)
    else:
        new_a = (fa.lo, min(fa.hi, fb.hi - strict))
        new_b = (max(fb.lo, fa.lo + strict), fb.hi)
    for operand, (lo, hi) in ((a, new_a), (b, new_b)):
        if isinstance(operand, Node) and lo <= hi:
            fact = Fact(int, lo, hi)
            state.facts[operand] = fact
            boxed = state.boxed.get(operand)
            if boxed is not None:
                state.facts[boxed] = fact


def _refine_type(state: State, condition: Node, truth: bool) -> None:
    """What `x is None` or a test of the type says of a value that has one of a few types."""
    assert condition.op is not None
    value = condition.args[0]
    if not isinstance(value, Node) or not state.fact(value).union:
        return
    if condition.op.name == "type_is":
        type_ = condition.attrs["type"]
    elif isinstance(condition.args[1], Const) and condition.args[1].value is None:
        type_ = NoneType
    else:
        return
    union = state.fact(value).union
    if type_ in union:
        state.facts[value] = one_of(frozenset((type_,)) if truth else union - {type_})


def _int_fact(state: State, operand: Any) -> Fact | None:
    if isinstance(operand, Const):
        return Fact(int, operand.value, operand.value)
    fact = state.fact(operand)
    return fact if fact.type is int and not fact.big else None


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if isinstance(a, Const) and isinstance(b, Const):
        return a.key() == b.key()
    return isinstance(a, MaybeUnbound) and isinstance(b, MaybeUnbound) and a == b


def _identity(value: Any) -> Any:
    return value.key() if isinstance(value, Const) else id(value)


def _bound_state(value: Any) -> str:
    return "never" if value is NULL else "maybe" if isinstance(value, MaybeUnbound) else "always"


def _first_witness(values: list[Any]) -> Any:
    for value in values:
        if isinstance(value, MaybeUnbound):
            value = value.value
        if isinstance(value, Node) and value.witness is not NO_WITNESS:
            return value.witness
    return NO_WITNESS


def _witness_is(node: Node, type_: type) -> bool:
    return node.witness is not NO_WITNESS and type(node.witness) is type_


def _first_difference(places: list[dict[Path, Any]]) -> Path | None:
    """The first place where some state has a virtual object and another something else, or one of another shape."""
    for path, leaf in places[0].items():
        for other in places[1:]:
            if path not in other:
                return path[:-1]
            there = other[path]
            if (isinstance(leaf, tuple) or isinstance(there, tuple)) and leaf != there:
                return path
    return None


def _mixtures(places: list[dict[Path, Any]], incoming: list[Incoming]) -> list[Path]:
    """The places to which some ways bring a float and the others an int."""
    result: list[Path] = []
    for path, leaf in places[0].items():
        if not isinstance(leaf, tuple) and any(not _same(leaf, other[path]) for other in places):
            types = {state.fact(other[path]).type for (state, _), other in zip(incoming, places, strict=True)}
            if types == {int, float}:
                result.append(path)
    return result


def _moves(leaves: dict[Path, Any], path: Path) -> bool:
    """Whether a place is the moving part of a virtual iterator: its position, or how many are left."""
    if len(path) < 4:
        return False
    owner = leaves.get(path[:-1])
    if not isinstance(owner, tuple) or owner[0] != "virtual":
        return False
    kind = owner[1]
    if kind == "range_iterator":
        return path[-1] in (0, 2)
    return kind in _MOVES_BY_INDEX and path[-1] == 1


def _is_point(leaves: dict[Path, Any], path: Path) -> bool:
    """Whether a place says where a virtual generator is suspended."""
    owner = leaves.get(path[:-1])
    return path[-1] == 1 and isinstance(owner, tuple) and owner[:2] == ("virtual", "generator")


def _header_fact(fact: Fact) -> Fact:
    """A first guess of what a changed place holds: an int that starts somewhere goes up."""
    if fact.type is int and not fact.big:
        return Fact(int, fact.lo, U64_MAX if fact.rep == "u" else I64_MAX)
    return fact


__all__ = ["Flow", "Incoming", "LoopMemory"]
