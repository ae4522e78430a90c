"""From a graph to machine code: `lower` writes LLVM text, `llvm` compiles and links it, `install` hands it over.

The files `lower_*.py` hold how each operation is written; `abi` what is known of C structures; `symbols` the names
that a module leaves open until it is linked.  Nothing here decides what a graph does: what an operation may do is
in `graph/ops.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tiercel import _runtime
from tiercel.emit import detours
from tiercel.emit.llvm import Effort, backend, loaded_size
from tiercel.emit.lower import Lowered, lower
from tiercel.graph.build import Graph

if TYPE_CHECKING:
    from tiercel.emit.library import Linked

__all__ = ["Effort", "Lowered", "Unlinked", "assembly", "install", "job", "link", "load", "loaded_size", "lower",
           "prepare"]


def load() -> None:
    """Import LLVM and set it up, which the first compilation would do otherwise."""
    backend()


class Unlinked(NamedTuple):
    """What it takes to link a version once its object file is made: it keeps nothing of the program alive."""

    name: str
    exports: list[str]
    addresses: dict[str, int]


def prepare(lowered: Lowered, version: Any) -> Unlinked:
    """Find what a version's text names; the version keeps those objects."""
    llvm = backend()
    known = _runtime.symbols()

    def find(name: str) -> int:
        return known.get(name) or llvm.address_of(name)

    addresses = lowered.symbols.addresses(find)
    addresses["sites"] = version.sites_address
    if lowered.version_symbol:
        addresses["version"] = version.address
    for target in lowered.symbols.targets.values():
        detours.provide(target)
    version.hold([*lowered.symbols.objects.values(), *lowered.symbols.targets.values()])
    return Unlinked(lowered.name, lowered.exports, addresses)


def job(lowered: Lowered, owner: Any = None) -> _runtime.Job:
    """The making of a version's object file, to be run or to be started; the hook `made` finds its `owner`."""
    return backend().job(lowered.text, lowered.main, lowered.plan.effort, owner)


def link(image: bytes, unlinked: Unlinked) -> tuple[Linked, dict[str, int]]:
    """The library, to be kept while the machine code may run, and the addresses of the version's forms.  Those of versions
    that are gone are given back."""
    _runtime.old_libraries.clear()
    library = backend().link(image, unlinked.exports, unlinked.addresses, unlinked.name)
    return library, library.addresses


def install(graph: Graph, lowered: Lowered, version: Any) -> Linked:
    """Link a lowered graph for a version, describe its sites there, and let it run."""
    for number, description in enumerate(lowered.sites):
        version.set_site(number, description)
    made = job(lowered)
    made.run()
    library, addresses = link(made.take(), prepare(lowered, version))
    if graph.loop_at is None:
        version.install(native=addresses["native"], bound=addresses["bound"], entry=addresses.get("entry", 0),
                        library=library)
    else:
        version.install_loop(enter=addresses["enter"], extra_words=lowered.extra_words, library=library)
    return library


def assembly(lowered: Lowered) -> str:
    """The machine code of a version, to read."""
    made = backend().job(lowered.text, lowered.main, lowered.plan.effort, readable=True)
    made.run()
    return made.take().decode()
