"""Global, builtin and enclosed names."""

from __future__ import annotations

import builtins
from types import CellType
from typing import TYPE_CHECKING, Any, Final

from tiercel.graph.build import NO_WITNESS, NULL, RESULT
from tiercel.types import ANY, Fact
from tiercel.values import MaybeUnbound, Virtual, known

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Instruction
    from tiercel.evaluate.evaluator import Evaluator


def global_constant(e: Evaluator, names: dict[str, Any], builtin_names: dict[str, Any], name: str) -> Any:
    """The value of a global or builtin name, assumed not to change; NO_WITNESS if it is not found or did change."""
    if e.history.changed(names, name) or e.rebinds(name):
        return NO_WITNESS
    if name in names:
        e.assumptions.add_global(names, name)
        return names[name]
    if name in builtin_names:
        if e.history.changed(builtin_names, name):
            return NO_WITNESS
        e.assumptions.add_global(names, name)
        e.assumptions.add_global(builtin_names, name)
        return builtin_names[name]
    return NO_WITNESS


def builtins_of(e: Evaluator) -> dict[str, Any]:
    """The builtins of the innermost frame's function, which got those that its namespace named when it was made."""
    names = e.frame_globals()
    found = names.get("__builtins__", builtins)
    found = found if issubclass(type(found), dict) else vars(found)
    e.assumptions.add_global(names, "__builtins__")
    function: Any = e.frame_function()
    if function is not None and function.__builtins__ is not found:
        e.leave("other builtins than those of its module now")
    return found


def steady_global(e: Evaluator, name: str) -> Any:
    """The value of a global or builtin name that is taken not to change, or NO_WITNESS."""
    return global_constant(e, e.frame_globals(), builtins_of(e), name)


def _push_global(e: Evaluator, name: str, null: bool) -> None:
    stack = e.frame.stack
    behind = [NULL] if null else []
    globals_, builtin_names = e.frame_globals(), builtins_of(e)
    value = global_constant(e, globals_, builtin_names, name)
    if value is not NO_WITNESS:
        stack += [known(value), *behind]
        return
    seen = globals_.get(name, builtin_names.get(name, NO_WITNESS))
    if seen is NO_WITNESS:
        e.leave(f"the name {name} is not defined")
    e.constants += [globals_, builtin_names, name]
    if name in globals_ and "missing" not in e.failures():
        node = e.emit("dict_get_simple", known(globals_), known(name), witness=seen, reason="missing")
        stack += [node, *behind]
        return
    node = e.emit("load_global", globals=globals_, builtins=builtin_names, name=name, witness=seen,
                  after=[*stack, RESULT, *behind])
    stack += [node, *behind]


def load_global(e: Evaluator, i: Instruction) -> None:
    _push_global(e, e.frame.code.code.co_names[i.arg >> 1], bool(i.arg & 1))


def store_global(e: Evaluator, i: Instruction) -> None:
    name = e.frame.code.code.co_names[i.arg]
    value = e.frame.stack.pop()
    globals_ = e.frame_globals()
    e.constants += [globals_, name]
    e.emit("dict_set_simple", known(globals_), known(name), e.obj(value))
    e.let_go(value)


def delete_global(e: Evaluator, i: Instruction) -> None:
    name = e.frame.code.code.co_names[i.arg]
    globals_ = e.frame_globals()
    e.constants += [globals_, name]
    e.emit("delete_global", globals=globals_, name=name)


def load_build_class(e: Evaluator, i: Instruction) -> None:
    builtin_names = builtins_of(e)
    function = global_constant(e, builtin_names, builtin_names, "__build_class__")
    if function is NO_WITNESS:
        e.leave("__build_class__ was replaced")
    e.frame.stack.append(known(function))


def load_name(e: Evaluator, i: Instruction) -> None:
    if not e.at_module_level():
        e.leave("a name of a class body")
    _push_global(e, e.frame.code.code.co_names[i.arg], False)


def store_name(e: Evaluator, i: Instruction) -> None:
    if not e.at_module_level():
        e.leave("a name of a class body")
    store_global(e, i)


def delete_name(e: Evaluator, i: Instruction) -> None:
    if not e.at_module_level():
        e.leave("a name of a class body")
    delete_global(e, i)


# -- cells -----------------------------------------------------------------------------------------------------------


def make_cell(e: Evaluator, i: Instruction) -> None:
    cell = Virtual("cell")
    e.state.heap[cell] = [e.frame.locals[i.arg]]
    e.frame.locals[i.arg] = cell


def copy_free_vars(e: Evaluator, i: Instruction) -> None:
    code = e.frame.code.code
    first = len(e.frame.locals) - i.arg
    function = e.frame.function
    closure = e.closure_of(function)
    for n in range(i.arg):
        if closure is not None:
            e.frame.locals[first + n] = closure[n]
            continue
        assert not isinstance(function, Virtual)
        node = e.emit("closure_item", function, index=n, fact=Fact(CellType), witness=e.closure_witness(function, n))
        e.frame.locals[first + n] = node
    assert len(code.co_freevars) == i.arg


def load_deref(e: Evaluator, i: Instruction) -> None:
    cell = e.frame.locals[i.arg]
    if isinstance(cell, Virtual):
        content = e.state.heap[cell][0]
        if content is NULL:
            e.leave("an unbound variable")
        if isinstance(content, MaybeUnbound):
            content = e.bound(content)
        e.frame.stack.append(content)
        return
    seen = _content(e, cell)
    e.frame.stack.append(e.emit("cell_load", e.obj(cell), witness=NO_WITNESS if seen is NULL else seen, reason="unbound"))


def _content(e: Evaluator, cell: Any) -> Any:
    """What was seen in a cell: an object, NULL, or NO_WITNESS."""
    witness = e.witness_of(cell)
    if type(witness) is not CellType:
        return NO_WITNESS
    try:
        return witness.cell_contents
    except ValueError:
        return NULL


def store_deref(e: Evaluator, i: Instruction) -> None:
    cell = e.frame.locals[i.arg]
    value = e.frame.stack.pop()
    if isinstance(cell, Virtual):
        old, e.state.heap[cell][0] = e.state.heap[cell][0], value
        e.let_go(old)
    else:
        there, seen = ANY, _content(e, cell)
        if seen is not NULL and seen is not NO_WITNESS and "unbound" not in e.failures():
            held = e.emit("cell_load", e.obj(cell), witness=seen, reason="unbound")
            e.learn_replaced(held)
            there = e.fact(held)
        e.store("cell_store", [e.obj(cell)], value, there)


def delete_deref(e: Evaluator, i: Instruction) -> None:
    cell = e.frame.locals[i.arg]
    if isinstance(cell, Virtual):
        content = e.state.heap[cell][0]
        if content is NULL:
            e.leave("an unbound variable")
        content = e.bound(content)
        e.state.heap[cell][0] = NULL
        e.let_go(content)
        return
    held = e.emit("cell_load", e.obj(cell), reason="unbound")
    e.note_replaced(e.emit("cell_store", e.obj(cell), NULL, fact=e.fact(held)))


HANDLERS: Final = {
    "LOAD_GLOBAL": load_global, "STORE_GLOBAL": store_global, "LOAD_NAME": load_name, "STORE_NAME": store_name,
    "MAKE_CELL": make_cell, "COPY_FREE_VARS": copy_free_vars, "LOAD_DEREF": load_deref, "STORE_DEREF": store_deref,
    "DELETE_GLOBAL": delete_global, "DELETE_NAME": delete_name, "DELETE_DEREF": delete_deref,
    "LOAD_BUILD_CLASS": load_build_class,
}
