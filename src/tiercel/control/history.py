"""What earlier versions of a code object met, so that the next version assumes less."""

from __future__ import annotations

from sys import modules
from types import FunctionType, MethodDescriptorType, ModuleType
from weakref import ref

from tiercel.identity import IdentityTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

# Reasons of guards of where instances keep their attributes, which fail wherever the code is inlined.
LAYOUT = frozenset({"attr", "own", "dict", "set", "shadow", "shadowed"})

SHRINK, LEAST_INLINING = 0.7, 1 / 30
HELPED = 1.2                # times as large a part of the next version
MOST_NAMESPACES = 16        # that are no module's, remembered by one history: more of them come and go


class Bindings:
    """The names of one namespace that versions took to be constant."""

    __slots__ = ("_assumed", "_changed")

    def __init__(self) -> None:
        self._assumed: dict[str, int] = {}           # name: the identity of its value, which is not kept alive
        self._changed: set[str] = set()

    def changed(self, names: dict[str, Any], name: str) -> bool:
        """Whether a name was bound anew since it was assumed."""
        if name in self._assumed and self._assumed[name] != id(names.get(name)):
            self._changed.add(name)
        return name in self._changed

    def note_assumed(self, names: dict[str, Any], name: str) -> None:
        """A version takes `names[name]` to be constant."""
        if name not in self._changed:
            self._assumed[name] = id(names.get(name))


_bindings = IdentityTable()                          # of modules
_attributes = IdentityTable()                        # of types: {name: the type of what instances have; None: several}
_layouts = IdentityTable()                           # of code: {unit: the reasons of `LAYOUT` for which guards failed}
_entries = IdentityTable()                           # of types whose instances had dicts of their own: {name: the entry}


class History:
    """Failures of one root code object's versions, inlined code included.  The evaluator asks, control tells."""

    __slots__ = ("_arguments", "_bindings", "_callees", "_codes", "_failed", "_failures", "_met", "_parts", "_sightings",
                 "allowed", "clock", "frugal", "inlining")

    def __init__(self) -> None:
        self.clock = 0                               # how many failures were noted
        self.inlining = 1.0
        self._parts: dict[int, float] = {}           # by where versions begin that were too large
        # Of the version that is being made: whether it is to cost little, how many instructions may be evaluated.
        self.frugal = False
        self.allowed: int | None = None
        self._failures = IdentityTable()             # code: {unit: {reason: when}}
        # Namespaces and values by identity only: a history must not keep what it has seen alive.
        self._bindings: dict[int, Bindings] = {}     # of namespaces that are no module's
        self._arguments: dict[int, dict[ref[type], None]] = {}
        self._sightings: dict[tuple[int, ...], ref[type]] = {}
        self._callees: dict[tuple[int, ...], Callable[[], Any]] = {}
        self._codes: dict[tuple[int, ...], ref[CodeType]] = {}
        self._failed: dict[tuple[tuple[int, ...], str], int] = {}
        self._met: dict[tuple[int, ...], dict[ref[type], int]] = {}    # types, and when they were noted

    def inline_less(self, at: int, part: float) -> bool:
        """Only so large a part of a version was not too large: the next one inlines less.  False: that was little
        already, or has not helped."""
        before, self._parts[at] = self._parts.get(at, 0.0), part
        self.inlining *= min(part, SHRINK)
        return part > before * HELPED and self.inlining >= LEAST_INLINING

    def failed(self, code: CodeType, at: int) -> frozenset[str]:
        """The reasons for which guards at an instruction failed too often."""
        sites: dict[int, dict[str, int]] = self._failures.get(code) or {}
        everywhere: dict[int, frozenset[str]] = _layouts.get(code) or {}
        return everywhere.get(at, frozenset()).union(sites.get(at, ()))

    def changed(self, names: dict[str, Any], name: str) -> bool:
        """Whether a name that an earlier version took to be constant was bound anew since."""
        return self._bindings_of(names).changed(names, name)

    def note_failure(self, code: CodeType, at: int, reason: str) -> None:
        sites = self._failures.get(code)
        if sites is None:
            sites = {}
            self._failures.set(code, sites)
        sites.setdefault(at, {}).setdefault(reason, self._tick())
        if reason in LAYOUT:
            everywhere: dict[int, frozenset[str]] = _layouts.get(code) or {}
            _layouts.set(code, everywhere | {at: everywhere.get(at, frozenset()) | {reason}})

    def _tick(self) -> int:
        self.clock += 1
        return self.clock - 1

    def note_assumed(self, names: dict[str, Any], name: str) -> None:
        """A version takes `names[name]` to be constant."""
        self._bindings_of(names).note_assumed(names, name)

    def _bindings_of(self, names: dict[str, Any]) -> Bindings:
        """What is known of a namespace: by every version if it is a module's, which is there to stay."""
        name = names.get("__name__")
        module = modules.get(name) if type(name) is str else None
        if type(module) is not ModuleType or module.__dict__ is not names:
            if id(names) not in self._bindings and len(self._bindings) == MOST_NAMESPACES:
                del self._bindings[next(iter(self._bindings))]
            return self._bindings.setdefault(id(names), Bindings())
        known: Bindings | None = _bindings.get(module)
        if known is None:
            known = Bindings()
            _bindings.set(module, known)
        return known

    def note_attribute(self, owner: type, name: str, type_: type) -> None:
        """An instance of a type was seen to have something of this exact type under a name."""
        known: dict[str, ref[type] | None] | None = _attributes.get(owner)
        if known is None:
            known = {}
            _attributes.set(owner, known)
        reference = known.setdefault(name, ref(type_))
        if reference is not None and reference() is not type_:
            known[name] = None

    def attribute_type(self, owner: type, name: str) -> type | None:
        """The exact type of whatever was seen under a name in instances of a type, if it was always the same."""
        known: dict[str, ref[type] | None] = _attributes.get(owner) or {}
        reference = known.get(name)
        return reference() if reference is not None else None

    def note_own_dict(self, owner: type, name: str, entry: int) -> None:
        """An instance of a type was seen to keep its attributes in a dict of its own, a name in this entry; -1: it has
        no such name."""
        known: dict[str, int] | None = _entries.get(owner)
        if known is None:
            known = {}
            _entries.set(owner, known)
        if entry >= 0:
            known[name] = entry

    def own_dict(self, owner: type) -> dict[str, int] | None:
        """If instances of a type were seen to have dicts of their own, the entry in which each name was last."""
        known: dict[str, int] | None = _entries.get(owner)
        return known

    def note_argument(self, slot: int, type_: type) -> None:
        """A version was asked for because an argument is of this exact type."""
        self._arguments.setdefault(slot, {})[ref(type_)] = None

    def argument_types(self, slot: int) -> list[type]:
        """The exact types of an argument for which versions were asked for, the first at the beginning."""
        return [type_ for reference in self._arguments.get(slot, ()) if (type_ := reference()) is not None]

    def receivers(self, code: CodeType) -> list[type]:
        """The exact types of the first argument for which versions of that code were asked for."""
        from tiercel.control.records import known_record
        record = known_record(code)
        return record.history.argument_types(0) if record is not None else []

    def sighted(self, place: tuple[int, ...]) -> type | None:
        """The exact type that an earlier version found or assumed at a place: one value of an instruction."""
        reference = self._sightings.get(place)
        return reference() if reference is not None else None

    def sighted_in(self, code: CodeType, place: tuple[int, ...]) -> type | None:
        """The type that the own versions of a code object found at a place in it, unless they were wrong there."""
        from tiercel.control.records import known_record
        record = known_record(code)
        if record is None or record.history.failed_at(place, "type") or "type" in record.history.failed(code, place[0]):
            return None
        return record.history.sighted(place)

    def note_sighted(self, place: tuple[int, ...], type_: type) -> None:
        self._sightings[place] = ref(type_)

    def note_types(self, code: CodeType, place: tuple[int, ...], reason: str, tags: list[int], then: int) -> None:
        """A guard at a place, in that code, failed too often: with types that have these version tags, in a version
        evaluated when `clock` was `then`."""
        from tiercel.control.records import record_of
        from tiercel.evaluate.objects import type_of_version
        types = [type_ for type_ in (self.sighted(place), *map(type_of_version, tags)) if type_ is not None]
        met = self._met.setdefault(place, {})
        # a switch on the type is given up only if it knew these types
        if reason == "type" or all(met.get(ref(type_), then) < then for type_ in types):
            self._failed.setdefault((place, reason), self._tick())
        for known in (met, record_of(code).history._met.setdefault(place[-2:], {})):
            for type_ in types:
                known.setdefault(ref(type_), self._tick())

    def types_met(self, code: CodeType, place: tuple[int, ...]) -> list[type]:
        """The exact types of the values met at a place in that code where a guard failed, the one assumed first at the
        beginning; of inlined code that is new here, those met wherever else it is."""
        met = self._met.get(place)
        if met is None and len(place) > 2:
            from tiercel.control.records import known_record
            record = known_record(code)
            met = record.history._met.get(place[-2:]) if record is not None else None
        return [type_ for reference in met or () if (type_ := reference()) is not None]

    def failed_at(self, place: tuple[int, ...], reason: str) -> bool:
        """Whether a guard of the type of the value at a place failed too often."""
        return (place, reason) in self._failed

    def knew(self, then: int, code: CodeType, at: int, reason: str, place: tuple[int, ...] | None) -> bool:
        """Whether a failure had been noted when `clock` was `then`."""
        if place is not None:
            return self._failed.get((place, reason), then) < then
        sites: dict[int, dict[str, int]] = self._failures.get(code) or {}
        return sites.get(at, {}).get(reason, then) < then

    def is_steady(self, place: tuple[int, ...], callee: Any) -> bool:
        """Whether no earlier version took another object for the callee at a place: functions that are made anew in
        each call of what is around them would each cost a version."""
        if place not in self._callees:
            self._callees[place] = _reference(callee)
            if type(callee) is FunctionType:
                self._codes[place] = ref(callee.__code__)
        return self._callees[place]() is callee

    def runs_same_code(self, place: tuple[int, ...], callee: FunctionType) -> bool:
        """Whether a function runs the code of the first one that was taken for the callee at a place."""
        code = self._codes.get(place)
        return code is not None and code() is callee.__code__


def _reference(callee: Any) -> Callable[[], Any]:
    """A weak one, unless it is a method of a type that lives for ever, to which there are none."""
    return (lambda: callee) if type(callee) is MethodDescriptorType else ref(callee)
