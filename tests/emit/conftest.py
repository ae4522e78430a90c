"""Both kinds of machine code."""

from __future__ import annotations

import pytest

from tiercel.emit import effort


@pytest.fixture(params=list(effort.Effort), ids=lambda each: each.value)
def each_effort(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is lowered is made so, whatever it is worth."""
    monkeypatch.setattr(effort, "plan", lambda *_: effort.Plan(request.param))
