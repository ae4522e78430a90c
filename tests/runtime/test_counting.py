"""When the control is asked: what is put off, what rests between samples, and what is known of the arguments by then."""

from __future__ import annotations

import dis
import gc
import os
import threading
import time
import weakref
from typing import Any

import pytest

from tests.runtime.recorder import started, stopped  # noqa: F401
from tests.runtime.stand_in import ENTER, address, fresh, new_version
from tiercel import _runtime


def test_what_is_put_off_is_not_counted_meanwhile_and_counts_anew() -> None:
    f = fresh("def f(a): return a")
    hooks = started("f")
    for i in range(1, 101):
        f(i)
    assert [args[0][0] for args in hooks.of("hot_call")] == [10]
    time.sleep(0.3)
    for i in range(101, 201):
        f(i)
    assert [args[0][0] for args in hooks.of("hot_call")] == [10, 110]


def test_what_is_put_off_goes_on_counting_while_the_main_thread_is_blocked() -> None:
    f = fresh("def f(a): return a")
    hooks = started("f")

    def work() -> None:
        for i in range(1, 101):
            f(i)
        time.sleep(0.3)
        for i in range(101, 201):
            f(i)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert [args[0][0] for args in hooks.of("hot_call")] == [10, 110]


def test_a_loop_that_is_put_off_goes_on_counting_after_a_while() -> None:
    f = fresh("def f(seconds):\n  end = clock() + seconds\n  while clock() < end: pass")
    f.__globals__["clock"] = time.monotonic
    hooks = started("f", hot_call=False)
    f(0.05)
    assert len(hooks.of("hot_loop")) == 1
    f(0.5)
    assert len(hooks.of("hot_loop")) >= 2


def is_counted(function: Any) -> bool:
    """Whether the interpreter reports the calls of it, or the jumps of its loop."""
    name = "INSTRUMENTED_JUMP_BACKWARD" if function.__name__ == "loop" else "INSTRUMENTED_RESUME"
    return dis._all_opmap[name] in function.__code__._co_code_adaptive[::2]          # type: ignore[attr-defined]


FAR = 400_000         # takes about a second
RESTING = {
    "f": "def f(rounds):\n  sum(range(200))",
    "loop": "def loop(rounds):\n  while rounds:\n    rounds -= 1; sum(range(200))",
}


def repeat(function: Any, rounds: int) -> None:
    if function.__name__ == "loop":
        function(rounds)
    else:
        for _ in range(rounds):
            function(rounds)


def resting(name: str, far: int) -> tuple[Any, list[Any]]:
    """A function that the control wants to be asked about far later, and that has run for long enough to rest."""
    function, asked = fresh(RESTING[name], name), []

    def later(*args: Any) -> bool:
        asked.append(args)
        at = args[0] if len(args) == 3 else -1
        _runtime.ask_after(function.__code__, at, far if len(asked) == 1 else 1 << 31)
        return True

    started(name, **{"hot_loop" if name == "loop" else "hot_call": later,
                     "hot_call" if name == "loop" else "hot_loop": False})
    repeat(function, 2000)
    assert len(asked) == 1
    return function, asked


@pytest.mark.parametrize("name", RESTING)
def test_what_is_far_from_its_limit_rests_and_is_taken_to_run_on_meanwhile(name: str) -> None:
    function, asked = resting(name, FAR)
    assert not is_counted(function)
    ran, end = 0, time.monotonic() + 60
    while len(asked) < 2:
        assert time.monotonic() < end
        if is_counted(function):
            repeat(function, 1000)
            ran += 1000
        else:
            time.sleep(0.01)
    assert 1000 <= ran < FAR / 2


@pytest.mark.parametrize("name", RESTING)
def test_what_ran_seldom_after_its_rest_had_not_run_meanwhile(name: str) -> None:
    function, asked = resting(name, FAR)
    while not is_counted(function):
        time.sleep(0.01)
    for _ in range(220):
        repeat(function, 5)
        time.sleep(0.001)
    assert len(asked) == 1


def test_what_is_near_its_limit_is_counted() -> None:
    function, asked = resting("f", 5000)
    repeat(function, 3000)
    assert is_counted(function) and len(asked) == 1
    repeat(function, 100)
    assert len(asked) == 2


def test_loops_with_versions_do_not_rest_since_the_events_enter_them() -> None:
    loop, entered = fresh(RESTING["loop"], "loop"), []

    def later(at: int, slots: Any, stack: Any) -> bool:
        version = new_version(loop, loop_at=at)
        callback = ENTER(lambda thread, frame, extra: entered.append(at) or 0)
        version.install_loop(enter=address(callback), extra_words=4, library=callback)
        _runtime.ask_after(loop.__code__, at, FAR)
        return True

    started("loop", hot_call=False, hot_loop=later)
    repeat(loop, 3000)
    assert is_counted(loop) and len(entered) > 2900


def test_the_types_of_arguments_are_sampled() -> None:
    f = fresh("def f(a, b, c=None, d=None, e=None):\n  def g(): return c\n  return a")
    started("f", threshold=1000, hot_call=False)
    assert _runtime.argument_types(f.__code__) == (0, [])
    classes = [type(f"C{number}", (), {}) for number in range(6)]
    for number in range(500):
        f(number if number % 2 else 1.0, classes[number % 6 if number < 250 else 0]())
    count, types = _runtime.argument_types(f.__code__)
    assert 50 <= count <= 100 and len(types) == 4
    assert types[0].keys() == {int, float} and sum(types[0].values()) == count
    assert len(types[1]) == 5 and sum(types[1].values()) < count
    assert types[2] == {} and types[3] == {type(None): count}
    watched = weakref.ref(classes[0])
    del classes, types
    gc.collect()
    assert watched() is None
    assert _runtime.argument_types(f.__code__)[1][1] == {}
    with pytest.raises(TypeError, match="code object"):
        _runtime.argument_types(f)                               # type: ignore[arg-type]


def test_samples_are_dropped_when_the_fate_of_the_function_is_decided() -> None:
    f = fresh("def f(a): return a")
    started("f", threshold=100, hot_call=False)
    for number in range(90):
        f(number)
    assert _runtime.argument_types(f.__code__)[0] > 5
    for number in range(30):
        f(number)
    assert _runtime.argument_types(f.__code__) == (0, [])


@pytest.mark.parametrize("seconds", [0.0, 60.0])
def test_nothing_waits_in_the_background_when_it_is_stopped_or_forks(seconds: float) -> None:
    f = fresh("def f(a): return a")
    hooks = started("f")
    for i in range(20):
        f(i)
    assert len(hooks.of("hot_call")) == 1
    _runtime.wake_after(seconds)
    tasks = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0
    _runtime.before_fork()
    assert not tasks or len(os.listdir("/proc/self/task")) == tasks - 1
    _runtime.after_fork()
    assert not tasks or len(os.listdir("/proc/self/task")) == tasks - 1      # os.fork looks now, and would warn
    g = fresh("def g(a): return a", "g")
    for i in range(20):
        g(i)
    assert not tasks or len(os.listdir("/proc/self/task")) == tasks
    _runtime.stop()
    assert not tasks or len(os.listdir("/proc/self/task")) == tasks - 1


def test_code_may_die_while_it_waits() -> None:
    f, g = fresh("def f(a): return a"), fresh("def g(a): return a", "g")
    hooks = started("f", "g")
    for i in range(20):
        f(i)
        g(i)
    assert len(hooks.of("hot_call")) == 2
    del f
    gc.collect()
    time.sleep(0.3)
    for i in range(100):
        g(i)
    assert len(hooks.of("hot_call")) == 3


def test_nobody_asks_while_the_budget_is_spent() -> None:
    f, g = fresh("def f(a): return a"), fresh("def g(a): return a", "g")
    hooks = started("f", "g", hot_call=lambda args: _runtime.wake_after(0.2))
    for i in range(20):
        f(i)
        g(i)
    assert len(hooks.of("hot_call")) == 1, "the other waits without having asked"
    time.sleep(0.4)
    for i in range(20):
        g(i)
    assert len(hooks.of("hot_call")) == 2
