"""What earlier versions of a code object met, so that the next version assumes less."""

from __future__ import annotations

from weakref import ref

from tiercel.identity import IdentityTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any


class History:
    """Failures of one root code object's versions, inlined code included.  The evaluator asks, control tells."""

    __slots__ = ("_assumed", "_callees", "_changed", "_failures", "_sightings")

    def __init__(self) -> None:
        self._failures = IdentityTable()             # code: {unit: {reason}}
        # Namespaces and values by identity only: a history must not keep what it has seen alive.
        self._assumed: dict[tuple[int, str], int] = {}
        self._changed: set[tuple[int, str]] = set()
        self._sightings: dict[tuple[int, ...], ref[type]] = {}
        self._callees: dict[tuple[int, ...], ref[Any]] = {}

    def failed(self, code: CodeType, at: int) -> frozenset[str]:
        """The reasons for which guards at an instruction failed too often."""
        sites: dict[int, set[str]] | None = self._failures.get(code)
        return frozenset(sites.get(at, ())) if sites is not None else frozenset()

    def changed(self, names: dict[str, Any], name: str) -> bool:
        """Whether a name that an earlier version took to be constant was bound anew since."""
        key = (id(names), name)
        if key in self._assumed and self._assumed[key] != id(names.get(name)):
            self._changed.add(key)
        return key in self._changed

    def note_failure(self, code: CodeType, at: int, reason: str) -> None:
        sites = self._failures.get(code)
        if sites is None:
            sites = {}
            self._failures.set(code, sites)
        sites.setdefault(at, set()).add(reason)

    def note_assumed(self, names: dict[str, Any], name: str) -> None:
        """A version takes `names[name]` to be constant."""
        key = (id(names), name)
        if key not in self._changed:
            self._assumed[key] = id(names.get(name))

    def sighted(self, place: tuple[int, ...]) -> type | None:
        """The exact type that an earlier version found or assumed at a place: one value of an instruction."""
        reference = self._sightings.get(place)
        return reference() if reference is not None else None

    def sighted_in(self, code: CodeType, place: tuple[int, ...]) -> type | None:
        """The type that the own versions of a code object found at a place in it, unless they were wrong there."""
        from tiercel.control.records import known_record
        record = known_record(code)
        if record is None or "type" in record.history.failed(code, place[0]):
            return None
        return record.history.sighted(place)

    def note_sighted(self, place: tuple[int, ...], type_: type) -> None:
        self._sightings[place] = ref(type_)

    def is_steady(self, place: tuple[int, ...], callee: Any) -> bool:
        """Whether no earlier version took another object for the callee at a place: functions that are made anew in
        each call of what is around them would each cost a version."""
        return self._callees.setdefault(place, ref(callee))() is callee
