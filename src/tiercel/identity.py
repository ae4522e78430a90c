"""Tables that go by the identity of their keys and do not keep them alive.

Code objects that are equal are not the same, so a `WeakKeyDictionary` will not do for them.
"""

from __future__ import annotations

import weakref

TYPE_CHECKING = False                # without importing typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class IdentityTable:
    """A weak mapping by identity."""

    __slots__ = ("__weakref__", "_entries")

    def __init__(self) -> None:
        self._entries: dict[int, tuple[weakref.ref[Any], Any]] = {}

    def get(self, key: Any) -> Any:
        entry = self._entries.get(id(key))
        return entry[1] if entry is not None and entry[0]() is key else None

    def set(self, key: Any, value: Any) -> None:
        identity, entries = id(key), self._entries

        def forget(reference: weakref.ref[Any]) -> None:
            if identity in entries and entries[identity][0] is reference:
                del entries[identity]

        entries[identity] = (weakref.ref(key, forget), value)

    def discard(self, key: Any) -> None:
        if self.get(key) is not None:
            del self._entries[id(key)]

    def values(self) -> list[Any]:
        return [value for _, value in list(self._entries.values())]

    def items(self) -> Iterator[tuple[Any, Any]]:
        for reference, value in list(self._entries.values()):
            key = reference()
            if key is not None:
                yield key, value

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        self._entries.clear()
