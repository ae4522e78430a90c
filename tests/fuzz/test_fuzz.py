"""A fixed share of the fuzzing: some seeds in each mode, some Hypothesis examples, all programs that once differed."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest

from tests.differential.modes import TIERCEL_MODES

from .expressions import programs
from .generate import program
from .run import REGRESSIONS, Hunt, compare, difference
from .server import Server

MODES = ["machine", "warm", "beside", "storm"]
SEEDS = range(0, 12, 3)
EXAMPLES = hypothesis.settings(max_examples=60, deadline=None, derandomize=True, database=None,
                               suppress_health_check=list(hypothesis.HealthCheck))


@pytest.fixture(scope="module")
def hunt() -> Iterator[Hunt]:
    servers = Hunt(MODES)
    yield servers
    servers.close()


@pytest.mark.parametrize("first", SEEDS)
def test_random_programs(hunt: Hunt, first: int) -> None:
    for seed in range(first, first + SEEDS.step):
        result = hunt.check(program(seed))
        assert result is None, f"seed {seed} differs in mode {result[0]}:\n" + "\n".join(result[1])


def test_a_seed_gives_one_program() -> None:
    assert program(5) == program(5)
    assert program(5) != program(6)


def test_a_difference_is_seen() -> None:
    server = Server("plain")
    try:
        one = server.run("def main(a):\n    return a + 1\nCALLS = [(1,)]\n")
        other = server.run("def main(a):\n    return a + 1.0\nCALLS = [(1,)]\n")
    finally:
        server.close()
    assert not difference(one, one)
    assert difference(one, other)


@EXAMPLES
@hypothesis.given(source=programs())
def test_expressions(hunt: Hunt, source: str) -> None:
    result = hunt.check(source)
    assert result is None, f"{source}\ndiffers in mode {result[0]}:\n" + "\n".join(result[1])


@pytest.mark.parametrize("mode", TIERCEL_MODES)
@pytest.mark.parametrize("name", sorted(path.name for path in REGRESSIONS.glob("*.py")))
def test_regressions(name: str, mode: str) -> None:
    found = compare((REGRESSIONS / name).read_text(), mode)
    assert not found, "\n".join(found)
