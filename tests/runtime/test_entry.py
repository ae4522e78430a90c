"""Binding of arguments by the generic entry: as the interpreter binds them, errors included."""

from __future__ import annotations

import inspect
import sys
import weakref
from typing import Any

import pytest

from tests.runtime.machine import RESULT, after, at, compiled, frame, fresh, native, site


def plain(a: Any, b: Any = 2) -> Any:
    return a, b


def positional_only(a: Any, b: Any = 2, /, c: Any = 3) -> Any:
    return a, b, c


def keyword_only(a: Any, *, k: Any, d: Any = 5) -> Any:
    return a, k, d


def star(a: Any, *rest: Any, k: Any = 1) -> Any:
    return a, rest, k


def everything(a: Any, b: Any = 2, *rest: Any, k: Any, d: Any = 5, **kw: Any) -> Any:
    return a, b, rest, k, d, kw


FUNCTIONS = [plain, positional_only, keyword_only, star, everything]


def calls() -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    positional: list[tuple[Any, ...]] = [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]
    keywords: list[dict[str, Any]] = [{}, {"a": 9}, {"b": 8}, {"c": 7}, {"k": 6}, {"k": 6, "d": 5}, {"z": 4, "k": 3},
                                      {"k": 1, "a": 1}, {"rest": 1, "k": 2}, {"kw": 1, "k": 2}]
    return [(args, kwargs) for args in positional for kwargs in keywords]


def attach(f: Any) -> None:
    """A version that takes all slots and leaves at the start."""
    count = len(inspect.signature(f).parameters)
    slots = tuple(range(count))
    start = at(f, "LOAD_FAST_LOAD_FAST") if "LOAD_FAST_LOAD_FAST" in opnames(f) else at(f, "LOAD_FAST")
    compiled(f, [site("o" * count, frame(f, start, locals=slots))], ("exit", 0, slots))


def opnames(f: Any) -> set[str]:
    import dis

    return {i.opname for i in dis.get_instructions(f)}


@pytest.mark.parametrize("func", FUNCTIONS, ids=lambda f: f.__name__)
def test_arguments_are_bound_as_the_interpreter_does(func: Any) -> None:
    f = fresh(func)
    attach(f)
    # another spelling of the names: equal, not identical
    for args, kwargs in calls():
        for names in (kwargs, {"".join(list(name)): value for name, value in kwargs.items()}):
            try:
                expected: Any = func(*args, **names)
            except TypeError as error:
                with pytest.raises(TypeError) as info:
                    f(*args, **names)
                assert str(info.value) == str(error)
                continue
            assert f(*args, **names) == expected


def test_versions_are_entered() -> None:
    f = fresh(everything)
    slots = tuple(range(6))
    start = at(f, "LOAD_FAST_LOAD_FAST")
    version = compiled(f, [site("o" * 6, frame(f, start, locals=slots))], ("exit", 0, slots))
    assert f(1, 2, 3, k=4, z=5) == (1, 2, (3,), 4, 5, {"z": 5})
    assert f(1, k=2) == (1, 2, (), 2, 5, {})
    assert version.site_counts() == [2]


def test_references_are_given_back() -> None:
    f = fresh(everything)
    attach(f)
    thing, default = object(), object()
    f.__kwdefaults__ = {"d": default}
    counts = sys.getrefcount(thing), sys.getrefcount(default)
    before = native().thread_state()
    for _ in range(100):
        f(thing, thing, thing, k=thing, z=thing)
    assert (sys.getrefcount(thing), sys.getrefcount(default)) == counts
    assert native().thread_state() == before


def swaps_defaults(change: Any, d: Any = None) -> Any:
    change()
    return d


def test_defaults_replaced_during_the_call_stay_alive() -> None:
    f = fresh(swaps_defaults)
    f.__defaults__ = ({1, 2, 3},)
    alive = []

    def change() -> None:
        watched = weakref.ref(f.__defaults__[0]) if f.__defaults__ != (None,) else None
        f.__defaults__ = (None,)
        alive.append(watched is None or watched() is not None)

    call = after(f, at(f, "CALL"), locals=(0, 1), stack=(RESULT,))
    end = frame(f, at(f, "RETURN_VALUE"), stack=(0,))
    compiled(f, [site("oo", call), site("o", end)], ("call", 0, (0, 1), 2, 0, ()), ("drop", 2), ("exit", 1, (1,)))
    assert f(change) == {1, 2, 3}
    assert f(change) is None
    assert alive == [True, True]


def test_a_low_c_stack_goes_to_the_interpreter() -> None:
    f = fresh(everything)
    attach(f)
    old = native().set_stack_limit((1 << 64) - 1)
    try:
        assert f(1, 2, 3, k=4, z=5) == (1, 2, (3,), 4, 5, {"z": 5})
        assert f(1, k=2, d=3) == (1, 2, (), 2, 3, {})
    finally:
        native().set_stack_limit(old)
