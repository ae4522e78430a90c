"""Whether machine code is expected to pay."""

from collections.abc import Callable
from typing import Any

from tiercel import evaluate, passes
from tiercel.control.gain import estimate


def gain(function: Callable[..., Any], *args: Any) -> float:
    graph = evaluate.evaluate_function(function, args).graph      # type: ignore[arg-type]
    passes.run(graph)
    return estimate(graph)


def power(a: int, n: int) -> int:
    result = 1
    for _ in range(n):
        result = result * a + a
    return result


def test_arithmetic_pays_unless_it_is_on_big_ints() -> None:
    assert gain(power, 3, 5) > 0
    assert gain(power, 3, 5) > gain(power, 1 << 100, 5)
    assert gain(lambda a, b: (a * b + a) * b - a // b, 1 << 100, 1 << 90) <= 0
    assert gain(lambda a, b: (a * b + a) * b - a // b, 1.0, 2.0) > 0
