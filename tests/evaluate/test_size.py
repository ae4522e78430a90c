"""What is too large to be evaluated at all."""

from __future__ import annotations

from typing import Any

import pytest

from tiercel import evaluate


def function_of(lines: int) -> Any:
    """A function of so many lines without any branch."""
    names: dict[str, Any] = {}
    exec("def f(x):\n" + "    x = x + 1\n" * lines + "    return x\n", names)
    return names["f"]


def test_without_branches() -> None:
    assert evaluate.evaluate_function(function_of(100), (1,)).graph.blocks
    with pytest.raises(evaluate.Unsupported, match="too large"):
        evaluate.evaluate_function(function_of(10_000), (1,))
