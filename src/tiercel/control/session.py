"""The one session of a process: Tiercel switched on, with its switches, until it is switched off."""

from __future__ import annotations

import os
import sys

from tiercel.config import Config, from_environment
from tiercel.control.hooks import Hooks
from tiercel.control.records import all_records, record_of
from tiercel.control.support import load_runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FunctionType, ModuleType


class Session:
    """Tiercel switched on."""

    def __init__(self, runtime: ModuleType, config: Config, everything: bool) -> None:
        self.runtime = runtime
        self.config = config
        self.everything = everything
        self.hooks = Hooks(runtime, config, everything)

    def begin(self) -> None:
        import gc  # noqa: F401  the runtime uses it while hooks run, when nothing may be imported
        if self.config.exit_storm is not None:
            self.runtime.storm(self.config.exit_storm)
        self.runtime.start(self.hooks, self.config.threshold, self.config.loop_threshold)

    def end(self) -> None:
        self.runtime.stop()
        for _, record in all_records():
            record.underway.clear()             # it is dropped


current: Session | None = None
reason = "not enabled"               # why there is no current session
_fork_hooks = False
_report_hook = False


def start(config: Config, everything: bool = True) -> str | None:
    """Switch on; returns why that is not possible, or None.  A session that is on goes on with the new switches."""
    global current, reason
    if config.active is False:
        reason = "switched off by TIERCEL=0"
        return reason
    runtime, why = load_runtime()
    if runtime is None:
        assert why is not None
        reason = why
        return why
    if current is not None:
        everything = everything or current.everything
        stop()
    session = Session(runtime, config, everything)
    try:
        session.begin()
    except Exception as error:          # the tool id of sys.monitoring is taken, for one
        reason = f"could not start: {error}"
        return reason
    current = session
    _register(runtime, config)          # after the runtime: what is registered later runs first at exit
    return None


def stop() -> None:
    """Switch off: everything is interpreted from here on."""
    global current, reason
    if current is not None:
        session, current, reason = current, None, "disabled"
        session.end()


def mark(function: FunctionType, eager: bool) -> None:
    """Compile this function when it is hot, whether or not Tiercel is enabled; if `eager`, at its next call."""
    if current is None:
        start(from_environment(), everything=False)
    record = record_of(function.__code__)
    record.jit, record.eager = True, record.eager or eager
    if current is not None:
        threshold = 1 if eager else current.config.threshold
        current.runtime.set_threshold(function.__code__, threshold)


def _register(runtime: ModuleType, config: Config) -> None:
    global _fork_hooks, _report_hook
    if not _fork_hooks and hasattr(os, "register_at_fork"):
        os.register_at_fork(before=runtime.before_fork, after_in_parent=runtime.after_fork,
                            after_in_child=_after_fork)
        _fork_hooks = True
    if config.stats and not _report_hook:
        import atexit
        atexit.register(_report)
        _report_hook = True


def _after_fork() -> None:
    if current is not None:
        current.hooks.budget.restart()
        current.runtime.after_fork_in_child()


def _report() -> None:
    from tiercel.report.statistics import statistics
    print(statistics(), file=sys.stderr)
