"""From a hot function to installed machine code.

    evaluate -> passes -> lower -> Version, its assumptions under watch -> machine code -> installed

The assumptions are watched before LLVM runs: it lets other threads go on, and they may break them.
"""

from __future__ import annotations

import os
import sys
import weakref
from contextlib import contextmanager
from time import thread_time
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from tiercel import evaluate, passes
from tiercel.bytecode import Code, decode, jumps_back
from tiercel.bytecode.suspensions import awaits, goes_on_at
from tiercel.control.gain import LOOP, estimate
from tiercel.control.records import FUNCTION, OUTGROWN, Compiled, Record, Site
from tiercel.evaluate.instructions import HANDLERS
from tiercel.graph.build import Graph
from tiercel.graph.ops import OPS
from tiercel.types import qualified_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiercel.control.hooks import Hooks
    from tiercel.evaluate import Evaluation


# LLVM's time grows faster than its text; this much takes it half a second and more.
MAX_TEXT = 350_000


class TooLarge(evaluate.Unsupported):
    """What was inlined makes the version too large; `part`: as much of it would not be."""

    def __init__(self, part: float) -> None:
        super().__init__("too large: compiling it would take seconds")
        self.part = part


class Postponed(Exception):
    """The budget, or an import that is under way, does not allow to go on: later.  The arguments are those of
    `Budget.wait`."""


class Underway(Exception):
    """Machine code is being made beside the program; the argument: the `Making`."""


class TooSoon(Exception):
    """The code has not yet run so often that a version is worth its cost; the argument: how often it has to."""


def load() -> tuple[str, ...]:
    """Import LLVM and all that its first use would import; the folders of its Python side."""
    from tiercel import emit
    emit.load()
    return tuple(f"{folder}{os.sep}" for folder in sys.modules["llvmlite"].__path__)


def compile_function(hooks: Hooks, record: Record, func: FunctionType, args: tuple[Any, ...] | None) -> Compiled | None:
    """A version of a function for the types of `args`; None if an assumption was broken while it was made."""
    if least := hooks.calls_at_least(record, jumps_back(func.__code__)):
        raise TooSoon(least)
    began, then = thread_time(), record.history.clock
    with _bounds(hooks, record, FUNCTION):
        evaluation = evaluate.evaluate_function(func, args, record.history)
    compiled = Compiled(func.__code__, FUNCTION, len(record.compiled) + 1)
    compiled.began, compiled.seconds["evaluate"] = then, thread_time() - began
    compiled.types = tuple(id(type(value)) for value in args or ())
    return _finish(hooks, record, compiled, evaluation, func)


def compile_loop(hooks: Hooks, record: Record, func: FunctionType, code: CodeType, at: int, locals_: tuple[Any, ...],
                 stack: tuple[Any, ...]) -> Compiled | None:
    """A version of a running loop for the types of what is in its frame, or of what a generator runs that is suspended
    there."""
    decoded = decode(code)
    if _always_leaves(decoded, at):
        raise evaluate.Unsupported("each round of the loop yields, or comes to what is not compiled")
    if (least := hooks.rounds_at_least(record, at)) and _is_innermost(decoded, at):
        raise TooSoon(least)
    began, then = thread_time(), record.history.clock
    of_frame = evaluate.evaluate_resumption if goes_on_at(decoded, at) else evaluate.evaluate_loop
    with _bounds(hooks, record, at):
        evaluation = of_frame(func, code, at, locals_, stack, func.__globals__, record.history)
    compiled = Compiled(code, at, len(record.compiled) + 1)
    compiled.began, compiled.seconds["evaluate"] = then, thread_time() - began
    compiled.resumes = evaluation.graph.resumes
    return _finish(hooks, record, compiled, evaluation, func)


def _is_innermost(code: Code, at: int) -> bool:
    """Whether this is a loop without others in it, so that a round of it tends to be short."""
    loops = code.flow.loops
    return at in loops and all(loop.parent is not loops[at] for loop in loops.values())


@contextmanager
def _bounds(hooks: Hooks, record: Record, at: int) -> Iterator[None]:
    """What a version may cost that has not yet been shown to be worth more.  TooSoon: evaluating it took longer."""
    record.history.frugal = bool(hooks.config.work) and at not in record.outgrown
    record.history.allowed = hooks.instructions_allowed(record, at)
    try:
        yield
    except evaluate.TooLong:
        raise TooSoon(2 * hooks.runs(record, at)) from None


def _always_leaves(code: Code, at: int) -> bool:
    """Whether every way round a loop comes to an instruction that suspends the generator or is not compiled at all:
    entering and leaving each time costs more than a round can gain."""
    loop = code.flow.loops.get(at)
    if loop is None:
        return False
    pending, seen = [loop.header], {loop.header}
    while pending:
        block = pending.pop()
        if any(i.op not in HANDLERS or i.opcode.control == "yield" or i.op == "SEND" and not awaits(code.code)
               for i in block.instructions):
            continue
        if block in loop.back_edges:
            return False
        for successor in (*block.successors, *block.handlers):
            if successor in loop.blocks and successor not in seen:
                seen.add(successor)
                pending.append(successor)
    return True


def _finish(hooks: Hooks, record: Record, compiled: Compiled, evaluation: Evaluation,
            func: FunctionType) -> Compiled | None:
    graph = evaluation.graph
    _describe(compiled, evaluation)
    began = thread_time()
    passes.run(graph, hooks.verifier)
    compiled.seconds["passes"] = thread_time() - began
    gain = estimate(graph)
    saves = gain / (1 if graph.loop_at is None or graph.resumes else LOOP)
    if saves <= 0 and not (hooks.config.sync or record.jit):
        raise evaluate.Unsupported("nothing to gain: it mostly calls into CPython")
    compiled.saves = saves
    if needed := hooks.runs_needed(record, compiled):
        raise TooSoon(needed)
    if not hooks.load_llvm():
        raise Postponed
    from tiercel import emit  # not for code that gains nothing
    began = thread_time()
    lowered = emit.lower(graph, graph.name, hooks.config.exit_storm is not None,
                         not record.history.frugal, evaluation.spared)
    compiled.seconds["lower"] = thread_time() - began
    compiled.size = size = len(lowered.text)
    quick = lowered.plan.effort is emit.Effort.QUICK
    if size > MAX_TEXT:
        raise TooLarge(MAX_TEXT / size if compiled.inlined else 0.0)
    beside = hooks.in_background(record)
    if not beside and not hooks.budget.allows(size, quick):
        raise Postponed(size, quick)
    # mypy knows the attribute, but forgets it when it reads its stubs from its cache
    builtin_names = func.__builtins__  # type: ignore[attr-defined, unused-ignore]
    version = hooks.runtime.Version(graph.code, func.__globals__, builtin_names, len(lowered.sites),
                                    lowered.param_kinds, FUNCTION if graph.loop_at is None else graph.loop_at,
                                    evaluation.promise)
    if lowered.plan.call:
        compiled.work = version.work = max(1, int(hooks.config.work * hooks.budget.price()))
        compiled.gain = gain / (lowered.plan.call + LOOP * lowered.plan.round)
    for index, description in enumerate(lowered.sites):
        version.set_site(index, description)
    compiled.sites = [_site(description) for description in lowered.sites]
    for index, number, place in lowered.tested:
        version.test_value(index, number)
        compiled.sites[index].place = place
    _assume(record, version, evaluation)
    making = Making(record, compiled, version, evaluate.native_form(evaluation, func.__globals__),
                    emit.prepare(lowered, version), lowered.extra_words, quick)
    job = emit.job(lowered, making)
    _take_apart(graph)
    if beside:
        making.function = weakref.ref(func)
        version.lend()
        making.forecast = hooks.budget.reserve(size, quick)
        job.start()
        raise Underway(making)
    job.run()
    return making.finish(hooks, job)


class Making:
    """A version whose machine code is being made.  It keeps nothing of the program alive but the code object."""

    __slots__ = ("record", "compiled", "version", "form", "unlinked", "extra_words", "quick", "forecast", "function")

    def __init__(self, record: Record, compiled: Compiled, version: Any, form: evaluate.NativeForm, unlinked: Any,
                 extra_words: int, quick: bool, forecast: float = 0.0,
                 function: weakref.ref[FunctionType] | None = None) -> None:
        self.record = record
        self.compiled = compiled
        self.version = version
        self.form = form
        self.unlinked = unlinked
        self.extra_words = extra_words
        self.quick = quick
        self.forecast = forecast    # seconds, as the budget counts on
        self.function = function    # whose version it is, where that may have gone

    def finish(self, hooks: Hooks, job: Any) -> Compiled | None:
        """Link and install what is made; None if an assumption was broken meanwhile.  RuntimeError: LLVM failed."""
        from tiercel import emit
        compiled, version = self.compiled, self.version
        compiled.seconds["llvm"] = job.seconds
        hooks.budget.learn(compiled.size, job.seconds, self.quick)
        image = job.take()
        if not version.valid:
            return None
        began = thread_time()
        library, addresses = emit.link(image, self.unlinked)
        compiled.machine_code = emit.loaded_size(image)
        compiled.seconds["link"] = thread_time() - began
        if not version.valid:
            return None
        for old in self.record.alive(compiled.at):
            if old.outgrown:
                old.version.retire(OUTGROWN)
        if compiled.at == FUNCTION:
            done = version.install(addresses["native"], addresses["bound"], addresses.get("entry", 0), library)
            evaluate.register(version, self.form)
        else:
            done = version.install_loop(addresses["enter"], self.extra_words, library)
        if not done:
            return None
        compiled.version = version
        return compiled


def _assume(record: Record, version: Any, evaluation: Evaluation) -> None:
    assumptions = evaluation.assumptions
    version.hold(evaluation.constants)
    for type_ in assumptions.types:
        version.assume_type(type_)
    for names, name in assumptions.globals:
        version.assume_global(names, name)
        record.history.note_assumed(names, name)
    for function in assumptions.functions:
        version.assume_function(function)


def _describe(compiled: Compiled, evaluation: Evaluation) -> None:
    """What readers of `explain` see; taken before the passes change the graph."""
    graph = evaluation.graph
    names = decode(graph.code).local_names
    for slot, type_ in zip(graph.param_slots, graph.param_types):
        shown = "any" if type_ is None else qualified_name(type_)
        compiled.params.append((names[slot] if slot >= 0 else f"stack {-1 - slot}", shown))
    result = evaluation.result
    compiled.result = "" if result.type is None or compiled.at != FUNCTION else qualified_name(result.type)
    compiled.inlined = list(evaluation.inlined)
    compiled.instructions = evaluation.evaluated
    compiled.notes = [(code.co_qualname, _line(code, at), text) for code, at, text in evaluation.notes]
    met = ((decode(code.code), units) for code, units in evaluation.covered.items())
    compiled.wavers = any(code.by_offset[at].missed for code, units in met for at in units)
    own = decode(graph.code)
    compiled.lines = frozenset(own.by_offset[at].line or graph.code.co_firstlineno for at in evaluation.covered.get(own, ()))
    called = {node.attrs.get("function") for node in graph.nodes() if node.op is OPS["call_native"]}
    compiled.direct = sorted(graph.code.co_qualname if each is None else each.__qualname__ for each in called)


def _site(description: Any) -> Site:
    _, frames, reason, *_ = description
    code, at = frames[0][0], frames[0][2]
    return Site(code, at, _line(code, at), reason)


def _line(code: CodeType, at: int) -> int:
    for instruction in decode(code).instructions:
        if instruction.at <= at < instruction.next:
            return instruction.line or code.co_firstlineno
    return code.co_firstlineno


def _take_apart(graph: Graph) -> None:
    """Blocks and nodes refer to each other: leave no cycles for the program's collector to find."""
    for block in graph.blocks:
        block.nodes.clear()
        block.params.clear()
