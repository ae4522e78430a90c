"""Hooks that write down what the runtime asks, for the tests of what it asks when."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tiercel import _runtime

M = sys.monitoring


class Hooks:
    """Records what it is told; `answers` gives the results."""

    ready = True

    def __init__(self, *names: str, **answers: Any) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.names = names
        self.answers = answers

    def _note(self, what: str, name: str, *rest: Any) -> Any:
        if name not in self.names:
            return False
        self.calls.append((what, name, *rest))
        answer = self.answers.get(what)
        return answer(*rest) if callable(answer) else answer

    def hot_call(self, func: Any, args: Any) -> Any:
        return self._note("hot_call", func.__name__, args)

    def hot_loop(self, func: Any, at: int, slots: Any, stack: Any) -> Any:
        return self._note("hot_loop", func.__name__, at, slots, stack)

    def missed(self, func: Any, args: Any) -> Any:
        return self._note("missed", func.__name__, args)

    def noisy(self, version: Any, site: int) -> Any:
        return self._note("noisy", version.name, site)

    def retired(self, version: Any, reason: str) -> Any:
        return self._note("retired", version.name, reason)

    def failed(self, exception: BaseException) -> None:
        self.calls.append(("failed", repr(exception)))

    def of(self, what: str) -> list[tuple[Any, ...]]:
        return [call[2:] for call in self.calls if call[0] == what]


@pytest.fixture(autouse=True)
def stopped() -> Any:
    yield
    _runtime.stop()
    assert M.get_tool(M.OPTIMIZER_ID) is None


def started(*names: str, threshold: int = 10, loop_threshold: int = 50, **answers: Any) -> Hooks:
    hooks = Hooks(*names, **answers)
    _runtime.start(hooks, threshold, loop_threshold)
    return hooks
