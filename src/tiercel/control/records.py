"""What control knows of each code object and of each version made of it."""

from __future__ import annotations

from time import process_time
from weakref import ref

from tiercel.control.history import History
from tiercel.identity import IdentityTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

FUNCTION = -1                # in place of a loop header: the whole function

# Why a version goes that was made quickly at first.
OUTGROWN = "it runs long enough to be made anew, and better"

# Why a version goes that has not been used for long.
SURPLUS = "it was not used, and other machine code needed its room"

# Exits that say little of what a version is worth.
FEW_FAILURES = 300

# Reasons of exits that are the normal end of a running loop, or of a function that lets an exception out.
FINISHES = frozenset({"end of the compiled loop", "return from a running loop", "an exception raised again"})


class Site:
    """A place where a version may leave, for readers: `function` the innermost one's name."""

    __slots__ = ("asked", "at", "code", "function", "line", "place", "reason")

    def __init__(self, code: CodeType, at: int, line: int, reason: str) -> None:
        self.code = ref(code)
        self.at = at
        self.line = line
        self.function = code.co_qualname
        self.reason = reason
        self.place: tuple[int, ...] | None = None             # of the value whose type is tested there
        self.asked = (process_time(), 0)                      # when its exits were last counted, and how many there were

    def times_a_second(self, count: int, now: float) -> float:
        """How often it was left here, per second of processor time since this was last asked."""
        then, before = self.asked
        self.asked = (now, count)
        return (count - before) / max(now - then, 1e-6)

    @property
    def is_normal(self) -> bool:
        """Whether leaving here is how a running loop or a function ends."""
        return self.reason in FINISHES


class Compiled:
    """One version as control and readers see it.

    `version` is the runtime's, None once it is retired (`retired` says why).  Nothing here keeps the code object alive.
    """

    __slots__ = ("asked", "at", "began", "calls", "cost", "counts", "direct", "earned", "exits", "gain", "inlined",
                 "instructions", "lines", "machine_code", "measured", "name", "notes", "number", "outgrown", "params",
                 "result", "resumes", "retired", "saves", "seconds", "sites", "size", "suspended", "types", "used",
                 "version", "wavers", "where", "work")

    def __init__(self, code: CodeType, at: int, number: int) -> None:
        self.name = code.co_qualname
        self.where = f"{code.co_filename}:{code.co_firstlineno}"
        self.at = at
        self.number = number
        self.began = 0                                        # the history's clock when it was evaluated
        self.version: Any = None
        self.measured = (process_time(), 0)                   # when exits were last looked at, and how many there were
        self.types: tuple[int, ...] = ()                      # identities of the parameters' types, to compare
        self.params: list[tuple[str, str]] = []               # names and types
        self.result = ""
        self.resumes = False                                  # what a generator runs, instead of a running loop
        self.inlined: list[str] = []
        self.direct: list[str] = []
        self.notes: list[tuple[str, int, str]] = []           # function, line, text
        self.lines: frozenset[int] = frozenset()
        self.sites: list[Site] = []
        self.instructions = 0
        self.wavers = False                                   # several types were met in one place before it was made
        self.size = 0                                         # characters of LLVM's text
        self.machine_code = 0                                 # bytes
        self.used = 0                                         # when it was known to be, on the clock of `CodeCache`
        self.asked = False                                    # whether it is since then
        self.work = 0                                         # operations before it is outgrown, 0: it does not count
        self.gain = 0.0                                       # nanoseconds each operation
        self.earned = 0                                       # operations of which the version does not know any more
        self.saves = 0.0                                      # nanoseconds each time that it runs, roughly
        self.cost = 0.0                                       # seconds of processor time that went into making it
        self.seconds: dict[str, float] = {}
        self.retired: str | None = None
        self.counts: list[int] = []
        self.calls = 0
        self.exits = 0
        self.suspended = False                                # for a call or round that shows what a better one is for
        self.outgrown = False                                 # it goes on until the better one is there

    def refresh(self) -> None:
        """Read the counters of a version that is still there."""
        if self.version is not None:
            self.counts = self.version.site_counts()
            self.calls = self.version.calls
            self.exits = sum(self.counts)
            if not self.version.valid:
                self.retired = self.version.reason or ""
                self.version = None

    def failures(self) -> int:
        """How often it left, its normal ends aside."""
        return sum(count for count, site in zip(self.counts, self.sites) if not site.is_normal)

    def loses(self, exit_seconds: float) -> bool:
        """Whether leaving has cost more than all the work of quickly made code has gained."""
        failures = self.failures()
        if failures < FEW_FAILURES or not self.work or self.version is None:
            return False
        return failures * exit_seconds > (self.earned + self.work - self.version.work) * self.gain * 1e-9

    def count_anew(self) -> None:
        """It has done its work, but goes on."""
        self.earned += self.work
        self.version.work = self.work

    def exits_a_second(self, now: float) -> float:
        """How often it left, its normal ends aside, per second of processor time since this was last asked."""
        then, before = self.measured
        exits = self.failures()
        self.measured = (now, exits)
        return (exits - before) / max(now - then, 1e-6)

    def retire(self, reason: str) -> None:
        """It is retired: let go of it."""
        self.refresh()
        self.version = None
        self.retired = reason

    @property
    def alive(self) -> bool:
        return self.version is not None and self.version.valid


class Record:
    """Everything about one code object.  `refused` says, for the function or a loop header, why it is left alone."""

    __slots__ = ("attempts", "compiled", "eager", "errors", "forecast", "history", "jit", "outgrown", "passed_over", "refused",
                 "runs", "underway", "weighed")

    def __init__(self) -> None:
        self.history = History()
        self.compiled: list[Compiled] = []
        self.attempts: dict[int, int] = {}
        self.refused: dict[int, str] = {}
        self.forecast: dict[int, tuple[int, bool]] = {}       # what LLVM was to make of it when the budget was spent
        self.runs: dict[int, int] = {}                        # how often it will have run when it is asked for again
        self.passed_over = 0                                  # calls that were not like most
        self.weighed: set[int] = set()                        # for what it was estimated whether a version pays
        self.outgrown: set[int] = set()                       # what is worth more than quickly made code
        self.errors: list[str] = []
        self.underway: set[int] = set()                       # what machine code is being made of, beside the program
        self.jit = False                                      # named by the decorator,
        self.eager = False                                    # which asks for it at the next call

    def alive(self, at: int) -> list[Compiled]:
        return [compiled for compiled in self.compiled if compiled.at == at and compiled.alive]

    def find(self, version: Any) -> Compiled | None:
        return next((compiled for compiled in self.compiled if compiled.version is version), None)

    def add(self, compiled: Compiled) -> None:
        """Remember a version, and of the retired ones only the newest."""
        self.compiled.append(compiled)
        retired = [each for each in self.compiled if each.retired is not None]
        for old in retired[:-8]:
            self.compiled.remove(old)


class Totals:
    """Sums over every version made in this process, also of code that is gone."""

    __slots__ = ("compile_ns", "functions", "instructions", "load_ns")

    def __init__(self) -> None:
        self.functions = 0             # versions, of functions and of running loops
        self.instructions = 0          # evaluated for them
        self.compile_ns = 0            # processor time
        self.load_ns = 0               # of importing the compiler


totals = Totals()
_records = IdentityTable()


def record_of(code: CodeType) -> Record:
    """The record of a code object, made if there is none."""
    record: Record | None = _records.get(code)
    if record is None:
        record = Record()
        _records.set(code, record)
    return record


def known_record(code: CodeType) -> Record | None:
    """The record of a code object if there is one."""
    record: Record | None = _records.get(code)
    return record


def all_records() -> list[tuple[CodeType, Record]]:
    """Every code object that control has met and that still exists."""
    return list(_records.items())
