"""Running loops: native code in the interpreter's own frame, machine code played by `native.c`."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import pytest

from tests.runtime.machine import RESULT, Hooks, after, at, compiled_loop, frame, fresh, handler, native, site
from tests.runtime.test_frames import outcome
from tiercel import _runtime


@pytest.fixture(autouse=True)
def active() -> Iterator[None]:
    _runtime.start(Hooks(), 10**6, 10**6)
    yield
    _runtime.stop()


def total(n: int, call: Any) -> Any:
    s = 0
    for i in range(n):
        s += call(i)
    return s


def identity(i: Any) -> Any:
    return i


LOCALS = (0, 1, 2, 3)       # of `total`, in the registers they are taken over into; 4 is the iterator


def owned(f: Any, where: int, **others: Any) -> Any:
    """The state of the loop's start: everything owned."""
    return site("OOOOO", frame(f, where, locals=LOCALS, stack=(4,), **others))


def test_leaves_where_it_began() -> None:
    f = fresh(total)
    version = compiled_loop(f, [owned(f, at(f, "FOR_ITER"))], ("exit", 0, (0, 1, 2, 3, 4)))
    thing: Any = object()
    count = sys.getrefcount(thing)
    assert f(10, identity) == 45
    assert version.site_counts() == [10]
    assert sys.getrefcount(thing) == count


def test_goes_on_behind_the_loop() -> None:
    f = fresh(total)
    description = site("OOOOO", frame(f, at(f, "RETURN_VALUE"), locals=LOCALS, stack=((0, "replaced"),)))
    compiled_loop(f, [description], ("exit", 0, (0, 1, 2, 3, 4)))
    before = native().thread_state()
    assert f(10, identity) == "replaced"
    assert native().thread_state() == before


def compiled_call(f: Any) -> Any:
    """Calls `call(i)` as the last iteration did, then leaves at the loop's header."""
    where = at(f, "CALL", 1)
    call = site("OOOOO", after(f, where, locals=LOCALS, stack=(4, 2, RESULT)))
    end = owned(f, at(f, "FOR_ITER"))
    return compiled_loop(f, [call, end], ("call", 0, (0, 1, 2, 3, 4), 5, 1, (3,)), ("drop", 5),
                         ("exit", 1, (0, 1, 2, 3, 4)))


def test_callee_sees_the_frame() -> None:
    f = fresh(total)
    version = compiled_call(f)
    lines = []

    def look(i: int) -> int:
        seen = sys._getframe(1)
        lines.append((seen.f_code is f.__code__, seen.f_lineno - f.__code__.co_firstlineno))
        if len(lines) == 2:                 # the first native call; asking for the frame makes it leave
            version.retire("enough")
        return i

    assert f(10, look) == 45
    assert lines == [(True, 3)] * 11


def test_callees_are_monitored() -> None:
    """`tracing` is set in a callback: under it no event would arrive from what the loop calls."""
    f = fresh(total)
    compiled_call(f)
    monitoring = sys.monitoring
    seen: list[str] = []
    calls: list[int] = []

    def callee(i: int) -> int:
        return i

    def turn_on(i: int) -> int:
        """As a debugger that is started by what the native loop calls."""
        calls.append(i)
        if len(calls) == 8:                 # every second call is the native one
            seen.append("on")
            monitoring.use_tool_id(4, "test")
            monitoring.register_callback(4, monitoring.events.PY_START, lambda code, at: seen.append(code.co_name))
            monitoring.set_events(4, monitoring.events.PY_START)
        return callee(i)

    try:
        assert f(10, turn_on) == 45 + 3     # left after that call, whose result is not dropped
    finally:
        monitoring.set_events(4, 0)
        monitoring.free_tool_id(4)
    assert seen[:2] == ["on", "callee"]


def raising(i: int) -> int:
    if raising.calls == 3:                  # type: ignore[attr-defined]
        raise KeyError(i)
    raising.calls += 1                      # type: ignore[attr-defined]
    return i


def test_exception_without_a_handler() -> None:
    f = fresh(total)
    raising.calls = 0                       # type: ignore[attr-defined]
    kind, text, entries = outcome(f, 10, raising)
    compiled_call(f)
    raising.calls = 0                       # type: ignore[attr-defined]
    before = native().thread_state()
    got = outcome(f, 10, raising)
    assert got[0] is kind
    assert [e[:3] for e in got[2]] == [e[:3] for e in entries]
    assert native().thread_state() == before


def guarded(n: int, call: Any) -> Any:
    s = 0
    try:
        for i in range(n):
            s += call(i)
    except KeyError as e:
        entry: Any = e.__traceback__
        return "caught", s, entry.tb_lineno, sys.exc_info()[1] is e
    return s


def test_exception_into_a_handler_of_the_frame() -> None:
    f = fresh(guarded)
    where = at(f, "CALL", 1)
    names = f.__code__.co_varnames
    locals = tuple(range(len(names)))
    stack = len(names)
    registers = (*locals, stack)
    kinds = "O" * len(registers)
    raising.calls = 0                       # type: ignore[attr-defined]
    expected = f(10, raising)
    call = site(kinds, after(f, where, locals=locals, stack=(stack, names.index("s"), RESULT)))
    end = site(kinds, frame(f, at(f, "FOR_ITER"), locals=locals, stack=(stack,)))
    compiled_loop(f, [call, end], ("call", 0, registers, 8, 1, (names.index("i"),)), ("drop", 8),
                  ("exit", 1, registers))
    raising.calls = 0                       # type: ignore[attr-defined]
    got = f(10, raising)
    assert got[0] == "caught" and got[2:] == expected[2:]


def two_loops(n: int, call: Any) -> Any:
    s = 0
    for i in range(n):
        s += call(i)
    try:
        return str(s)
    except KeyError:
        return "wrong"


def test_reraised_by_an_instruction_where_that_offset_falls_on_a_handler() -> None:
    f = fresh(two_loops)
    raising.calls = 0                       # type: ignore[attr-defined]
    kind, text, entries = outcome(f, 10, raising)
    where = at(f, "CALL", 1)
    wrong = at(f, "CALL", 2)
    assert handler(f.__code__, wrong) is not None and handler(f.__code__, where) is None
    call = site("OOOOO", after(f, where, locals=LOCALS, stack=(4, 2, RESULT)))
    end = owned(f, at(f, "FOR_ITER"))
    compiled_loop(f, [call, end], ("aim", wrong), ("call", 0, (0, 1, 2, 3, 4), 5, 1, (3,)), ("drop", 5),
                  ("exit", 1, (0, 1, 2, 3, 4)))
    raising.calls = 0                       # type: ignore[attr-defined]
    monitoring = sys.monitoring
    reraised: list[str] = []

    def watched(i: int) -> int:
        if raising.calls == 3:              # type: ignore[attr-defined]
            monitoring.use_tool_id(4, "test")
            monitoring.register_callback(4, monitoring.events.RERAISE,
                                         lambda code, at, exc: reraised.append(code.co_name))
            monitoring.set_events(4, monitoring.events.RERAISE)
        return raising(i)

    try:
        got = outcome(f, 10, watched)
    finally:
        monitoring.set_events(4, 0)
        monitoring.free_tool_id(4)
    assert got[0] is kind
    assert [e[:3] for e in got[2] if e[0] != "watched"] == [e[:3] for e in entries]
    assert reraised == ["two_loops"]


def test_inlined_frames_in_a_loop() -> None:
    retired = []

    def inner(x: Any) -> Any:
        retired.append(version.retire("once"))
        return x + 1

    f = fresh(total)
    guard = site("OOOOO", frame(inner, at(inner, "LOAD_DEREF"), locals=(3, *cells(inner)), linked=False),
                 after(f, at(f, "CALL", 1), locals=LOCALS, stack=(4, 2, RESULT)))
    version = compiled_loop(f, [guard], ("exit", 0, (0, 1, 2, 3, 4)))
    before = native().thread_state()
    assert f(5, identity) == 10 + 1         # the first jump back calls inner(0) once more
    assert len(retired) == 1
    assert native().thread_state() == before


def cells(func: Any) -> list[Any]:
    return [(0, cell) for cell in func.__closure__]


def test_generator_frame() -> None:
    def numbers(n: int, call: Any) -> Any:
        s = 0
        for i in range(n):
            s += call(i)
        yield s
        yield "end"

    f = fresh(numbers)
    compiled_call(f)
    assert list(f(10, identity)) == [45, "end"]
    assert list(f(10, lambda i: i + 1)) == [55, "end"]
    raising.calls = 0                       # type: ignore[attr-defined]
    kind, _, entries = outcome(lambda: list(f(10, raising)))
    assert kind is KeyError and entries[1][1] == f.__code__.co_firstlineno + 3


def test_module_level_loop() -> None:
    source = "total = 0\nfor i in range(10):\n    total += call(i)\nresult = total\n"
    code = compile(source, "module", "exec")
    space: dict[str, Any] = {"call": identity}
    f = FunctionType(code, space)
    compiled_loop(f, [site("O", frame(f, at(code, "FOR_ITER"), stack=(0,)))], ("exit", 0, (0,)))
    f()
    assert space["result"] == 45


def test_refused_where_names_are_in_a_namespace() -> None:
    source = "total = 0\nfor i in range(10):\n    total += i\n"
    code = compile(source, "body", "exec")
    f = FunctionType(code, {})
    version = compiled_loop(f, [site("O", frame(f, at(code, "FOR_ITER"), stack=(0,)))], ("exit", 0, (0,)))
    space: dict[str, Any] = {}
    exec(code, f.__globals__, space)
    assert space["total"] == 45 and version.site_counts() == [0]
    exec(code, f.__globals__)
    assert f.__globals__["total"] == 45 and version.site_counts() == [10]


def test_refused_while_the_frame_is_held() -> None:
    """A proxy of the locals may be alive: it reads the slots without asking."""
    def watched(n: int, call: Any) -> Any:
        s = 0
        held = sys._getframe().f_locals
        for i in range(n):
            s += call(i)
        return s, held

    f = fresh(watched)
    version = compiled_call_of(f)
    assert f(10, identity)[0] == 45
    assert version.site_counts() == [0, 0]


def compiled_call_of(f: Any) -> Any:
    names = f.__code__.co_varnames
    locals, stack = tuple(range(len(names))), len(names)
    registers = (*locals, stack)
    kinds = "O" * len(registers)
    where = at(f, "CALL", 2)
    call = site(kinds, after(f, where, locals=locals, stack=(stack, names.index("s"), RESULT)))
    end = site(kinds, frame(f, at(f, "FOR_ITER"), locals=locals, stack=(stack,)))
    return compiled_loop(f, [call, end], ("call", 0, registers, 8, 1, (names.index("i"),)), ("drop", 8),
                         ("exit", 1, registers))


@pytest.mark.filterwarnings("ignore:.*fork")
def test_fork_while_another_thread_is_in_a_loop() -> None:
    f = fresh(total)
    compiled_call(f)
    inside, finish = threading.Event(), threading.Event()
    calls: list[int] = []

    def wait(i: int) -> int:
        calls.append(i)
        if len(calls) == 2:                 # the first native call
            inside.set()
            finish.wait()
        return i

    thread = threading.Thread(target=f, args=(10, wait))
    thread.start()
    inside.wait()
    child = os.fork()
    if child == 0:
        before = [f(10, identity) for _ in range(100)]
        os._exit(0 if before == [45] * 100 else 1)
    finish.set()
    thread.join()
    assert os.waitpid(child, 0)[1] == 0


def test_retired_while_it_runs() -> None:
    f = fresh(total)
    version = compiled_call(f)
    calls = []

    def retire(i: int) -> int:
        calls.append(i)
        if len(calls) == 4:
            version.retire("test")
        return i

    before = native().thread_state()
    f(10, retire)
    assert not version.valid
    assert native().thread_state() == before
