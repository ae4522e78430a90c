"""Where the values of frame states lie in the extra area while other code may run.

A value has a word of its own from the first place that puts it down to the last that mentions it, and stays there: a
place puts down only what may not be there yet.  So what a deeply inlined state mentions is stored once, not at every
call.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from struct import pack
from typing import TYPE_CHECKING

from tiercel.graph.flow import Flow

if TYPE_CHECKING:
    from tiercel.emit.lower import Cold


class Spill:
    """A place where the values of a site's state are put down."""

    __slots__ = ("site", "values", "block", "lasting", "cold", "lines", "index")

    def __init__(self, site: int, values: list[tuple[str, str]], block: int, lasting: bool, cold: Cold | None,
                 lines: list[str] | None = None, index: int = 0) -> None:
        self.site = site
        self.values = values    # (representation, text)
        self.block = block    # index in reverse postorder
        self.lasting = lasting    # whether every way on from the block leads through it
        self.cold = cold    # the exit that stores them; or else:
        self.lines: list[str] = [] if lines is None else lines    # the line at `index` is to become the stores
        self.index = index


class Spills:
    """The spills of a function, in the order of its text, and their values' words in the extra area."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.all: list[Spill] = []
        self.begins: list[int] = []            # how many spills come before each block
        self.words: dict[str, int] = {}        # by the value's text
        self.size = 1                          # words of the extra area: the first is the site's

    def places(self) -> dict[int, bytes]:
        """The words of each site's values, in order."""
        return {spill.site: pack(f"={len(spill.values)}H", *[self.words[text] for _, text in spill.values])
                for spill in self.all}

    def assign(self) -> Iterator[tuple[Spill, dict[int, tuple[str, str]]]]:
        """Give each value its word; then each spill with what it has to store, by word."""
        first, last = self._intervals()
        taken: list[tuple[int, int]] = []
        free: list[int] = []
        for text, begin in first.items():      # in ascending order
            while taken and taken[0][0] < begin:
                heappush(free, heappop(taken)[1])
            if free:
                word = heappop(free)
            else:
                word, self.size = self.size, self.size + 1
            self.words[text] = word
            heappush(taken, (last[text], word))
        return self._missing(list(first))

    def _intervals(self) -> tuple[dict[str, int], dict[str, int]]:
        """The first and the last spill that mention each value; for one that is mentioned before a loop and in or
        behind it, at least the loop's last."""
        first: dict[str, int] = {}
        last: dict[str, int] = {}
        for number, spill in enumerate(self.all):
            for _, text in spill.values:
                first.setdefault(text, number)
                last[text] = number
        flow, begins = self.flow, [*self.begins, len(self.all)]
        for header in flow.headers:
            begin, end = begins[header], begins[max(flow.preds[header]) + 1] - 1
            for text, each in last.items():
                if begin <= each < end and first[text] < begin:
                    last[text] = end
        return first, last

    def _missing(self, texts: list[str]) -> Iterator[tuple[Spill, dict[int, tuple[str, str]]]]:
        """What is in the area at a block's start is what is there at the end of all that lead to it forward: a way back
        to a loop changes nothing that was put down before the loop."""
        flow, spills = self.flow, iter(self.all)
        bits = {text: 1 << number for number, text in enumerate(texts)}
        spill = next(spills, None)
        ends: list[int] = []
        for block, preds in enumerate(flow.preds):
            there = -1 if preds else 0
            for pred in preds:
                if pred < block:
                    there &= ends[pred]
                elif not flow.dominates(block, pred):
                    there = 0
            while spill is not None and spill.block == block:
                yield spill, {self.words[text]: (rep, text) for rep, text in spill.values if not there & bits[text]}
                if spill.lasting:
                    for _, text in spill.values:
                        there |= bits[text]
                spill = next(spills, None)
            ends.append(there)
