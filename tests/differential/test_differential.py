"""Each case in each mode against plain CPython."""

from __future__ import annotations

import pytest

from .harness import Results, case_names, differences, files, run_file
from .modes import TIERCEL_MODES

# What sees frames or the end of objects: the graph interpreter has Python frames of its own between a function and its
# callers, and keeps values until it ends.
NOT_GRAPH_FILES = {"frames", "finalisers", "finalisers_and_frames", "generators_and_frames", "handlers_and_frames",
                   "instances_and_ends", "consumers_and_frames", "generators_running",
                   "generators_resumed_and_frames", "generators_chained", "let_out", "coroutines_and_frames",
                   "unraised_and_frames", "closures_and_frames"}
NOT_FOR_GRAPHS = {"throw_into_generator", "abandoned_generator", "iterator_dies_in_order", "items_go_in_order",
                  "frames_below", "ends_in_order", "bound_methods_end"}
# What differs and is described in docs/compatibility.md, by (mode or None for all, file, case).
_IDENTITY = "an unboxed float may come back as another object: a NaN is not found by identity"
_BORROWED = "a compiled call borrows its arguments from the caller: counts and ends of temporaries show it"
KNOWN = {
    (None, "floats", "contains"): _IDENTITY,
    (None, "floats", "all_pairs_of_edges"): _IDENTITY,
    (None, "frames", "arguments_die_in_order"): _BORROWED,
    (None, "frames", "reference_counts"): _BORROWED,
    (None, "frames", "refcount_of_local"): _BORROWED,
    ("graph", "builtins_calls", "shadowed_while_hot"): "the graph interpreter is not told that an assumption broke",
}
NAMED = [(stem, name) for stem in files() for name in case_names(stem)]
RUNS = [(stem, name, mode) for stem, name in NAMED for mode in TIERCEL_MODES
        if mode != "graph" or not (stem in NOT_GRAPH_FILES or name in NOT_FOR_GRAPHS)]


@pytest.mark.parametrize(("stem", "name", "mode"), RUNS, ids=["-".join(run) for run in RUNS])
def test_same_as_cpython(results: Results, stem: str, name: str, mode: str) -> None:
    found = differences(results.get(stem, "plain", name), results.get(stem, mode, name), mode)
    reason = KNOWN.get((None, stem, name)) or KNOWN.get((mode, stem, name))
    if found and reason:
        pytest.xfail(reason)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("stem", files())
def test_cases_are_deterministic(results: Results, stem: str) -> None:
    again = run_file(stem, "plain")
    for name in case_names(stem):
        first = results.get(stem, "plain", name)
        assert "crash" not in first, first["crash"]
        assert not differences(first, again[name]), name


def test_every_topic_is_there() -> None:
    assert len(NAMED) >= 250
