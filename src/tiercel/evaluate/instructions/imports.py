"""Imports within functions: of modules that are there already nothing is left."""

from __future__ import annotations

from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from tiercel import _runtime
from tiercel.evaluate.instructions.attributes import constant_attribute
from tiercel.evaluate.instructions.names import builtins_of
from tiercel.evaluate.objects import MISSING, find_in_type
from tiercel.graph.build import NO_WITNESS, Const
from tiercel.values import known

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Instruction
    from tiercel.evaluate.evaluator import Evaluator


def import_name(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    names, level = e.bound(stack.pop()), e.bound(stack.pop())
    name = e.frame.code.code.co_names[i.arg]
    if isinstance(names, Const) and isinstance(level, Const):
        module = _imported(e, name, level.value, names.value or ())
        if module is not None:
            stack.append(known(module))
            return
    globals_, builtin_names = e.frame_globals(), builtins_of(e)
    locals_ = e.frame.names         # of a module: in functions there are none
    e.constants += [globals_, builtin_names, name, locals_]
    stack.append(e.emit("import_name", e.obj(level), e.obj(names), globals=globals_, builtins=builtin_names,
                        locals=locals_, name=name))


def _imported(e: Evaluator, name: str, level: int, names: tuple[str, ...]) -> ModuleType | None:
    """The module that an import gives without anything to be done, as long as nobody changes that."""
    builtin_names = builtins_of(e)
    modules, function = _runtime.imports()
    if builtin_names.get("__import__") is not function or e.history.changed(builtin_names, "__import__"):
        return None
    e.assumptions.add_global(builtin_names, "__import__")
    full = name if level == 0 else _absolute(e, name, level)
    module = None if full is None else _module(e, modules, full)
    if module is None:
        return None
    if names:
        return module if _has(e, module, names) else None
    return module if "." not in name else _module(e, modules, name.partition(".")[0])


def _absolute(e: Evaluator, name: str, level: int) -> str | None:
    """The full name of a relative import in the present namespace."""
    globals_ = e.frame_globals()
    package, spec = globals_.get("__package__"), globals_.get("__spec__")
    if type(package) is not str or type(spec) is not ModuleSpec or spec.parent != package \
            or e.history.changed(globals_, "__package__") or e.history.changed(globals_, "__spec__"):
        return None
    e.assumptions.add_global(globals_, "__package__")
    e.assumptions.add_global(globals_, "__spec__")
    parts = package.split(".")
    if level > len(parts):
        return None
    return ".".join([*parts[:len(parts) - level + 1], *filter(None, (name,))])


def _module(e: Evaluator, modules: dict[str, Any], name: str) -> ModuleType | None:
    """A module that has been imported, and whose own code has ended."""
    module = modules.get(name)
    if type(module) is not ModuleType or e.history.changed(modules, name):
        return None
    own = module.__dict__
    spec = own.get("__spec__", MISSING)
    if not (spec is None or type(spec) is ModuleSpec and not getattr(spec, "_initializing", False)) \
            or e.history.changed(own, "__spec__"):
        return None
    e.assumptions.add_global(modules, name)
    e.assumptions.add_global(own, "__spec__")
    return module


def _has(e: Evaluator, module: ModuleType, names: tuple[str, ...]) -> bool:
    """Whether `from module import names` looks for no submodules."""
    own = module.__dict__
    if "__path__" in own:
        wanted = ["__path__", *names]
        if any(name not in own or e.history.changed(own, name) for name in names):
            return False
    else:
        wanted = ["__path__", "__getattr__"]        # which would be asked for the other
        if "__getattr__" in own or e.history.changed(own, "__getattr__"):
            return False
    for name in wanted:
        e.assumptions.add_global(own, name)
    return True


def import_from(e: Evaluator, i: Instruction) -> None:
    stack = e.frame.stack
    name = e.frame.code.code.co_names[i.arg]
    module = e.bound(stack[-1])
    if isinstance(module, Const):
        found = constant_attribute(e, module.value, name)
        if found is not NO_WITNESS:
            stack.append(known(found))
            return
    if "missing" in e.failures() or find_in_type(ModuleType, name) is not MISSING:
        e.leave("what is imported is not in the module's namespace")
    seen = e.witness_of(module)
    witness = vars(seen).get(name, NO_WITNESS) if type(seen) is ModuleType else NO_WITNESS
    e.constants.append(name)
    stack.append(e.emit("import_from", e.obj(module), name=name, reason="missing", witness=witness))


HANDLERS: Final = {"IMPORT_NAME": import_name, "IMPORT_FROM": import_from}
