"""The evaluator of one version: a function, or a running loop."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from tiercel import _runtime, rules, types
from tiercel.bytecode import decode, flags
from tiercel.evaluate.assumptions import Assumptions, History, Left, TooLong, Unsupported
from tiercel.evaluate.core import BOX
from tiercel.evaluate.generators import Generators, NotInPlace
from tiercel.evaluate.instructions import HANDLERS, names, operators
from tiercel.evaluate.instructions.attributes import store_instance
from tiercel.evaluate.natives import PROMISES, forms_of, promise
from tiercel.evaluate.objects import MISSING, find_in_type, is_data_descriptor, slot_offset
from tiercel.evaluate.state import Frame, State
from tiercel.graph.build import NO_WITNESS, NULL, Block, Const, Graph, Node, Operand
from tiercel.graph.ops import OPS
from tiercel.types import ANY, BIG_INT, DICT, INT, LIST, TUPLE, Fact, join, of_object
from tiercel.values import NONE, Abstract, Virtual, known

if TYPE_CHECKING:
    from tiercel.bytecode.blocks import Block as BasicBlock
    from tiercel.bytecode.decode import Code, Instruction

MAX_RESULT_ROUNDS: Final = 4
MAX_ARGUMENT_TYPES: Final = 2        # of an argument that versions are made for; beyond that one takes any type
MAX_COMBINATIONS: Final = 4

_BINDS: Final = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL", "STORE_NAME", "DELETE_NAME"})

rules.load()


class Evaluation:
    """What evaluating one version gave.

    `graph` is unimproved; `constants` are the objects it mentions; `inlined` the qualified names of inlined functions;
    `notes` what a reader of `explain` should know, as (code, unit, text); `evaluated` counts the instructions of the
    code and of everything inlined.  `reps` (of the parameters) and `result` say how the version is
    called natively, `promise` is the letter of all that its callers assume of its result, or empty; `covered` has the
    units of all instructions that were evaluated, by their code; `spared`: calls were not inlined that would be in code that has
    shown that it is worth it.
    """

    __slots__ = ("graph", "assumptions", "constants", "inlined", "notes", "evaluated", "reps", "result", "promise",
                 "covered", "spared")

    def __init__(self, graph: Graph, assumptions: Assumptions, constants: list[Any], inlined: list[str],
                 notes: list[tuple[CodeType, int, str]], evaluated: int, reps: str, result: Fact, promise: str,
                 covered: dict[Code, set[int]], spared: bool) -> None:
        self.graph = graph
        self.assumptions = assumptions
        self.constants = constants
        self.inlined = inlined
        self.notes = notes
        self.evaluated = evaluated
        self.reps = reps
        self.result = result
        self.promise = promise
        self.covered = covered
        self.spared = spared


class Evaluator(Generators):
    """Walks the bytecode of one version; see the package's docstring."""

    LIST: ClassVar[Fact] = LIST
    DICT: ClassVar[Fact] = DICT
    TUPLE: ClassVar[Fact] = TUPLE
    SET: ClassVar[Fact] = Fact(set)

    def __init__(self, graph: Graph, function: FunctionType | None, globals_: dict[str, Any], history: Any,
                 in_place: bool) -> None:
        super().__init__(graph, history)
        self.in_place = in_place
        self.function = function
        self.globals = globals_
        self.result_fact: Fact | None = None          # what a recursive call is taken to return; None: nothing yet
        self.ends: list[tuple[Node, Abstract, Operand | None, Fact]] = []
        self.calls_itself = False
        self.covered: dict[Code, set[int]] = {}
        self.walked = 0                               # instructions, each as often as it was evaluated
        self._bindings: dict[Code, set[str]] = {}

    # -- what instruction handlers know ------------------------------------------------------------------------------

    def steady_global(self, name: str) -> Any:
        return names.steady_global(self, name)

    def is_identity_test(self, instruction: Instruction) -> bool:
        return operators.is_identity_test(self, instruction)

    def identical(self, a: Abstract, b: Abstract) -> Any:
        return operators.identical(self, a, b)

    # -- the current frame -------------------------------------------------------------------------------------------

    def frame_globals(self) -> dict[str, Any]:
        """The global namespace of the innermost frame."""
        if self.frame.globals is not None:
            return self.frame.globals
        operand = self.frame.function
        if isinstance(operand, Virtual):
            return operand.info.globals
        if operand is self.graph.function:
            return self.globals
        function = self.frame_function()
        return operand.attrs["globals"] if function is None else function.__globals__

    def frame_function(self) -> FunctionType | None:
        """The function of the innermost frame, or one like it that was seen, if there is one already."""
        operand = self.frame.function
        if operand is self.graph.function:
            return self.function
        if isinstance(operand, Const):
            return operand.value
        witness = NO_WITNESS if isinstance(operand, Virtual) else operand.witness
        return witness if witness is not NO_WITNESS else None

    def at_module_level(self) -> bool:
        """Whether names are those of the global namespace."""
        return self.frame.parent is None and self.frame.names is self.globals

    def rebinds(self, name: str) -> bool:
        """Whether code that is being compiled binds a global name, so that its value cannot be assumed."""
        return any(name in self._bound_names(frame.code) for frame in self.state.frames())

    def _bound_names(self, code: Code) -> set[str]:
        names = self._bindings.get(code)
        if names is None:
            everywhere = self.graph.loop_at is None or self.graph.resumes or code.code is not self.graph.code
            names = self._bindings[code] = {
                str(i.argval) for b in code.flow.order for i in b.instructions
                if i.op in _BINDS and (everywhere or b.at in self._region)}
        return names

    def run_block(self, basic: BasicBlock) -> None:
        """Evaluate the instructions of one block from the present state.  TooLong: there have been too many."""
        self.walked += len(basic.instructions)
        if self.history.allowed is not None and self.walked > self.history.allowed:
            raise TooLong
        _runtime.let_others_run()
        covered = self.covered.setdefault(self.frame.code, set())
        for instruction in basic.instructions:
            covered.add(instruction.at)
            self.instruction = instruction
            self.at, self.op_at, self.resume = instruction.at, instruction.op_at, instruction.next
            self.learnt = 0
            self._before_at = instruction.at
            self.refresh_before()
            handler = HANDLERS.get(instruction.op)
            if handler is None:
                self.leave(f"{instruction.op} is not compiled")
                return
            arms = self.arms(instruction)
            if arms is not None:
                if self.evaluate_arms(handler, instruction, arms):
                    return
                continue
            if self.evaluate(handler, instruction):
                return
            self.let_go()
        self.go_to(basic.instructions[-1].next)

    def evaluate(self, handler: Any, instruction: Instruction) -> bool:
        """Evaluate one instruction.  True: it ends the block."""
        self.catches = True
        ended: bool | None = handler(self, instruction)
        self.catches = False
        return bool(ended)

    # -- calls of other versions -------------------------------------------------------------------------------------

    def call_itself(self, target: FunctionType, args: list[Abstract], names: tuple[str, ...], pushes: bool = True) -> bool:
        """A native call of the function being compiled, where the arguments are of this version's types; it pushes its
        result unless told not to."""
        graph = self.graph
        if self.function is not target or graph.loop_at is not None:
            return False
        code = target.__code__
        slots = self.bind(code, [known(d) for d in target.__defaults__ or ()],
                          self.keyword_defaults(target), args, names)
        if slots is None or code.co_flags & (flags.CO_VARARGS | flags.CO_VARKEYWORDS):
            return False
        self.assumptions.add_function(target)
        operands = self.as_parameters(slots, "".join(p.rep for p in graph.entry.params), graph.param_types)
        if operands is None:
            return False
        self.calls_itself = True
        if self.result_fact is None:
            raise Left
        fact = self.result_fact
        self._call_native(fact, operands, pushes, target=None)
        self.let_go(*args)
        return True

    def as_parameters(self, slots: list[Abstract], reps: str, types_: list[type | None]) -> list[Operand] | None:
        """Arguments in the form of a version's parameters; None if a type does not match."""
        for number, (slot, rep, type_) in enumerate(zip(slots, reps, types_, strict=True)):
            if type_ is not None and self.learn(slot, number=number) is not type_:
                return None
            if rep == "i" and self.is_big(slot):
                return None
        result: list[Operand] = []
        for slot, rep in zip(slots, reps, strict=True):
            operand = self.raw(slot) if rep != "o" else self.obj(slot)
            if operand is None or (isinstance(operand, Node | Const) and operand.rep != rep):
                return None
            result.append(operand)
        return result

    def _call_native(self, result: Fact, operands: list[Operand], pushes: bool, **attrs: Any) -> None:
        after = None if pushes else self.frame.stack[:]
        node = self.emit("call_native", *operands, rep=result.rep, fact=result, result=result.rep, after=after, **attrs)
        if pushes:
            self.frame.stack.append(node)

    def call_version(self, target: FunctionType, args: list[Abstract], names: tuple[str, ...],
                     pushes: bool = True) -> bool:
        """A native call of a version of another function that is installed for these types; it pushes its result unless
        told not to."""
        code = target.__code__
        for form in forms_of(code):
            callee = form.target()
            if callee is None or callee.version is None:
                continue
            if target.__closure__ is not None or id(target.__globals__) != form.globals:
                continue
            slots = self.bind(code, [known(d) for d in target.__defaults__ or ()],
                              self.keyword_defaults(target), args, names)
            if slots is None:
                return False
            operands = self.as_parameters(slots, form.reps, form.param_types())
            if operands is None:
                continue
            self.assumptions.add_function(target)
            self.constants += target, callee
            self._call_native(form.result, operands, pushes, target=callee, function=target)
            self.let_go(*args)
            return True
        return False

    # -- attributes --------------------------------------------------------------------------------------------------

    def store_plainly(self, owner: Abstract, name: str, value: Abstract) -> bool:
        """Evaluate what `object.__setattr__` does, whatever the class has of its own; False if the ordinary call must."""
        type_ = self.type_of(owner)
        if type_ is None or (isinstance(owner, Virtual) and (owner.kind != "instance" or self.reaches(value, owner))):
            return False
        found = find_in_type(type_, name)
        if found is not MISSING and is_data_descriptor(found, self.assumptions) and slot_offset(type_, found) < 0:
            return False
        return store_instance(self, owner, type_, name, value)

    # -- the ends of the version -------------------------------------------------------------------------------------

    def return_from_version(self, value: Abstract) -> None:
        if self.graph.resumes:
            self.finish_version(value)
            return
        if self.graph.loop_at is not None:
            self.block.append("leave", state=self.before(), reason="return from a running loop")
            return
        if isinstance(value, Virtual):
            value = self.materialise(value)
        fact = self.fact(value)
        raw = self.raw(value) if fact.rep != "o" else None
        self.emit("unlink", reason="frame object")
        for local, maybe in self._owned_locals(value).items():
            node = self.block.append("drop", [local])
            if maybe:
                node.attrs["maybe"] = True
        end = self.block.append("return")
        self.ends.append((end, value, raw, fact if raw is not None or fact.type is not int else BIG_INT))

    def _owned_locals(self, value: Abstract) -> dict[Node, bool]:
        """The locals whose end the program may notice when the frame is cleared, and whether each may be unbound."""
        return {node: maybe for node, maybe in self.last_references(self.frame.locals).items()
                if node is not value and self._needs_release(node)}

    def finish(self) -> Fact | None:
        """Settle the representation of the result, and give every `return` its operand."""
        fact: Fact | None = None
        for _, _, _, each in self.ends:
            fact = each if fact is None else join(fact, each)
        rep = (fact or ANY).rep
        for end, value, raw, _ in self.ends:
            block = end.block
            assert block is not None
            operand: Operand
            if rep != "o":
                assert raw is not None
                operand = raw
            elif isinstance(value, Node) and value.rep != "o":
                box = Node(OPS[BOX[value.rep]], [value], "o")
                box.block = block
                block.nodes.insert(len(block.nodes) - 1, box)
                operand = box
            else:
                operand = value  # type: ignore[assignment]
            end.args = [operand]
        self.graph.result = rep
        return fact


def evaluate_function(function: FunctionType, args: tuple[Any, ...] | None, history: Any = None) -> Evaluation:
    """Evaluate a function for arguments of the exact types of `args` (one for each argument slot; None: any types)."""
    return _evaluate(lambda in_place: _evaluate_function(function, args, history or History(), in_place))


def _evaluate(evaluation: Callable[[bool], Evaluation]) -> Evaluation:
    """Evaluate with the bodies of generators in place, or, where that does not work out, without."""
    try:
        return evaluation(True)
    except NotInPlace:
        return evaluation(False)


def _evaluate_function(function: FunctionType, args: tuple[Any, ...] | None, history: Any, in_place: bool) -> Evaluation:
    code = function.__code__
    if code.co_flags & (flags.CO_GENERATOR | flags.CO_COROUTINE | flags.CO_ASYNC_GENERATOR):
        raise Unsupported("generators and coroutines are interpreted")
    if not code.co_flags & flags.CO_OPTIMIZED:
        raise Unsupported("class bodies and modules are interpreted")
    decoded = decode(code)
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & flags.CO_VARARGS) \
        + bool(code.co_flags & flags.CO_VARKEYWORDS)
    varied = _varied_arguments(args, history)
    memory: dict[Any, Any] = {}
    result_fact: Fact | None = None
    for _ in range(MAX_RESULT_ROUNDS):
        graph = Graph(code, code.co_qualname)
        entry = graph.new_block(code.co_firstlineno)
        evaluator = Evaluator(graph, function, function.__globals__, history, in_place)
        evaluator.memory = memory
        evaluator.result_fact = result_fact
        evaluator.set_witness(graph.function, function)
        locals_: list[Abstract] = [NULL] * len(decoded.local_names)
        for index in range(count):
            seen = args[index] if args is not None and index not in varied else NO_WITNESS
            locals_[index] = node = _parameter(graph, entry, index, seen, evaluator)
            if index in varied:
                evaluator.varied[node] = varied[index]
        frame = Frame(decoded, graph.function, locals_)
        evaluator.walk_all(decoded, 0, State(frame), entry)
        fact = evaluator.finish()
        if not evaluator.calls_itself or _same_result(fact, result_fact):
            break
        # at first a recursive call is taken never to return; where nothing else does either, nothing is known
        result_fact = fact or ANY if result_fact is None else types.widen(result_fact, fact or ANY)
        if result_fact is not None and result_fact.type is int and not result_fact.big:
            result_fact = INT
    else:
        raise Unsupported("a recursive function whose result type does not settle")
    result = fact or ANY
    letter = promise(result)
    assumes_more = evaluator.calls_itself and not types.implies(PROMISES[letter], result)
    return _evaluation(evaluator, result, "" if assumes_more else letter)


def _varied_arguments(args: tuple[Any, ...] | None, history: Any) -> dict[int, list[type]]:
    """The arguments of which too many types were seen for versions of their own, by slot, and which types these were.
    Those of few types have versions of their own as long as there are few combinations of them."""
    types: list[list[type]] = []
    for slot, value in enumerate(args or ()):
        history.note_argument(slot, type(value))
        types.append(history.argument_types(slot))
    many = MAX_ARGUMENT_TYPES if prod(map(len, types)) <= MAX_COMBINATIONS else 1
    return {slot: seen for slot, seen in enumerate(types) if len(seen) > many}


def _same_result(fact: Fact | None, assumed: Fact | None) -> bool:
    if assumed is None or fact is None:
        return assumed is not None
    return types.implies(fact, assumed) and fact.rep == assumed.rep


def _parameter(graph: Graph, block: Block, slot: int, witness: Any, evaluator: Evaluator, boxed: bool = False) -> Node:
    """The parameter for a slot, of the witness' type; `boxed`: the object, whatever its type."""
    type_ = None if witness is NO_WITNESS else type(witness)
    fact = ANY if type_ is None else of_object(witness)
    if fact.type is int:
        fact = INT if fact.rep == "i" else BIG_INT
    node = block.param("o" if boxed else fact.rep, str(fact))
    node.fact = fact
    evaluator.set_witness(node, witness)
    graph.param_slots.append(slot)
    graph.param_types.append(type_)
    if type_ is not None:
        evaluator.assumptions.add_type(type_)
        evaluator.constants.append(type_)
    return node


def evaluate_loop(function: FunctionType | None, code: CodeType, at: int, locals_: tuple[Any, ...],
                  stack: tuple[Any, ...], globals_: dict[str, Any], history: Any = None) -> Evaluation:
    """Evaluate the running loop whose header is at `at`, for the values in its frame (`_runtime.NULL`: empty)."""
    return _evaluate(
        lambda in_place: _evaluate_loop(function, code, at, locals_, stack, globals_, history or History(), in_place))


def _evaluate_loop(function: FunctionType | None, code: CodeType, at: int, locals_: tuple[Any, ...],
                   stack: tuple[Any, ...], globals_: dict[str, Any], history: Any, in_place: bool) -> Evaluation:
    decoded = decode(code)
    loop = decoded.flow.loops.get(at)
    if loop is None:
        raise Unsupported("not a loop header")
    graph = Graph(code, f"{code.co_qualname} loop", loop_at=at)
    evaluator = Evaluator(graph, function, globals_, history, in_place)
    # a float that the loop does not bind anew stays the object that it is: it may be a NaN
    state = _enter_frame(evaluator, locals_, stack,
                         lambda slot, value: type(value) is float and slot >= 0 and slot not in loop.stores)
    for param in state.kept:
        evaluator.raw(param)
    frame = state.frame
    if frame.stack and decoded.by_offset[at].op == "FOR_ITER":
        # its iterator is taken apart before the loop, so that the loop has it virtual from the start
        evaluator.open_iterator(frame.stack[-1], frame.locals + frame.stack)
    evaluator.walk_all(decoded, at, state, evaluator.block, {block.at for block in loop.blocks})
    evaluator.graph.result = "o"
    return _evaluation(evaluator, ANY, "")


def _enter_frame(evaluator: Evaluator, locals_: tuple[Any, ...], stack: tuple[Any, ...],
                 boxed: Callable[[int, Any], bool]) -> State:
    """The state of an interpreter's frame in the entry block, where the evaluation stands then.  `boxed` tells of a slot and
    the value in it whether it stays the object that it is."""
    graph, at = evaluator.graph, evaluator.graph.loop_at
    assert at is not None
    decoded = decode(graph.code)
    entry = graph.new_block()
    evaluator.set_witness(graph.function, NO_WITNESS if evaluator.function is None else evaluator.function)
    values: list[Abstract] = []
    kept: list[Node] = []
    for index, value in enumerate((*locals_, *stack)):
        slot = index if index < len(locals_) else len(locals_) - 1 - index
        if value is _runtime.NULL:
            values.append(NULL)
            if slot < 0:
                graph.empty.append(slot)
            continue
        as_object = boxed(slot, value)
        param = _parameter(graph, entry, slot, value, evaluator, as_object)
        values.append(param)
        if as_object:
            kept.append(param)
    frame = Frame(decoded, graph.function, values[:len(locals_)])
    frame.stack = values[len(locals_):]
    if not graph.code.co_flags & flags.CO_OPTIMIZED:
        frame.names = evaluator.globals
    state = State(frame, frozenset(kept))
    evaluator.stand(state, entry, at, at)
    return state


def evaluate_resumption(function: FunctionType | None, code: CodeType, at: int, locals_: tuple[Any, ...],
                        stack: tuple[Any, ...], globals_: dict[str, Any], history: Any = None) -> Evaluation:
    """Evaluate what a generator runs that is suspended at `at`, with these values in its frame, when its next value is
    asked for."""
    return _evaluate(lambda in_place: _evaluate_resumption(
        function, code, at, locals_, stack, globals_, history or History(), in_place))


def _evaluate_resumption(function: FunctionType | None, code: CodeType, at: int, locals_: tuple[Any, ...],
                         stack: tuple[Any, ...], globals_: dict[str, Any], history: Any, in_place: bool) -> Evaluation:
    decoded = decode(code)
    # what was delegated to has ended and left its result there already; elsewhere something is sent
    sent = [] if decoded.by_offset[at].op == "END_SEND" else [NONE]
    flow = decoded.flow_from(at, len(stack) + len(sent))
    if not flow.reducible:
        raise Unsupported("its loops cannot be followed from one yield to the next")
    graph = Graph(code, f"{code.co_qualname} from {at}", loop_at=at, resumes=True)
    evaluator = Evaluator(graph, function, globals_, history, in_place)
    # most values only wait for a later yield, so that boxes are not to be made anew
    state = _enter_frame(evaluator, locals_, stack, lambda slot, value: type(value) in (int, float, bool))
    state.frame.stack += sent
    if not sent:
        # what is not begun at a RESUME counts its work all the same
        evaluator.emit("poll", after=state.frame.stack)
    evaluator.walk_all(decoded, at, state, evaluator.block, flow=flow)
    graph.result = "o"
    return _evaluation(evaluator, ANY, "")


def _evaluation(evaluator: Evaluator, result: Fact, letter: str) -> Evaluation:
    graph = evaluator.graph
    evaluator.forget_witnesses()
    graph.blocks = [block for block in graph.blocks if block.nodes]
    notes = [(code, at, text) for (code, at), text in evaluator.notes.items()]
    size = len(decode(graph.code).instructions) + evaluator.inlined_size
    return Evaluation(graph, evaluator.assumptions, evaluator.constants, evaluator.inlined, notes, size,
                      "".join(param.rep for param in graph.entry.params), result, letter, evaluator.covered,
                      evaluator.spared)
