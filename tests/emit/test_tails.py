"""What exits store alike they store in one block; each stores what it has to, and nothing else."""

from __future__ import annotations

import random
from itertools import count
from typing import Any

import pytest

from tiercel.emit.tails import Tail, share

A, B, C, D, E, F = ((word, ("o", f"%v{word}")) for word in range(1, 7))


def names() -> Any:
    numbers = count(1)
    return lambda prefix: f"{prefix}{next(numbers)}"


def test_what_two_exits_store_alike_has_a_block_of_its_own() -> None:
    tails = share([("exit1", dict([A, B, C, D])), ("exit2", dict([E, A, B, C]))], "end", names())
    assert tails == [Tail("exit2", [E], "tail1"), Tail("exit1", [D], "tail1"), Tail("tail1", [A, B, C], "end")]


def test_a_block_that_saves_little_is_not_made() -> None:
    tails = share([("exit1", dict([A, B, C])), ("exit2", dict([A, B, D]))], "end", names())
    assert {tail.label: tail.target for tail in tails} == {"exit1": "end", "exit2": "end"}


def test_another_value_in_the_same_word_is_not_shared() -> None:
    other = dict.fromkeys(range(1, 7), ("o", "%w"))
    tails = share([("exit1", dict([A, B, C, D])), ("exit2", other)], "end", names())
    assert {tail.label: tail.target for tail in tails} == {"exit1": "end", "exit2": "end"}


@pytest.mark.parametrize("seed", range(50))
def test_each_exit_stores_what_it_has_to(seed: int) -> None:
    source = random.Random(seed)
    values = [(word, ("o", f"%{name}{word}")) for word in range(1, 9) for name in "vw"]
    exits = [(f"exit{number}", dict(source.sample(values, source.randrange(9)))) for number in range(source.randrange(12))]
    tails = share(exits, "end", names())
    by_label = {tail.label: tail for tail in tails}
    places = {tail.label: place for place, tail in enumerate(tails)}
    assert len(by_label) == len(tails)
    for label, missing in exits:
        stored = []
        while label != "end":
            tail = by_label[label]
            stored += tail.stores
            assert places[label] < places.get(tail.target, len(tails))
            label = tail.target
        assert sorted(stored) == sorted(missing.items())
