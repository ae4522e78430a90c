"""Calls, exits and retirements, over and over: memory must stay as it is.  `make soak` goes on for a million rounds."""

from __future__ import annotations

import gc
import os
from typing import Any

import pytest

from tests.runtime.machine import at, compiled, frame, fresh, site
from tiercel import _runtime

CHECKS = 4


@pytest.fixture(autouse=True)
def stopped() -> Any:
    yield
    _runtime.stop()


def add(a: Any, b: Any) -> Any:
    c = a + b
    return c * 2


def resident() -> int:
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="freed memory is kept to be checked")
def test_rounds_of_calls_exits_and_retirements(soak_rounds: int) -> None:
    f = fresh(add)
    description = site("oo", frame(f, at(f, "BINARY_OP"), locals=(0, 1), stack=(0, 1)))

    def rounds(count: int) -> None:
        for i in range(count):
            version = compiled(f, [description], ("exit", 0, (0, 1)))
            assert f(i, 1000) == 2 * (i + 1000)
            assert version.site_counts() == [1]
            version.retire("the next round makes another")
            assert f(i, 0) == 2 * i

    rounds(1000)
    before = resident()
    for _ in range(CHECKS):
        rounds(soak_rounds // CHECKS)
        assert resident() - before < 2_000_000
