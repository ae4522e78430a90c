"""The evaluator's core: where it stands, how it emits nodes, and how abstract values become operands."""

from __future__ import annotations

from sys import int_info
from types import CellType, NoneType
from typing import TYPE_CHECKING, Any, Final

from tiercel.evaluate.assumptions import Assumptions, Left, Unsupported
from tiercel.evaluate.objects import type_of_version
from tiercel.evaluate.state import State
from tiercel.graph.build import NO_WITNESS, NULL, RESULT, Block, Const, FrameState, Graph, Node, Operand
from tiercel.graph.ops import OPS
from tiercel.types import (
    BIG_INT,
    BOOL,
    FLOAT,
    IMMORTAL,
    INT,
    U64,
    UNOBSERVABLE,
    Fact,
    exact,
    observable,
)
from tiercel.values import NONE, Abstract, FunctionInfo, MaybeUnbound, Virtual

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Instruction

_NUMBERS: Final = (int, float, bool)
_REP_FACT: Final = {"i": INT, "u": U64, "f": FLOAT, "b": BOOL, "o": Fact(), "": Fact()}
_UNBOX: Final = {"i": "unbox_i64", "f": "unbox_f64", "b": "unbox_bool"}
BOX: Final = {"i": "box_i64", "u": "box_u64", "f": "box_f64", "b": "box_bool"}


class Core:
    """Emission of nodes at the point where the evaluation stands, with the frame states they need."""

    def __init__(self, graph: Graph, history: Any) -> None:
        self.graph = graph
        self.history = history
        self.assumptions = Assumptions()
        self.constants: list[Any] = []
        self.inlined: list[str] = []
        self.notes: dict[tuple[Any, int], str] = {}
        self.state: State
        self.block: Block
        self.instruction: Instruction
        self.at = 0           # the current instruction, with its prefixes: where the interpreter would go on
        self.op_at = 0        # the instruction itself: what a traceback refers to
        self.resume = 0       # the instruction after it
        self.learnt = 0       # how many values the current instruction has asked the type of
        self._before_at = 0
        self._stack_before: list[Abstract] = []
        self._locals_before: list[Abstract] = []
        self._before: FrameState | None = None
        self._witnessed: list[Node] = []
        self.varied: dict[Node, list[type]] = {}      # arguments that come with many types, and which these were
        self._going: set[Virtual] = set()      # virtual objects whose parts are being let go
        self._replaced: list[Abstract] = []    # what stores of this instruction gave back, still to be let go
        self.stored: set[tuple[Abstract, str]] = set()     # attributes of instances that were stored before
        self.unmade: set[Node] = set()    # new objects that the operation which took them does without
        self.calling = False  # whether a rule evaluates a call whose result is not on the stack yet
        self._late_stores: list[tuple[Node, Node]] = []
        self.epoch = 0        # counts nodes that may release references or change memory
        self._born: dict[Node, int] = {}      # the epoch in which a borrowed reference was read
        self.catches = False  # whether what raises here may lead to a compiled handler: not between instructions
        self.effects = 0      # counts nodes that may run code or raise: tells whether inlined code needs a frame
        self.past = 0         # how many of those come when the frame of the inlined code has ended

    # -- where the evaluation stands ---------------------------------------------------------------------------------

    def stand(self, state: State, block: Block, at: int, resume: int) -> None:
        """Go on in `block` with `state`, at the start of the instruction `at`."""
        self.state, self.block, self.at, self.op_at, self.resume = state, block, at, at, resume
        self._before = None
        self._before_at = at
        self._stack_before = state.frame.stack[:]
        self._locals_before = state.frame.locals[:]

    @property
    def frame(self) -> Any:
        return self.state.frame

    def before(self) -> FrameState:
        """The state in which the interpreter executes the current instruction from its start."""
        if self._before is None:
            at, current = self._before_at, self.state.current      # what was built since is so in the callers' frames, too
            self._before = self.state.describe(at, at, [current(value) for value in self._stack_before],
                                               [current(value) for value in self._locals_before])
        return self._before

    def refresh_before(self, at: int | None = None) -> None:
        """What leaves from here on leaves with the state as it is now: before the current instruction still, or, once
        that has had effects, before the instruction `at`."""
        self._before = None
        if at is not None:
            self._before_at = at
        self._stack_before = self.frame.stack[:]
        self._locals_before = self.frame.locals[:]

    def stand_after_split(self, state: State, block: Block) -> None:
        """Go on in one of the two ways of a branch within the current instruction."""
        self.state, self.block = state, block

    def check_left(self, unit: int) -> None:
        """After a node marked `unchecked`: leave, before the instruction `unit`, if something asked meanwhile."""
        self.block.append("check_left", state=self.state.describe(unit, unit))

    def failures(self) -> frozenset[str]:
        """Why guards of this instruction failed in earlier versions."""
        return self.history.failed(self.frame.code.code, self.at)

    def note(self, text: str) -> None:
        """Tell the reader of `explain` something about the current line."""
        self.notes.setdefault((self.frame.code.code, self.at), text)

    # -- emitting ----------------------------------------------------------------------------------------------------

    def emit(self, op_name: str, /, *args: Operand, rep: str | None = None, fact: Fact | None = None,
             witness: Any = NO_WITNESS, after: list[Abstract] | None = None, **attrs: Any) -> Node:
        """Add an operation.  `after` is the stack once the instruction is done, with RESULT where the result belongs:
        by default the present stack with the result, if there is one, on top."""
        op = OPS[op_name]
        state: FrameState | None = None
        if op.raises:
            self.effects += 1
            stack = self.frame.stack if after is None else after
            if after is None and (op.result if rep is None else rep):
                stack = [*stack, RESULT]
            elif after is None and self.calling:
                stack = [*stack, NONE]
            state = self.state.describe(self.op_at, self.resume, stack)
        elif op.leaves:
            state = self.before()
        node = self.block.append(op_name, args, state=state, rep=rep, **attrs)
        if op.runs or op.writes or op.releases:
            self.epoch += 1
        if op.ref == "borrowed":
            self._born[node] = self.epoch
        if node.rep:
            node.fact = fact or _REP_FACT[node.rep]
            self.set_witness(node, witness)
        for arg in args:
            if isinstance(arg, Const) and arg.rep == "o":
                self.constants.append(arg.value)
        if op.raises and self.catches:
            self.catch(node, stack)
        return node

    def catch(self, node: Node, stack: list[Abstract]) -> None:
        """Lead what `node` raises to its handler, if that is compiled; `stack` is that after the instruction."""
        raise NotImplementedError

    def emit_quietly(self, op_name: str, /, **attrs: Any) -> None:
        """Add an operation for which inlined code needs no frame of its own, although it may run code."""
        effects = self.effects
        self.emit(op_name, **attrs)
        self.effects = effects

    def set_witness(self, node: Node, witness: Any) -> None:
        """Carry the concrete value seen beside a node while evaluating."""
        if witness is not NO_WITNESS:
            node.witness = witness
            self._witnessed.append(node)

    def forget_witnesses(self) -> None:
        """Let go of the program's objects: nothing after the evaluation looks at them."""
        for node in self._witnessed:
            node.witness = NO_WITNESS
        self._witnessed.clear()

    def leave(self, reason: str) -> None:
        """End this path: the interpreter executes the current instruction and goes on."""
        self.note(f"leaves to the interpreter: {reason}")
        self.block.append("leave", state=self.before(), reason=reason)
        raise Left

    def guard(self, condition: Operand, reason: str) -> None:
        """Leave before the instruction unless `condition` (``b``) is true."""
        if isinstance(condition, Const):
            if not condition.value:
                self.leave(reason)
            return
        self.emit("guard", condition, reason=reason)

    def leave_if(self, condition: Operand, reason: str = "a case the rule leaves to the interpreter") -> None:
        """Leave before the instruction if `condition` (``b``) is true."""
        if isinstance(condition, Const):
            if condition.value:
                self.leave(reason)
            return
        self.emit("guard_not", condition, reason=reason)

    # -- knowledge ---------------------------------------------------------------------------------------------------

    def fact(self, value: Abstract) -> Fact:
        return self.state.fact(value)

    def type_of(self, value: Abstract) -> type | None:
        """The exact type of a value, if it is known here."""
        return self.fact(value).type

    def witness_of(self, value: Abstract) -> Any:
        """The concrete value seen, or NO_WITNESS."""
        if isinstance(value, Node):
            return value.witness
        return value.value if isinstance(value, Const) else NO_WITNESS

    def narrow(self, node: Node, fact: Fact) -> None:
        self.state.facts[node] = fact
        if fact.type is not None:
            self.assumptions.add_type(fact.type)

    def guard_type(self, value: Abstract, type_: type, place: tuple[int, ...] | None = None) -> bool:
        """Make sure of an exact type; False if it is known to be another, or the guard failed here before."""
        seen = self.type_of(value)
        if seen is not None:
            return seen is type_
        if "type" in self.failures() or (place is not None and self.history.failed_at(place, "type")):
            return False
        assert isinstance(value, Node)
        self._emit_guard(value, type_, "type", place)
        return True

    def _emit_guard(self, value: Node, type_: type, reason: str, place: tuple[int, ...] | None) -> None:
        """Leave unless a value is of an exact type; the types of those that fail are remembered for `place`."""
        node = self.emit("guard_type", value, type=type_, reason=reason)
        if place is not None:
            self.graph.places[node] = place
        self.constants.append(type_)
        self.narrow(value, exact(type_))

    def learn(self, value: Abstract, sighted: type | None = None, guess: type | None = None,
              number: int | None = None) -> type | None:
        """The exact type of a value: known, or guarded to what was sighted by the interpreter, in the witness, or by an
        earlier version in the same place; to a guess where nothing was.  `number`: of the value among those of which the
        instruction asks, where it is not that of the question."""
        if number is not None:
            self.learnt = number
        place = self._place()
        self.learnt += 1
        type_ = self.type_of(value)
        if not isinstance(value, Node):
            return type_
        if type_ is None:
            if value in self.varied:
                return None
            type_ = sighted
            if type_ is None:
                type_ = type(value.witness) if value.witness is not NO_WITNESS \
                    else self._sighted(place) or self.attribute_type(value) or guess
            if type_ is None or not self.guard_type(value, type_, place):
                return None
        self.history.note_sighted(place, type_)
        return type_

    def learn_replaced(self, held: Node) -> None:
        """Be sure of the type of what a store replaces where its end cannot be observed.  Places that hold None at times
        are often filled: letting go costs less than leaving."""
        seen = type(held.witness) if held.witness is not NO_WITNESS else self._sighted(self._place())
        if seen in UNOBSERVABLE and seen is not NoneType:
            self.learn(held)
        else:
            self.learnt += 1

    def _place(self) -> tuple[int, ...]:
        """The name of the value that the current instruction asks the type of next."""
        return (*self.frame.path, self.at, self.learnt)

    def _sighted(self, place: tuple[int, ...]) -> type | None:
        """What earlier versions say; of inlined code that is new here, what its own versions say."""
        type_ = self.history.sighted(place)
        if type_ is None and self.frame.parent is not None:
            type_ = self.history.sighted_in(self.frame.code.code, place[-2:])
        return type_

    def attribute_type(self, value: Abstract) -> type | None:
        """Of an attribute that was not looked at, the type that it had in other instances."""
        if not isinstance(value, Node) or value.op is not OPS["attr_load"]:
            return None
        return self.history.attribute_type(value.attrs["type"], value.attrs["name"])

    def sight_owner(self) -> type | None:
        """The type of the object whose attribute the instruction names, as the interpreter's inline cache has it."""
        version = self.instruction.owner_version
        return type_of_version(version) if version else None

    # -- operands ----------------------------------------------------------------------------------------------------

    def bound(self, value: Abstract) -> Abstract:
        """A value that is certainly bound; leaves where it is not.  A virtual object that exists by now is the real one."""
        value = self.state.current(value)
        if isinstance(value, MaybeUnbound):
            self.guard(value.bound, "unbound")
            self.state.replace(value, value.value)
            return value.value
        return value

    def obj(self, value: Abstract) -> Operand:
        """The value as a reference to an object."""
        value = self.bound(value)
        if isinstance(value, Virtual):
            return self.materialise(value)
        if isinstance(value, Node) and value.rep != "o":
            boxed = self.state.boxed.get(value)
            if boxed is None:
                boxed = self.emit(BOX[value.rep], value, fact=self.fact(value))
                self.state.boxed[value] = boxed
                self.state.raw[boxed] = value
            return boxed
        if isinstance(value, Const):
            self.constants.append(value.value)
        return value  # type: ignore[return-value]

    def raw(self, value: Abstract) -> Node | Const | None:
        """The value unboxed, if its type allows (int that is not known to be big, float, bool); else None."""
        value = self.bound(value)
        if isinstance(value, Const):
            rep = self.fact(value).rep
            return None if rep == "o" else Const(value.value, rep)
        if not isinstance(value, Node):
            return None
        if value.rep != "o":
            return value
        found = self.state.raw.get(value)
        if found is not None:
            return found
        fact = self.fact(value)
        if fact.rep in "ou":
            return None
        if fact.rep == "i" and "big" in self.failures():
            self.narrow(value, BIG_INT)
            return None
        attrs: dict[str, Any] = {"reason": "big"} if fact.rep == "i" else {}
        if fact.rep == "i" and type(value.witness) is int and value.witness.bit_length() > int_info.bits_per_digit:
            attrs["wide"] = True
        found = self.emit(_UNBOX[fact.rep], value, fact=fact, **attrs)
        self.state.raw[value] = found
        self.state.boxed[found] = value
        return found

    def i64(self, value: Abstract) -> Node | Const:
        """An int or bool that `raw` accepts as ``i``."""
        raw = self.raw(value)
        assert raw is not None
        if raw.rep == "b":
            if isinstance(raw, Const):
                return Const(int(raw.value), "i")
            return self.emit("bool_to_i64", raw, fact=Fact(int, 0, 1))
        assert raw.rep == "i", raw
        return raw

    def f64(self, value: Abstract) -> Operand:
        """A float, or an int or bool made one as CPython does."""
        value = self.bound(value)
        if isinstance(value, Virtual) and value.kind == "number":
            value = value.parts[1]
        raw = self.raw(value)
        if raw is None or raw.rep == "u":
            return self.emit("long_to_f64", self.obj(value))
        if raw.rep == "f":
            return raw
        number = self.i64(value)
        if isinstance(number, Const):
            return Const(float(number.value), "f")
        return self.emit("i64_to_f64", number)

    # -- virtual objects ---------------------------------------------------------------------------------------------

    def materialise(self, virtual: Virtual) -> Node:
        """Build a virtual object for real, and put it wherever the virtual one was."""
        now = self.state.current(virtual)
        if not isinstance(now, Virtual):
            return now  # type: ignore[return-value]
        virtual = now
        parts = self.state.parts(virtual)
        match virtual.kind:
            case "wide":
                name = {"shl": "lshift"}.get(virtual.info, virtual.info)
                node = self.emit(f"long_{name}", *[self.obj(p) for p in parts], fact=BIG_INT)
            case "number":
                is_int, value = [self.raw(p) for p in parts]
                node = self.emit("box_number", is_int, value)  # type: ignore[arg-type]
            case "tuple":
                node = self.emit("tuple_new", *[self.obj(p) for p in parts])
            case "slice":
                node = self.emit("slice_new", *[self.obj(p) for p in parts])
            case "range":
                node = self.emit("range_new", *[self.i64(p) for p in parts])
            case "bound_method" | "builtin_method":
                node = self.emit(f"{virtual.kind}_new", *[self.obj(p) for p in parts])
            case "cell":
                return self._materialise_cell(virtual)
            case "instance":
                return self._materialise_instance(virtual)
            case "list_iterator" | "tuple_iterator" | "str_iterator" | "bytes_iterator":
                node = self.emit("sequence_iter_new", self.obj(parts[0]), self.i64(parts[1]))
            case "range_iterator":
                node = self.emit("range_iter_new", *[self.i64(p) for p in parts])
            case "function":
                return self._materialise_function(virtual)
            case "generator":
                node = self._build_generator(parts)
            case _:
                raise Unsupported(f"a {virtual.kind} would have to be built in compiled code")
        node.fact = virtual.fact
        self.state.replace(self.state.current(virtual), node)
        return node

    def reaches(self, value: Abstract, target: Virtual) -> bool:
        """Whether `target` is a virtual object or a part of it, however deep."""
        seen: set[Virtual] = set()
        pending = [value]
        while pending:
            part = pending.pop()
            if part is target:
                return True
            if isinstance(part, Virtual) and part not in seen:
                seen.add(part)
                pending += self.state.parts(part)
        return False

    def _materialise_cell(self, cell: Virtual) -> Node:
        # what it holds may refer to it, as a function does that calls itself
        content = self.bound(self.state.parts(cell)[0])
        sample = self.sample_like(content)
        node = self.emit("cell_new", NULL, fact=cell.fact,
                         witness=NO_WITNESS if sample is NO_WITNESS else CellType(sample))
        self.state.replace(cell, node)
        if isinstance(content, Node) and content.block is None:
            self._late_stores.append((node, content))
        elif content is not NULL:
            self.emit("cell_store", node, self.obj(content))
        return node

    def sample_like(self, content: Abstract) -> Any:
        """A value such as a cell or list is given, from which a load of it learns the type; NO_WITNESS if none is known."""
        witness = self.witness_of(content)
        type_ = None if content is NULL else self.type_of(content)
        return type_() if witness is NO_WITNESS and type_ in _NUMBERS else witness

    def _materialise_function(self, function: Virtual) -> Node:
        info = function.info
        assert isinstance(info, FunctionInfo)
        # whether something is bound must be asked while the function is virtual still, in case it is not
        for unsure in self._maybe_unbound_inside(function):
            self.materialise(unsure)
        now = self.state.current(function)
        if not isinstance(now, Virtual):
            return now  # type: ignore[return-value]
        function = now
        node = Node(OPS["new_function"], [], "o", {"code": info.code, "globals": info.globals, "flags": info.flags,
                                                   "qualname": info.qualname})
        node.fact = function.fact
        self.constants += [info.code, info.globals, info.qualname]
        # a cell of its closure may hold the function itself: it is stored once the function exists
        outer, self._late_stores = self._late_stores, []
        self.state.replace(function, node)
        node.args = [self.obj(part) for part in function.parts]
        node.block = self.block
        self.block.nodes.append(node)
        stores, self._late_stores = self._late_stores, outer
        for cell, content in stores:
            if content is node:
                self.emit("cell_store", cell, content)
            else:
                self._late_stores.append((cell, content))
        return node

    def _maybe_unbound_inside(self, function: Virtual) -> list[Virtual]:
        """The virtual cells and instances that a virtual function refers to, however indirectly, of which it is not known
        whether what they hold is bound."""
        found: list[Virtual] = []
        seen = {function}
        pending: list[Abstract] = [*function.parts]
        while pending:
            part = pending.pop()
            part = self.state.current(part) if isinstance(part, Virtual) else part
            if isinstance(part, Virtual) and part not in seen:
                seen.add(part)
                inside = self.state.parts(part)
                if part.kind in ("cell", "instance") and any(isinstance(each, MaybeUnbound) for each in inside):
                    found.append(part)
                pending += inside
        return found

    def _build_generator(self, parts: list[Abstract]) -> Node:
        if len(parts) == 1:
            raise Unsupported("a generator that is running would have to be built")
        function, point, *slots = parts
        operands: list[Operand] = []
        for slot in slots:
            if isinstance(slot, MaybeUnbound):
                if slot.value.rep != "o":
                    raise Unsupported("a generator with a local that may be unbound would have to be built")
                operands.append(slot.value)      # the null pointer where it is unbound
            else:
                operands.append(NULL if slot is NULL else self.obj(slot))
        return self.emit("generator_new", self.obj(function), self.i64(point), *operands)

    def _materialise_instance(self, instance: Virtual) -> Node:
        type_, names = instance.info.type, instance.info.names
        values = [self.bound(part) for part in self.state.parts(instance)]
        present = [(name, value) for name, value in zip(names, values, strict=True) if value is not NULL]
        operands = [self.obj(value) for _, value in present]
        node = self.emit("instance_new", *operands, type=type_, names=tuple(name for name, _ in present),
                         fact=Fact(type_))
        self.constants += [type_, *names]
        self.state.replace(instance, node)
        return node

    # -- the end of references ---------------------------------------------------------------------------------------

    def store(self, op_name: str, operands: list[Operand], value: Abstract, there: Fact, /, **attrs: Any) -> None:
        """Store by the operation `op_name`, unboxed where no box exists yet and the end of what was there, of which
        `there` is known, cannot be observed; otherwise it is let go of when the instruction is done."""
        rep = value.rep if isinstance(value, Node) and value not in self.state.boxed else "o"
        unboxed = f"{op_name}_{rep}64"
        if unboxed in OPS and not observable(there):
            self.emit(unboxed, *operands, value, **attrs)  # type: ignore[arg-type]
            return
        if there.type in IMMORTAL:
            attrs["immortal"] = True
        gone = self.emit(op_name, *operands, self.obj(value), fact=there, **attrs)
        self.note_replaced(gone)

    def note_replaced(self, value: Abstract) -> None:
        """Let go of what a store gave back when the instruction is done."""
        self._replaced.append(value)

    def let_go(self, *values: Abstract) -> None:
        """The interpreter drops its references to these values here, after the effect of the instruction; and those to
        what the instruction replaced, before them."""
        replaced = self._replaced
        if replaced:
            self._replaced = []
        elif not values:
            return
        for value in (*replaced, *values):
            maybe = isinstance(value, MaybeUnbound)
            if isinstance(value, MaybeUnbound):
                value = value.value
            value = self.state.current(value)
            if isinstance(value, Virtual):
                if value not in self._going and (not value.mutable or value in self.state.heap) \
                        and not self.state.holds(value):
                    self._going.add(value)
                    self.let_go(*self._parts_as_they_go(value))
                    self._going.discard(value)
            elif isinstance(value, Node) and self._needs_release(value) and not self.state.holds(value):
                self.effects += 1
                self.epoch += 1
                node = self.block.append("release", [value], state=self.state.describe(self.op_at, self.resume))
                if maybe or (value.op is not None and value.op.null):
                    node.attrs["maybe"] = True

    def _parts_as_they_go(self, virtual: Virtual) -> list[Abstract]:
        """The parts of a virtual object in the order in which its deallocation would drop them."""
        parts = self.state.parts(virtual)
        if virtual.kind == "generator":
            return [*parts[2:], parts[0]]
        return parts[::-1] if virtual.kind in ("tuple", "zip") else parts[:]

    def last_references(self, slots: list[Abstract]) -> dict[Node, bool]:
        """The values that go when these slots are cleared one after the other, each at its last reference, and whether
        it may be unbound."""
        result: dict[Node, bool] = {}
        for slot in slots:
            maybe = isinstance(slot, MaybeUnbound)
            value = self.state.current(slot.value if isinstance(slot, MaybeUnbound) else slot)
            if isinstance(value, Virtual) and value not in self._going and (not value.mutable or value in self.state.heap):
                self._going.add(value)
                inside = self.last_references(self._parts_as_they_go(value))
                self._going.discard(value)
            else:
                inside = {value: maybe} if isinstance(value, Node) else {}
            for node, unbound in inside.items():
                result[node] = result.pop(node, False) or unbound
        return result

    def _needs_release(self, node: Node) -> bool:
        """Whether dropping a reference to this value may be what ends it: not where it was read from something that has
        certainly kept it since."""
        if node.rep != "o" or not observable(self.fact(node)) or self._born.get(node) == self.epoch:
            return False
        if node in self.unmade:
            return False
        if node.op is OPS["tuple_new"] and not any(observable(self.fact(arg)) for arg in node.args):
            return False
        return node.op is not None or self.graph.loop_at is not None or node not in self.graph.entry.params
