"""Native forms of functions: what a caller must know to call a function with raw values, and what it is promised.

A caller calls through a *target* of the runtime's, which stands for a native form: the representations and exact types
of the parameters, and the representation of the result.  Less is promised of the result than its version knew, so that
the versions that follow can keep it: then they take the target over, and callers need not be made anew.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import CodeType
from typing import Any, Final

from tiercel import _runtime
from tiercel.identity import IdentityTable
from tiercel.types import ANY, BOOL, FLOAT, INDEX, INT, U64, Fact, implies

# what is promised of a result, by its letter in a target's signature, the narrowest of a representation first
PROMISES: Final = {"n": INDEX, "i": INT, "u": U64, "f": FLOAT, "b": BOOL, "o": ANY}


def promise(result: Fact) -> str:
    """The letter of what is promised of a result."""
    return next(letter for letter, fact in PROMISES.items() if fact.rep == result.rep and implies(result, fact))


class NativeForm:
    """A native form of a function, which `target` leads to once it is registered.  It keeps nothing of the program
    alive."""

    __slots__ = ("reps", "types", "promise", "globals", "target")

    def __init__(self, reps: str, types: list[weakref.ref[type] | None], promise: str, globals: int,
                 target: Callable[[], Any] = lambda: None) -> None:
        self.reps = reps
        self.types = types
        self.promise = promise
        self.globals = globals    # the identity of the namespace
        self.target = target

    @property
    def result(self) -> Fact:
        """What callers may assume of the result."""
        return PROMISES[self.promise]

    def param_types(self) -> list[type | None]:
        """The exact types of the parameters (None: any)."""
        return [None if reference is None else reference() for reference in self.types]

    def serves(self, other: NativeForm) -> bool:
        """Whether callers of the other form could call this one instead."""
        same = self.reps == other.reps and self.globals == other.globals and self.result.rep == other.result.rep
        return same and implies(self.result, other.result) and all(
            mine is None or theirs is not None and mine() is theirs() is not None
            for mine, theirs in zip(self.types, other.types))


def native_form(evaluation: Any, globals_: dict[str, Any]) -> NativeForm:
    """That of the version made of an evaluation."""
    types = [None if type_ is None else weakref.ref(type_) for type_ in evaluation.graph.param_types]
    return NativeForm(evaluation.reps, types, promise(evaluation.result), id(globals_))


_FORMS: Final = IdentityTable()      # code: its native forms, the newest first


def forms_of(code: CodeType) -> list[NativeForm]:
    """The native forms of a code object that somebody calls or that have a version."""
    forms = [form for form in _FORMS.get(code) or () if form.target() is not None]
    _FORMS.set(code, forms)
    return forms


def register(version: Any, own: NativeForm) -> None:
    """Let `version`, just installed, be called natively: by versions evaluated from now on, and by those that call what it
    stands in for."""
    code = version.code
    if code is None:
        return
    forms, wanted = forms_of(code), True
    for form in forms:
        target = form.target()
        if target is not None and target.version is None and own.serves(form):
            target.lead_to(version)
            wanted = wanted and not form.serves(own)
    if wanted:
        target = _runtime.Target(own.promise + own.reps)
        target.lead_to(version)
        own.target = weakref.ref(target)
        forms.insert(0, own)
