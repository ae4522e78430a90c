"""Fixtures and options shared by all tests."""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden texts with what is seen now")
    parser.addoption("--fuzz-seconds", type=float, default=0.0, help="let the fuzzers run this long each")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden texts are to be rewritten."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session", autouse=True)
def no_switches() -> None:
    """Switches set in the developer's shell do not reach the tests."""
    for name in [name for name in os.environ if name.startswith("TIERCEL_")]:
        del os.environ[name]
