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


def test_what_is_hardly_ever_executed_does_not_count() -> None:
    def checked(a: int, b: int) -> int:
        if a < b:
            raise ValueError(a * b + a * a + b * b)
        return a * b - a

    def either(a: int, b: int) -> int:
        if a < b:
            return a * b + a * a + b * b
        return a * b - a

    assert gain(either, 4, 3) > gain(checked, 4, 3) > 0


def test_two_arms_count_half_each() -> None:
    def arms(a: int, b: int, c: int) -> int:
        if a < b:
            a = a // c // b // c // b
        else:
            a = b // c // a // c // a
        return a * b + a * c + a + b

    def straight(a: int, b: int, c: int) -> int:
        a = a // c // b // c // b
        return a * b + a * c + a + b

    assert 0 < gain(arms, 4, 3, 2) - gain(straight, 4, 3, 2) < 16, "no more than the branch and its condition"


def test_what_may_raise_into_a_handler_seldom_does() -> None:
    def one(names: dict[str, int], a: int, b: int) -> int:
        try:
            names["x" * a]
        except KeyError:
            return 0
        return (a * b - a) * b - (a + b) * a - (a * a - b) * b

    def three(names: dict[str, int], a: int, b: int) -> int:
        try:
            names["x" * a], names["y" * a], names["z" * a]
        except KeyError:
            return 0
        return (a * b - a) * b - (a + b) * a - (a * a - b) * b

    args = {"x": 1, "y": 2, "z": 3}, 1, 2
    assert gain(three, *args) > gain(one, *args) / 2, "what follows is hardly less likely"


def test_calls_into_cpython_take_what_they_take() -> None:
    def called(names: list[str], text: str) -> int:
        found = 0
        for name in names:
            name.split()
            text.startswith(name)
            text.find(name)
            found += 1
        return found

    def idle(names: list[str], text: str) -> int:
        found = 0
        for _ in names:
            found += 1
        return found

    args = ["x"], "x"
    assert 0 <= gain(called, *args) - gain(idle, *args) < gain(idle, *args) / 2


def test_a_call_from_the_interpreter_costs_something() -> None:
    assert gain(lambda a, b: a + b, 1, 2) < 0 < gain(lambda a, b: (a * b + a) * (a * b - a) + b, 1, 2)
