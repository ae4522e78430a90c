"""What the runtime asks control: whether to compile, and what to do about versions that leave too often.

The runtime calls one hook at a time, on a thread of its own, while the thread that became hot waits.  A hook returns
False for "never again for this code", and None for "not now".
"""

from __future__ import annotations

import builtins
import os.path
from time import process_time, thread_time

from tiercel.control.budget import Budget
from tiercel.control.cache import CodeCache
from tiercel.control.importing import may_import
from tiercel.control.records import FUNCTION, OUTGROWN, SURPLUS, Compiled, Record, known_record, record_of, totals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FunctionType, ModuleType
    from typing import Any

    from tiercel.config import Config

# Versions made of one code object in all, retired ones included, for each that it may have at a time.
REPLACEMENTS = 4
MAX_ERRORS = 20
MAX_LOG = 10_000
# An exit costs up to a microsecond.  A version that cannot be replaced and spends more than a few percent of the time
# on leaving is worse than none.
MAX_EXITS_A_SECOND = 50_000
# Replacing a version costs about what it cost itself: that is worth it once as much is lost by exits, of which each
# takes so many seconds; and what the rest of the run would have saved, which is this part of the whole on average.
EXIT = 3e-6
REST = 0.5
# What a native call loses that has to go to a version of another form.
DETOUR = 1e-7
# A running loop that ends so often, or after so few operations, spends much of the time on being entered and left.
MAX_ENDS_A_SECOND = 150_000
LEAST_WORK = 500
FEW_ENDS = 300

# Making a version costs so many times what evaluating and improving its graph does, and so many times more for LLVM.  It
# is made once the code has run so often that a version would have saved as much already: what runs on tends to run as
# long again.
WHOLE = 1.5
LLVM = 5.0
# What a version saves of a function in so few calls is never worth evaluating it, if it has no loops, or if none of its
# loops has gone round so often that it was compiled.
FEW_CALLS = 60_000
FEW_CALLS_WITH_LOOPS = 10_000
# Where compiling has its full price, hardly any loop without others in it is worth a version before it has gone round so
# often, nor a function with loops before so many calls.
DEAR_ROUNDS = 80_000
DEAR_CALLS_WITH_LOOPS = 20_000
# Evaluating an instruction takes about so many seconds.  What has not been evaluated yet is taken to save so many a run, at
# most, and may be evaluated for as long as it could have saved.
EVALUATING = 5e-5
MOST_SAVED = 1e-6
PATIENCE = 1.0        # seconds for which what is large keeps others waiting

# Once a loop is compiled the function is worth compiling at its next calls, before the loops around that one: entering
# and leaving the inner loop is all that is gained there, a microsecond for each round, so they wait as any loop does.
AROUND_A_LOOP = 2

# Nanoseconds that a version is taken to save in each run at least, where it has been shown to be of some use.
LEAST_SAVED = 10.0

# An argument is of a type often if one in so many calls has it, of at least so many that were looked at.  So many calls
# with other types are passed over before a version is made all the same.
OFTEN = 8
FEW_SAMPLES = 40
PASSED_OVER = 8

# Of those for other types, it may be that the version there is saves nothing for its own: it leaves out what it knows never
# runs for these.  So many for each unit of the code are saved at least.
LEAST_A_UNIT = 0.4

# A guard that failed at least one n-th as often as a noisy one is given up with it.
ALMOST_NOISY = 10

_NAMES = vars(builtins)
_BUILTINS = {name: value for name, value in _NAMES.items() if callable(value)}
_GENERATOR = 0x20 | 0x80 | 0x200          # CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR
_OWN_FOLDER = os.path.dirname(os.path.dirname(__file__)) + os.sep


def _builtins_are_ours() -> bool:
    """Whether the builtin names mean what they did: the compiler uses them too."""
    for name, value in _BUILTINS.items():  # noqa: SIM110
        if _NAMES.get(name) is not value:
            return False
    return True


class Hooks:
    """The policy of one session.  `everything`: compile whatever is hot, not only what the decorator names."""

    def __init__(self, runtime: ModuleType, config: Config, everything: bool) -> None:
        self.runtime = runtime
        self.config = config
        self.everything = everything
        self.budget = Budget(config.budget, unlimited=config.sync)
        self.cache = CodeCache(config.code_cache * 2**20)
        self.loaded = False                 # the compiler proper is imported
        self.llvm_loaded = False
        self.verifier: Callable[[Any], None] | None = None      # of graphs, in the strict mode
        self.errors: list[str] = []
        self.error_count = 0
        self.log: list[Compiled] = []       # for `--stats`: every version, also of code that is gone
        # The compiler itself, and code that runs with the lock of all imports or of LLVM held.
        self.left_alone: tuple[str, ...] = (_OWN_FOLDER, "<frozen importlib")

    # -- what the runtime calls --------------------------------------------------------------------------------------

    def hot_call(self, func: FunctionType, args: tuple[Any, ...]) -> bool | None:
        if not _builtins_are_ours():
            return None
        code = func.__code__
        if not self._wanted(code):
            return False
        record = record_of(code)
        if (refusal := self._refusal(code, record, FUNCTION)) is not None:
            record.refused[FUNCTION] = refusal
            return False
        alive = record.alive(FUNCTION)
        if not any(compiled.suspended for compiled in alive):
            for compiled in reversed(alive):
                if self._attach(func, compiled):
                    return True
        if not record.compiled and not self._is_usual(record, code, args):
            self.runtime.ask_after(code, FUNCTION, 1)
            return True
        done = self._compile(record, code, FUNCTION, func, args)
        self._go_on(record, FUNCTION, func)
        return done

    def _is_usual(self, record: Record, code: CodeType, args: tuple[Any, ...]) -> bool:
        """Whether the arguments are of types with which the function is often called, which the history learns."""
        count, seen = self.runtime.argument_types(code)
        if count < FEW_SAMPLES:
            return True
        usual = True
        for slot, (value, times) in enumerate(zip(args, seen)):
            often = [type_ for type_, number in times.items() if number * OFTEN >= count]
            mixed = 2 * sum(map(times.__getitem__, often)) < count
            for type_ in sorted(times if mixed else often, key=times.__getitem__, reverse=True):
                record.history.note_argument(slot, type_)
            usual = usual and (mixed or type(value) in often)
        record.passed_over += not usual
        return usual or record.passed_over > PASSED_OVER

    def hot_loop(self, func: FunctionType | None, at: int, locals_: tuple[Any, ...],
                 stack: tuple[Any, ...]) -> bool | None:
        if not _builtins_are_ours():
            return None
        if func is None:
            return False
        code = func.__code__
        if not self._wanted(code):
            return False
        record = record_of(code)
        if (refusal := self._refusal(code, record, at)) is not None:
            record.refused[at] = refusal
            return False
        done = self._compile(record, code, at, func, (locals_, stack))
        self._go_on(record, at, func)
        self._note_loop(record, code, at)
        return done

    def _note_loop(self, record: Record, code: CodeType, at: int) -> None:
        """If a loop is compiled now, the function is asked about soon, which a generator never is."""
        if not code.co_flags & _GENERATOR and record.alive(at) and self.config.threshold > AROUND_A_LOOP:
            self.runtime.set_threshold(code, AROUND_A_LOOP, self.config.loop_threshold)

    def missed(self, func: FunctionType, args: tuple[Any, ...]) -> bool | None:
        """The versions do not fit the types of these calls: make one that does, within bounds."""
        if not _builtins_are_ours():
            return None
        code = func.__code__
        record = record_of(code)
        if self._refusal(code, record, FUNCTION) is not None:
            return False
        types = tuple(id(type(value)) for value in args)
        if any(compiled.types == types for compiled in record.alive(FUNCTION)):
            return None                     # refused for another reason, such as an int beyond 64 bits
        if len(record.alive(FUNCTION)) >= self.config.versions:
            record.refused.setdefault(FUNCTION, "called with too many combinations of types")
            return False
        if self._misses_little(record, code):
            return None
        return self._compile(record, code, FUNCTION, func, args)

    def _misses_little(self, record: Record, code: CodeType) -> bool:
        """Whether another version would hardly have paid for itself by now, had it taken all that fitted none."""
        newest, least, price = record.alive(FUNCTION)[-1:], LEAST_A_UNIT * len(code.co_code) / 2, self.budget.price()
        return self.config.patient and any(
            price * each.cost > each.version.misses * max(each.saves, least) * 1e-9 for each in newest)

    def outgrown(self, version: Any) -> bool | None:
        """Quickly made code has done much work: the next version is worth more of LLVM's time."""
        record, compiled = self._found(version)
        if record is None or compiled is None or record.attempts.get(compiled.at, 0) >= self._attempts(compiled.at):
            return None
        if not self.budget.allows(compiled.size):
            compiled.count_anew()
            return None
        record.outgrown.add(compiled.at)
        if self.in_background(record):
            compiled.suspended = True       # until it is seen with what values a better one is to work
            version.suspend()
        else:
            version.retire(OUTGROWN)
        return None

    def _go_on(self, record: Record, at: int, func: FunctionType) -> None:
        """Quickly made code goes on until the better one is there, or until it may be asked for again."""
        for compiled in record.alive(at):
            if compiled.suspended:
                compiled.suspended = False
                compiled.outgrown = at in record.underway
                compiled.version.resume()
                if not compiled.outgrown:
                    compiled.count_anew()
                if at == FUNCTION:
                    self._attach(func, compiled)

    def detoured(self, version: Any) -> bool | None:
        """Native calls find no version any more of what they were made for: the next version calls what there is now."""
        record, compiled = self._found(version)
        if record is None or compiled is None or record.attempts.get(compiled.at, 0) >= self._attempts(compiled.at):
            return None
        if self.config.patient and version.detours * DETOUR < self.budget.price() * compiled.cost:
            return None
        if self.budget.allows(compiled.size):
            version.retire("a version that it calls was replaced by one of another form")
        return None

    def noisy(self, version: Any, site: int) -> bool | None:
        """A guard fails often: the next version will do without it."""
        record, compiled = self._found(version)
        if record is None or compiled is None:
            return False
        where = compiled.sites[site]
        compiled.refresh()
        loses = self.config.patient and compiled.loses(EXIT)
        lost = compiled.failures() * (EXIT + REST * compiled.saves * 1e-9)
        if self.config.patient and not where.is_normal and not loses and lost < self.budget.price() * compiled.cost:
            return None
        if where.is_normal:
            if compiled.at != FUNCTION and self._is_entered_in_vain(compiled, version.work, site):
                record.refused[compiled.at] = "it makes too few rounds at a time"
                version.retire("it makes too few rounds at a time")
            return False
        noise = compiled.counts[site] if compiled.counts else 0
        inner = where.code()
        known = (inner is None or where.reason.endswith("not compiled")
                 or record.history.knew(compiled.began, inner, where.at, where.reason, where.place))
        for number, (count, other) in enumerate(zip(compiled.counts, compiled.sites)):
            # Guards that fail less often, but do, would each cost a version later.
            if not count or (code_there := other.code()) is None:
                continue
            if other.place is not None:
                record.history.note_types(code_there, other.place, other.reason, version.seen_types(number),
                                          compiled.began)
            elif count * ALMOST_NOISY >= noise:
                record.history.note_failure(code_there, other.at, other.reason)
        replaceable = not known and record.attempts.get(compiled.at, 0) < self._attempts(compiled.at)
        if compiled.exits_a_second(process_time()) > MAX_EXITS_A_SECOND or replaceable:
            if not replaceable:
                record.refused[compiled.at] = f"it left too often, last at line {where.line}: {where.reason}"
            version.retire(f"it left too often at line {where.line}: {where.reason}")
            if replaceable and loses:
                self._rest(compiled, version.code)
        return None

    def _rest(self, compiled: Compiled, code: CodeType) -> None:
        """After a version that gained nothing the next one is made once that pays, as if it were the first."""
        runs = self.budget.price() * compiled.cost / (max(compiled.saves, LEAST_SAVED) * 1e-9)
        self.runtime.ask_after(code, compiled.at, int(runs))

    def _is_entered_in_vain(self, compiled: Compiled, work: int, site: int) -> bool:
        """Whether a running loop hardly does any work between its ends at a site; `work`: what is left to count."""
        ends, where = compiled.counts[site], compiled.sites[site]
        often = where.times_a_second(ends, process_time()) > MAX_ENDS_A_SECOND
        idle = 0 < compiled.work >= work and compiled.work - work < LEAST_WORK * ends
        return ends > FEW_ENDS and (often or idle)

    def retired(self, version: Any, reason: str | None) -> bool | None:
        record, compiled = self._found(version)
        if compiled is None:
            compiled = next((compiled for compiled in self.log if compiled.version is version), None)
        if record is None or compiled is None:
            if compiled is not None:
                compiled.retire(reason or "")
            return None
        compiled.retire(reason or "")
        return False if compiled.at in record.refused else None

    def failed(self, error: BaseException) -> None:
        """A hook raised: an internal error, which the program must not notice unless it wants to."""
        self.error_count += 1
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(_traceback(error))
        if self.config.strict:
            raise error

    def _found(self, version: Any) -> tuple[Record | None, Compiled | None]:
        """What is known of a version."""
        code = version.code
        record = known_record(code) if code is not None else None
        return record, record.find(version) if record is not None else None

    # -- deciding ----------------------------------------------------------------------------------------------------

    def _wanted(self, code: CodeType) -> bool:
        if code.co_filename.startswith(self.left_alone):
            return False
        if self.everything:
            return True
        record = known_record(code)
        return record is not None and record.jit

    def _refusal(self, code: CodeType, record: Record, at: int) -> str | None:
        """Why this code is not compiled, whatever the types."""
        if at in record.refused:
            return record.refused[at]
        if at == FUNCTION and code.co_flags & _GENERATOR:
            return "generators and coroutines are interpreted"
        if record.attempts.get(at, 0) >= self._attempts(at):
            return "compiled too often already"
        return None

    def _attempts(self, at: int) -> int:
        """How many versions may be made of a function or loop in all."""
        return REPLACEMENTS * (self.config.versions if at == FUNCTION else self.config.loop_versions)

    def _attach(self, func: FunctionType, compiled: Compiled) -> bool:
        """Attach a function of the same code to a version that is there; False if it is for other globals."""
        try:
            return bool(self.runtime.attach(func, compiled.version))
        except ValueError:
            return False

    # -- compiling ---------------------------------------------------------------------------------------------------

    def _compile(self, record: Record, code: CodeType, at: int, func: FunctionType, values: Any) -> bool | None:
        if at in record.underway:
            return None
        forecast = record.forecast.get(at, ())
        if not self.budget.allows(*forecast):
            self._wait(*forecast)
            return None
        if not self.loaded and not self._load():
            return None
        from tiercel.control import pipeline
        from tiercel.evaluate import Unsupported
        record.attempts[at] = record.attempts.get(at, 0) + 1
        began, loading = thread_time(), totals.load_ns
        underway: Compiled | None = None
        try:
            if at == FUNCTION:
                compiled = pipeline.compile_function(self, record, func, values)
            else:
                compiled = pipeline.compile_loop(self, record, func, code, at, *values)
        except pipeline.Underway as making:
            underway = making.args[0].compiled
            record.underway.add(at)
            self.runtime.underway(code, True)
            return None
        except pipeline.Postponed as postponed:
            record.attempts[at] -= 1
            if postponed.args:
                record.forecast[at] = postponed.args
            self._wait(*postponed.args)
            return None
        except pipeline.TooSoon as soon:
            record.attempts[at] -= 1
            self.runtime.ask_after(code, at, soon.args[0] - self.runs(record, at))
            record.runs[at] = soon.args[0]
            return True
        except pipeline.TooLarge as reason:
            if record.history.inline_less(at, reason.part):
                return None
            record.refused[at] = str(reason)
            return False
        except Unsupported as reason:
            record.refused[at] = str(reason)
            return False
        except Exception as error:
            _note_failure(record, at, error)
            raise
        finally:
            seconds = thread_time() - began - (totals.load_ns - loading) / 1e9     # loading comes once only
            self._charge(seconds)
            if underway is not None:
                underway.cost = seconds
        if compiled is None:
            return None                     # an assumption was broken meanwhile
        compiled.cost = seconds
        self._add(record, compiled)
        return True if at != FUNCTION else self._attach(func, compiled)

    def in_background(self, record: Record) -> bool:
        """Whether the thread that became hot goes on while LLVM works."""
        return not (self.config.sync or record.eager)

    def made(self, job: Any) -> bool:
        """Machine code that was made beside the program is there."""
        making = job.owner
        record, compiled, code = making.record, making.compiled, making.version.code
        record.underway.discard(compiled.at)
        began = thread_time()
        try:
            done = making.finish(self, job)
        except Exception as error:
            _note_failure(record, compiled.at, error)
            raise
        finally:
            seconds = thread_time() - began
            self.budget.settle(making.forecast)
            self._charge(seconds, job.seconds)
            compiled.cost += seconds + self.budget.part * job.seconds
            if code is not None:
                self.runtime.underway(code, False)
        if done is None:
            for old in record.alive(compiled.at):
                if old.outgrown:
                    old.outgrown = False
                    old.count_anew()
            return False
        self._add(record, compiled)
        function = making.function()
        if compiled.at == FUNCTION and function is not None:
            self._attach(function, compiled)
        elif compiled.at != FUNCTION and code is not None:
            self._note_loop(record, code, compiled.at)
        return True

    def _add(self, record: Record, compiled: Compiled) -> None:
        totals.functions += 1
        totals.instructions += compiled.instructions
        record.add(compiled)
        for code, surplus in self.cache.add(compiled):
            surplus.version.retire(SURPLUS)
            if self.config.patient:
                self._rest(surplus, code)
        if self.config.stats and len(self.log) < MAX_LOG:
            self.log.append(compiled)

    def _charge(self, seconds: float, beside: float = 0.0) -> None:
        """Seconds of processor time for which a thread of the program waited, and others."""
        self.budget.charge(seconds + self.budget.part * beside)
        totals.compile_ns += int(1e9 * (seconds + beside))

    def _wait(self, characters: int = 0, quick: bool = False) -> None:
        """The budget does not allow that much.  Something smaller may not have to wait so long."""
        self.runtime.wake_after(min(self.budget.wait(characters, quick), max(self.budget.wait(), PATIENCE)))

    def runs(self, record: Record, at: int) -> int:
        """How often code has run, or gone round, when the runtime asks for a version of it."""
        return record.runs.get(at, self.config.threshold if at == FUNCTION else self.config.loop_threshold)

    def calls_at_least(self, record: Record, loops: bool) -> int:
        """How often a function, with or without loops, is to run before it is worth evaluating, if it may have to;
        else 0."""
        dear = int(DEAR_CALLS_WITH_LOOPS * self.budget.price())
        return self._at_least(record, FUNCTION, max(FEW_CALLS_WITH_LOOPS, dear) if loops else FEW_CALLS)

    def rounds_at_least(self, record: Record, at: int) -> int:
        """How often a loop without others in it is to go round before it is worth evaluating, if it may have to; else 0."""
        return self._at_least(record, at, int(DEAR_ROUNDS * self.budget.price()))

    def _at_least(self, record: Record, at: int, least: int) -> int:
        return least if self._may_wait(record) and self.runs(record, at) < least else 0

    def instructions_allowed(self, record: Record, at: int) -> int | None:
        """How many instructions may be evaluated for the version, counting repetitions; None: as many as there are."""
        if not self._may_wait(record):
            return None
        return int(self.runs(record, at) * MOST_SAVED / (EVALUATING * self.budget.price()))

    def _may_wait(self, record: Record) -> bool:
        """Whether code has yet to show that it is worth a version: not what has been compiled before, in any form."""
        return self.config.patient and not record.jit and not record.compiled

    def runs_needed(self, record: Record, compiled: Compiled) -> int:
        """How often code is to run before the version that is being made is worth it, if it has run less often; else 0.
        That is asked once.  Where the interpreter met several types in one place, a second version will be needed to
        know them all.  What has been spent on the graph is lost if it is not made now, and weighs only if so."""
        if not self._may_wait(record) or compiled.at in record.weighed:
            return 0
        record.weighed.add(compiled.at)
        whole = (2 if compiled.wavers else 1) * (WHOLE + LLVM * self.budget.part)
        runs = self.budget.price() * sum(compiled.seconds.values()) / (compiled.saves * 1e-9)
        return int(whole * runs) if (whole - 1) * runs > self.runs(record, compiled.at) else 0

    def _load(self) -> bool:
        """Import the compiler proper, unless a module that it may need is only half imported."""
        if not may_import():
            return False
        began = thread_time()
        from tiercel.control import pipeline  # noqa: F401
        if self.config.strict:
            from tiercel.graph.verify import verify  # with all that prints graphs
            self.verifier = verify
        totals.load_ns += int(1e9 * (thread_time() - began))
        self.loaded = True
        return True

    def load_llvm(self) -> bool:
        """Likewise LLVM, which takes longest and is not wanted before something is worth machine code."""
        if not self.llvm_loaded and may_import():
            from tiercel.control import pipeline
            began = thread_time()
            self.left_alone += pipeline.load()
            totals.load_ns += int(1e9 * (thread_time() - began))
            self.llvm_loaded = True
        return self.llvm_loaded


def _note_failure(record: Record, at: int, error: Exception) -> None:
    record.refused[at] = f"internal error: {type(error).__name__}: {error}"
    record.errors.append(_traceback(error))


def _traceback(error: BaseException) -> str:
    """Where an error came from.  The module `traceback` would import more, on a thread that had better not."""
    lines = []
    here = error.__traceback__
    while here is not None:
        code = here.tb_frame.f_code
        lines.append(f"  {code.co_filename}:{here.tb_lineno} in {code.co_qualname}")
        here = here.tb_next
    return "\n".join([*lines, f"{type(error).__name__}: {error}"])
