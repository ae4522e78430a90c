"""Targets of native calls: where they lead as versions come and go."""

from __future__ import annotations

import ctypes
import gc
import weakref
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import pytest

from tests.runtime.stand_in import address, bound_form, fresh, new_version, settle
from tiercel import _runtime

DETOUR = 0xD0


@pytest.fixture(autouse=True)
def stopped() -> Iterator[None]:
    yield
    _runtime.stop()


def version_at(func: FunctionType, native: int) -> Any:
    """An installed version whose native form would be at that address."""
    version = new_version(func)
    callback = bound_form(func.__code__, lambda *args: "native")
    version.install(native=native, bound=address(callback), entry=0, library=callback)
    return version


def called(target: Any) -> int | None:
    """The address that machine code finds."""
    return ctypes.c_void_p.from_address(target.address).value


def test_it_leads_to_one_version_after_another() -> None:
    f = fresh("def f(a): return 'interpreted'")
    target = _runtime.Target("oo")
    assert target.version is None and called(target) is None and not target.detour
    target.set_detour(DETOUR)
    assert called(target) == target.native == target.detour == DETOUR
    first = version_at(f, 0xA0)
    target.lead_to(first)
    assert target.version is first and called(target) == 0xA0
    first.retire("test")
    assert target.version is None and called(target) == DETOUR
    second = version_at(f, 0xB0)
    target.lead_to(second)
    assert called(target) == 0xB0
    del first
    settle()
    assert called(target) == 0xB0


def test_what_it_must_not_lead_to() -> None:
    f = fresh("def f(a): return 'interpreted'")
    target, other = _runtime.Target("oo"), _runtime.Target("of")
    with pytest.raises(TypeError):
        target.lead_to(f)
    with pytest.raises(ValueError):
        target.lead_to(new_version(f))
    version = version_at(f, 0xA0)
    with pytest.raises(ValueError):
        other.lead_to(version)
    target.lead_to(version)
    with pytest.raises(ValueError):
        target.lead_to(version_at(f, 0xB0))
    retired = version_at(f, 0xC0)
    retired.retire("test")
    empty = _runtime.Target("oo")
    empty.lead_to(retired)
    assert empty.version is None and called(empty) is None
    for signature in ("", "x", "?o"):
        with pytest.raises(ValueError):
            _runtime.Target(signature)


def test_several_lead_to_one_version() -> None:
    f = fresh("def f(a): return 'interpreted'")
    targets = [_runtime.Target("oo") for _ in range(3)]
    version = version_at(f, 0xA0)
    for target in targets:
        target.set_detour(DETOUR)
        target.lead_to(version)
    assert [called(target) for target in targets] == [0xA0] * 3
    _runtime.stop()
    assert [called(target) for target in targets] == [DETOUR] * 3


def test_callers_are_not_retired() -> None:
    f, g = (fresh("def f(a): return 'interpreted'") for _ in range(2))
    callee, target = version_at(f, 0xA0), _runtime.Target("oo")
    target.set_detour(DETOUR)
    target.lead_to(callee)
    caller = new_version(g)
    caller.hold([target])
    caller.install(native=0xB0, bound=0xB1, entry=0, library=None)
    callee.retire("test")
    assert caller.valid and called(target) == DETOUR


def test_it_lives_as_long_as_callers_and_its_version() -> None:
    f, g = (fresh("def f(a): return 'interpreted'") for _ in range(2))
    first, second = version_at(f, 0xA0), new_version(g)
    there, back = _runtime.Target("oo"), _runtime.Target("oo")
    there.lead_to(first)
    second.hold([there])
    second.install(native=0xB0, bound=0xB1, entry=0, library=None)
    back.lead_to(second)
    ends = [weakref.ref(each) for each in (there, back, first, second)]
    del there, back
    assert ends[0]() is not None and ends[1]() is not None
    first.retire("test")
    del first, f
    gc.collect()
    settle()
    assert ends[2]() is None and ends[0]() is not None
    del second, g
    gc.collect()
    settle()
    assert [end() for end in ends] == [None] * 4
