"""The results of child processes, shared by all differential tests of a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .harness import Results


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> Iterator[Results]:
    """Children for everything collected are started at once, in the order of the tests."""
    shared = Results()
    for item in request.session.items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and {"stem", "mode"} <= set(callspec.params):
            shared.expect(callspec.params["stem"], "plain")
            shared.expect(callspec.params["stem"], callspec.params["mode"])
    yield shared
    shared.close()
