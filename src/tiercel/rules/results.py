"""What C functions return: its exact type, where that is certain whatever the arguments are.

Of a method that holds only where the receiver is of exactly its class.  Not here is what passes on an object that code
of the program made: `repr` and `format` may give an instance of a subclass of str.
"""

from __future__ import annotations

import builtins
from types import NoneType
from typing import Any, Final, NamedTuple

from tiercel.graph.build import NO_WITNESS
from tiercel.types import ANY, INDEX, Fact, exact

_TEXT: Final = {
    list: "split rsplit splitlines",
    tuple: "partition rpartition",
    int: "count find index rfind rindex",
    bool: "startswith endswith isalnum isalpha isascii isdigit islower isspace istitle isupper",
}
_SAME: Final = "capitalize center expandtabs join ljust lower lstrip removeprefix removesuffix replace rjust rstrip strip " \
        "swapcase title upper zfill"
_TESTS: Final = "issubset issuperset isdisjoint"
_SETS: Final = "copy union difference intersection symmetric_difference"

_METHODS: Final[dict[type, dict[type, str]]] = {
    str: {str: f"{_SAME} casefold", **_TEXT},
    bytes: {bytes: _SAME, **_TEXT, str: "hex"},
    list: {list: "copy", int: "count index", NoneType: "append clear extend insert remove reverse sort"},
    tuple: {int: "count index"},
    dict: {dict: "copy", type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items",
           tuple: "popitem", NoneType: "clear update"},
    set: {set: _SETS, bool: _TESTS, NoneType: "add clear discard remove update difference_update intersection_update "
                                              "symmetric_difference_update"},
    frozenset: {frozenset: _SETS, bool: _TESTS},
    int: {bytes: "to_bytes", tuple: "as_integer_ratio"},
    float: {str: "hex", tuple: "as_integer_ratio"},
}
_FUNCTIONS: Final[dict[type, str]] = {
    bool: "all any callable hasattr isinstance issubclass", int: "id hash ord", list: "sorted", str: "bin chr hex oct",
    NoneType: "delattr print setattr",
}
_CLASSES: Final = (bool, bytearray, dict, enumerate, filter, float, frozenset, int, list, map, range, set, slice, tuple, zip)

# The text of whose instances CPython itself makes, whatever they contain.
MAKES_EXACT_TEXT: Final = frozenset({
    int, float, bool, complex, str, bytes, bytearray, NoneType, list, tuple, dict, set, frozenset, range})


# What the items of a new list or tuple usually are, as if it had been seen.
_SAMPLES: Final[list[tuple[Any, Any]]] = [
    *((str.__dict__[name], ["text"]) for name in _TEXT[list].split()),
    *((bytes.__dict__[name], [b"text"]) for name in _TEXT[list].split()),
    *((str.__dict__[name], ("text", "text", "text")) for name in _TEXT[tuple].split()),
]


class Result(NamedTuple):
    """What is certain of a result, and a value to guess from what it holds."""

    fact: Fact = ANY
    witness: Any = NO_WITNESS


def _table() -> dict[int, tuple[Any, Result]]:
    facts: list[tuple[Any, Fact]] = [(len, INDEX), *((class_, exact(class_)) for class_ in _CLASSES)]
    for type_, names in _FUNCTIONS.items():
        facts += [(getattr(builtins, name), exact(type_)) for name in names.split()]
    for class_, methods in _METHODS.items():
        for type_, names in methods.items():
            facts += [(class_.__dict__[name], exact(type_)) for name in names.split()]
    samples = {id(function): sample for function, sample in _SAMPLES}
    return {id(function): (function, Result(fact, samples.get(id(function), NO_WITNESS))) for function, fact in facts}


_RESULTS: Final = _table()
_UNKNOWN: Final = Result()


def result_of(function: Any) -> Result:
    """What is known of what a C function or builtin class returns."""
    entry = _RESULTS.get(id(function))
    return entry[1] if entry is not None else _UNKNOWN
