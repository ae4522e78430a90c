"""Hooks, other tools, and leaving the process as it was."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from typing import Any

import pytest

from tests.runtime.recorder import Hooks, M, started, stopped  # noqa: F401
from tests.runtime.stand_in import ENTER, address, attached, fresh, install, new_version, settle
from tiercel import _runtime


def test_hot_call_with_the_argument_slots() -> None:
    f = fresh("def f(a, b=5, *c, d, **e):\n  def g(): return a, d\n  return g()")
    hooks = started("f", hot_call=False)
    for i in range(30):
        assert f(i, 1, 2, 3, d=4, k=6) == (i, 4)
    assert hooks.of("hot_call") == [((9, 1, 4, (2, 3), {"k": 6}),)]


def test_attached_by_the_hook() -> None:
    make = fresh("def make():\n  def f(a): return 'interpreted'\n  return f", "make")
    f, older = make(), make()
    hooks = started("f", hot_call=lambda args: attached(f, lambda a: "native"))
    assert [f(i) for i in range(12)] == ["interpreted"] * 10 + ["native"] * 2
    assert len(hooks.calls) == 1
    older(1)
    assert older(1) == "native"


def test_hot_loop() -> None:
    f = fresh("def f(n):\n  s = 0\n  for i in range(n):\n    s += i\n  return s")
    hooks = started("f", hot_call=False)
    assert f(1000) == sum(range(1000))
    time.sleep(0.3)
    assert f(1000) == sum(range(1000))
    calls = hooks.of("hot_loop")
    assert [slots for _, slots, _ in calls[:2]] == [(1000, sum(range(50)), 49)] * 2
    assert len({at for at, _, _ in calls}) == 1
    assert all(type(stack[0]).__name__ == "range_iterator" and len(stack) == 1 for _, _, stack in calls)


def test_hot_loop_refused_for_its_header_only() -> None:
    f = fresh("def f(n):\n  for i in range(n): pass\n  for i in range(n): pass\n  while n: n -= 1; x = n")
    hooks = started("f", hot_call=False, hot_loop=False)
    for _ in range(5):
        f(100)
    calls = hooks.of("hot_loop")
    assert len(calls) == len({at for at, *_ in calls}) == 3
    assert calls[2][1][2] is not _runtime.NULL


def test_unbound_locals_are_null() -> None:
    f = fresh("def f(n):\n  for i in range(n):\n    if i > 10**6: later = 1\n  return 0")
    hooks = started("f", hot_call=False, hot_loop=False)
    f(100)
    assert hooks.of("hot_loop")[0][1] == (100, 49, _runtime.NULL)


def test_loop_versions_are_tried() -> None:
    f = fresh("def f(n):\n  for i in range(n): pass\n  return n")
    entered: list[int] = []

    def hot(at: int, slots: Any, stack: Any) -> bool:
        version = new_version(f, loop_at=at)
        callback = ENTER(lambda thread, frame, extra: entered.append(at) or 0)
        version.install_loop(enter=address(callback), extra_words=4, library=callback)
        return True

    hooks = started("f", hot_call=False, hot_loop=hot)
    assert f(60) == 60
    assert len(hooks.of("hot_loop")) == 1 and len(entered) == 11
    version, = _runtime.versions(f.__code__)
    version.retire("test")
    entered.clear()
    f(5)
    assert not entered


def test_missed() -> None:
    f = fresh("def f(a): return 'interpreted'")
    hooks = started("f", hot_call=False)
    attached(f, lambda a: "native" if type(a) is int else NotImplemented)
    assert [f(a) for a in [1] + [1.5] * 20] == ["native"] + ["interpreted"] * 20
    assert hooks.of("missed") == [((1.5,),)] * 3


def test_retired_and_counting_anew() -> None:
    f = fresh("def f(a): return 'interpreted'")
    hooks = started("f", hot_call=lambda args: attached(f, lambda a: "native"))
    for round_ in range(1, 4):
        while f(1) != "native":
            pass
        f.__globals__["x"] = None
        version, = _runtime.versions(f.__code__)
        version.retire(f"reason {round_}")
        settle()
        assert hooks.of("retired")[-1] == (f"reason {round_}",)
    assert len(hooks.of("hot_call")) == 3


def test_generators_are_not_counted() -> None:
    f = fresh("def f(n):\n  yield n")
    hooks = started("f")
    for i in range(50):
        list(f(i))
    assert not hooks.of("hot_call")


def test_own_threshold() -> None:
    f = fresh("def f(a):\n  for i in range(a): pass")
    _runtime.set_threshold(f.__code__, 2)
    hooks = started("f", hot_call=False, hot_loop=False)
    for _ in range(3):
        f(11)
    assert len(hooks.of("hot_call")) == 1 and len(hooks.of("hot_loop")) == 1
    assert hooks.of("hot_loop")[0][1][1] == 9
    _runtime.set_threshold(f.__code__, 1)
    f(0)
    assert len(hooks.of("hot_call")) == 2
    _runtime.set_threshold(f.__code__, 1000, 5)
    f(6)
    assert len(hooks.of("hot_call")) == len(hooks.of("hot_loop")) == 2


def test_failing_hooks() -> None:
    def fail(args: Any) -> None:
        raise ValueError("inside")

    f = fresh("def f(a): return a")
    hooks = started("f", hot_call=fail)
    assert [f(i) for i in range(12)] == list(range(12))
    assert hooks.calls[1] == ("failed", "ValueError('inside')")


def test_strict_hooks() -> None:
    class Strict(Hooks):
        def failed(self, exception: BaseException) -> None:
            raise exception

    def fail(*args: Any) -> None:
        raise ValueError("inside")

    f = fresh("def f(a):\n  for i in range(a): pass\n  return a")
    _runtime.start(Strict("f", hot_call=fail, hot_loop=fail), 3, 50)
    f(0)
    f(1)
    with pytest.raises(ValueError, match="inside"):
        f(2)
    with pytest.raises(ValueError, match="inside"):
        f(100)


def test_hooks_see_nothing_of_the_thread() -> None:
    seen: dict[str, Any] = {}

    def look(args: Any) -> bool:
        seen["thread"] = threading.get_ident()
        seen["exception"] = sys.exc_info()
        seen["trace"] = sys.gettrace()
        seen["depth"] = depth(2000)
        seen["frame"] = sys._getframe(1).f_code.co_name
        seen["threads"] = threading.enumerate()
        return False

    def depth(n: int) -> int:
        return n and 1 + depth(n - 1)

    f = fresh("def f(a): return a")
    threads = threading.enumerate()
    hooks = started("f", hot_call=look)
    try:
        raise KeyError
    except KeyError:
        for i in range(12):
            f(i)
        assert sys.exc_info()[0] is KeyError
    assert not hooks.of("failed")
    assert seen["thread"] != threading.get_ident() and seen["depth"] == 2000
    assert seen["exception"] == (None, None, None)
    assert seen["threads"] == threading.enumerate() == threads


def test_not_while_importing(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tiercel_half.py").write_text("def f(a): return a\nfor i in range(30): f(i)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    hooks = Hooks("f")
    hooks.ready = False
    _runtime.start(hooks, 10, 50)
    module = __import__("tiercel_half")
    assert not hooks.calls
    module.f(1)
    assert len(hooks.of("hot_call")) == 1
    monkeypatch.delitem(sys.modules, "tiercel_half")


def test_other_tools_come_first() -> None:
    f = fresh("def f(a): return a")
    hooks = started("f", hot_call=False)
    lines: list[int] = []

    def trace(frame: Any, event: str, arg: Any) -> Any:
        lines.append(frame.f_lineno)
        return trace

    sys.settrace(trace)
    for i in range(30):
        f(i)
    sys.settrace(None)
    assert not hooks.calls and len(lines) > 30
    M.use_tool_id(M.PROFILER_ID, "test")
    try:
        for i in range(30):
            f(i)
        assert not hooks.calls
    finally:
        M.free_tool_id(M.PROFILER_ID)
    for i in range(30):
        f(i)
    assert len(hooks.calls) == 1


def test_restarted_events_are_disabled_again() -> None:
    f = fresh("def f(a):\n  if a: a = 0\n  else: a = 1\n  return a")
    hooks = started("f", hot_call=False)
    for i in range(30):
        f(i)
    assert len(hooks.calls) == 1
    M.restart_events()
    for i in range(30):
        f(i)
    assert len(hooks.calls) == 1


def test_stop_restores_the_process() -> None:
    f = fresh("def f(a): return a")
    functions = {name: getattr(sys, name) for name in ("settrace", "setprofile")}
    before = [M.get_events(M.OPTIMIZER_ID) if M.get_tool(M.OPTIMIZER_ID) else None, M.get_tool(M.OPTIMIZER_ID)]
    started("f", hot_call=lambda args: attached(f, lambda a: "native"))
    for i in range(20):
        f(i)
    assert f(1) == "native"
    _runtime.stop()
    _runtime.stop()
    assert f(1) == 1
    assert before == [None, M.get_tool(M.OPTIMIZER_ID)]
    assert all(getattr(sys, name) is function for name, function in functions.items())
    hooks = started("f", hot_call=False)
    for i in range(12):
        f(i)
    assert len(hooks.of("hot_call")) == 1, "counting begins anew"


def test_our_events_are_not_shown() -> None:
    f = fresh("def f(a): return a")
    before = M._all_events()  # type: ignore[attr-defined]
    started("f")
    assert M._all_events() == before and M.get_events(M.OPTIMIZER_ID) == 0  # type: ignore[attr-defined]
    M.use_tool_id(M.PROFILER_ID, "test")
    try:
        M.set_events(M.PROFILER_ID, M.events.PY_START)
        assert M._all_events()["PY_START"] == 1 << M.PROFILER_ID  # type: ignore[attr-defined]
    finally:
        M.set_events(M.PROFILER_ID, 0)
        M.free_tool_id(M.PROFILER_ID)
    assert f(1) == 1


def test_start_twice_and_a_taken_tool() -> None:
    started()
    with pytest.raises(RuntimeError):
        _runtime.start(Hooks(), 1, 1)
    _runtime.stop()
    M.use_tool_id(M.OPTIMIZER_ID, "another")
    try:
        with pytest.raises(ValueError):
            _runtime.start(Hooks(), 1, 1)
        assert M.get_tool(M.OPTIMIZER_ID) == "another"
    finally:
        M.free_tool_id(M.OPTIMIZER_ID)


def test_threads() -> None:
    functions = [fresh("def f(a):\n  for i in range(a): pass\n  return a") for _ in range(8)]
    hooks = started("f", hot_call=False, hot_loop=False)

    def work() -> None:
        for f in functions:
            for _ in range(100):
                f(20)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hooks.of("hot_call")) == 8 and len(hooks.of("hot_loop")) == 8


def test_stop_waits_for_a_hook() -> None:
    f = fresh("def f(a): return 'interpreted'")
    inside, done = threading.Event(), []

    def slow(args: Any) -> None:
        inside.set()
        time.sleep(0.2)
        done.append(attached(f, lambda a: "native"))

    started("f", hot_call=slow)
    thread = threading.Thread(target=lambda: [f(i) for i in range(12)])
    thread.start()
    inside.wait()
    _runtime.stop()
    assert len(done) == 1 and f(1) == "interpreted"
    thread.join()
    assert f(1) == "interpreted"


def test_fork_waits_for_a_hook_and_lets_none_begin() -> None:
    f, g = fresh("def f(a): return a"), fresh("def g(a): return a", "g")
    inside, done = threading.Event(), []

    def slow(args: Any) -> None:
        inside.set()
        time.sleep(0.2)
        done.append(args)

    hooks = started("f", "g", hot_call=slow)
    thread = threading.Thread(target=lambda: [f(i) for i in range(12)])
    thread.start()
    inside.wait()
    _runtime.before_fork()
    assert len(done) == 1
    for i in range(30):
        g(i)
    assert len(hooks.of("hot_call")) == 1
    _runtime.after_fork()
    thread.join()
    time.sleep(0.3)
    for i in range(12):
        g(i)
    assert len(done) == 2


def test_the_worker_leaves_no_trace_in_the_collector() -> None:
    class Node:
        def __init__(self) -> None:
            self.me = self

    def work() -> int:
        return len([Node() for _ in range(5000)])

    gc.collect()
    gc.disable()
    try:
        kept = [[] for _ in range(10)]  # type: ignore[var-annotated]
        cycle = Node()
        del cycle
        events: list[str] = []
        gc.callbacks.append(lambda phase, info: events.append(phase))
        before = gc.get_count(), gc.get_stats()
        assert _runtime.run_on_thread(work) == 5000
        assert (gc.get_count()[1:], gc.get_stats()) == (before[0][1:], before[1])
        assert not events and not gc.isenabled()
        gc.callbacks.pop()
        assert gc.collect() in (2, 1), "one cycle of ours, none of the worker's"
        assert all(gc.is_tracked(k) for k in kept)
    finally:
        gc.enable()


def test_the_worker_within_a_collection() -> None:
    class Node:
        def __init__(self) -> None:
            self.me = self

    class Final(Node):
        def __del__(self) -> None:
            _runtime.run_on_thread(lambda: len([Node() for _ in range(100)]))

    gc.collect()
    for _ in range(3):
        Final()
    assert gc.collect() == 3
    assert gc.collect() == 0


def test_what_the_worker_keeps_is_collected_by_the_worker() -> None:
    class Node:
        pass

    kept: list[Any] = []

    def keep() -> None:
        node = Node()
        node.me = node  # type: ignore[attr-defined]
        kept.append(node)

    _runtime.run_on_thread(keep)
    gc.collect()
    end = weakref.ref(kept.pop())
    assert gc.collect() == 0 and end() is not None, "not the program's garbage"
    for _ in range(5):
        _runtime.run_on_thread(int)
    assert end() is not None, "not worth it yet"
    for _ in range(5):
        _runtime.run_on_thread(lambda: kept.extend([] for _ in range(1000)))
    assert end() is None


def test_worker_exceptions() -> None:
    error = KeyError("x")

    def fail() -> None:
        raise error

    with pytest.raises(KeyError) as caught:
        _runtime.run_on_thread(fail)
    assert caught.value is error
    assert _runtime.run_on_thread(lambda: _runtime.run_on_thread(threading.get_ident)) != threading.get_ident()


def run(source: str, *args: str) -> str:
    done = subprocess.run([sys.executable, *args, "-c", textwrap.dedent(source)], capture_output=True, text=True,
                          timeout=60, env=os.environ | {"PYTHONPATH": "src:."})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_fork_and_shutdown() -> None:
    assert run("""
        import os, sys, threading
        from tiercel import _runtime
        class Hooks:
            ready = True
            def hot_call(self, f, a): print("hot", f.__name__, flush=True); return False
            def hot_loop(self, *a): return False
            def retired(self, *a): pass
            def failed(self, e): print(e)
        _runtime.start(Hooks(), 5, 1000)
        def f(): pass
        def g(): pass
        for i in range(9): f()
        pid = os.fork()
        if pid == 0:
            for i in range(9): g()
            sys.exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        class Late:
            def __del__(self):
                for i in range(100): f()
        late = Late()
        import atexit
        atexit.register(lambda: [g() for i in range(9)])
    """).splitlines().count("hot g") == 2


def test_import_is_cheap() -> None:
    out = run("""
        import sys, time, importlib.util
        spec = importlib.util.find_spec("tiercel._runtime")
        t = time.perf_counter()
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        print((time.perf_counter() - t) * 1e3)
        assert module.self_check() is None
    """)
    assert float(out) < 30


def test_self_check_in_odd_frames() -> None:
    def generator() -> Any:
        yield _runtime.self_check()

    class Body:
        result = _runtime.self_check()

    assert next(generator()) is None and Body.result is None
    assert eval("_runtime.self_check()") is None
    assert [_runtime.self_check() for _ in range(2)] == [None, None]


def test_noisy_sites_of_installed_versions_have_counts() -> None:
    f = fresh("def f(a): return a")
    version = install(new_version(f, 3), f, lambda a: a)
    assert version.site_counts() == [0, 0, 0] and version.exits == 0
