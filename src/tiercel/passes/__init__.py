"""Improvements of the graph, in the order in which they run.

Each file is one pass: it takes a graph, asks the op table for effects, changes the graph and knows no other pass; its
docstring shows a graph before and after.  What passes share lives in `tiercel.graph` (`flow`, `fold`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tiercel import _runtime
from tiercel.graph.build import Graph
from tiercel.passes.congruence import merge_parameters
from tiercel.passes.dce import remove_dead
from tiercel.passes.gvn import number_values
from tiercel.passes.hoist import hoist
from tiercel.passes.linear import check_linear
from tiercel.passes.predicate import predicate
from tiercel.passes.refs import count_references
from tiercel.passes.simplify import simplify
from tiercel.passes.wrap import wrap

PIPELINE: Final[list[tuple[str, Callable[[Graph], None]]]] = [
    ("simplify", simplify),
    ("gvn", number_values),
    ("congruence", merge_parameters),
    ("hoist", hoist),
    ("wrap", wrap),
    ("linear", check_linear),
    ("predicate", predicate),
    ("simplify-2", simplify),    # what value numbering found out about branches
    ("dce", remove_dead),
    ("refs", count_references),
]


def run(graph: Graph, check: Callable[[Graph], None] | None = None, upto: str | None = None,
        trace: Callable[[str, Graph], None] | None = None) -> None:
    """Run the pipeline, or its part up to and including the pass `upto`.

    `check` is called with the graph before the first pass and after the last; `trace` with each name and the graph.
    """
    if upto is not None and upto not in dict(PIPELINE):
        raise ValueError(f"no pass {upto!r}; there are {', '.join(name for name, _ in PIPELINE)}")
    if check is not None:
        check(graph)
    for name, improve in PIPELINE:
        improve(graph)
        _runtime.let_others_run()
        if trace is not None:
            trace(name, graph)
        if name == upto:
            break
    if check is not None:
        check(graph)
