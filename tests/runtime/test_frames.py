"""Exits, unwinding, inlined frames and calls of native functions, machine code played by `native.c`.

Under valgrind: `PYTHONMALLOC=malloc valgrind -q --error-exitcode=9 python -m pytest tests/runtime -k "not c_stack"`.
Under AddressSanitizer: build with `CFLAGS=-fsanitize=address python setup.py build_ext --inplace --force`, then
`LD_PRELOAD=$(gcc -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc python -m pytest
tests/runtime`; without sanitizers again after `build_ext --inplace --force`.
"""

from __future__ import annotations

import gc
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from tests.runtime.machine import (
    EMPTY,
    RESULT,
    RESULT_BOOL,
    RESULT_NOT,
    Hooks,
    after,
    at,
    compiled,
    frame,
    fresh,
    handler,
    native,
    site,
)
from tiercel import _runtime


def outcome(call: Callable[..., Any], *args: Any) -> Any:
    """A result, or an exception with what a traceback shows of it."""
    try:
        return "returned", call(*args)
    except Exception as exc:
        entries = []
        entry = exc.__traceback__.tb_next if exc.__traceback__ else None
        while entry is not None:
            positions = list(entry.tb_frame.f_code.co_positions())[entry.tb_lasti // 2]
            code = entry.tb_frame.f_code
            entries.append((code.co_name, entry.tb_lineno, positions, dict(entry.tb_frame.f_locals)))
            entry = entry.tb_next
        return type(exc), str(exc), entries


def add(a: Any, b: Any) -> Any:
    c = a + b
    return c * 2


def test_exit_before_an_instruction() -> None:
    f = fresh(add)
    version = compiled(f, [site("oo", frame(f, at(f, "BINARY_OP"), locals=(0, 1), stack=(0, 1)))], ("exit", 0, (0, 1)))
    assert f(3, 4) == 14
    assert version.site_counts() == [1]


@pytest.mark.parametrize("linked", [True, False])
def test_exit_boxes_raw_values(linked: bool) -> None:
    f = fresh(add)
    where = at(f, "BINARY_OP", 1)
    c = 3
    description = site("if", frame(f, where, locals=(0, 0, 1), stack=(0, 1), linked=linked))
    compiled(f, [description], ("int", 5, 1 << 40), ("float", 6, 0.5), ("exit", 0, (5, 6)), linked=linked)
    assert f(1, c) == (1 << 40) * 0.5


def test_unlinked_exit_leaves_recursion_and_data_stack_as_they_were() -> None:
    f = fresh(add)
    description = site("oo", frame(f, at(f, "BINARY_OP"), locals=(0, 1), stack=(0, 1), linked=False))
    compiled(f, [description], ("exit", 0, (0, 1)), linked=False)
    before = native().thread_state()
    for _ in range(100):
        assert f(3, 4) == 14
    assert native().thread_state() == before


def test_owned_values_are_consumed() -> None:
    f = fresh(add)
    thing = [1]
    description = site("O", frame(f, at(f, "RETURN_VALUE"), stack=(0,)))
    compiled(f, [description], ("const", 3, thing), ("exit", 0, (3,)))
    count = sys.getrefcount(thing)
    for _ in range(10):
        assert f(1, 2) is thing
    assert sys.getrefcount(thing) == count


def maybe(a: Any) -> Any:
    if a:
        c = a
    return c


@pytest.mark.parametrize("bound", [1, 0])
def test_maybe_bound_local(bound: int) -> None:
    f = fresh(maybe)
    description = site("bi", frame(f, at(f, "LOAD_FAST_CHECK"), locals=(1, (1, 0, 1))))
    compiled(f, [description], ("int", 3, bound), ("int", 4, 7), ("exit", 0, (3, 4)))
    if bound:
        assert f(1) == 7
    else:
        with pytest.raises(UnboundLocalError):
            f(1)


def test_noisy_sites_are_reported_at_doubling_counts() -> None:
    hooks = Hooks()
    f = fresh(add)
    _runtime.start(hooks, 10**6, 10**6)
    try:
        compiled(f, [site("oo", frame(f, at(f, "BINARY_OP"), locals=(0, 1), stack=(0, 1)))], ("exit", 0, (0, 1)))
        for _ in range(200):
            assert f(3, 4) == 14
    finally:
        _runtime.stop()
    assert hooks.noisy_sites == [0, 0, 0]       # 40, 80, 160


# -- operations that run code ------------------------------------------------------------------------------------------


def caller(call: Any, x: Any) -> Any:
    y = call(x)
    return y     # noqa: RET504


def compiled_caller(f: Any) -> Any:
    description = site("oo", after(f, at(f, "CALL"), locals=(0, 1), stack=(RESULT,)))
    return compiled(f, [description], ("call", 0, (0, 1), 2, 0, (1,)), ("return", 2))


def test_callee_sees_the_native_frame() -> None:
    f = fresh(caller)
    compiled_caller(f)

    def look(x: Any) -> Any:
        seen = sys._getframe(1)
        assert seen.f_back is not None
        return x, seen.f_code is f.__code__, seen.f_lineno - f.__code__.co_firstlineno, seen.f_back.f_code.co_name

    assert f(look, 1) == (1, True, 1, "test_callee_sees_the_native_frame")


def test_frame_object_held_beyond_the_return() -> None:
    f = fresh(caller)
    description = site("oo", after(f, at(f, "CALL"), locals=(0, 1), stack=(RESULT,)))
    leave = site("oo", frame(f, at(f, "RETURN_VALUE"), locals=(0, 1, 2), stack=(2,)))
    description, leave = description, site("ooO", *leave[1])
    compiled(f, [description, leave], ("call", 0, (0, 1), 2, 0, (1,)), ("exit", 1, (0, 1, 2)))
    held = f(lambda x: sys._getframe(1), 5)
    gc.collect()
    assert held.f_locals["x"] == 5 and held.f_lineno == f.__code__.co_firstlineno + 2


def raising(x: Any) -> Any:
    raise KeyError(x)


def test_traceback_and_locals_equal_the_interpreters() -> None:
    f = fresh(caller)
    expected = outcome(f, raising, 3)
    compiled_caller(f)
    assert outcome(f, raising, 3) == expected
    before = native().thread_state()
    for _ in range(1000):
        outcome(f, raising, 3)
    assert native().thread_state() == before


def catching(call: Any, x: Any) -> Any:
    kept = [x]
    for _ in (1,):
        try:
            y = call(x)
        except KeyError as e:
            return "caught", str(e), kept, sys.exc_info()[1] is e, e.__traceback__ is not None
    return y


def test_exception_goes_to_its_handler_at_the_right_depth() -> None:
    f = fresh(catching)
    expected = f(raising, 3)
    where = at(f, "CALL")
    one = iter(())
    description = site("ooo", after(f, where, locals=(0, 1, 2), stack=((0, one), RESULT)))
    compiled(f, [description], ("const", 2, [3]), ("call", 0, (0, 1, 2), 3, 0, (1,)), ("return", 3))
    assert f(raising, 3) == expected


def begins_with_a_handler(x: Any) -> Any:
    try:
        return x + 1
    except ValueError:
        return "caught"


def test_handler_that_begins_at_the_raising_instruction_is_not_missed() -> None:
    """A throw by `throwflag` would look at the instruction before it."""
    f = fresh(begins_with_a_handler)
    where = at(f, "LOAD_FAST")
    description = site("o", frame(f, where, locals=(0,)))
    assert handler(f.__code__, where) is not None and handler(f.__code__, where - 1) is None
    compiled(f, [description], ("raise", 0, (0,)))
    assert f(1) == "caught"


def test_raise_in_an_unlinked_function() -> None:
    f = fresh(add)
    where = at(f, "BINARY_OP")
    compiled(f, [site("oo", frame(f, where, locals=(0, 1), stack=(0, 1), linked=False))], ("raise", 0, (0, 1)),
             linked=False)
    kind, text, entries = outcome(f, 3, 4)
    assert (kind, text) == (ValueError, "native")
    assert [(e[0], e[1], e[3]) for e in entries] == [("add", f.__code__.co_firstlineno + 1, {"a": 3, "b": 4})]


def with_block(manager: Any, call: Any) -> Any:
    with manager:
        return call()


def test_handler_that_wants_lasti() -> None:
    """The cleanup of a `with` reraises at the index that was pushed."""
    class Manager:
        def __enter__(self) -> None: ...
        def __exit__(self, *args: object) -> None: ...

    f = fresh(with_block)

    def bad() -> None:
        raise KeyError(1)

    expected = outcome(f, Manager(), bad)
    manager = Manager()
    where = at(f, "CALL")
    description = site("oo", after(f, where, locals=(0, 1), stack=((0, manager.__exit__), RESULT)))
    compiled(f, [description], ("call", 0, (0, 1), 3, 1, ()), ("return", 3))
    got = outcome(f, manager, bad)
    assert got[:2] == expected[:2]
    assert [e[:3] for e in got[2]] == [e[:3] for e in expected[2]]


def truth_of_result(call: Any) -> Any:
    if call():
        return "yes"
    return "no"


@pytest.mark.parametrize("kind, expected", [(RESULT_BOOL, "yes"), (RESULT_NOT, "no")])
def test_result_as_truth_value(kind: int, expected: str) -> None:
    f = fresh(truth_of_result)
    inner = fresh(identity)
    where, target = at(f, "CALL"), at(f, "POP_JUMP_IF_FALSE")
    sites = [site("o", frame(inner, at(inner, "RETURN_VALUE"), stack=((0, [1]),), linked=False),
                  frame(f, where, resume=target, locals=(0,), stack=(kind,)))]
    compiled(f, sites, ("exit", 0, (0,)))
    assert f(None) == expected


# -- inlined frames ----------------------------------------------------------------------------------------------------


def identity(x: Any) -> Any:
    return x


def outer(call: Any, x: Any) -> Any:
    a = x
    b = middle(call, a)
    return b, a


def middle(call: Any, y: Any) -> Any:
    z = y
    r = inner(call, z)
    return r     # noqa: RET504


def inner(call: Any, w: Any) -> Any:
    v = call(w)
    return v     # noqa: RET504


def inlined_site(f: Any, links: tuple[bool, bool]) -> tuple[Any, ...]:
    """The call in `inner`, called from `middle`, called from `outer`: all three in one native function."""
    call = at(outer, "CALL")
    return site("oo", after(inner, at(inner, "CALL"), locals=(0, 1), stack=(RESULT,), linked=links[0]),
                after(middle, at(middle, "CALL"), locals=(0, 1, 1), stack=(RESULT,), linked=links[1]),
                after(f, call, locals=(0, 1, 1), stack=(RESULT,)))


def compiled_outer(f: Any, links: tuple[bool, bool]) -> Any:
    enters: list[Any] = []
    if links[1]:
        enters.append(("enter", middle, middle.__code__))
    if links[0]:
        enters.append(("enter", inner, inner.__code__))
    leaves = [("leave",)] * len(enters)
    end = site("ooO", frame(f, at(f, "STORE_FAST", 1), locals=(0, 1, 1), stack=(2,)))
    return compiled(f, [inlined_site(f, links), end], *enters, ("call", 0, (0, 1), 2, 0, (1,)), *leaves,
                    ("exit", 1, (0, 1, 2)))


LINKS = [(True, True), (True, False), (False, True), (False, False)]


@pytest.mark.parametrize("links", LINKS)
def test_inlined_frames_normally(links: tuple[bool, bool]) -> None:
    f = fresh(outer)
    compiled_outer(f, links)
    before = native().thread_state()
    assert f(identity, 5) == (5, 5)
    assert native().thread_state() == before


@pytest.mark.parametrize("links", LINKS)
def test_exception_through_inlined_frames(links: tuple[bool, bool]) -> None:
    f = fresh(outer)
    expected = outcome(f, raising, 3)
    compiled_outer(f, links)
    before = native().thread_state()
    assert outcome(f, raising, 3) == expected
    assert native().thread_state() == before


@pytest.mark.parametrize("links", LINKS)
def test_leaving_within_inlined_frames(links: tuple[bool, bool]) -> None:
    """Retired while it runs: the interpreter finishes all three."""
    def retire(x: Any) -> Any:
        version.retire("test")
        return x + 1

    version: Any = None
    counts = [sys.getrefcount(g) for g in (middle, inner)]
    before = native().thread_state()
    for _ in range(50):
        f = fresh(outer)
        version = compiled_outer(f, links)
        assert f(retire, 5) == (6, 5)
    assert native().thread_state() == before
    assert [sys.getrefcount(g) for g in (middle, inner)] == pytest.approx(counts, abs=5)


@pytest.mark.parametrize("links", LINKS)
def test_guard_in_inlined_frames_and_later_callers_see_all(links: tuple[bool, bool]) -> None:
    names: list[tuple[str, int]] = []

    def look(x: Any) -> Any:
        seen: Any = sys._getframe(1)
        for _ in range(3):
            names.append((seen.f_code.co_name, seen.f_lineno - seen.f_code.co_firstlineno))
            seen = seen.f_back
        return x

    f = fresh(outer)
    where = at(inner, "PUSH_NULL")
    guard = site("oo", frame(inner, where, locals=(0, 1), stack=(0,), linked=links[0]),
                 after(middle, at(middle, "CALL"), locals=(0, 1, 1), stack=(RESULT,), linked=links[1]),
                 after(f, at(outer, "CALL"), locals=(0, 1, 1), stack=(RESULT,)))
    enters = [("enter", g, g.__code__) for g, link in ((middle, links[1]), (inner, links[0])) if link]
    compiled(f, [guard], *enters, ("exit", 0, (0, 1)))
    before = native().thread_state()
    assert f(look, 4) == (4, 4)
    assert names == [("inner", 1), ("middle", 2), ("outer", 2)]
    assert native().thread_state() == before


def test_parents_handler_catches() -> None:
    def parent(call: Any, x: Any) -> Any:
        try:
            return inner(call, x)
        except KeyError as e:
            entry = e.__traceback__
            assert entry is not None
            return "caught", traceback.extract_tb(entry)[1].name

    f = fresh(parent)
    expected = f(raising, 1)
    sites = [site("oo", after(inner, at(inner, "CALL"), locals=(0, 1), stack=(RESULT,), linked=False),
                  after(f, at(f, "CALL"), locals=(0, 1), stack=(RESULT,)))]
    compiled(f, sites, ("call", 0, (0, 1), 2, 0, (1,)), ("return", 2))
    assert f(raising, 1) == expected == ("caught", "inner")


def test_dropped_result() -> None:
    def parent(x: Any) -> Any:
        identity(x)
        return "done"

    f = fresh(parent)
    sites = [site("o", frame(identity, at(identity, "RETURN_VALUE"), locals=(0,), stack=(0,), linked=False),
                  frame(f, at(f, "CALL"), resume=at(f, "RETURN_CONST"), locals=(0,)))]
    compiled(f, sites, ("exit", 0, (0,)))
    thing = object()
    count = sys.getrefcount(thing)
    assert f(thing) == "done"
    assert sys.getrefcount(thing) == count


# -- limits ------------------------------------------------------------------------------------------------------------


def test_endless_recursion_raises_where_the_interpreter_does() -> None:
    def forever(call: Any, depth: list[int]) -> Any:
        depth[0] += 1
        return call(call, depth)

    def deepest(f: Any) -> int:
        depth = [0]
        with pytest.raises(RecursionError):
            f(f, depth)
        return depth[0]

    plain, f = fresh(forever), fresh(forever)
    expected = deepest(plain)
    where = at(f, "CALL")
    # the counting itself stays interpreted: an exit at the start, natively linked frames below
    start = site("oo", frame(f, at(f, "LOAD_FAST"), locals=(0, 1)))
    assert where > 0
    compiled(f, [start], ("exit", 0, (0, 1)))
    assert deepest(f) == expected
    assert deepest(f) == expected




def test_data_stack_chunk_is_full() -> None:
    f = fresh(caller)
    compiled_caller(f)
    before = native().thread_state()
    for left in range(0, 200, 7):
        assert native().with_full_chunk(lambda: f(identity, 5), left) == 5
        f_exit = fresh(outer)
        guard = site("oo", frame(inner, at(inner, "PUSH_NULL"), locals=(0, 1), stack=(0,), linked=False),
                     after(middle, at(middle, "CALL"), locals=(0, 1, 1), stack=(RESULT,), linked=False),
                     after(f_exit, at(outer, "CALL"), locals=(0, 1, 1), stack=(RESULT,)))
        compiled(f_exit, [guard], ("exit", 0, (0, 1)))
        assert native().with_full_chunk(lambda f=f_exit: f(identity, 6), left) == (6, 6)
    assert native().thread_state() == before


@pytest.mark.parametrize("links", LINKS)
def test_inlined_frames_where_the_chunk_is_full(links: tuple[bool, bool]) -> None:
    """Some of the frames lie in the old chunk, some in a new one, some are moved there."""
    def retire(x: Any) -> Any:
        version.retire("test")
        return x + 1

    version: Any = None
    before = native().thread_state()
    for left in range(0, 300, 5):
        f = fresh(outer)
        version = compiled_outer(f, links)
        assert native().with_full_chunk(lambda f=f: f(identity, 4), left) == (4, 4)
        assert native().with_full_chunk(lambda f=f: outcome(f, raising, 3)[0], left) is KeyError
        assert native().with_full_chunk(lambda f=f: f(retire, 5), left) == (6, 5)
    assert native().thread_state() == before


def forever(call: Any) -> Any:
    return call(call)


def test_endless_native_recursion() -> None:
    f = fresh(forever)
    kind, text, entries = outcome(f, f)
    compiled(f, [site("o", after(f, at(f, "CALL"), locals=(0,), stack=(RESULT,)))], ("call", 0, (0,), 1, 0, (0,)),
             ("return", 1))
    before = native().thread_state()
    got = outcome(f, f)
    assert kind is RecursionError and got == (kind, text, entries)
    assert native().thread_state() == before


def test_native_code_runs_where_the_chunk_is_full() -> None:
    f = fresh(caller)
    description = site("oo", after(f, at(f, "CALL"), locals=(0, 1), stack=(RESULT,)))
    compiled(f, [description], ("call", 0, (0, 1), 2, 0, (1,)), ("drop", 2), ("const", 2, "native"), ("return", 2))
    names = []

    def look(x: Any) -> Any:
        names.append([entry.name for entry in traceback.extract_stack()][-3:-1])
        return f(identity, x) if x else x

    before = native().thread_state()
    for left in range(0, 200, 7):
        assert native().with_full_chunk(lambda: f(look, 5), left) == "native"
    assert names == [["<lambda>", "caller"]] * len(names)
    assert native().thread_state() == before


@pytest.mark.parametrize("counting", [False, True])
def test_c_stack_low_detaches_and_recurses_on_the_heap(counting: bool) -> None:
    def deep(call: Any, n: int) -> Any:
        return 0 if n == 0 else call(call, n - 1) + 1

    f = fresh(deep)
    start = site("oo", frame(f, at(f, "LOAD_FAST"), locals=(0, 1)))
    compiled(f, [start], ("exit", 0, (0, 1)))
    limit, old = sys.getrecursionlimit(), native().set_stack_limit(0)
    sys.setrecursionlimit(200_000)
    native().set_stack_limit(native().stack_position() - 200_000)
    if counting:                            # interpreted calls are looked at, maybe to attach the function
        _runtime.start(Hooks(), 10**6, 10**6)
    try:
        assert f(f, 100_000) == 100_000
    finally:
        if counting:
            _runtime.stop()
        sys.setrecursionlimit(limit)
        native().set_stack_limit(old)
    assert f(f, 10) == 10


def test_threads_have_limits_of_their_own() -> None:
    found = []
    thread = threading.Thread(target=lambda: found.append((native().stack_position(), native().set_stack_limit(0))))
    thread.start()
    thread.join()
    position, limit = found[0]
    assert 0 < position - limit < 1 << 40


# -- resume, for the graph interpreter ---------------------------------------------------------------------------------


def test_resume() -> None:
    f = add
    frames = (frame(f, at(f, "BINARY_OP"), locals=(0, 1), stack=(0, 1), linked=False),)
    assert _runtime.resume(frames, (3, 4)) == 14
    middle_frames = (after(f, at(f, "BINARY_OP"), locals=(0, 1), stack=(RESULT,), linked=False),)
    assert _runtime.resume(middle_frames, (3, 4), result=10) == 20
    with pytest.raises(KeyError) as info:
        _runtime.resume(middle_frames, (3, 4), exception=KeyError("k"))
    assert info.traceback[-1].name == "add"


def test_resume_with_an_empty_slot() -> None:
    frames = (frame(maybe, at(maybe, "LOAD_FAST_CHECK"), locals=(EMPTY, 0), linked=False),)
    assert _runtime.resume(frames, (5,)) == 5
    with pytest.raises(UnboundLocalError):
        _runtime.resume(frames, (_runtime.NULL,))
