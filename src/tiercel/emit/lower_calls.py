"""Calls: CPython's own operations, C functions, Python functions by vectorcall, and native forms directly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiercel.emit import early
from tiercel.emit.abi import TYPES
from tiercel.emit.lower_frames import check_marker, leave_after, spill, unwind_if, unwinding
from tiercel.emit.lower_generators import link_chain
from tiercel.emit.lower_objects import stolen_bits
from tiercel.graph.build import Node

if TYPE_CHECKING:
    from tiercel.emit.lower import Lowering, Rule

_OFFSET_FLAG: Final = -(1 << 63)     # PY_VECTORCALL_ARGUMENTS_OFFSET

# where C functions take attributes, (attribute, "o" for an object or "i64"/"i32" for a number), among the operands
_ORDER: Final[dict[str, tuple[int | tuple[str, str], ...]]] = {
    "compare": (0, 1, ("operator", "i32")),
    "get_attr": (0, ("name", "o")),
    "get_method": (0, ("name", "o")),
    "load_special": (0, ("name", "o")),
    "super_attr": (0, 1, ("name", "o")),
    "set_attr": (0, ("name", "o"), 1),
    "del_attr": (0, ("name", "o")),
    "load_global": (("globals", "o"), ("builtins", "o"), ("name", "o")),
    "store_global": (("globals", "o"), ("name", "o"), 0),
    "delete_global": (("globals", "o"), ("name", "o")),
    "import_name": (("globals", "o"), ("builtins", "o"), ("locals", "o"), ("name", "o"), 0, 1),
    "import_from": (0, ("name", "o")),
    "match_class": (0, 1, 2, ("positional", "i64")),
    "intrinsic_1": (0, ("number", "i64")),
    "intrinsic_2": (0, 1, ("number", "i64")),
    "unpack_sequence": (0, ("count", "i64")),
    "unpack_ex": (0, ("front", "i64"), ("back", "i64")),
    "own_load": (0, ("name", "o"), ("index", "i64"), ("hint", "i64")),
    "own_store": (0, ("name", "o"), ("index", "i64"), ("hint", "i64"), 1),
    "own_set": (0, ("name", "o"), 1),
    "own_lacks": (0, ("name", "o")),
}


def _argument(e: Lowering, operand: Any) -> tuple[str, str]:
    rep, value = e.rep(operand), e.value(operand)
    if rep == "b":
        return "i32", e.put(f"zext i1 {value} to i32")
    return TYPES[rep], value


def _arguments(e: Lowering, node: Node) -> list[tuple[str, str]]:
    order = _ORDER.get(node.op.name)  # type: ignore[union-attr]
    if order is None:
        return [_argument(e, operand) for operand in node.args]
    result = []
    for item in order:
        if isinstance(item, int):
            result.append(_argument(e, node.args[item]))
        elif item[1] == "o":
            result.append(("ptr", e.symbols.object(node.attrs[item[0]])))
        else:
            result.append((item[1], str(int(node.attrs[item[0]]))))
    return result


def _own(e: Lowering, node: Node) -> None:
    """A C function that finds an attribute or a name, or NULL where the code must leave."""
    value = e.call("ptr", node.op.symbol, *_arguments(e, node))  # type: ignore[union-attr]
    e.leave_unless(e.put(f"icmp ne ptr {value}, null"), node)
    e.alias(node, value)


def _own_lacks(e: Lowering, node: Node) -> None:
    if not node.attrs.get("bare"):
        found = e.call("i32", "tc_own_lacks", *_arguments(e, node))
        e.define(node, f"icmp ne i32 {found}, 0")
        return
    own_dict = e.load("ptr", e.value(node.args[0]), e.offset["managed.dict"], "dictptr")
    done, look, before = e.fresh("l"), e.fresh("own"), e.here
    e.line(f"br i1 {e.put(f'icmp eq ptr {own_dict}, null')}, label %{done}, label %{look}")
    e.start(look)
    found = e.put(f"icmp ne i32 {e.call('i32', 'tc_own_lacks', *_arguments(e, node))}, 0")
    e.line(f"br label %{done}")
    e.start(done)
    e.define(node, f"phi i1 [ true, %{before} ], [ {found}, %{look} ]")


def symbol_call(e: Lowering, node: Node) -> None:
    """An operation that the C function named in the op table implements."""
    op = node.op
    assert op is not None
    checked_call(e, node, lambda: (op.symbol, _arguments(e, node)))


def checked_call(e: Lowering, node: Node, prepare: Any) -> None:
    """Spill, call, and check what `prepare` gives: a C function and its arguments."""
    op = node.op
    assert op is not None
    if op.raises:
        spill(e, node)
    name, args = prepare()
    type_ = TYPES[node.rep]
    if node.rep == "b" or op.fails == "minus1" and node.rep == "":
        type_ = "i32"
    result = e.call(type_, name, *args)
    finish(e, node, result, type_)


def finish(e: Lowering, node: Node, result: str, type_: str) -> None:
    """After a call: unwind if it raised, leave if the frame was marked meanwhile, and take its result."""
    op = node.op
    assert op is not None
    if op.raises and op.fails == "null":
        unwind_if(e, e.put(f"icmp eq ptr {result}, null"))
    elif op.raises and op.fails == "minus1":
        unwind_if(e, e.put(f"icmp slt {type_} {result}, 0"))
    if node.rep == "b":
        e.define(node, f"icmp ne i32 {result}, 0")
    elif node.rep:
        e.alias(node, result)
    if op.runs and not node.attrs.get("unchecked"):
        check_marker(e, node)


def _of_array(function: str) -> Rule:
    def rule(e: Lowering, node: Node) -> None:
        checked_call(e, node, lambda: (function, [("ptr", e.array(node.args)), ("i64", str(len(node.args)))]))
    return rule


def _call(e: Lowering, node: Node) -> None:
    names = node.attrs.get("names") or ()
    count = len(node.args) - 1 - len(names)
    checked_call(e, node, lambda: ("PyObject_Vectorcall", [
        ("ptr", e.value(node.args[0])), ("ptr", e.array(node.args[1:], 1)), ("i64", str(count + _OFFSET_FLAG)),
        ("ptr", e.symbols.object(names) if names else "null")]))


def _get_method(e: Lowering, node: Node) -> None:
    e.outs = True
    checked_call(e, node, lambda: ("tc_get_method", [*_arguments(e, node), ("ptr", "%word")]))
    e.line(f"{_is_method_name(e, node)} = icmp ne i64 {e.put('load i64, ptr %word')}, 0")


def _is_method_name(e: Lowering, node: Any) -> str:
    """What the second result of a `get_method` is called."""
    return f"{e.value(node)}.is_method"


def _is_method(e: Lowering, node: Node) -> None:
    e.alias(node, _is_method_name(e, node.args[0]))


def _call_found(e: Lowering, node: Node) -> None:
    names = node.attrs.get("names") or ()
    function, is_method, *args = node.args
    count = len(args) - 1 - len(names)

    def prepare() -> tuple[str, list[tuple[str, str]]]:
        flag, with_self = e.value(is_method), e.array(args, 1)
        first = e.put(f"select i1 {flag}, ptr {with_self}, ptr {e.field('%array', 16)}")
        number = e.put(f"select i1 {flag}, i64 {count + 1 + _OFFSET_FLAG}, i64 {count + _OFFSET_FLAG}")
        return "PyObject_Vectorcall", [("ptr", e.value(function)), ("ptr", first), ("i64", number),
                                       ("ptr", e.symbols.object(names) if names else "null")]
    checked_call(e, node, prepare)


def _call_method(e: Lowering, node: Node) -> None:
    checked_call(e, node, lambda: ("PyObject_VectorcallMethod", [
        ("ptr", e.symbols.object(node.attrs["name"])), ("ptr", e.array(node.args, 1)),
        ("i64", str(len(node.args) + _OFFSET_FLAG)), ("ptr", "null")]))


def _call_ex(e: Lowering, node: Node) -> None:
    keywords = e.value(node.args[2]) if len(node.args) > 2 else "null"
    checked_call(e, node, lambda: ("tc_call_ex", [
        ("ptr", e.value(node.args[0])), ("ptr", e.value(node.args[1])), ("ptr", keywords)]))


def _cfunction(kind: str) -> Rule:
    """The C function behind a builtin; `kind`: how it takes its arguments after its self."""
    types = {"o": "ptr, ptr", "fast": "ptr, ptr, i64", "keywords": "ptr, ptr, i64, ptr", "noargs": "ptr, ptr"}[kind]

    def rule(e: Lowering, node: Node) -> None:
        target = node.attrs["function"]

        def find() -> int:
            from tiercel import _runtime

            return _runtime.cfunction(target)[1]

        spill(e, node)
        function = e.symbols.address(("c", id(target)), f"c_{target.__name__}", find,
                                     f"declare ptr {{}}({types}) nounwind")
        receiver, args = e.value(node.args[0]), node.args[1:]
        if kind == "o":
            more = f"ptr {e.value(args[0])}"
        elif kind == "noargs":
            more = "ptr null"
        else:
            names = node.attrs.get("names")
            more = f"ptr {e.array(args)}, i64 {len(args) - len(names or ())}"
            if kind == "keywords":
                more += f", ptr {e.symbols.object(names) if names else 'null'}"
        finish(e, node, e.put(f"call ptr {function}(ptr {receiver}, {more})"), "ptr")
    return rule


def _call_native(e: Lowering, node: Node) -> None:
    attrs = node.attrs
    target = attrs["target"]
    name = "@native" if target is None else e.put(f"load ptr, ptr {e.symbols.target(target)}")
    function = attrs.get("function")
    func = e.constant(function, "o") if function is not None else "%func"
    again = None
    if target is None and attrs["result"] == e.graph.result and early.can_repeat(e):
        again, name = early.repeat(e, node, func)
    spill(e, node, lasting=again is None)
    args = "".join(f", {e.typed(arg)}" for arg in node.args)
    pair = e.put(f"call {{ i64, i64 }} {name}(ptr %th, ptr {func}{args}) nounwind")
    payload = e.put(f"extractvalue {{ i64, i64 }} {pair}, 0")
    kind = e.put(f"extractvalue {{ i64, i64 }} {pair}, 1")
    other = e.fresh("other")
    e.branch_cold(e.put(f"icmp ne i64 {kind}, 0"), other)
    saved = e.aside(other)
    leave_after(e, e.put(f"inttoptr i64 {payload} to ptr"), kind)
    e.back(saved)
    convert = {"f": "bitcast i64 {} to double", "o": "inttoptr i64 {} to ptr", "b": "trunc i64 {} to i1"}.get(node.rep)
    if again is None:
        if convert is None:
            e.alias(node, payload)
        else:
            e.define(node, convert.format(payload))
        check_marker(e, node)
        return
    known = e.value(node)
    e.alias(node, payload if convert is None else e.put(convert.format(payload)))
    check_marker(e, node)
    again.results.append((e.value(node), e.here))
    e.alias(node, known)
    e.line(f"br label %{again.done}")
    e.start(again.done)
    came = ", ".join(f"[ {value}, %{label} ]" for value, label in again.results)
    e.define(node, f"phi {TYPES[node.rep]} {came}")


def _call_symbol(e: Lowering, node: Node) -> None:
    rep = node.attrs["result"]
    type_ = "i32" if rep == "b" else TYPES[rep]
    result = e.call(type_, node.attrs["symbol"], *[_argument(e, arg) for arg in node.args],
                    facts="memory(none) willreturn")
    if rep == "b":
        e.define(node, f"icmp ne i32 {result}, 0")
    else:
        e.alias(node, result)


# -- exceptions ------------------------------------------------------------------------------------------------------


def _raise(e: Lowering, node: Node) -> None:
    spill(e, node)
    cause = e.value(node.args[1]) if len(node.args) > 1 else "null"
    e.call("void", "tc_raise", ("ptr", e.value(node.args[0])), ("ptr", cause))
    e.line(f"br label %{unwinding(e)}")
    e.start(e.fresh("l"))


def _raise_again(e: Lowering, node: Node) -> None:
    spill(e, node)
    e.call("void", "tc_raise_again", ("ptr", "%th"), ("ptr", e.value(node.args[0])), ("i64", e.value(node.args[1])))
    e.line(f"br label %{unwinding(e, again=True)}")
    e.start(e.fresh("l"))


def _catch(e: Lowering, node: Node) -> None:
    e.alias(node, e.call("ptr", "tc_catch", ("ptr", "%th"), ("ptr", "%frame"),
                         ("i64", str(node.attrs.get("frames") or 0)),
                         ("i64", str(int(bool(node.attrs.get("again")))))))


def _push_exc_info(e: Lowering, node: Node) -> None:
    link_chain(e)
    e.alias(node, e.call("ptr", "tc_push_exc_info", ("ptr", "%ts"), ("ptr", e.value(node.args[0]))))


def _pop_except(e: Lowering, node: Node) -> None:
    link_chain(e)
    e.alias(node, e.call("ptr", "tc_pop_except", ("ptr", "%ts"), ("ptr", e.value(node.args[0])), ("i64", stolen_bits(node))))


def _handled_exception(e: Lowering, node: Node) -> None:
    link_chain(e)
    exc = e.call("ptr", "PyErr_GetHandledException")
    e.leave_unless(e.put(f"icmp ne ptr {exc}, null"), node)
    e.alias(node, exc)


def _is_or_is_below(ask: Any) -> Rule:
    """Whether an object is of a class or of one below; `ask` tells where it is not of the very class."""
    def rule(e: Lowering, node: Node) -> None:
        value, type_ = e.value(node.args[0]), e.symbols.object(node.attrs["type"])
        found = e.load("ptr", value, e.offset["object.type"], "type")
        same, other, done = e.here, e.fresh("l"), e.fresh("l")
        e.line(f"br i1 {e.put(f'icmp eq ptr {found}, {type_}')}, label %{done}, label %{other}")
        e.start(other)
        is_below = ask(e, node, value, type_)
        came = e.here
        e.line(f"br label %{done}")
        e.start(done)
        e.define(node, f"phi i1 [ true, %{same} ], [ {is_below}, %{came} ]")
    return rule


def _exc_matches(e: Lowering, node: Node, exc: str, type_: str) -> str:
    below = e.call("i32", "tc_exc_matches", ("ptr", exc), ("ptr", type_))
    return e.put(f"icmp ne i32 {below}, 0")


def _instance_of(e: Lowering, node: Node, value: str, type_: str) -> str:
    found = e.call("i32", "tc_instance_of", ("ptr", value), ("ptr", type_))
    e.leave_if(e.put(f"icmp slt i32 {found}, 0"), node)
    return e.put(f"icmp ne i32 {found}, 0")


def _type_flag(e: Lowering, node: Node) -> None:
    type_ = e.load("ptr", e.value(node.args[0]), e.offset["object.type"], "type")
    bit = e.put(f"and i64 {e.load('i64', type_, e.offset['type.flags'], 'type')}, {node.attrs['flag']}")
    e.define(node, f"icmp ne i64 {bit}, 0")


RULES: Final[dict[str, Any]] = {
    "raise": _raise, "raise_again": _raise_again, "catch": _catch, "push_exc_info": _push_exc_info, "pop_except": _pop_except,
    "handled_exception": _handled_exception, "exc_matches": _is_or_is_below(_exc_matches),
    "instance_of": _is_or_is_below(_instance_of), "type_flag": _type_flag,
    "dict_new": _of_array("tc_dict_new"), "set_new": _of_array("tc_set_new"),
    "build_string": _of_array("tc_build_string"),
    "own_load": _own, "own_store": _own, "own_set": _own, "own_lacks": _own_lacks,
    "import_from": _own,
    "call": _call, "call_method": _call_method, "call_ex": _call_ex,
    "get_method": _get_method, "is_method": _is_method, "call_found": _call_found,
    "call_cfunction_o": _cfunction("o"), "call_cfunction_fast": _cfunction("fast"),
    "call_cfunction_keywords": _cfunction("keywords"), "call_cfunction_noargs": _cfunction("noargs"),
    "call_native": _call_native, "call_symbol": _call_symbol,
}
