"""How much time may go into compiling."""

from __future__ import annotations

import os
from time import process_time

# Short programs have earned nothing yet when their first loop gets hot.
GRACE = 0.5
# Most of what is worth compiling shows early, and pays all the longer the earlier it is there: the first seconds earn
# more, which is little of what a program that goes on earns in all: so many seconds, at most so many percent more.
EARLY, EARLY_PERCENT = 4.0, 25.0
# What LLVM takes for a character of its text, until experience says better; of quickly made code, a part of that.
FIRST_RATE = 1.5e-6
QUICK_PART = 0.25
# What is done beside the program, on a processor that it leaves idle, costs it so much less.
BESIDE = 0.25
# What each second of compiling is to have gained at least, while hardly anything of the budget is spent.
LEAST_PRICE = 0.1


class Budget:
    """A share of the process's processor time, and a grace that lets the first compiles happen.  `part`: how much of
    LLVM's time counts."""

    __slots__ = ("began", "part", "percent", "rate", "spent", "unlimited")

    def __init__(self, percent: float, unlimited: bool = False) -> None:
        self.part = 1.0 if unlimited or os.process_cpu_count() == 1 else BESIDE
        self.percent = percent
        self.unlimited = unlimited
        self.spent = 0.0
        self.rate = FIRST_RATE
        self.began = process_time()

    def allows(self, characters: int = 0, quick: bool = False) -> bool:
        """Whether a compile may begin now, or go on to LLVM with that much text."""
        if self.unlimited:
            return True
        return self.spent + self._forecast(characters, quick) < self._earned(process_time() - self.began)

    def price(self) -> float:
        """Seconds that each second of compiling is to have gained: one, or less while less is spent than was earned, the
        grace aside.  So little has to wait where there is little to compile, and much where there is much."""
        earned = self._earned(process_time() - self.began) - GRACE
        if self.unlimited or self.spent >= earned:
            return 1.0
        return max(LEAST_PRICE, self.spent / earned)

    def wait(self, characters: int = 0, quick: bool = False) -> float:
        """Seconds of processor time until `allows` of the same is true."""
        if self.unlimited:
            return 0.0
        needed = self.spent + self._forecast(characters, quick) - GRACE
        early = self._earned(EARLY) - GRACE
        when = EARLY * needed / early if needed < early else EARLY + (needed - early) * 100 / self.percent
        return max(0.0, when - (process_time() - self.began))

    def _earned(self, seconds: float) -> float:
        """What may be spent once the process has taken so many seconds of processor time."""
        extra = min(EARLY_PERCENT, 2 * self.percent)
        return GRACE + (seconds * self.percent + min(seconds, EARLY) * extra) / 100

    def _forecast(self, characters: int, quick: bool) -> float:
        """Seconds that LLVM is going to take, as far as they count."""
        return self.part * characters * self.rate * (QUICK_PART if quick else 1.0)

    def learn(self, characters: int, seconds: float, quick: bool = False) -> None:
        """LLVM took that long: larger modules, which matter more, also say more."""
        weight = min(1.0, characters / 500_000)
        if quick:
            seconds /= QUICK_PART
        self.rate += weight * (seconds / max(characters, 1) - self.rate)

    def reserve(self, characters: int, quick: bool) -> float:
        """Count on what LLVM begins to do now; the seconds, for `settle`."""
        seconds = self._forecast(characters, quick)
        self.spent += seconds
        return seconds

    def settle(self, seconds: float) -> None:
        """What was reserved is done, and charged with what it really took."""
        self.spent = max(0.0, self.spent - seconds)      # a forked child begins at zero

    def charge(self, seconds: float) -> None:
        self.spent += seconds

    def restart(self) -> None:
        """In a forked child the processor time begins at zero."""
        self.began = process_time()
        self.spent = 0.0
