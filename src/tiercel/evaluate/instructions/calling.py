"""Calls, and functions made in compiled code."""

from __future__ import annotations

from types import BuiltinFunctionType, CodeType, FunctionType, MethodDescriptorType, MethodType
from typing import TYPE_CHECKING, Any, Final

from tiercel import _runtime
from tiercel.bytecode.decode import decode
from tiercel.bytecode.opcodes_313 import INTRINSIC_LIST_TO_TUPLE, INTRINSIC_UNARY_POSITIVE, INTRINSICS_OF_TYPE_PARAMETERS
from tiercel.bytecode.suspensions import SUSPENDS
from tiercel.evaluate.instructions.names import builtins_of
from tiercel.evaluate.objects import find_in_type, instance_info, traits
from tiercel.graph.build import NULL, Const, Node
from tiercel.graph.ops import OPS
from tiercel.rules.registry import rules_for
from tiercel.rules.results import Result, result_of
from tiercel.types import Fact, is_class, is_heap_type
from tiercel.values import NONE, Abstract, FunctionInfo, MaybeUnbound, Virtual, known

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Instruction
    from tiercel.evaluate.evaluator import Evaluator

_METH_O, _METH_NOARGS, _METH_FASTCALL, _METH_KEYWORDS = 8, 4, 128, 2
_METH_VARARGS, _METH_METHOD = 1, 512
_SIGNALLING: Final = frozenset({"_signal", "_thread", "faulthandler", "nt", "posix"})
_DEFAULTS, _KEYWORD_DEFAULTS = 1, 2      # flags of functions as they are made
_C_CALLS: Final = {(_METH_O, 1): "call_cfunction_o", (_METH_NOARGS, 0): "call_cfunction_noargs"}
_C_ARRAY_CALLS: Final = {_METH_FASTCALL: "call_cfunction_fast", _METH_FASTCALL | _METH_KEYWORDS: "call_cfunction_keywords"}


def call(e: Evaluator, i: Instruction) -> None:
    _call(e, i.arg, ())


def call_kw(e: Evaluator, i: Instruction) -> None:
    names = e.frame.stack.pop()
    _call(e, i.arg, names.value)


def _call(e: Evaluator, count: int, names: tuple[str, ...]) -> None:
    stack = e.frame.stack
    args = [e.bound(v) for v in stack[len(stack) - count:]]
    del stack[len(stack) - count:]
    receiver, function = stack.pop(), e.bound(stack.pop())
    if isinstance(receiver, MaybeUnbound):
        _call_found(e, function, receiver, args, names)
        return
    if receiver is not NULL:
        args.insert(0, receiver)
    if isinstance(function, Virtual) and function.kind in ("bound_method", "builtin_method"):
        args.insert(0, function.parts[1])
        function = function.parts[0]
    call_value(e, function, args, names)


def _call_found(e: Evaluator, function: Abstract, receiver: MaybeUnbound, args: list[Abstract],
                names: tuple[str, ...]) -> None:
    """Call what `get_method` found, with its owner before the arguments or not."""
    node = e.emit("call_found", e.obj(function), receiver.bound, e.obj(receiver.value), *[e.obj(a) for a in args],
                  names=names)
    e.constants += names
    e.frame.stack.append(node)
    e.let_go(receiver, *args, function)


def call_value(e: Evaluator, function: Abstract, args: list[Abstract], names: tuple[str, ...]) -> None:
    """Evaluate a call; the result is pushed."""
    if isinstance(function, Virtual) and function.kind == "function":
        if e.call_virtual_function(function, args, names):
            e.let_go(*args)
            return
    if isinstance(function, Node) and type(function.witness) is MethodType and _takes_apart(e, function):
        _call_bound_method(e, function, args, names)
        return
    callee = _known_callee(e, function)
    if isinstance(callee, Node) and _call_by_code(e, callee, args, names):
        e.let_go(*args, callee)
        return
    if not (isinstance(callee, Const) and _call_constant(e, callee.value, args, names)):
        result = _result(e, callee, args[:len(args) - len(names)])
        node = e.emit("call", e.obj(callee), *[e.obj(a) for a in args], names=names, fact=result.fact,
                      witness=result.witness)
        e.constants += names
        e.frame.stack.append(node)
        e.let_go(*args, callee)
    if isinstance(callee, Const) and _may_signal(callee.value):
        e.emit("poll", after=e.frame.stack)


def _may_signal(target: Any) -> bool:
    """Whether a call may send a signal to the process itself, whose handler the interpreter runs right after the call."""
    kind = type(target)
    return kind is BuiltinFunctionType and target.__module__ in _SIGNALLING      # a module's name, or None


def _known_callee(e: Evaluator, function: Abstract) -> Abstract:
    """What is called as a constant, where it was seen to be something of which more is known than that it can be called."""
    if not isinstance(function, Node) or not _worth_knowing(function.witness) or "callee" in e.failures() \
            or not e.history.is_steady((*e.frame.path, e.at), function.witness):
        return function
    target = function.witness
    e.emit("guard_is", e.obj(function), value=target, reason="callee")
    e.constants.append(target)
    if type(target) in (BuiltinFunctionType, MethodDescriptorType):
        # the version keeps neither function nor class: what holds this one goes on holding it
        e.state.replace(function, known(target))
    return known(target)


def _call_by_code(e: Evaluator, function: Node, args: list[Abstract], names: tuple[str, ...]) -> bool:
    """Inline a call of a function of which only the code is the same each time, as of closures."""
    if "code" in e.failures():
        return False
    defaults: Abstract = NONE
    if function.op is OPS["new_function"]:
        code, globals_, flags = (function.attrs[name] for name in ("code", "globals", "flags"))
        builtins = builtins_of(e) if globals_ is e.frame_globals() else None
        if flags & _DEFAULTS:
            defaults = function.args[0]
        if flags & _KEYWORD_DEFAULTS or builtins is None or not isinstance(defaults, Const):
            return False
    elif type(function.witness) is FunctionType and function.witness.__kwdefaults__ is None:
        seen: Any = function.witness
        code, globals_, builtins, defaults = seen.__code__, seen.__globals__, seen.__builtins__, known(seen.__defaults__)
        if not e.history.runs_same_code((*e.frame.path, e.at), seen) or not e.guard_type(function, FunctionType):
            return False
    else:
        return False
    return e.call_code(function, code, globals_, builtins, defaults.value, args, names)


def _takes_apart(e: Evaluator, method: Node) -> bool:
    """Whether a method object is called by its parts: it surely is one, of a function that is the same each time."""
    function = method.witness.__func__
    return (type(function) is FunctionType and "callee" not in e.failures()
            and e.history.is_steady((*e.frame.path, e.at), function) and e.guard_type(method, MethodType))


def _call_bound_method(e: Evaluator, method: Node, args: list[Abstract], names: tuple[str, ...]) -> None:
    """Call the function of a method object, its owner before the other arguments."""
    seen = method.witness
    function = e.emit("method_function", method, witness=seen.__func__)
    owner = e.emit("method_self", method, witness=seen.__self__)
    call_value(e, function, [owner, *args], names)
    e.let_go(method)


def _worth_knowing(callee: Any) -> bool:
    """Whether a call of an object is more than the ordinary call where it is known to be this one."""
    if type(callee) is MethodDescriptorType:
        return not is_heap_type(callee.__objclass__)      # else it would keep a class of the program alive
    return type(callee) in (FunctionType, BuiltinFunctionType) or (
        is_class(callee) and instance_info(callee) is not None)


def _result(e: Evaluator, function: Abstract, args: list[Abstract]) -> Result:
    """What is known of the result of a call with these positional arguments."""
    target = function.value if isinstance(function, Const) else None
    if type(target) is MethodDescriptorType and not (args and e.type_of(args[0]) is target.__objclass__):
        return Result()
    return result_of(target)


def _call_constant(e: Evaluator, target: Any, args: list[Abstract], names: tuple[str, ...]) -> bool:
    if type(target) is MethodType:
        return _call_constant(e, target.__func__, [known(target.__self__), *args], names)
    if e.call_stand_in(target, args, names):
        e.let_go(*args)
        return True
    if not names and rules_for(target):
        for arg in args:
            e.learn(arg)
        e.calling = True
        result = e.apply(target, *args)
        e.calling = False
        if result is not None:
            e.frame.stack.append(result)
            e.let_go(*args)
            return True
    if type(target) is FunctionType:
        if e.call_itself(target, args, names) or (e.is_large_arm(target) and e.call_version(target, args, names)):
            return True
        if e.call_python(target, args, names):
            e.let_go(*args)
            return True
        return e.call_version(target, args, names)
    if is_class(target):
        return _call_class(e, target, args, names)
    if type(target) in (BuiltinFunctionType, MethodDescriptorType):
        return _call_c(e, target, args, names)
    return False


def _call_class(e: Evaluator, cls: type, args: list[Abstract], names: tuple[str, ...]) -> bool:
    """`Class(...)` as allocation and ``__init__``, if possible inlined; the instance is virtual until it escapes."""
    info, init = instance_info(cls), find_in_type(cls, "__init__")
    if info is None:
        return False
    if args if init is object.__init__ else not (type(init) is FunctionType and _returns_none(init.__code__)):
        return False
    e.assumptions.add_type(cls)
    e.assumptions.add_type(type(cls))
    e.constants.append(cls)
    inlined = init is object.__init__ or e.can_inline(init.__code__)
    instance: Abstract
    if inlined and not traits(cls)["finalizer"]:
        instance = e.new_virtual("instance", [NULL] * len(info.names), info)
    else:
        instance = e.emit("instance_new", type=cls, names=(), fact=Fact(cls))
    e.frame.stack.append(instance)
    if init is object.__init__ or (inlined and e.call_python(init, [instance, *args], names, None)):
        e.let_go(*args)
        return True
    made = e.obj(instance)
    assert isinstance(made, Node)
    _call_init(e, init, made, args, names)
    return True


def _call_init(e: Evaluator, init: FunctionType, instance: Node, args: list[Abstract], names: tuple[str, ...]) -> None:
    """Call ``__init__`` for a new instance, which is on the stack."""
    e.stored |= {(instance, name) for name in _stored_names(instance.attrs["type"])}
    if e.call_itself(init, [instance, *args], names, pushes=False) \
            or e.call_version(init, [instance, *args], names, pushes=False):
        return
    e.assumptions.add_function(init)
    e.emit("call", e.obj(known(init)), instance, *[e.obj(a) for a in args], names=names, after=e.frame.stack[:])
    e.constants += names
    e.let_go(*args)


def _stored_names(cls: type) -> set[str]:
    """The names of attributes that the ``__init__`` of a class and of its bases mention in order to set them."""
    inits = [vars(base).get("__init__") for base in cls.__mro__]
    return {str(i.argval) for init in inits if type(init) is FunctionType for i in decode(init.__code__).instructions
            if i.op == "STORE_ATTR"}


def _returns_none(code: CodeType) -> bool:
    """Whether a call of a function surely returns None, as the interpreter wants it of ``__init__``."""
    return not code.co_flags & SUSPENDS and all(
        i.op != "RETURN_VALUE" and (i.op != "RETURN_CONST" or i.argval is None) for i in decode(code).instructions)


def _call_c(e: Evaluator, target: Any, args: list[Abstract], names: tuple[str, ...]) -> bool:
    """A C function called without an argument tuple or a vectorcall."""
    info = _runtime.cfunction(target)
    if info is None:
        return False
    flags = info[0] & (_METH_O | _METH_NOARGS | _METH_FASTCALL | _METH_KEYWORDS | _METH_VARARGS | _METH_METHOD)
    operands = list(args)
    if type(target) is MethodDescriptorType:
        type_ = e.type_of(operands[0]) if len(operands) > len(names) else None
        if type_ is None or not issubclass(type_, target.__objclass__):
            return False
        receiver = operands.pop(0)
    else:
        receiver = known(target.__self__) if target.__self__ is not None else NULL
    name = _C_CALLS.get((flags, len(operands))) or _C_ARRAY_CALLS.get(flags)
    if name is None or (names and name != "call_cfunction_keywords"):
        return False
    e.constants += [target, *names]
    receiver_operand = receiver if receiver is NULL else e.obj(receiver)
    result = _result(e, known(target), args)
    more: dict[str, Any] = {"names": names} if names else {}
    node = e.emit(name, receiver_operand, *[e.obj(a) for a in operands], function=target, fact=result.fact,
                  witness=result.witness, **more)
    e.frame.stack.append(node)
    e.let_go(*args)
    return True


def call_function_ex(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    keywords = e.bound(stack.pop()) if i.arg & 1 else None
    args = e.bound(stack.pop())
    stack.pop()
    function = e.bound(stack.pop())
    if keywords is None and isinstance(args, Virtual) and args.kind == "tuple":
        call_value(e, function, list(args.parts), ())
        return
    operands = [e.obj(function), e.obj(args)]
    if keywords is not None:
        operands.append(e.obj(keywords))
    stack.append(e.emit("call_ex", *operands))
    e.let_go(function, args, *([] if keywords is None else [keywords]))
    e.emit("poll", after=stack)       # whatever it was may have sent a signal


def call_intrinsic_1(e: Evaluator, i: Instruction) -> None:
    value = e.bound(e.frame.stack.pop())
    if i.arg == INTRINSIC_UNARY_POSITIVE:
        e.frame.stack.append(e.emit("number_positive", e.obj(value)))
    elif i.arg == INTRINSIC_LIST_TO_TUPLE:
        e.frame.stack.append(e.emit("list_to_tuple", e.obj(value), fact=e.TUPLE))
    elif i.arg >= INTRINSICS_OF_TYPE_PARAMETERS:
        e.frame.stack.append(e.emit("intrinsic_1", e.obj(value), number=i.arg))
    else:
        e.leave("an intrinsic that is not compiled")
    e.let_go(value)


def call_intrinsic_2(e: Evaluator, i: Instruction) -> None:
    second, first = e.bound(e.frame.stack.pop()), e.bound(e.frame.stack.pop())
    e.frame.stack.append(e.emit("intrinsic_2", e.obj(first), e.obj(second), number=i.arg))
    e.let_go(first, second)


def make_function(e: Evaluator, i: Instruction) -> None:
    code = e.frame.stack.pop()
    info = FunctionInfo(code.value, e.frame_globals(), code.value.co_qualname, 0)
    e.frame.stack.append(Virtual("function", [], info))


def set_function_attribute(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    function, value = stack.pop(), stack.pop()
    if not isinstance(function, Virtual):
        e.leave("a function attribute set late")
    info = function.info
    # parts stand in the order of their bits
    below = bin(info.flags & (i.arg - 1)).count("1")
    parts = [*function.parts[:below], value, *function.parts[below:]]
    stack.append(Virtual("function", parts, FunctionInfo(info.code, info.globals, info.qualname, info.flags | i.arg)))


HANDLERS: Final = {
    "CALL": call, "CALL_KW": call_kw, "CALL_FUNCTION_EX": call_function_ex, "CALL_INTRINSIC_1": call_intrinsic_1,
    "CALL_INTRINSIC_2": call_intrinsic_2,
    "MAKE_FUNCTION": make_function, "SET_FUNCTION_ATTRIBUTE": set_function_attribute,
}
