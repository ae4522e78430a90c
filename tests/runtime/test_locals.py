"""Locals on demand: native frames are filled when somebody asks, and native code leaves afterwards."""

from __future__ import annotations

import builtins
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.runtime.machine import RESULT, Hooks, after, at, compiled, compiled_loop, frame, fresh, native, site
from tiercel import _runtime


@pytest.fixture(autouse=True)
def active() -> Iterator[None]:
    _runtime.start(Hooks(), 10**6, 10**6)
    yield
    _runtime.stop()


def caller(call: Any, x: Any) -> Any:
    y = [x]
    z = call(x)
    return y, z, x


def compiled_caller(f: Any, virtual: bool = False) -> Any:
    """`y` is an object that native code owns, or one that is not there yet."""
    slot = (2, "list", 0, 1) if virtual else 2
    description = site("ooO", after(f, at(f, "CALL"), locals=(0, 1, slot), stack=(RESULT,)))
    leave = site("ooOO", frame(f, at(f, "LOAD_FAST_LOAD_FAST"), locals=(0, 1, 2, 3)))
    return compiled(f, [description, leave], ("const", 2, ["native"]), ("call", 0, (0, 1, 2), 3, 0, (1,)),
                    ("exit", 1, (0, 1, 2, 3)))


def by_frame(x: Any) -> Any:
    return dict(sys._getframe(1).f_locals)


def by_frame_twice(x: Any) -> Any:
    assert sys._getframe(1).f_locals is not None
    return dict(sys._getframe(1).f_locals)


@pytest.mark.parametrize("ask", [by_frame, by_frame_twice])
@pytest.mark.parametrize("virtual", [False, True])
def test_f_locals(ask: Callable[[Any], Any], virtual: bool) -> None:
    f = fresh(caller)
    version = compiled_caller(f, virtual)
    thing = object()
    before = native().thread_state()
    count = sys.getrefcount(thing)
    expected = [thing] if virtual else ["native"]
    for _ in range(5):
        y, z, x = f(ask, thing)
        assert z == {"call": ask, "x": thing, "y": expected}
        assert y == expected and z["y"] is y and x is thing
    assert version.site_counts() == [5, 0]
    del y, z, x, expected
    assert sys.getrefcount(thing) == count
    assert native().thread_state() == before


def test_without_asking_nothing_leaves() -> None:
    f = fresh(caller)
    version = compiled_caller(f)
    assert f(len, "abc") == (["native"], 3, "abc")
    assert version.site_counts() == [0, 1]


def test_locals_of_a_frame_that_has_ended() -> None:
    f = fresh(caller)
    compiled_caller(f)
    _, held, _ = f(lambda x: sys._getframe(1), "here")
    assert held.f_locals["x"] == "here" and held.f_locals["y"] == ["native"] and held.f_locals["z"] is held
    held.clear()


def test_asking_where_no_state_is_put_down() -> None:
    """The end of an object that native code drops between two sites: its frames are there, their locals are not."""
    seen = []

    class Asks:
        def __del__(self) -> None:
            seen.append(dict(sys._getframe(1).f_locals))

    def take(x: Any) -> Any:
        return Asks()

    f = fresh(caller)
    call = site("oo", after(f, at(f, "CALL"), locals=(0, 1, 0), stack=(RESULT,)))
    leave = site("oo", frame(f, at(f, "LOAD_FAST_LOAD_FAST"), locals=(0, 1, 0, 1)))
    compiled(f, [call, leave], ("call", 0, (0, 1), 3, 0, (1,)), ("drop", 3), ("exit", 1, (0, 1)))
    assert f(take, 5) == (take, 5, 5)
    assert seen == [{}]


def test_written_locals_are_honoured() -> None:
    f = fresh(caller)
    compiled_caller(f)

    def write(x: Any) -> Any:
        sys._getframe(1).f_locals["x"] = "written"
        return x

    assert f(write, "old") == (["native"], "old", "written")


@pytest.mark.parametrize("function, args, check", [
    (locals, (), lambda r: r["x"] == "here"),
    (vars, (), lambda r: r["x"] == "here"),
    (dir, (), lambda r: r == ["call", "x", "y"]),
    (eval, ("x + '!'",), lambda r: r == "here!"),
])
def test_builtins_under_any_name(function: Any, args: Any, check: Any) -> None:
    """The caller calls the builtin itself."""
    f = fresh(caller)
    description = site("ooO", after(f, at(f, "CALL"), locals=(0, 1, 2), stack=(RESULT,)))
    leave = site("ooOO", frame(f, at(f, "LOAD_FAST_LOAD_FAST"), locals=(0, 1, 2, 3)))
    steps = [("const", 4 + i, arg) for i, arg in enumerate(args)]
    registers = tuple(range(4, 4 + len(args)))
    compiled(f, [description, leave], ("const", 2, []), *steps, ("call", 0, (0, 1, 2), 3, 0, registers),
             ("exit", 1, (0, 1, 2, 3)))
    assert check(f(function, "here")[1])


def test_exec_and_builtins_with_arguments() -> None:
    f = fresh(caller)
    version = compiled_caller(f)
    for function, arg in ((dir, f), (vars, sys)):
        assert f(function, arg)[1]
    assert version.site_counts() == [0, 2]
    space: dict[str, Any] = {}

    def run(x: Any) -> Any:
        exec("y = 1", space)
        return eval("y", space)

    assert f(run, 1)[1] == 1
    assert version.site_counts() == [0, 3]


class Base:
    def greet(self) -> str:
        return "base"


class Derived(Base):
    def greet(self) -> str:
        proxy: Any = super()
        return "derived " + proxy.greet()


def test_super_without_arguments() -> None:
    f = fresh(Derived.greet)
    code = f.__code__
    assert code.co_freevars == ("__class__",)
    cell = Derived.greet.__closure__[0]     # type: ignore[index]
    start = at(f, "STORE_FAST")
    description = site("oo", frame(f, start, locals=(0, 2, (0, cell)), stack=(1,)))
    call = site("o", frame(f, start - 1, resume=start, locals=(0, -1, (0, cell)), stack=(RESULT,)))
    compiled(f, [description, call], ("const", 3, super), ("call", 1, (0,), 1, 3, ()), ("exit", 0, (0, 1)))
    Derived.greet = f                       # type: ignore[method-assign]
    assert Derived().greet() == "derived base"


def test_inlined_frames() -> None:
    def inner(call: Any, w: Any) -> Any:
        v = call(w)
        return v, w

    def outer(call: Any, x: Any) -> Any:
        r = inner(call, x)
        return r, x

    for link in (True, False):
        g = fresh(outer)
        shared = (2, "list", 0, 1)
        closure = [(0, cell) for cell in g.__closure__ or ()]
        parent = after(g, at(g, "CALL"), locals=(0, shared, -1, *closure), stack=(RESULT,))
        child = after(inner, at(inner, "CALL"), locals=(0, shared), stack=(RESULT,), linked=link)
        enter = [("enter", inner, inner.__code__)] if link else []
        compiled(g, [site("oo", child, parent)], *enter, ("call", 0, (0, 1), 2, 0, (1,)), ("return", 2))
        seen: list[Any] = []

        def look(w: Any, seen: list[Any] = seen) -> Any:
            mine: Any = sys._getframe(1)
            while mine.f_code.co_name in ("inner", "outer"):
                seen.append(dict(mine.f_locals))
                mine = mine.f_back
            return "looked"

        before = native().thread_state()
        (answer, w), x = g(look, 7)
        assert (answer, w) == ("looked", [7]) and w is x
        assert native().thread_state() == before
        assert [s.get("w", s.get("x")) for s in seen] == ([[7], [7]] if link else [[7]])
        assert seen[0].get("w", seen[0].get("x")) is seen[-1]["x"]


def test_exception_after_asking() -> None:
    f = fresh(caller)
    compiled_caller(f)

    def look_and_raise(x: Any) -> Any:
        sys._getframe(1).f_locals["x"] = "written"
        raise KeyError(x)

    with pytest.raises(KeyError) as info:
        f(look_and_raise, 1)
    assert info.traceback[-2].frame.f_locals["x"] == "written"


def test_frame_of_another_thread() -> None:
    f = fresh(caller)
    compiled_caller(f)
    started, finish = threading.Event(), threading.Event()
    results = []

    def wait(x: Any) -> Any:
        started.set()
        finish.wait()
        return x

    thread = threading.Thread(target=lambda: results.append(f(wait, "there")))
    thread.start()
    started.wait()
    found: Any = sys._current_frames()[thread.ident]        # type: ignore[index]
    while found.f_code is not f.__code__:
        found = found.f_back
    assert found.f_locals["x"] == "there"
    found = None
    finish.set()
    thread.join()
    assert results == [(["native"], "there", "there")]


def total(n: int, call: Any) -> Any:
    s = 0
    for i in range(n):
        s += call(i)
    return s


def test_running_loop() -> None:
    f = fresh(total)
    where = at(f, "CALL", 1)
    call = site("OOOOO", after(f, where, locals=(0, 1, 2, 3), stack=(4, 2, RESULT)))
    end = site("OOOOO", frame(f, at(f, "FOR_ITER"), locals=(0, 1, 2, 3), stack=(4,)))
    version = compiled_loop(f, [call, end], ("call", 0, (0, 1, 2, 3, 4), 5, 1, (3,)), ("drop", 5),
                            ("exit", 1, (0, 1, 2, 3, 4)))
    seen, calls = [], []

    def look(i: int) -> int:
        calls.append(i)
        if len(calls) == 8:                 # every second call is the native one
            seen.append(dict(sys._getframe(1).f_locals))
            version.retire("enough")
        return i

    before = native().thread_state()
    assert f(10, look) == 45 + 3            # this call's result is not dropped
    assert seen == [{"n": 10, "call": look, "s": 6, "i": 3}]
    assert native().thread_state() == before


def test_class_assignment_makes_native_code_leave() -> None:
    class A: ...
    class B: ...

    f = fresh(caller)
    version = compiled_caller(f)

    def change(x: Any) -> Any:
        x.__class__ = B
        return x

    assert type(f(change, A())[2]) is B
    assert version.site_counts() == [1, 0]


def test_uninstalled() -> None:
    _runtime.stop()
    f = fresh(caller)
    compiled_caller(f)
    assert isinstance(builtins.locals(), dict)
    assert f(by_frame, 1)[1] == {}          # nobody fills it in
    _runtime.start(Hooks(), 10**6, 10**6)
    assert f(by_frame, 1)[1] != {}


def test_poll_leaves_when_others_are_on() -> None:
    f = fresh(caller)
    where = at(f, "LOAD_FAST_LOAD_FAST")
    description = site("oo", frame(f, where, locals=(0, 1, 0, 1)))
    leave = site("o", frame(f, at(f, "RETURN_VALUE"), stack=(0,)))
    call = site("oo", after(f, at(f, "CALL"), locals=(0, 1, 0), stack=(RESULT,)))
    version = compiled(f, [description, leave, call], ("call", 2, (0, 1), 3, 0, (1,)), ("drop", 3), ("poll", 0, (0, 1)),
                       ("exit", 1, (1,)))
    assert f(len, "ab") == "ab"
    assert version.site_counts() == [0, 1, 0]
    seen = []

    def turn_on(x: Any) -> Any:
        sys.setprofile(lambda frame, event, arg: seen.append(event))
        return x

    try:
        assert f(turn_on, "ab") == (turn_on, "ab", "ab")    # left after the call
    finally:
        sys.setprofile(None)
    assert version.site_counts() == [0, 1, 1] and "return" in seen


def test_poll_handles_what_is_pending() -> None:
    f = fresh(caller)
    where = at(f, "LOAD_FAST_LOAD_FAST")
    start = site("oo", frame(f, where, locals=(0, 1, 0, 1)))
    compiled(f, [start], *[("poll", 0, (0, 1))] * 3, ("exit", 0, (0, 1)))
    import ctypes

    ident = threading.get_ident()
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), None)
    assert f(1, 2) == (1, 2, 2)

    def interrupt(x: Any) -> Any:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(KeyError))

    g = fresh(caller)
    call = site("oo", after(g, at(g, "CALL"), locals=(0, 1, 0), stack=(RESULT,)))
    compiled(g, [call, site("oo", frame(g, where, locals=(0, 1, 0, 1)))], ("call", 0, (0, 1), 3, 0, (1,)), ("drop", 3),
             ("poll", 1, (0, 1)), ("exit", 1, (0, 1)))
    with pytest.raises(KeyError):
        g(interrupt, 2)
