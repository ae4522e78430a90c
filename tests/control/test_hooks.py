"""Policy, with a runtime and a compiler that only pretend."""

import _frozen_importlib
import sys
import types

import pytest

from tiercel.config import Config
from tiercel.control import hooks as hooks_module
from tiercel.control.budget import LEAST_PRICE, Budget
from tiercel.control.history import History
from tiercel.control.hooks import LEAST_A_UNIT, REPLACEMENTS, Hooks
from tiercel.control.records import FUNCTION, Compiled, Site, known_record, record_of


class Version:
    """What control uses of a runtime version."""

    def __init__(self, code, reasons):
        self.code = code
        self.valid = True
        self.calls = 100
        self.misses = 1 << 40
        self.work = 1 << 40
        self.counts = [0] * len(reasons)
        self.reason = self.retired_for = None

    def site_counts(self):
        return self.counts

    def retire(self, reason):
        self.valid, self.retired_for = False, reason


class Runtime:
    """Attaches nothing, remembers all."""

    def __init__(self):
        self.attached = []
        self.thresholds = []
        self.waits = []
        self.asked_after = []
        self.types = (0, [])

    def argument_types(self, code):
        return self.types

    def wake_after(self, seconds):
        self.waits.append(seconds)

    def set_threshold(self, code, calls, rounds):
        self.thresholds.append((code, calls, rounds))

    def ask_after(self, code, at, runs):
        self.asked_after.append((code, at, runs))

    def attach(self, func, version):
        self.attached.append((func, version))
        return version.valid


class Compiler(types.ModuleType):
    """Stands for `tiercel.control.pipeline`."""

    class Underway(Exception):
        pass

    Postponed = KeyError
    class TooLarge(Exception):
        part = 0.5

    TooSoon = LookupError
    reasons = ("type", "overflow", "end of the compiled loop")

    def __init__(self):
        super().__init__("tiercel.control.pipeline")
        self.calls = []
        self.error = None

    def load(self):
        return ()

    def make(self, record, code, at, types_):
        self.calls.append((code, at, types_))
        if self.error is not None:
            raise self.error
        compiled = Compiled(code, at, len(record.compiled) + 1)
        compiled.types = types_
        compiled.began = record.history.clock
        compiled.version = Version(code, self.reasons)
        compiled.saves = 1e9
        compiled.sites = [Site(code, unit, unit, reason) for unit, reason in enumerate(self.reasons)]
        return compiled

    def compile_function(self, hooks, record, func, args):
        return self.make(record, func.__code__, FUNCTION, tuple(id(type(value)) for value in args))

    def compile_loop(self, hooks, record, func, code, at, locals_, stack):
        return self.make(record, code, at, ())


@pytest.fixture
def compiler(monkeypatch):
    import tiercel.control
    fake = Compiler()
    monkeypatch.setitem(sys.modules, "tiercel.control.pipeline", fake)
    monkeypatch.setattr(tiercel.control, "pipeline", fake, raising=False)
    return fake


@pytest.fixture
def hooks(compiler, monkeypatch):
    monkeypatch.setattr(Budget, "price", lambda budget: 1.0)     # it depends on how long the tests have run
    return Hooks(Runtime(), Config(), everything=True)


def function():
    namespace = {}
    source = "def f(a, b=1):\n    return a + b\n"
    exec(compile(source, "program.py", "exec"), namespace)       # noqa: S102  a code object of its own each time
    return namespace["f"]


def test_a_hot_function_is_compiled_and_attached(hooks, compiler):
    f = function()
    assert hooks.hot_call(f, (1, 2)) is True
    assert [func for func, _ in hooks.runtime.attached] == [f]
    assert hooks.hot_call(f, (1, 2)) is True, "another function of the code shares the version"
    assert len(compiler.calls) == 1


def test_generators_and_own_code_are_refused(hooks, compiler):
    def g():
        yield 1

    assert hooks.hot_call(g, ()) is False
    assert "generators" in known_record(g.__code__).refused[FUNCTION]
    assert hooks.hot_call(hooks_module.Hooks._compile, ()) is False
    assert known_record(hooks_module.Hooks._compile.__code__) is None
    assert compiler.calls == []


def test_only_what_is_decorated(compiler):
    hooks = Hooks(Runtime(), Config(), everything=False)
    f, g = function(), function()
    record_of(f.__code__).jit = True
    assert hooks.hot_call(f, (1, 2)) is True
    assert hooks.hot_call(g, (1, 2)) is False
    assert known_record(g.__code__) is None, "nothing speaks against compiling it once Tiercel is enabled"


def test_versions_are_bounded(hooks, compiler):
    f = function()
    hooks.hot_call(f, (1, 2))
    kinds = [1.0, "", b"", (), [], {}, None]
    answers = [hooks.missed(f, (kind, 1)) for kind in kinds]
    assert answers == [True, True, True, False, False, False, False]
    assert len(compiler.calls) == hooks.config.versions
    assert "too many combinations" in known_record(f.__code__).refused[FUNCTION]


def test_a_miss_for_types_that_have_a_version(hooks, compiler):
    f = function()
    hooks.hot_call(f, (1, 2))
    assert hooks.missed(f, (1 << 70, 2)) is None
    assert len(compiler.calls) == 1


def test_the_function_of_a_hot_loop_is_worth_compiling_soon(hooks):
    f = function()
    assert hooks.hot_loop(f, 4, (1, 2), ()) is True
    assert hooks.runtime.thresholds == [(f.__code__, hooks_module.AROUND_A_LOOP, hooks.config.loop_threshold)]


def test_a_noisy_guard_is_given_up(hooks):
    f = function()
    hooks.hot_call(f, (1, 2))
    record = known_record(f.__code__)
    version = record.compiled[0].version
    version.counts = [3, 40, 1000]
    hooks.noisy(version, 1)
    assert record.history.failed(f.__code__, 1) == {"overflow"}
    assert record.history.failed(f.__code__, 0) == frozenset()
    assert version.retired_for == "it left too often at line 1: overflow"
    hooks.retired(version, version.retired_for)
    assert record.compiled[0].version is None and record.compiled[0].retired == version.retired_for
    assert hooks.hot_call(f, (1, 2)) is True


def test_guards_that_are_almost_noisy_are_given_up_too(hooks):
    f = function()
    hooks.hot_call(f, (1, 2))
    record = known_record(f.__code__)
    version = record.compiled[0].version
    version.counts = [4, 40, 0]
    hooks.noisy(version, 1)
    assert record.history.failed(f.__code__, 0) == {"type"}


def test_a_failure_noted_since_a_version_was_made_replaces_it_too(hooks):
    f = function()
    hooks.hot_call(f, (1, 2))
    version = known_record(f.__code__).compiled[0].version
    known_record(f.__code__).history.note_failure(f.__code__, 0, "type")       # by another of the versions
    version.counts = [40, 0, 0]
    hooks.noisy(version, 0)
    assert not version.valid


def test_what_is_too_large_is_tried_with_less_inlined(hooks, compiler):
    f = function()
    compiler.error = compiler.TooLarge("too large")
    results = []
    for compiler.TooLarge.part in (0.2, 0.3, 0.5):
        results.append(hooks.hot_call(f, (1, 2)))
    assert results == [None, None, False]
    assert known_record(f.__code__).refused[-1] == "too large"


def test_what_is_too_large_by_itself_is_given_up(hooks, compiler):
    f = function()
    compiler.error = compiler.TooLarge("too large")
    for compiler.TooLarge.part, result in (0.7, None), (0.75, False):
        assert hooks.hot_call(f, (1, 2)) is result
    assert known_record(f.__code__).refused[-1] == "too large"


def test_the_end_of_a_loop_is_no_noise(hooks):
    f = function()
    hooks.hot_call(f, (1, 2))
    version = known_record(f.__code__).compiled[0].version
    assert hooks.noisy(version, 2) is False
    assert version.valid


@pytest.fixture
def now(monkeypatch):
    """The processor time that control sees, as a list of one."""
    seconds = [100.0]
    monkeypatch.setattr(hooks_module, "process_time", lambda: seconds[0])
    return seconds


def compiled_loop(hooks):
    f = function()
    assert hooks.hot_loop(f, 4, (1, 2), ()) is True
    record = known_record(f.__code__)
    compiled, = record.compiled
    compiled.sites[2].asked = (100.0, 0)
    return record, compiled, compiled.version


def test_a_running_loop_that_ends_all_the_time_is_given_up(hooks, now):
    record, _, version = compiled_loop(hooks)
    for ends, valid in ((100_000, True), (400_000, False)):
        now[0], version.counts = now[0] + 1.0, [0, 0, ends]
        assert hooks.noisy(version, 2) is False and version.valid == valid
    assert record.refused[4] == version.retired_for == "it makes too few rounds at a time"


def test_a_running_loop_that_does_little_each_time_is_given_up(hooks, now):
    record, compiled, version = compiled_loop(hooks)
    version.work, version.counts, now[0] = 0, [0, 0, 1280], 101.0
    assert hooks.noisy(version, 2) is False and version.valid, "it does not count"
    compiled.work = 1_000_000
    for ends, work, valid in ((40, 999_900, True), (640, 500_000, True), (1280, 499_000, False)):
        version.counts, version.work, now[0] = [0, 0, ends], work, now[0] + 1.0
        assert hooks.noisy(version, 2) is False and version.valid == valid
    assert record.refused[4] == "it makes too few rounds at a time"


def test_a_version_is_replaced_once_its_exits_cost_as_much(hooks):
    f = function()
    hooks.hot_call(f, (1, 2))
    compiled = known_record(f.__code__).compiled[0]
    version, compiled.cost = compiled.version, 2000 * hooks_module.EXIT
    compiled.saves = 1e9 * hooks_module.EXIT / hooks_module.REST       # what is lost beside the exits, as much as they
    version.counts = [500, 400, 10_000]
    assert hooks.noisy(version, 0) is None and version.valid
    assert known_record(f.__code__).history.failed(f.__code__, 0) == frozenset()
    version.counts = [640, 400, 10_000]
    hooks.noisy(version, 0)
    assert not version.valid
    assert known_record(f.__code__).history.failed(f.__code__, 1) == {"overflow"}


def test_code_that_has_not_run_enough_is_asked_for_again(hooks, compiler):
    f = function()
    hooks.hot_call(f, (1, 2))
    record, compiled = record_of(f.__code__), known_record(f.__code__).compiled.pop()
    compiled.saves, compiled.seconds = 100.0, {"evaluate": 0.01}
    needed = hooks.runs_needed(record, compiled)
    assert needed == int((hooks_module.WHOLE + hooks_module.LLVM * hooks.budget.part) * 0.01 / 100e-9)
    compiler.error = LookupError(needed)
    assert hooks.hot_call(f, (1, 2)) is True
    assert hooks.runtime.asked_after == [(f.__code__, FUNCTION, needed - hooks.config.threshold)]
    assert hooks.runs_needed(record, compiled) == 0
    compiled.seconds = {"evaluate": 1e-6}
    assert hooks.runs_needed(record_of(function().__code__), compiled) == 0


def test_what_the_graph_cost_weighs_only_if_it_is_thrown_away(hooks, compiler):
    f, whole = function(), hooks_module.WHOLE + hooks_module.LLVM * hooks.budget.part
    record, compiled = record_of(f.__code__), Compiled(f.__code__, FUNCTION, 1)
    compiled.saves, compiled.seconds = 100.0, {"evaluate": hooks.config.threshold * 100e-9 / (whole - 0.9)}
    assert hooks.runs_needed(record, compiled) == 0, "more than it could have saved, but not what is still to be spent"
    record.weighed.clear()
    compiled.seconds = {"evaluate": hooks.config.threshold * 100e-9 / (whole - 1.1)}
    assert hooks.runs_needed(record, compiled) == pytest.approx(whole * hooks.config.threshold / (whole - 1.1), abs=1)


def test_nothing_is_evaluated_early_while_compiling_is_dear(hooks, monkeypatch):
    record = record_of(function().__code__)
    for price, with_loops, rounds in ((0.1, hooks_module.FEW_CALLS_WITH_LOOPS, 0),
                                      (1.0, hooks_module.DEAR_CALLS_WITH_LOOPS, hooks_module.DEAR_ROUNDS)):
        monkeypatch.setattr(Budget, "price", lambda budget, price=price: price)
        assert hooks.calls_at_least(record, loops=False) == hooks_module.FEW_CALLS
        assert hooks.calls_at_least(record, loops=True) == with_loops
        assert hooks.rounds_at_least(record, 12) == rounds
    record.runs[FUNCTION], record.runs[12] = hooks_module.FEW_CALLS, hooks_module.DEAR_ROUNDS
    assert hooks.calls_at_least(record, loops=False) == hooks.rounds_at_least(record, 12) == 0


def test_what_may_be_evaluated_grows_with_the_runs(hooks):
    record = record_of(function().__code__)
    allowed = hooks.instructions_allowed(record, FUNCTION)
    assert allowed == hooks.config.threshold * hooks_module.MOST_SAVED / hooks_module.EVALUATING
    record.runs[FUNCTION] = 4 * hooks.config.threshold
    assert hooks.instructions_allowed(record, FUNCTION) == 4 * allowed
    assert hooks.instructions_allowed(record, 12) == 10 * allowed             # a loop that is hot has gone round so often
    record.jit = True
    assert hooks.instructions_allowed(record, FUNCTION) is None


def test_what_has_been_compiled_may_be_evaluated_whole(hooks):
    f = function()
    hooks.hot_call(f, (1, 2))
    assert hooks.instructions_allowed(known_record(f.__code__), FUNCTION) is None


def test_where_several_types_were_met_code_has_to_run_for_two_versions(hooks, compiler):
    f, g = function(), function()
    needed = []
    for each, wavers in ((f, False), (g, True)):
        compiled = compiler.make(types.SimpleNamespace(compiled=[], history=History()), each.__code__, FUNCTION, ())
        compiled.saves, compiled.seconds, compiled.wavers = 100.0, {"evaluate": 0.01}, wavers
        needed.append(hooks.runs_needed(record_of(each.__code__), compiled))
    assert needed[1] == pytest.approx(2 * needed[0], abs=1)


def test_a_version_is_made_for_usual_arguments(hooks, compiler):
    f = function()
    hooks.runtime.types = (100, [{int: 90, str: 10}, {int: 100}])
    assert hooks.hot_call(f, ("rare", 2)) is True and not compiler.calls
    assert hooks.runtime.asked_after == [(f.__code__, FUNCTION, 1)]
    assert hooks.hot_call(f, (1, 2)) is True and len(compiler.calls) == 1
    assert record_of(f.__code__).history.argument_types(0) == [int]


def test_unusual_arguments_are_not_passed_over_for_ever(hooks, compiler):
    f = function()
    hooks.runtime.types = (100, [{int: 100}, {int: 100}])
    asked = 0
    while not compiler.calls and asked < 100:
        hooks.hot_call(f, (1.0, 2))
        asked += 1
    assert asked == hooks_module.PASSED_OVER + 1


def test_all_types_of_an_argument_are_known_where_none_is_usual(hooks, compiler):
    classes = [type(f"C{number}", (), {}) for number in range(5)]
    f = function()
    hooks.runtime.types = (100, [{cls: 9 + number for number, cls in enumerate(classes)}, {}])
    assert hooks.hot_call(f, (object(), 2)) is True and len(compiler.calls) == 1
    assert record_of(f.__code__).history.argument_types(0) == classes[::-1]


def test_few_samples_say_nothing(hooks, compiler):
    f = function()
    hooks.runtime.types = (hooks_module.FEW_SAMPLES - 1, [{int: hooks_module.FEW_SAMPLES - 1}, {}])
    assert hooks.hot_call(f, ("rare", 2)) is True and len(compiler.calls) == 1
    assert record_of(f.__code__).history.argument_types(0) == []


def test_few_misses_are_not_worth_a_version(hooks, compiler):
    f = function()
    hooks.hot_call(f, (1, 2))
    compiled = known_record(f.__code__).compiled[0]
    compiled.saves, compiled.cost, compiled.version.misses = 100.0, 0.01, 16
    assert hooks.missed(f, (1.0, 1)) is None and len(compiler.calls) == 1
    compiled.version.misses = 1 << 17
    assert hooks.missed(f, (1.0, 1)) is True and len(compiler.calls) == 2


def test_a_version_that_saves_nothing_says_little_of_others(hooks, compiler):
    f = function()
    hooks.hot_call(f, (1, 2))
    compiled = known_record(f.__code__).compiled[0]
    units = len(f.__code__.co_code) / 2
    compiled.saves, compiled.cost = 0.01, 1e-9 * units * LEAST_A_UNIT * 100
    compiled.version.misses = 90
    assert hooks.missed(f, (1.0, 1)) is None and len(compiler.calls) == 1
    compiled.version.misses = 110
    assert hooks.missed(f, (1.0, 1)) is True and len(compiler.calls) == 2


def test_a_version_that_cannot_be_replaced_is_kept_unless_it_is_worthless(hooks, monkeypatch):
    f = function()
    record = record_of(f.__code__)
    record.history.note_failure(f.__code__, 0, "type")           # a version before it did without the guard already
    hooks.hot_call(f, (1, 2))
    version = record.compiled[0].version
    now = [100.0]
    monkeypatch.setattr(hooks_module, "process_time", lambda: now[0])
    record.compiled[0].measured = (99.0, 0)
    version.counts = [40, 0, 1_000_000]
    assert hooks.noisy(version, 0) is None
    assert version.valid
    now[0] += 0.0001
    version.counts = [80, 0, 0]
    hooks.noisy(version, 0)
    assert not version.valid
    assert hooks.retired(version, "") is False
    assert hooks.hot_call(f, (1, 2)) is False
    assert "left too often" in record.refused[FUNCTION]


def test_what_leaves_more_than_it_gains_is_retired_and_rests(hooks):
    """Quickly made code tells by its work what it gained: a guard that fails ten thousand times is borne by what does
    much, not by what does little; and then the next version has to pay like a first one."""
    f = function()
    hooks.hot_call(f, (1, 2))
    [compiled] = known_record(f.__code__).compiled
    version = compiled.version
    compiled.cost, compiled.work, compiled.gain, compiled.saves = 0.1, 1_000_000_000, 2.0, 50.0
    version.work = compiled.work - 20_000_000                    # 40 ms were gained
    version.counts = [0, 10_240, 5]
    assert hooks.noisy(version, 1) is None
    assert version.valid and hooks.runtime.asked_after == []
    version.counts = [0, 20_480, 5]
    assert hooks.noisy(version, 1) is None
    assert version.retired_for == "it left too often at line 1: overflow"
    assert hooks.runtime.asked_after == [(f.__code__, FUNCTION, pytest.approx(0.1 / 50e-9, abs=1))]


def test_what_goes_on_after_its_work_is_not_taken_to_have_done_none(hooks):
    f = function()
    hooks.hot_call(f, (1, 2))
    [compiled] = known_record(f.__code__).compiled
    compiled.cost, compiled.work, compiled.gain, compiled.saves = 0.1, 1_000_000_000, 2.0, 0.0
    compiled.version.work = -5
    compiled.count_anew()
    assert compiled.version.work == compiled.work
    compiled.version.counts = [0, 20_480, 5]
    assert hooks.noisy(compiled.version, 1) is None
    assert compiled.version is not None and compiled.version.valid


def test_replacements_are_bounded(hooks, compiler):
    f = function()
    for _ in range(100):
        if hooks.hot_call(f, (1, 2)) is False:
            break
        compiled = known_record(f.__code__).compiled[-1]
        compiled.version.retire("a class was modified")
        hooks.retired(compiled.version, "a class was modified")
    assert len(compiler.calls) == REPLACEMENTS * hooks.config.versions
    assert len(known_record(f.__code__).compiled) < 20, "old versions are forgotten"


def test_what_cannot_be_compiled_is_left_alone(hooks, compiler):
    from tiercel.evaluate import Unsupported
    compiler.error = Unsupported("it is too odd")
    f = function()
    assert hooks.hot_call(f, (1, 2)) is False
    assert known_record(f.__code__).refused == {FUNCTION: "it is too odd"}
    assert hooks.error_count == 0


def test_an_internal_error_is_recorded_and_strict_raises_it(hooks, compiler):
    compiler.error = ZeroDivisionError("inside")
    f = function()
    with pytest.raises(ZeroDivisionError) as caught:
        hooks.hot_call(f, (1, 2))
    record = known_record(f.__code__)
    assert record.refused[FUNCTION] == "internal error: ZeroDivisionError: inside"
    assert "in Compiler.make" in record.errors[0]
    assert hooks.failed(caught.value) is None and hooks.error_count == 1
    strict = Hooks(Runtime(), Config(strict=True), everything=True)
    with pytest.raises(ZeroDivisionError):
        strict.failed(caught.value)
    assert hooks.hot_call(f, (1, 2)) is False, "once is enough"


def test_no_budget_means_later(hooks, compiler):
    hooks.budget.spent = 1e6
    f = function()
    assert hooks.hot_call(f, (1, 2)) is None
    assert compiler.calls == [] and hooks.runtime.waits[-1] > 1e6
    hooks.budget.unlimited = True
    assert hooks.hot_call(f, (1, 2)) is True


def test_a_postponed_compile_does_not_count(hooks, compiler):
    compiler.error = compiler.Postponed(100_000_000)
    f = function()
    assert hooks.hot_call(f, (1, 2)) is None and hooks.runtime.waits[-1] > 0.0
    record = known_record(f.__code__)
    assert record.attempts == {FUNCTION: 0} and record.refused == {}
    compiler.error = None
    assert hooks.hot_call(f, (1, 2)) is None, "it is known by now how much there is to do"
    hooks.budget.unlimited = True
    assert hooks.hot_call(f, (1, 2)) is True


@pytest.mark.parametrize("name", ["json", "json.decoder", "tiercel.types", "llvmlite"])
def test_half_imported_modules_postpone_the_first_compile(hooks, compiler, name):
    with _frozen_importlib._ModuleLockManager(name):
        assert hooks.hot_call(function(), (1, 2)) is None
    with _frozen_importlib._ModuleLockManager("program"):
        assert hooks.hot_call(function(), (1, 2)) is True, "the compiler does not import the program's modules"


def test_budget(monkeypatch):
    now = [10.0]
    monkeypatch.setattr("tiercel.control.budget.process_time", lambda: now[0])
    budget = Budget(10.0)
    assert budget.allows()
    budget.charge(1.0)
    assert not budget.allows()
    now[0] += 2
    assert budget.allows(), "the first seconds earn more"
    budget.charge(1.0)
    now[0] += 10
    assert budget.allows()
    assert budget.allows(1000)
    assert not budget.allows(10**8)
    for _ in range(50):
        budget.learn(100_000, 1e-4)
    assert budget.allows(10**7), "LLVM turned out to be fast"
    for quick in (False, True):
        budget.restart()
        budget.rate = 0.0
        budget.learn(500_000, 5.0 if not quick else 2.0, quick)
        now[0] += budget.wait(500_000, quick) - 0.01
        assert not budget.allows(500_000, quick)
        now[0] += 0.02
        assert budget.allows(500_000, quick), "what it waited for"
    budget.restart()
    assert budget.spent == 0
    unlimited = Budget(1.0, unlimited=True)
    unlimited.charge(5.0)
    assert unlimited.allows() and unlimited.wait() == 0.0, "where an import keeps from compiling, not the budget"


def test_what_is_left_of_the_budget_makes_compiling_cheap(monkeypatch):
    now = [10.0]
    monkeypatch.setattr("tiercel.control.budget.process_time", lambda: now[0])
    budget = Budget(10.0)
    assert budget.price() == 1.0, "nothing is earned yet but the grace"
    now[0] += 4.0
    assert budget.price() == LEAST_PRICE
    budget.charge(0.6)
    assert LEAST_PRICE < budget.price() < 1.0
    budget.charge(0.8)
    assert budget.price() == 1.0, "only the grace is left"
    assert Budget(10.0, unlimited=True).price() == 1.0


def test_code_waits_for_less_while_compiling_is_cheap(hooks, compiler, monkeypatch):
    record, compiled = record_of(function().__code__), Compiled(function().__code__, FUNCTION, 1)
    compiled.saves, compiled.seconds = 10.0, {"evaluate": 0.01}
    dear = hooks.runs_needed(record, compiled)
    record.weighed.clear()
    monkeypatch.setattr(Budget, "price", lambda budget: 0.5)
    assert dear and hooks.runs_needed(record, compiled) == pytest.approx(dear / 2, abs=1)


def test_history_of_names():
    history = History()
    names = {"x": 1}
    assert not history.changed(names, "x")
    history.note_assumed(names, "x")
    assert not history.changed(names, "x")
    names["x"] = 2
    assert history.changed(names, "x")
    history.note_assumed(names, "x")
    assert history.changed(names, "x"), "a name that changed once may change again"
    assert not history.changed(names, "y")
    assert not History().changed(names, "x"), "another code object's, unless the namespace is a module's"


def test_a_history_remembers_few_namespaces():
    """Dicts of functions that are made and forgotten are not remembered on and on."""
    history, kept = History(), [{"x": i} for i in range(40)]
    for names in kept:
        history.note_assumed(names, "x")
        names["x"] = None
    assert history.changed(kept[-1], "x") and not history.changed(kept[0], "x")


def test_histories_share_what_becomes_of_a_modules_names(monkeypatch):
    import sys
    import types
    module = types.ModuleType("a_module_of_a_test")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names = vars(module)
    names["x"] = 1
    History().note_assumed(names, "x")
    names["x"] = 2
    assert History().changed(names, "x") and not History().changed(names, "y")
    other = types.ModuleType(module.__name__)
    assert not History().changed(vars(other), "x"), "a module of the same name"


def test_records_do_not_keep_code_alive(hooks, compiler):
    import gc
    import weakref
    f = function()
    hooks.hot_call(f, (1, 2))
    hooks.noisy(known_record(f.__code__).compiled[0].version, 0)
    hooks.runtime.attached.clear()
    compiler.calls.clear()
    watcher = weakref.ref(f.__code__)
    known_record(f.__code__).compiled[0].version = None
    del f
    gc.collect()
    assert watcher() is None
