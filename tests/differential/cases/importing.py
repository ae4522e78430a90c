"""Imports within functions: of modules that are there, with everything that an import can be told otherwise meanwhile."""

import builtins
import importlib
import sys
import types

from case import case, log


def made(name, **names):
    """A module that looks as if it had been imported."""
    module = types.ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    vars(module).update(names)
    sys.modules[name] = module
    return module


made("case_plain", number=1, text="a")
package = made("case_package", __path__=[], inner="attribute")
package.deep = made("case_package.deep", value=5)
package.deep.deeper = made("case_package.deep.deeper", value=6)
made("case_slow", number=1).__spec__._initializing = False


class Special(types.ModuleType):
    def __getattr__(self, name):
        log("asked for", name)
        if name == "missing":
            raise AttributeError(name)
        return name


special = Special("case_special")
special.__spec__ = None
sys.modules["case_special"] = special
asking = made("case_asking", there=1)
asking.__getattr__ = lambda name: log("module asked for", name) or name


@case((20,))
def from_a_module(n):
    total = 0.0
    for i in range(n):
        from math import floor, sqrt
        total += sqrt(i) + floor(i / 2)
    return total


@case((20,))
def whole_modules(n):
    seen = []
    for i in range(n):
        import math
        import os.path
        import os.path as path
        import collections.abc as abc
        seen.append((math.floor(i / 3), os.path is path, os.sep, abc.Sized.__name__))
    return seen[-1], math.pi


@case((20,))
def from_packages(n):
    seen = []
    for i in range(n):
        from case_package import deep, inner
        import case_package.deep.deeper as deeper
        import case_package.deep
        seen.append((inner, deep.value, deeper.value, case_package.deep.value))
    return seen[-1]


def one_step(i):
    from case_plain import number
    from case_plain import text as word
    return number + i, word


@case((24,))
def changed_meanwhile(n):
    module, seen = sys.modules["case_plain"], []
    try:
        for i in range(n):
            seen.append(one_step(i))
            if i == n // 3:
                module.number = 100
            if i == n // 2:
                sys.modules["case_plain"] = made("case_plain", number=0.5, text="b")
            if i == n - 5:
                sys.modules["case_plain"] = module
    finally:
        module.number = 1
        sys.modules["case_plain"] = module
    return seen


@case((16,))
def replaced_import(n):
    original, seen = builtins.__import__, []

    def replaced(name, globals=None, locals=None, fromlist=(), level=0):
        if name.startswith("case_"):        # not what Tiercel imports meanwhile
            log("import", name, globals["__name__"], locals, fromlist, level)
        return original(name, globals, locals, fromlist, level)
    try:
        for i in range(n):
            seen.append(one_step(i))
            if i == n // 2:
                builtins.__import__ = replaced
            if i == n - 4:
                builtins.__import__ = original
    finally:
        builtins.__import__ = original
    return seen


@case(("case_plain",), ("case_package",), ("case_package.deep",), ("sys",))
def gone(name):
    module, seen = sys.modules[name], []
    for i in range(12):
        if i == 6:
            del sys.modules[name]
        try:
            import case_plain
            from case_package.deep import value
            seen.append((case_plain.number, value))
        except ImportError as error:
            seen.append((type(error).__name__, str(error)))
    sys.modules[name] = module
    return seen


@case((12,))
def errors(n):
    seen = []
    for i in range(n):
        try:
            if i % 4 == 0:
                from case_plain import nothing
            elif i % 4 == 1:
                import case_nowhere
            elif i % 4 == 2:
                from case_package import nothing
            else:
                from .relative import nothing
        except ImportError as error:
            seen.append((type(error).__name__, str(error), getattr(error, "name_from", None)))
    return seen


@case((8,))
def modules_that_answer(n):
    seen = []
    for i in range(n):
        from case_special import anything
        from case_asking import there, other
        seen.append((anything, there, other))
        try:
            from case_special import missing
        except ImportError as error:
            seen.append(str(error))
    return seen


RELATIVE = """
def relative():
    from . import deep
    from .deep import value
    from .deep.deeper import value as deeper
    from ..case_package import inner
    return deep.value, value, deeper, inner
"""


@case(("case_package", 1), ("case_package.deep", 1), ("", 0))
def relative_imports(name, found):
    namespace = {"__name__": name + ".user", "__package__": name, "__builtins__": builtins}
    if found:
        namespace["__spec__"] = importlib.machinery.ModuleSpec(name + ".user", None)
    exec(compile(RELATIVE, "<program>", "exec"), namespace)
    seen = []
    for i in range(12):
        try:
            seen.append(namespace["relative"]())
        except ImportError as error:
            seen.append(str(error))
        if i == 8:
            namespace["__package__"] = "nowhere"
    return seen


@case((10,))
def still_initializing(n):
    spec, seen = sys.modules["case_slow"].__spec__, []
    for i in range(n):
        import case_slow
        seen.append(case_slow.number)
        spec = importlib.machinery.ModuleSpec("case_slow", None)
        case_slow.__spec__ = spec if i % 2 else None
    return seen


# -- deletions ------------------------------------------------------------------------------------------------------------

counter = 0


@case((20,))
def globals_deleted(n):
    global made_here
    seen = []
    for i in range(n):
        made_here = i
        seen.append(made_here)
        del made_here
        try:
            seen.append(made_here)
        except NameError as error:
            seen.append(str(error))
        try:
            del made_here
        except NameError as error:
            seen.append((str(error), error.name))
    return seen[-3:]


@case((20,))
def cells_deleted(n):
    seen = []
    for i in range(n):
        value = i

        def read():
            return value
        seen.append(read())
        del value
        try:
            read()
        except NameError as error:
            seen.append(str(error))
        try:
            del value
        except NameError as error:
            seen.append(str(error))
        value = [i]
        seen.append(read())
    return seen[-4:]


def deleting():
    value = 1

    def drop():
        nonlocal value
        del value

    def put(new):
        nonlocal value
        value = new
        return value
    return drop, put


@case((20,))
def shared_cells_deleted(n):
    drop, put = deleting()
    seen = []
    for i in range(n):
        try:
            drop()
            if i % 3 == 0:
                drop()
        except NameError as error:
            seen.append(str(error))
        seen.append(put(i))
    return seen


# -- classes and type parameters --------------------------------------------------------------------------------------------


@case((12,))
def classes_made(n):
    seen = []
    for i in range(n):
        class Made:
            number = i
            doubled = number * 2

            def get(self):
                return self.number + i, __class__.__name__

        class Below(Made, metaclass=type):
            number = i + 1
        seen.append((Made().get(), Below().get(), Made.__qualname__, Below.doubled))
    return seen[-1]


@case((6,))
def type_parameters(n):
    seen = []
    for i in range(n):
        def first[T: int, *Ts, **P](items: list[T]) -> T:
            return items[0]

        class Box[T]:
            def __init__(self, item: T):
                self.item = item
        type Pair[A] = tuple[A, A]
        seen.append((first([i]), [p.__name__ for p in first.__type_params__], Box[int](i).item, Pair.__name__,
                     str(Pair[int].__value__), first.__type_params__[0].__bound__))
    return seen[-1]
