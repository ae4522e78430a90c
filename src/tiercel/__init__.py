"""Tiercel: Python programs run faster on the CPython they already run on.

    python -m tiercel app.py             run a program
    tiercel.enable()                     compile what is hot in this process from here on
    @tiercel.jit                         compile this function
    print(tiercel.explain(function))     what was compiled, for which types, where it leaves and why

Importing this module must stay cheap: everything else is imported when it is needed.
"""

from __future__ import annotations

TYPE_CHECKING = False                # without importing typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, overload

    from tiercel.report.function import Explanation
    from tiercel.report.statistics import Status

__version__ = "0.1.0"
__all__ = ["disable", "enable", "explain", "jit", "status", "wait"]


def enable(**switches: Any) -> None:
    """Compile whatever gets hot in this process, from here on.

    Switches go by their names (`enable(threshold=1)`) and before the environment; `python -m tiercel --help` lists
    them.
    Where Tiercel cannot be active, nothing happens, and `status()` says why.
    """
    from tiercel.config import from_environment
    from tiercel.control import session
    session.start(from_environment(**switches))


def disable() -> None:
    """Interpret everything from here on; compiled code that is running leaves."""
    from tiercel.control import session
    session.stop()


def status() -> Status:
    """Whether Tiercel is active, or why not, and what it has done so far."""
    from tiercel.report.statistics import Status
    return Status()


def wait(seconds: float = 1e9) -> bool:
    """Wait until all machine code that is being made beside the program is there, at most so long; whether it is."""
    from tiercel.control import session
    return session.current is None or session.current.runtime.background_wait(seconds)


if TYPE_CHECKING:
    @overload
    def jit[F: Callable[..., Any]](function: F, /, *, eager: bool = False) -> F: ...
    @overload
    def jit[F: Callable[..., Any]](*, eager: bool = False) -> Callable[[F], F]: ...


def jit(function: Any = None, /, *, eager: bool = False) -> Any:
    """Compile this function when it is hot, also without `enable()`; with `eager`, at its next call."""
    if function is None:
        return lambda decorated: jit(decorated, eager=eager)
    from types import FunctionType
    if type(function) is not FunctionType:
        raise TypeError(f"tiercel.jit: {function!r} is not a Python function")
    from tiercel.control import session
    session.mark(function, eager)
    return function


def explain(function: Any) -> Explanation:
    """What was compiled of a function, for which types, where it leaves and why; or why nothing was."""
    from tiercel.report.function import Explanation
    return Explanation(function)
