"""How much machine code is kept.  Where it would be too much, what has not been used for longest goes.

Machine code does not count its calls, which would slow it down.  Instead what was known to be used longest ago is *asked*
whether it still is, some time before its room may be needed: the next call of such a function is interpreted and shows
it (`rest` of a version).  So what goes is what was asked and has not been used since.
"""

from __future__ import annotations

from tiercel.control.records import all_records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

    from tiercel.control.records import Compiled

FIRST = 1 / 2        # of what may be kept: from here on it is looked at what is used,
STEP = 1 / 8         # again whenever so much more was made; and at least so much goes where there is too much
ASKED = 1 / 2        # of what is kept, so much is asked at a time


class CodeCache:
    """The machine code of all versions, of which at most so many bytes are kept."""

    __slots__ = ("looks", "most", "next_look", "size")

    def __init__(self, most: float) -> None:
        self.most = most
        self.size = 0                       # bytes; since the last look also those of versions that have gone meanwhile
        self.looks = 0                      # the clock by which it is known when a version was used
        self.next_look = FIRST * most

    def add(self, new: Compiled) -> list[tuple[CodeType, Compiled]]:
        """A version is installed; those that have to go for it."""
        new.used = self.looks
        self.size += new.machine_code
        return self._look(new) if self.size > self.next_look else []

    def _look(self, new: Compiled) -> list[tuple[CodeType, Compiled]]:
        self.looks += 1
        kept = [(code, compiled) for code, record in all_records() for compiled in record.compiled if compiled.alive]
        self.size = sum(compiled.machine_code for _, compiled in kept)
        for _, compiled in kept:
            if compiled.asked and compiled.version.used:
                compiled.asked, compiled.used = False, self.looks
        kept.sort(key=lambda each: (not each[1].asked, each[1].used))
        going = self._surplus(kept, new) if self.size > self.most else []
        self._ask([compiled for _, compiled in kept if compiled is not new])
        self.next_look = min(self.most, max(FIRST * self.most, self.size + STEP * self.most))
        return going

    def _surplus(self, kept: list[tuple[CodeType, Compiled]], new: Compiled) -> list[tuple[CodeType, Compiled]]:
        """Takes out what is to go, none of which is running."""
        going = []
        for each in list(kept):
            if self.size <= (1 - STEP) * self.most:
                break
            _, compiled = each
            if compiled is not new and not compiled.version.running:
                self.size -= compiled.machine_code
                going.append(each)
                kept.remove(each)
        return going

    def _ask(self, kept: list[Compiled]) -> None:
        """Ask those that were used longest ago whether they still are."""
        asked = 0
        for compiled in kept:
            if asked >= ASKED * self.size:
                break
            asked += compiled.machine_code
            if compiled.asked or compiled.suspended:
                continue
            if compiled.version.running:
                compiled.used = self.looks
            else:
                compiled.asked = True
                compiled.version.rest()
