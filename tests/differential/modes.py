"""How a child process joins Tiercel in each mode; the environment a mode needs is in `ENVIRONMENT`.

- plain: CPython as it is.
- graph: after some calls the function's graph is run by the graph interpreter; no machine code.
- machine: compiled at the first call, before the interpreter has seen any types, mostly quickly.
- warm: compiled after a few calls, with the interpreter's inline caches filled; well once it has done a little work.
- beside: compiled early, by LLVM beside the program, which goes on and may change what was assumed.
- storm: compiled after a few calls, mostly quickly, and each guard fails once.

Only the code under test is compiled: the harness stays interpreted, so that what fails is what is tested.
"""

from __future__ import annotations

import inspect
import pathlib
import types
from collections.abc import Callable
from typing import Any

STRICT = {"TIERCEL_SYNC": "1", "TIERCEL_STRICT": "1"}
ENVIRONMENT: dict[str, dict[str, str]] = {
    "plain": {"TIERCEL": "0"},
    "graph": {"TIERCEL_THRESHOLD": "1000000"},
    "machine": {**STRICT, "TIERCEL_THRESHOLD": "1"},
    "warm": {**STRICT, "TIERCEL_THRESHOLD": "5", "TIERCEL_WORK": "30"},
    "beside": {"TIERCEL_STRICT": "1", "TIERCEL_THRESHOLD": "2", "TIERCEL_WORK": "30", "TIERCEL_BUDGET": "100"},
    "storm": {**STRICT, "TIERCEL_THRESHOLD": "3", "TIERCEL_EXIT_STORM": "1"},
}
TIERCEL_MODES = tuple(mode for mode in ENVIRONMENT if mode != "plain")
ROUNDS = 3          # of a child: each argument set in turn, so that types change between rounds
GRAPH_ROUNDS = 1    # graphs do not change by what they meet, and are run slowly
GRAPH_PARTS = ("result", "identical", "arguments", "log", "output", "raised")    # what the graph interpreter keeps
HERE = pathlib.Path(__file__).parent
UNDER_TEST = (str(HERE / "cases"), str(HERE / "shapes.py"), "<program>", "<string>")

Caller = Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]


def enter(mode: str) -> Caller | None:
    """Switch Tiercel on in this process; the environment chose how.  A caller, where calls are not made directly.

    What makes a case's arguments is the harness's: evaluated beside the program, its constants would be held for a
    while, which the counts of references show.
    """
    import case as cases

    import tiercel
    from tiercel.control import session

    tiercel.enable()
    if session.current is None:
        raise SystemExit(f"Tiercel is not active in mode {mode}: {tiercel.status()}")
    hooks = session.current.hooks
    makers = {made.__code__ for chosen in cases.CASES.values() for made in chosen.sets
              if isinstance(made, types.FunctionType)}
    hooks._wanted = lambda code: (    # type: ignore[method-assign]
        code.co_filename.startswith(UNDER_TEST) and code not in makers)
    return GraphCaller() if mode == "graph" else None


class GraphCaller:
    """Calls functions through the graph interpreter, once they have been called a few times."""

    FIRST = 2       # calls before, for the interpreter's inline caches

    def __init__(self) -> None:
        self.calls: dict[types.CodeType, int] = {}
        self.graphs: dict[tuple[Any, ...], Any] = {}

    def __call__(self, function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        code = function.__code__
        self.calls[code] = self.calls.get(code, 0) + 1
        slots = argument_slots(function, args, keywords)
        if slots is None or self.calls[code] <= self.FIRST:
            return function(*args, **keywords)
        from tiercel.graph import interpret
        graph, still_valid = self.graph(function, slots)
        if graph is None or any(not fits(graph.param_types[i], slots[at], node.rep)
                                for i, (at, node) in enumerate(zip(graph.param_slots, graph.entry.params))):
            return function(*args, **keywords)
        return interpret.run(graph, function, [slots[at] for at in graph.param_slots],
                             still_valid=still_valid)

    def graph(self, function: Callable[..., Any], slots: list[Any]) -> tuple[Any, Callable[[], bool]]:
        """The function's graph for arguments of these types, after all passes, and whether its assumptions hold."""
        from tiercel import evaluate, passes
        from tiercel.control.history import History
        from tiercel.graph.verify import verify

        key = (function, *(type(value) for value in slots))
        if key not in self.graphs or not self.graphs[key][1]():
            try:
                evaluation = evaluate.evaluate_function(function, tuple(slots), History())    # type: ignore[arg-type]
                passes.run(evaluation.graph, verify, trace=lambda _, graph: verify(graph))
                before = snapshot(evaluation.assumptions)
                self.graphs[key] = evaluation.graph, lambda: snapshot(evaluation.assumptions) == before
            except evaluate.Unsupported:
                self.graphs[key] = None, lambda: True
        return self.graphs[key]


def snapshot(assumptions: Any) -> list[Any]:
    """What a graph assumes, as it is now: values of names, contents of classes, parts of functions, by identity."""
    now: list[Any] = [id(names.get(name)) for names, name in assumptions.globals]
    for kind in assumptions.types:
        now.append([(name, id(value)) for base in kind.__mro__ for name, value in vars(base).items()])
    for function in assumptions.functions:
        now.append((id(function.__code__), id(function.__defaults__), id(function.__closure__),
                    [(name, id(value)) for name, value in (function.__kwdefaults__ or {}).items()]))
    return now


def argument_slots(function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> list[Any] | None:
    """The arguments in the order of the code's variables; None if they do not bind."""
    try:
        bound = inspect.signature(function).bind(*args, **keywords)
    except TypeError:
        return None
    bound.apply_defaults()
    return [bound.arguments[name] for name in function.__code__.co_varnames[:len(bound.arguments)]]


def fits(type_: type | None, value: Any, rep: str) -> bool:
    """Whether a graph's parameter takes this value."""
    return (type_ is None or type(value) is type_) and (rep != "i" or -2**63 <= value < 2**63)
