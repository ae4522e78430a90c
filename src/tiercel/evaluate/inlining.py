"""Calls of Python functions: binding of arguments, inlining with frames of their own, and native recursion."""

from __future__ import annotations

from types import CodeType, FunctionType, MethodDescriptorType
from typing import Any, Final

from tiercel.bytecode import decode, flags
from tiercel.bytecode.suspensions import SUSPENDS, type_made
from tiercel.evaluate.assumptions import Left
from tiercel.evaluate.flow import Incoming
from tiercel.evaluate.iteration import Iteration
from tiercel.evaluate.objects import MISSING, find_in_type, python_method
from tiercel.evaluate.state import Frame, Inlining
from tiercel.graph.build import NO_WITNESS, NULL, RESULT, RESULT_BOOL, Const, Node, Operand, _Mark
from tiercel.rules.consumers import stand_in_for
from tiercel.types import DICT, Fact
from tiercel.values import NONE, Abstract, FunctionInfo, Virtual, known

MAX_DEPTH: Final = 8
MAX_CALLEE: Final = 120              # instructions of an inlined function
MAX_GENERATOR: Final = 200           # of a generator: without its body, the loop that takes its values gains nothing
TINY: Final = 16                     # of a callee that takes hardly more nodes than a call of it
ROOM: Final = 500                    # nodes of a graph, beside one for each instruction of its own, up to which more is inlined
TINY_ROOM: Final = 2                 # times as many for what is tiny
# The same of code that has not yet shown that it is worth more.
FRUGAL_CALLEE, FRUGAL_ROOM = 40, 250
# Of a generator, once for each yield: what its body does in the interpreter does not show what the loop would be worth.
FRUGAL_GENERATOR: Final = 160


class Inliner(Iteration):
    """Evaluates callees in place."""

    # -- binding -----------------------------------------------------------------------------------------------------

    def bind(self, code: CodeType, defaults: list[Abstract], kw_defaults: dict[str, Abstract], args: list[Abstract],
             names: tuple[str, ...]) -> list[Abstract] | None:
        """The argument slots of a call, as the interpreter binds them; None where the call is wrong."""
        positional, keyword_only = code.co_argcount, code.co_kwonlyargcount
        star, star_star = bool(code.co_flags & flags.CO_VARARGS), bool(code.co_flags & flags.CO_VARKEYWORDS)
        given = args[:len(args) - len(names)]
        if len(given) > positional and not star:
            return None
        slots: list[Abstract | None] = [None] * (positional + keyword_only)
        slots[:min(len(given), positional)] = given[:positional]
        parameters = code.co_varnames[:positional + keyword_only]
        others: list[Abstract] = []
        for name, value in zip(names, args[len(given):], strict=True):
            if name not in parameters[code.co_posonlyargcount:]:
                if not star_star:
                    return None
                others += [known(name), value]
                continue
            index = parameters.index(name, code.co_posonlyargcount)
            if slots[index] is not None:
                return None
            slots[index] = value
        for index, slot in enumerate(slots):
            if slot is None:
                if index < positional:
                    from_end = index - positional + len(defaults)
                    slots[index] = defaults[from_end] if 0 <= from_end < len(defaults) else None
                else:
                    slots[index] = kw_defaults.get(parameters[index])
                if slots[index] is None:
                    return None
        result: list[Abstract] = [slot for slot in slots if slot is not None]
        if star:
            result.append(Virtual("tuple", given[positional:]))
        if star_star:
            self.constants += names
            result.append(self.emit("dict_new", *map(self.obj, others), fact=DICT, unchecked=True))
        return result

    # -- inlining ----------------------------------------------------------------------------------------------------

    def can_inline(self, code: CodeType) -> bool:
        """Whether a function is small enough, not recursive here, and of a kind that can be inlined."""
        return not code.co_flags & SUSPENDS and self.is_small(code)

    def is_small(self, code: CodeType) -> bool:
        """Whether a function is small enough and not recursive here."""
        if self.frame.depth >= MAX_DEPTH:
            return False
        if any(frame.code.code is code for frame in self.state.frames()):
            return False
        size, suspensions = len(decode(code).instructions), decode(code).suspensions
        most, frugal = MAX_CALLEE, FRUGAL_CALLEE
        if suspensions is not None:
            most, frugal = MAX_GENERATOR, FRUGAL_GENERATOR // len(suspensions.yields or (1,))
        if size > most or not self._has_room(size, ROOM) or "recursion" in self.failures():
            return False
        if self.history.frugal and (size > frugal or not self._has_room(size, FRUGAL_ROOM)):
            self.spared = True
            return False
        return True

    def _has_room(self, size: int, room: int) -> bool:
        nodes = sum(len(block.nodes) for block in self.graph.blocks)
        return nodes - self.own_size <= room * self.history.inlining * (TINY_ROOM if size <= TINY else 1)

    def call_python(self, function: FunctionType, args: list[Abstract], names: tuple[str, ...] = (),
                    result: _Mark | None = RESULT) -> bool:
        """Inline a call of a constant function: its result is pushed, unless `result` is None.  False: impossible."""
        code = function.__code__
        inlined = self.can_inline(code)
        if not inlined and (result is None or not _only_makes_a_generator(code)):
            return False
        defaults = [known(d) for d in function.__defaults__ or ()]
        kw_defaults = self.keyword_defaults(function)
        slots = self.bind(code, defaults, kw_defaults, args, names)  # type: ignore[arg-type]
        if slots is None:
            return False
        self.assumptions.add_function(function)
        self.constants += [function, *(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
        if inlined:
            self._inline(Const(function, "o"), code, slots, result)
        else:
            self._make_generator(function, slots)
        return True

    def _make_generator(self, function: FunctionType, slots: list[Abstract]) -> None:
        """Push what a call of a generator function or the like makes."""
        code = function.__code__
        if code.co_flags & flags.CO_COROUTINE:
            self.leave_if(self.emit("tracks_origins"), "coroutines note where they are made")
        start = Const(decode(code).instructions[0].next, "i")      # behind RETURN_GENERATOR, with an empty stack
        self.frame.stack.append(self.emit("generator_new", Const(function, "o"), start, *map(self.obj, slots),
                                          fact=Fact(type_made(code))))

    def call_stand_in(self, target: Any, args: list[Abstract], names: tuple[str, ...] = (),
                      result: _Mark | None = RESULT) -> bool:
        """Evaluate a call of a C function with a generator that exists only here by the Python function that stands for
        it: its result is pushed, unless `result` is None.  False: impossible."""
        function = stand_in_for(target)
        if function is None or self.frame.depth >= MAX_DEPTH or not any(_is_generator(arg) for arg in args):
            return False
        if type(target) is MethodDescriptorType and self.type_of(args[0]) is not target.__objclass__:
            return False
        code = function.__code__
        slots = self.bind(code, [known(d) for d in function.__defaults__ or ()],
                          {name: known(value) for name, value in (function.__kwdefaults__ or {}).items()}, args, names)
        if slots is None or not _is_generator(slots[code.co_varnames.index("iterable")]):
            return False
        self._inline(Const(function, "o"), code, slots, result)
        return True

    def keyword_defaults(self, function: FunctionType) -> dict[str, Abstract]:
        """The defaults of keyword-only parameters; their dictionary may be changed in place."""
        defaults = function.__kwdefaults__ or {}
        for name in defaults:
            self.assumptions.add_global(defaults, name)
        return {name: known(value) for name, value in defaults.items()}

    def call_virtual_function(self, function: Virtual, args: list[Abstract], names: tuple[str, ...]) -> bool:
        """Inline a call of a function made in the code being compiled."""
        info = function.info
        assert isinstance(info, FunctionInfo)
        if not self.can_inline(info.code) or not info.code.co_flags & flags.CO_OPTIMIZED:
            return False
        parts = list(function.parts)
        defaults: list[Abstract] = []
        kw_defaults: dict[str, Abstract] = {}
        if info.flags & 1:
            packed = parts.pop(0)
            if isinstance(packed, Virtual):
                defaults = packed.parts
            elif isinstance(packed, Const):
                defaults = [known(d) for d in packed.value]
            else:
                return False
        if info.flags & 2:
            return False
        slots = self.bind(info.code, defaults, kw_defaults, args, names)
        if slots is None:
            return False
        self.unobserved_first((*self.frame.key, self.at, info.code),
                              lambda observed: self._inline(function, info.code, slots, RESULT, observed))
        return True

    def call_code(self, function: Node, code: CodeType, globals_: dict[str, Any], builtins: dict[str, Any],
                  defaults: tuple[Any, ...] | None, args: list[Abstract], names: tuple[str, ...]) -> bool:
        """Inline a call of a function that is not known, as long as it runs this code; its result is pushed.  False:
        impossible."""
        if code.co_flags & SUSPENDS or not code.co_flags & flags.CO_OPTIMIZED or not self.can_inline(code):
            return False
        slots = self.bind(code, [known(d) for d in defaults or ()], {}, args, names)
        if slots is None:
            return False
        self.emit("guard_function", function, code=code, globals=globals_, builtins=builtins, defaults=defaults,
                  reason="code")
        self.constants += [code, globals_, builtins, defaults, *(defaults or ())]
        self._inline(function, code, slots, RESULT)
        return True

    def _inline(self, function: Any, code: CodeType, slots: list[Abstract], result: _Mark | None,
                observed: bool = True) -> None:
        """Evaluate the callee's body in a frame of its own, the operands of the call being off the caller's stack.  A virtual
        function stays so unless that frame is `observed`."""
        decoded = decode(code)
        closure: Abstract | None = None
        generator = bool(code.co_flags & SUSPENDS)
        if isinstance(function, Virtual):
            cells = function.parts[-1] if function.info.flags & 8 else None
            # a frame description can do with a virtual function, a frame cannot; nor can cells that it alone knows
            stays = (generator or not observed) and (cells is None or isinstance(cells, Virtual))
            operand = function if stays else self.obj(function)
            if isinstance(cells, Virtual):
                closure = Virtual("tuple", [self.state.current(cell) for cell in cells.parts])
            slots = [self.state.current(slot) for slot in slots]    # they may have been built with the function
        else:
            operand = function
        caller = self.frame
        caller.at, caller.resume, caller.result = self.op_at, self.resume, result
        self.inlined_size += len(decoded.instructions)
        if not decoded.hidden:
            self.inlined.append(code.co_qualname)
        locals_ = slots + [NULL] * (code.co_nlocals + len(_cells_only(code)) + len(code.co_freevars) - len(slots))
        frame = Frame(decoded, operand, locals_, caller, (*caller.key, self.at, code))
        frame.inlining = Inlining([], [])
        frame.closure = closure
        outer = self.returns, self.at, self.op_at, self.resume
        effects, past = self.effects, self.past
        self.constants.append(code)
        # a generator is made before anything could see its frame
        if not isinstance(operand, Virtual) and not generator and not decoded.hidden:
            enter = self.emit("enter_inlined", operand, code=code, reason="recursion")
            frame.inlining.nodes.append(enter)
        self.returns, self.past = [], 0
        self.state.frame = frame
        self.walk(decoded, 0, self.state, self.block)
        returns = self.returns
        self.returns, self.at, self.op_at, self.resume = outer
        inlining = frame.inlining
        unseen = self.effects == effects + self.past
        self.past = past
        if unseen or decoded.hidden:
            for node in inlining.nodes:
                if node.block is not None and node in node.block.nodes:
                    node.block.nodes.remove(node)
            for described in inlining.states:
                described.linked = False
        if not returns:
            raise Left
        self.join([(s, b) for s, b, _ in returns])

    def join(self, incoming: list[Incoming]) -> None:
        """Go on within the current instruction where several ways meet."""
        at, op_at, resume = self.at, self.op_at, self.resume
        state, block = self._merge(incoming, resume)
        self.stand(state, block, resume, resume)
        self.at, self.op_at = at, op_at

    def do_return(self, value: Abstract) -> None:
        """The current frame returns `value`."""
        value = self.bound(value)
        frame = self.frame
        if frame.parent is None:
            self.return_from_version(value)
            return
        if not frame.code.hidden:
            self._unlink_inlined(frame)
        caller = frame.parent
        self.state.frame = caller
        op_at, resume, effects = self.op_at, self.resume, self.effects
        self.op_at, self.resume = caller.at, caller.resume
        if caller.result is not None:
            caller.stack.append(value)
        self.let_go(*[v for i, v in enumerate(frame.locals) if v is not value and v not in frame.locals[i + 1:]],
                    *([] if caller.result is not None else [value]))
        self.op_at, self.resume = op_at, resume
        self.past += self.effects - effects
        self.returns.append((self.state, self.block, NONE))

    def _unlink_inlined(self, frame: Frame) -> None:
        assert frame.inlining is not None
        frame.inlining.nodes.append(self.emit("check_frame", reason="frame object"))
        node = self.block.append("leave_inlined", code=frame.code.code)
        frame.inlining.nodes.append(node)

    def return_from_version(self, value: Abstract) -> None:
        raise NotImplementedError

    def frame_globals(self) -> dict[str, Any]:
        raise NotImplementedError

    # -- special methods that are Python functions -------------------------------------------------------------------

    def inline_method(self, name: str, target: Abstract, args: list[Abstract], result: _Mark | None = RESULT) -> bool:
        """Inline a special method of an exact type, with its result pushed; False if it is not a Python function."""
        type_ = self.type_of(target)
        if type_ is None or type_ in _PLAIN:
            return False
        method = python_method(type_, name)
        if method is None:
            return False
        self.assumptions.add_type(type_)
        if not self.call_python(method, [target, *args], (), result):
            return False
        self.let_go(target, *args)
        return True

    def call_generator_method(self, name: str, target: Abstract) -> bool:
        """The same for one that makes a generator, in place or not; so its result surely is an iterator."""
        type_ = self.type_of(target)
        method = None if type_ is None else python_method(type_, name)
        return method is not None and bool(method.__code__.co_flags & flags.CO_GENERATOR) \
            and self.inline_method(name, target, [])

    def inline_operator(self, dunders: tuple[str, str] | None, a: Abstract, b: Abstract, inplace: bool = False) -> bool:
        """Inline the special method an operator reaches, where it surely does not return NotImplemented."""
        if dunders is None:
            return False
        ta, tb = self.type_of(a), self.type_of(b)
        if ta is None or tb is None:
            return False
        forward, reflected = dunders
        if inplace and find_in_type(ta, forward.replace("__", "__i", 1)) is not MISSING:
            return False
        method = python_method(ta, forward) if ta not in _PLAIN else None
        if method is None:
            return False
        if ta is not tb and find_in_type(tb, reflected) is not MISSING and issubclass(tb, ta):
            return False
        if _may_return_not_implemented(method.__code__):
            return False
        self.assumptions.add_type(ta)
        self.assumptions.add_type(tb)
        if not self.call_python(method, [a, b]):
            return False
        self.let_go(a, b)
        return True

    def inline_comparison(self, number: int, a: Abstract, b: Abstract, wants_bool: bool) -> bool:
        """Inline ``__lt__`` and its kin."""
        name, reflected = _COMPARISONS[number]
        ta, tb = self.type_of(a), self.type_of(b)
        if ta is None or tb is None or ta in _PLAIN:
            return False
        method = python_method(ta, name)
        if method is None or _may_return_not_implemented(method.__code__):
            return False
        if ta is not tb and issubclass(tb, ta):
            return False
        self.assumptions.add_type(ta)
        if not self.call_python(method, [a, b], (), RESULT_BOOL if wants_bool else RESULT):
            return False
        if wants_bool:
            self._result_made_bool()
        self.let_go(a, b)
        return True

    def _result_made_bool(self) -> None:
        value = self.frame.stack.pop()
        truth = self.truth(value)
        self.frame.stack.append(self.as_bool(truth))
        self.let_go(value)

    # -- closures ----------------------------------------------------------------------------------------------------

    def closure_of(self, function: Operand | Virtual) -> list[Abstract] | None:
        """The cells of the running function, if they are known."""
        closure = self.frame.closure
        if isinstance(closure, Virtual):
            return closure.parts
        if isinstance(function, Const):
            self.constants += list(function.value.__closure__ or ())
            return [known(cell) for cell in function.value.__closure__ or ()]
        return None

    def closure_witness(self, function: Operand | Virtual, index: int) -> Any:
        """The cell seen, for a function that is not constant."""
        assert isinstance(function, Node)
        closure = function.witness.__closure__ if type(function.witness) is FunctionType else None
        return NO_WITNESS if closure is None else closure[index]


_COMPARISONS: Final = [("__lt__", "__gt__"), ("__le__", "__ge__"), ("__eq__", "__eq__"), ("__ne__", "__ne__"),
                ("__gt__", "__lt__"), ("__ge__", "__le__")]
_PLAIN: Final = frozenset({
    int, float, bool, str, bytes, list, tuple, dict, set, frozenset, complex, range, type(None), slice, type})


def _may_return_not_implemented(code: CodeType) -> bool:
    return "NotImplemented" in code.co_names or NotImplemented in code.co_consts


def _only_makes_a_generator(code: CodeType) -> bool:
    """Whether a call does nothing but to put its arguments into the frame of a generator or the like."""
    return bool(code.co_flags & SUSPENDS) and decode(code).instructions[0].op == "RETURN_GENERATOR"


def _is_generator(value: Abstract) -> bool:
    return isinstance(value, Virtual) and value.kind == "generator"


def _cells_only(code: CodeType) -> list[str]:
    return [name for name in code.co_cellvars if name not in code.co_varnames]


