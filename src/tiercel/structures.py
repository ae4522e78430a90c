"""Classes that are mainly attributes, declared as with `dataclasses`.

Loading the compiler comes on top of the first compile's time.  `dataclasses` would take half of that: it imports
`inspect` and compiles five functions for each class, where one is enough.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

Class = TypeVar("Class", bound=type)
_MISSING: Any = object()


class _Field:
    """What is said of an attribute besides its type."""

    __slots__ = ("compare", "default", "default_factory", "init")

    def __init__(self, default: Any, default_factory: Any, init: bool, compare: bool) -> None:
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.compare = compare


def field(*, default: Any = _MISSING, default_factory: Any = _MISSING, init: bool = True, compare: bool = True) -> Any:
    """An attribute that begins as `default`, or with a new object of `default_factory`; `init`: it is a parameter of the
    constructor; `compare`: instances differ if it does."""
    return _Field(default, default_factory, init, compare)


@dataclass_transform(field_specifiers=(field,))
def structure(*, frozen: bool = False, eq: bool = True) -> Callable[[Class], Class]:
    """Make a class of slots from annotated attributes.  `eq`: instances with equal attributes are equal.  `frozen`: they
    have a hash as well, and only type checkers see that nobody assigns.  Takes no part in inheritance."""
    def make(cls: Class) -> Class:
        declared = {name: _declared(cls, name) for name in cls.__dict__.get("__annotations__", ())}
        body = {name: value for name, value in cls.__dict__.items()
                if name not in declared and name not in ("__dict__", "__weakref__")}
        body["__slots__"] = tuple(declared)
        body["__match_args__"] = tuple(name for name, each in declared.items() if each.init)
        body["__init__"] = _constructor(declared, "__post_init__" in body)
        key = attrgetter(*[name for name, each in declared.items() if each.compare])
        if eq:
            body["__eq__"] = lambda self, other: key(self) == key(other) if type(self) is type(other) else NotImplemented
            body["__hash__"] = (lambda self: hash(key(self))) if frozen else None
        made: Any = type(cls)(cls.__name__, cls.__bases__, body)
        made.__qualname__ = cls.__qualname__
        return made
    return make


def _declared(cls: type, name: str) -> _Field:
    value = cls.__dict__.get(name, _MISSING)
    return value if type(value) is _Field else _Field(value, _MISSING, True, True)


def _constructor(declared: dict[str, _Field], has_more: bool) -> Any:
    """``__init__`` as one would write it: the attributes are set one by one."""
    parameters, lines, names = ["self"], [], {"missing": _MISSING}
    for name, each in declared.items():
        if not each.init:
            continue
        value = name
        if each.default_factory is not _MISSING:
            names[f"make_{name}"] = each.default_factory
            parameters.append(f"{name}=missing")
            value = f"make_{name}() if {name} is missing else {name}"
        elif each.default is not _MISSING:
            names[f"default_{name}"] = each.default
            parameters.append(f"{name}=default_{name}")
        else:
            parameters.append(name)
        lines.append(f" self.{name} = {value}")
    if has_more:
        lines.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines), names)
    return names["__init__"]
