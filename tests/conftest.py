"""Fixtures and options shared by all tests."""

from __future__ import annotations

import os
import signal

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden texts with what is seen now")
    parser.addoption("--soak-rounds", type=int, default=20_000, help="rounds of the test that looks for growing memory")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden texts are to be rewritten."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def soak_rounds(request: pytest.FixtureRequest) -> int:
    """How long to look for growing memory."""
    return int(request.config.getoption("--soak-rounds"))


@pytest.fixture(scope="session", autouse=True)
def no_switches() -> None:
    """Switches set in the developer's shell do not reach the tests."""
    for name in [name for name in os.environ if name.startswith("TIERCEL_")]:
        del os.environ[name]


@pytest.fixture(scope="session", autouse=True)
def interrupts() -> None:
    """What is started in the background ignores interrupts, and so would the processes that tests interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
