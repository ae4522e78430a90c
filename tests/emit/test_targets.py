"""Native calls of other functions: machine code that goes through a target, and its detour."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emit.made import LEFT, Made
from tests.runtime.machine import Hooks
from tiercel import _runtime
from tiercel.graph.build import RESULT

pytestmark = pytest.mark.usefixtures("each_effort")


def calling(callee: Made, reps: str, result: str, target: Any = None) -> Made:
    """A function that returns what the native form of another one does."""
    caller = Made(reps, result, linked=True)
    node = caller.block.append("call_native", caller.params, state=caller.after([RESULT]), rep=result,
                               target=target or callee.target(), function=callee.function, result=result)
    caller.end(node)
    return caller


def interpreted(callee: Made, value: Any) -> None:
    """Retire the function's version; it returns the value from now on."""
    callee.version.retire("test")
    callee.function.__globals__["LEFT"] = value


def added() -> Made:
    callee = Made("if", "f")
    callee.end(callee.add("f64_add", callee.add("i64_to_f64", callee.params[0]), callee.params[1]))
    return callee


def same(rep: str) -> Made:
    callee = Made(rep, rep)
    callee.end(callee.params[0])
    return callee


def test_callers_live_on() -> None:
    callee = added()
    caller = calling(callee, "if", "f")
    assert caller.function(3, 0.5) == 3.5
    interpreted(callee, 7.25)
    assert caller.function(3, 0.5) == 7.25 and caller.version.valid and caller.version.exits == 0
    interpreted(callee, "no float")
    assert caller.function(3, 0.5) == LEFT and caller.version.valid and caller.version.exits == 1


def test_another_version_takes_the_calls_over() -> None:
    callee = added()
    target = callee.target()
    caller = calling(callee, "if", "f", target)
    callee.version.retire("test")
    assert caller.function(3, 0.5) == LEFT
    again = Made("if", "f")
    again.function = callee.function
    again.graph.code = callee.function.__code__
    again.end(again.add("f64_sub", again.params[1], again.add("i64_to_f64", again.params[0])))
    assert caller.function(3, 0.5) == again.function(3, 0.5) == -2.5
    target.lead_to(again.version)
    assert caller.function(3, 0.5) == -2.5 and caller.version.detours == 2


@pytest.mark.parametrize("rep, kept, broken", [
    ("o", (None, [], "text", 1), ()),
    ("f", (1.5, -0.0, float("inf")), (1, None, True)),
    ("i", (0, -5, 2**63 - 1, -2**63), (2**63, -2**63 - 1, True, 1.0)),
    ("b", (True, False), (1, None)),
])
def test_results_of_the_detour(rep: str, kept: tuple[Any, ...], broken: tuple[Any, ...]) -> None:
    callee = same(rep)
    caller = calling(callee, rep, rep)
    argument = {"o": "x", "f": 2.0, "i": 3, "b": True}[rep]
    assert caller.function(argument) == argument
    for value in kept:
        interpreted(callee, value)
        result = caller.function(argument)
        assert type(result) is type(value) and repr(result) == repr(value)
    assert caller.version.exits == 0
    for number, value in enumerate(broken, 1):
        interpreted(callee, value)
        assert caller.function(argument) == LEFT and caller.version.exits == number


def test_promises_of_natural_and_unsigned_numbers() -> None:
    for letter, kept, broken in (("n", (0, 2**63 - 1), (-1, 2**63)), ("u", (0, 2**64 - 1), (-1, 2**64, "x"))):
        callee = same("i")
        caller = calling(callee, "i", "i" if letter == "n" else "u", _runtime.Target(letter + "i"))
        for value in kept:
            interpreted(callee, value)
            assert caller.function(5) == value
        assert caller.version.exits == 0
        for value in broken:
            interpreted(callee, value)
            assert caller.function(5) == LEFT


def test_what_a_detour_raises() -> None:
    callee = same("o")
    names = callee.function.__globals__
    caller = calling(callee, "o", "o")
    callee.version.retire("test")
    del names["LEFT"]
    with pytest.raises(NameError) as caught:
        caller.function(1)
    assert [entry.name for entry in caught.traceback][-2:] == ["f", "f"]
    assert caller.version.valid


class Asked(Hooks):
    """Notes for which versions it is asked, and retires them."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: list[Any] = []

    def detoured(self, version: Any) -> None:
        self.versions.append((version, version.detours))
        version.retire("test")


@pytest.fixture
def hooks() -> Iterator[Asked]:
    asked = Asked()
    _runtime.start(asked, 10**6, 10**6)
    yield asked
    _runtime.stop()


def test_callers_are_replaced_where_there_is_something_better(hooks: Asked) -> None:
    """The control is asked after many calls that went to another version, or came back with something else; not while
    the function is interpreted anyway."""
    callee = same("o")
    caller = calling(callee, "o", "o")
    interpreted(callee, "x")
    for _ in range(1500):
        assert caller.function(1) == "x"
    assert caller.version.detours == 0
    _runtime.attach(callee.function, (again := same_code(callee)).version)
    for _ in range(999):
        assert caller.function(1) == 1
    assert hooks.versions == [] and again.version.valid
    assert caller.function(1) == LEFT
    assert hooks.versions == [(caller.version, 1000)] and not caller.version.valid


def same_code(callee: Made) -> Made:
    """Another version of the same function."""
    again = Made("o", "o")
    again.function, again.graph.code = callee.function, callee.function.__code__
    again.end(again.params[0])
    return again


def test_a_broken_promise_counts(hooks: Asked) -> None:
    callee = same("f")
    caller = calling(callee, "f", "f")
    interpreted(callee, 1)
    for _ in range(1000):
        assert caller.function(1.0) == LEFT
    assert [count for _, count in hooks.versions] == [1000]


def calling_function(source: str, reps: str, **names: Any) -> Made:
    """A function that calls `g` of the source through a target that leads nowhere."""
    exec(source, names)
    caller = Made(reps, "o", linked=True)
    node = caller.block.append("call_native", caller.params, state=caller.after([RESULT]), rep="o",
                               target=_runtime.Target("o" + reps), function=names["g"], result="o")
    caller.end(node)
    return caller


def test_arguments_of_the_detour() -> None:
    """Each representation arrives as the object that it stands for, whatever comes before it."""
    caller = calling_function("def g(a, b, c, d): return a, b, c, d", "bfio")
    for args in ((True, 1.5, -3, "x"), (False, -0.0, 2**62, None)):
        assert repr(caller.function(*args)) == repr(args)
    caller = calling_function("def g(a, *, b, **c): return a, b, c", "ooo")
    assert caller.function(1, 2, {"d": 3}) == (1, 2, {"d": 3})


def test_the_detour_has_the_callers_frame_below() -> None:
    caller = calling_function("def g(a): return sys._getframe(1).f_code", "o", sys=sys)
    assert caller.function(1) is caller.function.__code__
