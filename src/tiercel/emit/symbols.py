"""The names that a module's text uses for what lies outside it, and what they stand for.

No address is in the text: objects, types, targets of native calls, C functions and data are named symbols, bound to
addresses only when the object file is linked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tiercel.types import is_class, qualified_name

# Facts about C functions that LLVM cannot know; the rest may do anything but throw.
_FACTS: Final = {
    "tc_exit": "cold", "tc_leave_before": "cold", "tc_leave": "cold", "tc_unwind": "cold", "tc_unwind_again": "cold",
    "tc_poll": "cold", "tc_call_interpreted": "cold",
    "tc_dealloc": "cold", "tc_free": "cold", "tc_free_dropped": "cold", "tc_entry_next": "cold",
    "tc_unbox_i64": "cold", "tc_store_f64": "cold", "tc_store_i64": "cold",
    "tc_str_item": "memory(argmem: read)", "tc_unbox_long": "cold",
    "tc_box_f64": "memory(inaccessiblemem: readwrite)", "tc_box_i64": "memory(inaccessiblemem: readwrite)",
    "tc_box_u64": "memory(inaccessiblemem: readwrite)", "tc_box_number": "memory(inaccessiblemem: readwrite)",
}


def _safe(name: str) -> str:
    return "".join([c if c.isalnum() and c.isascii() else "_" for c in name])


class Symbols:
    """Gives names, and remembers what each one means until the module is linked."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}          # by symbol; the address is that of the object
        self.runtime: set[str] = set()             # C functions and data, bound by their own names
        self.targets: dict[str, Any] = {}          # what is called natively
        self.computed: dict[str, Callable[[], int]] = {}
        self._declared: dict[str, str] = {}
        self._by_id: dict[int, str] = {}
        self._computed_by_key: dict[Any, str] = {}

    def object(self, value: Any) -> str:
        """The address of an object."""
        symbol = self._by_id.get(id(value))
        if symbol is None:
            number = len(self._by_id)
            if is_class(value):
                symbol = f"type_{_safe(qualified_name(value))}_{number}"
            elif value is None or value is True or value is False:
                symbol = f"const_{value}"
            else:
                symbol = f"obj_{number}"
            self._by_id[id(value)] = symbol
            self.objects[symbol] = value
            self._declared[symbol] = f"@{symbol} = external global i8"
        return f"@{symbol}"

    def data(self, name: str) -> str:
        """A variable of the runtime."""
        self._declared.setdefault(name, f"@{name} = external global i8")
        self.runtime.add(name)
        return f"@{name}"

    def function(self, name: str, result: str, params: str, facts: str = "") -> str:
        """A C function of the runtime, of CPython or of the C library."""
        if name not in self._declared:
            facts = facts or _FACTS.get(name, "")
            self._declared[name] = f"declare {result} @{name}({params}) nounwind {facts}"
            self.runtime.add(name)
        return f"@{name}"

    def intrinsic(self, name: str, result: str, params: str) -> str:
        """A function that LLVM itself knows."""
        self._declared.setdefault(name, f"declare {result} @{name}({params})")
        return f"@{name}"

    def target(self, target: Any) -> str:
        """Where the address of a native form of another function is found."""
        for symbol, known in self.targets.items():
            if known is target:
                return f"@{symbol}"
        symbol = f"target_{len(self.targets)}"
        self.targets[symbol] = target
        self._declared[symbol] = f"@{symbol} = external global ptr"
        return f"@{symbol}"

    def address(self, key: Any, prefix: str, find: Callable[[], int], declaration: str = "") -> str:
        """An address found at link time by a function; equal keys share a symbol.  `declaration`: of a C function,
        with ``{}`` for its name."""
        symbol = self._computed_by_key.get(key)
        if symbol is None:
            symbol = self._computed_by_key[key] = f"{prefix}_{len(self.computed)}"
            self.computed[symbol] = find
            self._declared[symbol] = (declaration.format(f"@{symbol}") if declaration
                                      else f"@{symbol} = external global i8")
        return f"@{symbol}"

    def declarations(self) -> list[str]:
        return list(self._declared.values())

    def addresses(self, find: Callable[[str], int]) -> dict[str, int]:
        """What the symbols are bound to; `find` gives the addresses of the runtime's."""
        result = {symbol: id(value) for symbol, value in self.objects.items()}
        for symbol, target in self.targets.items():
            result[symbol] = target.address
        for symbol, compute in self.computed.items():
            result[symbol] = compute()
        for name in self.runtime:
            result[name] = find(name)
        return result
