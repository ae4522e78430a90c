"""From a graph to machine code: `lower` writes LLVM text, `llvm` compiles and links it, `install` hands it over.

The files `lower_*.py` hold how each operation is written; `abi` what is known of C structures; `symbols` the names
that a module leaves open until it is linked.  Nothing here decides what a graph does: what an operation may do is
in `graph/ops.py`.
"""

from __future__ import annotations

from time import perf_counter_ns
from typing import Any

from tiercel.emit.llvm import Effort, Linked, backend
from tiercel.emit.lower import Lowered, lower
from tiercel.graph.build import Graph

__all__ = ["Effort", "Linked", "Lowered", "assembly", "install", "link", "load", "lower"]


def load() -> None:
    """Import LLVM and set it up, which the first compilation would do otherwise."""
    backend()


def link(lowered: Lowered, version: Any) -> tuple[Linked, dict[str, int]]:
    """Compile a version's text and bind its symbols; the version keeps the objects it names alive.

    Returns the library, to be kept while the machine code may run, and the addresses of the version's forms.
    """
    from tiercel import _runtime

    llvm = backend()
    image = llvm.compile(lowered.text, lowered.main, lowered.plan.effort, lowered.timings)
    started = perf_counter_ns()
    known = _runtime.symbols()

    def find(name: str) -> int:
        return known.get(name) or llvm.address_of(name)

    addresses = lowered.symbols.addresses(find)
    addresses["sites"] = version.sites_address
    if lowered.version_symbol:
        addresses["version"] = version.address
    version.hold(list(lowered.symbols.objects.values()))
    library = llvm.link(image, lowered.exports, addresses, lowered.name)
    lowered.timings["link"] = perf_counter_ns() - started
    return library, library.addresses


def install(graph: Graph, lowered: Lowered, version: Any) -> Linked:
    """Link a lowered graph for a version, describe its sites there, and let it run."""
    for number, description in enumerate(lowered.sites):
        version.set_site(number, description)
    for callee in lowered.symbols.versions.values():
        version.depends_on(callee)
    library, addresses = link(lowered, version)
    if graph.loop_at is None:
        version.install(native=addresses["native"], bound=addresses["bound"], entry=addresses.get("entry", 0),
                        library=library)
    else:
        version.install_loop(enter=addresses["enter"], extra_words=lowered.extra_words, library=library)
    return library


def assembly(lowered: Lowered) -> str:
    """The machine code of a version, to read."""
    return backend().assembly(lowered.text, lowered.main, lowered.plan.effort)
