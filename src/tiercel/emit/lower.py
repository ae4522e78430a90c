"""A graph as the text of an LLVM module.

`lower` walks the blocks in reverse postorder and lets each node's operation write its instructions; how an
operation is written is in the tables of the files `lower_*.py`.  Block parameters become phis.  What leaves ends
in cold blocks that hand the live values and a site to the runtime; exits with the same values share one such block.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Any, Final

from tiercel import _runtime
from tiercel.emit import (
    abi,
    early,
    effort,
    lower_calls,
    lower_frames,
    lower_generators,
    lower_instances,
    lower_numbers,
    lower_objects,
)
from tiercel.emit.abi import LIKELY, PLAIN, TBAA, TYPES, UNLIKELY
from tiercel.emit.effort import Plan
from tiercel.emit.llvm import Effort
from tiercel.emit.spills import Spill, Spills
from tiercel.emit.symbols import Symbols
from tiercel.emit.tails import Store
from tiercel.graph.build import HOISTED, NULL, Block, Const, Edge, FrameState, Graph, Node, Operand
from tiercel.graph.describe import Description, describe
from tiercel.graph.flow import Flow
from tiercel.graph.ops import OPS

# the small forms around the main one are selected quickly
_ATTRIBUTES: Final = ["attributes #0 = { nounwind }", "attributes #1 = { nounwind noinline optnone }"]


# what has done something already when it may leave
UNSTORMED: Final = ("enter_inlined", "unlink", "check_left", "list_pop", "dict_get_simple", "handled_exception",
             "own_store", "own_set", "dict_get_or", "set_add_simple")


class Lowered:
    """The text of a module, and what is needed to link it."""

    __slots__ = ("name", "text", "sites", "tested", "symbols", "main", "plan", "exports", "param_kinds", "extra_words",
                 "version_symbol")

    def __init__(self, name: str, text: str, sites: list[tuple[Any, ...]], tested: list[tuple[int, int, Any]],
                 symbols: Symbols, main: str, plan: Plan, exports: list[str], param_kinds: str, extra_words: int,
                 version_symbol: bool) -> None:
        self.name = name
        self.text = text
        self.sites = sites    # their descriptions, where needed with the words of their values
        self.tested = tested    # sites whose guard tests a type: the number of the value, and its place
        self.symbols = symbols
        self.main = main    # the function that is worth optimising: `native`, its part `late`, or `enter`
        self.plan = plan    # how much, and what it counts
        self.exports = exports
        self.param_kinds = param_kinds
        self.extra_words = extra_words
        self.version_symbol = version_symbol    # whether the text refers to the version itself


class Cold:
    """A cold block that several places jump to, with what differs between them."""

    __slots__ = ("label", "values", "early", "missing", "came")

    def __init__(self, label: str, values: list[Node | Const], early: bool = False) -> None:
        self.label = label
        self.values = values
        self.early = early    # whether the frame is not linked there
        self.missing: dict[int, tuple[str, str]] = {}    # what must be put down: by word
        self.came: list[tuple[str, ...]] = []    # (label it came from, what differs)


class Lowering:
    """One graph being written.  `here` is the label of the LLVM block that is being written."""

    def __init__(self, graph: Graph, flow: Flow, name: str, symbols: Symbols, offset: Any, storm: bool = False,
                 plan: Plan | None = None) -> None:
        self.graph = graph
        self.order = flow.order
        self.spills = Spills(flow)
        self.name = name
        self.symbols = symbols
        self.offset = offset
        self.storm = storm
        self.plan = plan or Plan(Effort.FULL)
        # of quickly made code, little text is worth more than good machine code, and nothing is to be told to LLVM
        self.quick = quick = self.plan.effort is Effort.QUICK
        self.likely, self.unlikely, self.tbaa = ("", "", PLAIN) if quick else (LIKELY, UNLIKELY, TBAA)
        self.loop = graph.loop_at is not None
        self.linked = graph.linked or self.loop
        self.lines: list[str] = []
        self.cold: list[str] = []
        self.values: dict[Node, str] = {graph.function: "%func"}
        self.here = ""
        self.number = 0          # of the block that is written
        self.count = 0
        self.incoming: dict[Block, list[tuple[str, list[Operand]]]] = {}
        self.phi_places: list[tuple[Block, list[str], int]] = []
        self.edges_seen: set[tuple[str, Block]] = set()
        self.sites: list[tuple[Any, ...]] = []
        self.site_numbers: dict[Any, int] = {}
        self.tested: list[tuple[int, int, Any]] = []
        self.descriptions: dict[Any, tuple[Description, list[Node | Const]]] = {}
        self.exits: dict[tuple[str, ...], Cold] = {}
        self.unwinds: dict[str, None] = {}   # the labels of the blocks used that unwind
        self.catching: Edge | None = None    # where what the present node raises is caught
        self.caught_at = ""      # the label that leads there, once it is needed
        self.leaving: list[tuple[str, ...]] = []    # (label, boxed result) of what leaves after a site
        self.returning: list[tuple[str, str, str, bool]] = []    # (label, payload, kind, early) of the common return
        self.array_words = 0     # of the array in which arguments are passed
        self.outs = False        # whether there is a word for results by pointer
        self.code = symbols.object(graph.code)
        self.early_blocks = early.early_blocks(graph) if self.linked and not self.loop else set()
        self.polls_at_entry = early.polls_at_entry(graph)
        self.early = False       # whether the block that is written comes before the frame is linked
        self.unlinked = False    # whether a generator's frame may not be linked yet, in what is written
        self.ends_unlinked: list[bool] = []        # the same at the end of each block
        self.repeated: early.Repeat | None = None  # the early part being written where the function calls itself
        self.early_lines: list[str] = []           # of early blocks, which are a function of their own
        self.early_cold: list[str] = []
        self.handed: list[tuple[str, str]] = []    # what that function hands to the late one: types and values
        self.quietly_releases = any(
            node.op.releases and not node.op.raises and node.op.name != "drop"  # type: ignore[union-attr]
            or node.op.name.startswith("decref") for node in graph.nodes())     # type: ignore[union-attr]

    # -- text -------------------------------------------------------------------------------------------------------

    def fresh(self, prefix: str = "t") -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def line(self, text: str) -> None:
        self.lines.append(text)

    def put(self, text: str) -> str:
        """An instruction with a result."""
        self.count += 1
        name = f"%t{self.count}"
        self.lines.append(f"{name} = {text}")
        return name

    def start(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.here = label

    def field(self, pointer: str, offset: int | str) -> str:
        if offset == 0:
            return pointer
        return self.put(f"getelementptr inbounds i8, ptr {pointer}, i64 {offset}")

    def load(self, type_: str, pointer: str, offset: int, kind: str) -> str:
        return self.put(f"load {type_}, ptr {self.field(pointer, offset)}{self.tbaa[kind]}")

    def store(self, type_: str, value: str, pointer: str, offset: int, kind: str) -> None:
        self.line(f"store {type_} {value}, ptr {self.field(pointer, offset)}{self.tbaa[kind]}")

    def call(self, result: str, name: str, *args: tuple[str, str], facts: str = "") -> str:
        """A call of a C function; `args` are types and values."""
        function = self.symbols.function(name, result, ", ".join([a[0] for a in args]), facts)
        text = f"call {result} {function}({', '.join([f'{t} {v}' for t, v in args])})"
        if result == "void":
            self.line(text)
            return ""
        return self.put(text)

    def branch_cold(self, condition: str, label: str) -> None:
        """To a cold block if the condition holds; otherwise on."""
        go_on = self.fresh("l")
        self.line(f"br i1 {condition}, label %{label}, label %{go_on}{self.unlikely}")
        self.start(go_on)

    def aside(self, label: str) -> tuple[list[str], str, int, bool]:
        """Write a cold block, out of line, until `back` is called with what this returns."""
        saved = self.lines, self.here, len(self.spills.all), self.unlinked
        self.lines = []
        self.start(label)
        return saved

    def back(self, saved: tuple[list[str], str, int, bool]) -> None:
        for spill in self.spills.all[saved[2]:]:
            if spill.lines is self.lines:
                spill.lines, spill.index = self.cold, spill.index + len(self.cold)
        self.cold.extend(self.lines)
        self.lines, self.here, _, self.unlinked = saved

    # -- values -----------------------------------------------------------------------------------------------------

    def value(self, operand: Operand) -> str:
        if isinstance(operand, Node):
            known = self.values.get(operand)
            if known is None:
                self.count += 1
                known = self.values[operand] = f"%v{self.count}"
            return known
        if operand is NULL:
            return "null"
        if not isinstance(operand, Const):
            raise ValueError(f"{operand!r} is no operand")
        return self.constant(operand.value, operand.rep)

    def constant(self, value: Any, rep: str) -> str:
        if rep == "i":
            return str(int(value))
        if rep == "u":
            return str(value - (1 << 64) if value >> 63 else value)
        if rep == "f":
            return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
        if rep == "b":
            return "true" if value else "false"
        return self.symbols.object(value)

    def rep(self, operand: Operand) -> str:
        return "o" if operand is NULL else operand.rep  # type: ignore[union-attr]

    def typed(self, operand: Operand) -> str:
        return f"{TYPES[self.rep(operand)]} {self.value(operand)}"

    def define(self, node: Node, text: str) -> None:
        """The node's result is that of an instruction."""
        self.lines.append(f"{self.value(node)} = {text}")

    def alias(self, node: Node, value: str) -> None:
        """The node's result is a value that exists already; only phis may have named it before."""
        self.values[node] = value

    def word(self, operand: Operand) -> str:
        """A value as a variadic argument: truth values widened."""
        return self._word(self.rep(operand), self.value(operand))

    def _word(self, rep: str, value: str) -> str:
        if rep == "b":
            if value in ("true", "false"):
                return f"i64 {int(value == 'true')}"
            return f"i64 {self.put(f'zext i1 {value} to i64')}"
        return f"{TYPES[rep]} {value}"

    def boxed(self, rep: str, value: str) -> str:
        """A new reference to the object for a raw value; for ``o``, the value itself."""
        if rep == "o":
            return value
        if rep == "b":
            true, false = self.symbols.object(True), self.symbols.object(False)
            return self.put(f"select i1 {value}, ptr {true}, ptr {false}")
        if rep in "iu":
            return self.call("ptr", "tc_box_i64" if rep == "i" else "tc_box_u64", ("i64", value))
        return self.call("ptr", "tc_box_f64", ("double", value))

    def array(self, operands: list[Operand], skip: int = 0) -> str:
        """The operands, objects, in an array; `skip` words are left free before them."""
        self.array_words = max(self.array_words, len(operands) + skip)
        if not operands:
            return "null" if not skip else "%array"
        first = self.field("%array", 8 * skip)
        for number, operand in enumerate(operands):
            self.store("ptr", self.value(operand), "%array", 8 * (number + skip), "buffer")
        return first

    # -- sites ------------------------------------------------------------------------------------------------------

    def site(self, node: Node) -> tuple[int, list[Node | Const]]:
        """The number of the site for a node's state, and the values it needs in order."""
        state, owned = node.state, self.graph.owned.get(node, frozenset())
        if state is None:
            raise ValueError(f"{node!r} has no frame state")
        key = (id(state), owned)
        found = self.descriptions.get(key)
        if found is None:
            found = self.descriptions[key] = describe(state, owned, running=self.graph.function)
        (kinds, frames, _), values = found
        reason = node.attrs.get("reason") or node.op.name  # type: ignore[union-attr]
        place = None if reason.endswith(HOISTED) else self.graph.places.get(node)
        number = self.site_numbers.get((key, reason, place))
        if number is None:
            number = self.site_numbers[key, reason, place] = len(self.sites)
            self.sites.append((kinds, frames, reason))
            if place is not None and node.args[0] in values:
                self.tested.append((number, values.index(node.args[0]), place))
        return number, values

    def site_address(self, number: int) -> str:
        """The address of a site, as a constant."""
        if number == 0:
            return "@sites"
        return f"getelementptr (i8, ptr @sites, i64 {number * self.offset['site.size']})"

    def exit(self, node: Node) -> str:
        """The label of the cold block that leaves with the node's state, coming from the present block."""
        if self.repeated is not None:
            return self.repeated.otherwise
        site, values = self.site(node)
        key = str(self.early), *[self.value(v) for v in values]
        found = self.exits.get(key)
        if found is None:
            found = self.exits[key] = Cold(self.fresh("exit"), values, self.early)
        if self.linked and not self.early:
            self.spills.all.append(Spill(site, self._named(values), self.number, False, found))
        found.came.append((self.here, str(site * self.offset["site.size"])))
        return found.label

    def leave_if(self, condition: str, node: Node) -> None:
        if self.storm and node.op.name not in UNSTORMED:  # type: ignore[union-attr]
            condition = self.put(f"or i1 {condition}, {self.stormed(node)}")
        if node.op.conditional:  # type: ignore[union-attr]
            condition = self.put(f"and i1 {condition}, {self.value(node.args[0])}")
        label = self.exit(node)
        go_on = self.fresh("l")
        self.line(f"br i1 {condition}, label %{label}, label %{go_on}{self.unlikely}")
        self.start(go_on)

    def leave_unless(self, condition: str, node: Node) -> None:
        if self.storm and node.op.name not in UNSTORMED:  # type: ignore[union-attr]
            calm = self.put(f"xor i1 {self.stormed(node)}, true")
            condition = self.put(f"and i1 {condition}, {calm}")
        label = self.exit(node)
        go_on = self.fresh("l")
        self.line(f"br i1 {condition}, label %{go_on}, label %{label}{self.likely}")
        self.start(go_on)

    def stormed(self, node: Node) -> str:
        """Whether the exit storm wants the node to leave now."""
        site, _ = self.site(node)
        turn = self.call("i32", "tc_storm", ("ptr", self.site_address(site)))
        return self.put(f"icmp ne i32 {turn}, 0")

    def put_down(self, node: Node, lasting: bool) -> int:
        """Put the values of the node's state where the runtime finds them; the number of the site.  `lasting`: every
        way on leads through here."""
        site, values = self.site(node)
        self.spills.all.append(Spill(site, self._named(values), self.number, lasting, None, self.lines, len(self.lines)))
        self.line("")
        return site

    def _named(self, values: list[Node | Const]) -> list[tuple[str, str]]:
        return [(self.rep(value), self.value(value)) for value in values]

    def put_into(self, stores: Iterable[Store]) -> None:
        """Store values into the extra area."""
        for word, (rep, text) in stores:
            type_, value = self._word(rep, text).split(" ", 1)
            self.store(type_, value, "%extra", 8 * word, "extra")

    def _settle(self) -> None:
        """Write the stores into the extra area, and tell the sites."""
        for spill, missing in self.spills.assign():
            if spill.cold is not None:
                spill.cold.missing.update(missing)
            elif missing:
                lines, self.lines = self.lines, []
                self.put_into(missing.items())
                spill.lines[spill.index] = "\n".join(self.lines)
                self.lines = lines
        for site, places in self.spills.places().items():
            self.sites[site] = (*self.sites[site], places)

    # -- blocks -----------------------------------------------------------------------------------------------------

    def edge(self, edge: Edge) -> str:
        """The label to jump to for an edge out of the present block."""
        target = edge.block
        label, source = f"b{target.name}", self.here
        if self.repeated is not None:
            return self.repeated.labels.get(target, self.repeated.otherwise)
        if self.early and target not in self.early_blocks:
            return early.go_late(self, edge)
        if (source, target) in self.edges_seen and edge.args:
            source = self.fresh("e")
            self.cold += [f"{source}:", f"br label %{label}"]
            label = source
        self.edges_seen.add((source, target))
        self.incoming.setdefault(target, []).append((source, edge.args))
        return label

    def node(self, node: Node) -> None:
        RULES[node.op.name](self, node)  # type: ignore[union-attr]

    def block(self, block: Block) -> None:
        _runtime.let_others_run()
        self.early = block in self.early_blocks
        self.number = block.name
        before = [self.ends_unlinked[pred] for pred in self.spills.flow.preds[block.name] if pred < block.name]
        self.unlinked = self.graph.resumes and (not before or any(before))
        self.spills.begins.append(len(self.spills.all))
        saved = self.lines, self.cold
        if self.early:
            self.lines, self.cold = self.early_lines, self.early_cold
        self.start(f"b{block.name}")
        if block.params and (block is not self.graph.entry or block.params[0] not in self.values):
            self.phi_places.append((block, self.lines, len(self.lines)))
            self.line("")
        checked = block.nodes[-2] if block.nodes[-1].op is OPS["check"] else None
        for node in block.nodes:
            self.catching = block.nodes[-1].targets[1] if node is checked else None
            self.node(node)
        self.ends_unlinked.append(self.unlinked)
        self.lines, self.cold = saved
        self.early = False

    def body(self, params: list[tuple[Node, str]]) -> None:
        """All blocks; the entry block's parameters come with `params` from the label `start`."""
        graph = self.graph
        self.incoming[graph.entry] = [("start", [])]
        given = dict(params)
        for number, block in enumerate(self.order):
            block.name = number
        if not any(edge.block is graph.entry for block in self.order for edge in block.successors):
            for node, value in params:
                self.values[node] = value
        for block in self.order:
            self.block(block)
        for block, lines, place in self.phi_places:
            lines[place] = "\n".join(self.phis(block, given))
        self._settle()

    def phis(self, block: Block, given: dict[Node, str]) -> list[str]:
        lines = []
        for number, param in enumerate(block.params):
            sources = []
            for label, args in self.incoming.get(block, ()):
                value = self.value(args[number]) if args else given[param]
                sources.append(f"[ {value}, %{label} ]")
            lines.append(f"{self.value(param)} = phi {TYPES[param.rep]} {', '.join(sources)}")
        return lines

    def innermost_linked(self, state: FrameState) -> tuple[FrameState, str]:
        """The innermost frame of a state that is linked, and a pointer to it."""
        for frame in state.frames():
            if frame.parent is None:
                return frame, "%frame"
            if frame.linked:
                return frame, self.load("ptr", "%ts", self.offset["tstate.current_frame"], "thread")
        raise AssertionError("a state without frames")


Rule = Callable[[Lowering, Node], None]
RULES: Final[dict[str, Rule]] = {}


def _complete() -> None:
    """Collect the rules, each operation's once; an operation without one is an error when this is imported."""
    for table in (lower_numbers.RULES, lower_objects.RULES, lower_instances.RULES, lower_calls.RULES,
                  lower_frames.RULES, lower_generators.RULES):
        twice = RULES.keys() & table.keys()
        if twice:
            raise ImportError(f"operations lowered twice: {', '.join(sorted(twice))}")
        RULES.update(table)
    for name, op in OPS.items():
        if name not in RULES and op.symbol:
            RULES[name] = lower_calls.symbol_call
    missing = OPS.keys() - RULES.keys()
    if missing:
        raise ImportError(f"operations that are not lowered: {', '.join(sorted(missing))}")


_complete()


def lower(graph: Graph, name: str, storm: bool = False, outgrown: bool = True, spared: bool = False) -> Lowered:
    """Write a graph as an LLVM module; `storm`: its guards ask whether they are to fail although they hold; `outgrown`:
    it is worth more than quickly made code; `spared`: calls were not inlined that would be otherwise."""
    symbols = Symbols()
    flow = Flow(graph)
    plan = effort.plan(graph, flow, outgrown, spared)
    e = Lowering(graph, flow, name, symbols, abi.offsets(), storm, plan)
    if e.loop:
        functions, main, exports = lower_frames.running_loop(e), "enter", ["enter"]
    else:
        functions, exports = lower_frames.function(e), ["native", "bound"]
        main = lower_frames.main_part(e)
        if lower_frames.has_entry(graph.code):
            functions += lower_frames.entry(e)
            exports.append("entry")
    body = "\n".join(functions)
    told = [] if e.quick else abi.metadata(body)
    uses_version = "@version" in body
    head = [f"; {name}", "@sites = external global i8"]
    if uses_version:
        head.append("@version = external global i8")
    text = "\n".join([*head, *symbols.declarations(), body, *_ATTRIBUTES, *told, ""])
    kinds = "".join(param.rep for param in graph.entry.params)
    return Lowered(name, text, e.sites, e.tested, symbols, main, plan, exports, kinds, e.spills.size, uses_version)
