"""Exits put down nearly the same values: what several of them store alike is stored in one block.

    exit1: a, b, c           exit1: c -> tail
    exit2: a, b, d    ->     exit2: d -> tail
    exit3: a                 tail:  b -> exit3, whose block stores a for all of them

A value that several exits store is defined on every way to each of them, so before the block that they share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

Store = tuple[int, tuple[str, str]]      # the word, and the value's representation and text

LEAST: Final = 3                                # stores to be saved by a block of its own


class Tail(NamedTuple):
    """A block that stores something and goes on at another."""

    label: str
    stores: list[Store]
    target: str


def share(exits: list[tuple[str, Mapping[int, tuple[str, str]]]], end: str, fresh: Callable[[str], str]) -> list[Tail]:
    """Blocks for exits, given by label and what each has to store, that all lead to `end`; each before its target."""
    counts = Counter(store for _, missing in exits for store in missing.items())
    paths = [(label, sorted(missing.items(), key=lambda store: (-counts[store], store[0]))) for label, missing in exits]
    tails: list[Tail] = []
    pending = [(end, 0, paths)]
    while pending:
        target, depth, group = pending.pop()
        sharing: dict[Store | None, list[tuple[str, list[Store]]]] = {}
        for label, stores in group:
            sharing.setdefault(stores[depth] if depth < len(stores) else None, []).append((label, stores))
        for first, paths in sharing.items():
            common = _common(paths, depth) if first is not None else depth
            if (common - depth) * (len(paths) - 1) < LEAST:
                tails += [Tail(label, stores[depth:], target) for label, stores in paths]
                continue
            label = fresh("tail")
            tails.append(Tail(label, paths[0][1][depth:common], target))
            pending.append((label, common, paths))
    return tails[::-1]


def _common(paths: list[tuple[str, list[Store]]], depth: int) -> int:
    """Up to where the stores of all are the same; up to `depth` they are."""
    shortest = min(len(stores) for _, stores in paths)
    while depth < shortest and len({stores[depth] for _, stores in paths}) == 1:
        depth += 1
    return depth
