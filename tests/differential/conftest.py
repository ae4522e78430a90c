"""The results of child processes, shared by all differential tests of a session."""

from __future__ import annotations

import pytest

from .harness import HERE, Results

RESULTS = pytest.StashKey[Results]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These come last: they wait for children, beside which all others run."""
    items.sort(key=lambda item: HERE in item.path.parents)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Children for everything collected are started at once, in the order of the tests."""
    if session.config.option.collectonly:
        return
    shared = session.config.stash[RESULTS] = Results()
    for item in session.items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and {"stem", "mode"} <= set(callspec.params):
            shared.expect(callspec.params["stem"], "plain")
            shared.expect(callspec.params["stem"], callspec.params["mode"])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What has not begun is not needed any more."""
    if RESULTS in session.config.stash:
        session.config.stash[RESULTS].close()


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> Results:
    """What the children saw."""
    return request.config.stash[RESULTS]
