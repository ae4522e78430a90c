"""Object files made of LLVM's text, in the calling thread or beside the program."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tiercel import _runtime
from tiercel.emit.llvm import Effort, backend

TEXT = "define i64 @f(i64 %x) {\n  %y = add i64 %x, 41\n  ret i64 %y\n}\n"


class Hooks:
    """Takes what is made."""

    ready = True

    def __init__(self) -> None:
        self.made_of: list[Any] = []
        self.threads: list[int] = []

    def made(self, job: _runtime.Job) -> bool:
        self.made_of.append((job.owner, job.take()[:4]))
        self.threads.append(threading.get_ident())
        return True

    def failed(self, error: BaseException) -> None:
        self.made_of.append(str(error))


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    hooks = Hooks()
    _runtime.start(hooks, 1_000_000, 1_000_000)
    yield hooks
    _runtime.stop()


def job(text: str = TEXT, owner: Any = None, readable: bool = False, effort: Effort = Effort.QUICK) -> _runtime.Job:
    return backend().job(text, "f", effort, owner, readable)


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


@pytest.mark.parametrize("effort", Effort)
def test_an_object_file(effort: Effort) -> None:
    made = job(effort=effort)
    made.run()
    assert made.seconds > 0
    assert made.take().startswith(b"\x7fELF")


def test_assembly() -> None:
    made = job(readable=True)
    made.run()
    assert b"41" in made.take()


def test_text_that_llvm_does_not_take() -> None:
    for text in ("nonsense", "define void @g() {\n  ret void\n}\n"):
        made = job(text)
        made.run()
        with pytest.raises(RuntimeError, match="LLVM does not take the text"):
            made.take()


def test_it_is_made_and_taken_once() -> None:
    made = job()
    with pytest.raises(RuntimeError, match="not made"):
        made.take()
    made.run()
    made.take()
    for again in made.run, made.start, made.take:
        with pytest.raises(RuntimeError, match="once|already"):
            again()


def test_many_beside_the_program_in_their_order(hooks: Hooks) -> None:
    for number in range(20):
        job(owner=number).start()
    assert _runtime.background_wait(30)
    assert hooks.made_of == [(number, b"\x7fELF") for number in range(20)]
    assert threading.get_ident() not in hooks.threads


def test_what_cannot_be_taken_now_is_later(hooks: Hooks) -> None:
    def trace(*_: Any) -> None:
        return None

    import sys
    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        job(owner="traced").start()
        time.sleep(0.3)
        assert hooks.made_of == []
    finally:
        sys.settrace(previous)
    end = time.monotonic() + 30
    while not hooks.made_of and time.monotonic() < end:
        time.sleep(0.01)
    assert hooks.made_of == [("traced", b"\x7fELF")]


def test_no_thread_while_a_fork_is_prepared(hooks: Hooks) -> None:
    job(owner=1).start()
    assert _runtime.background_wait(30)
    before = threads()
    _runtime.before_fork()
    assert threads() == before - 1
    job(owner=2).start()
    time.sleep(0.05)
    assert threads() == before - 1
    _runtime.after_fork()
    assert _runtime.background_wait(30)
    assert [owner for owner, _ in hooks.made_of] == [1, 2]


def test_stop_drops_what_is_queued(hooks: Hooks) -> None:
    _runtime.before_fork()
    job(owner="dropped").start()
    _runtime.after_fork()
    _runtime.stop()
    assert _runtime.background_wait(0)
    assert hooks.made_of == []
