"""Every switch, once: name, environment variable, default, what it takes, help.

`python -m tiercel --help`, the command-line options, `tiercel.enable(name=value)` and the errors for wrong values
are made from the table.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False                # without importing typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class ConfigError(ValueError):
    """An unknown switch, or a value that it does not take."""


class Switch:
    """One line of the table.  `parse` makes a value of a text, or raises ValueError; `takes` says what it accepts."""

    __slots__ = ("default", "help", "name", "parse", "takes", "variable")

    def __init__(self, name: str, variable: str, default: Any, kind: tuple[str, Callable[[str], Any]],
                 help: str) -> None:
        self.name = name
        self.variable = variable
        self.default = default
        self.takes, self.parse = kind
        self.help = help

    @property
    def is_flag(self) -> bool:
        return self.parse is _flag

    def value_of(self, text: str, where: str) -> Any:
        try:
            return self.parse(text)
        except ValueError:
            raise ConfigError(f"{where}: expected {self.takes}, not {text!r}") from None


MAX_COUNT = 2**32 - 1                # what the runtime counts to


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError
    return text == "1"


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return min(number, MAX_COUNT)


def _number(text: str) -> int:
    if (number := int(text)) < 0:
        raise ValueError
    return min(number, MAX_COUNT)


def _percent(text: str) -> float:
    if not 0 < (number := float(text)) <= 100:
        raise ValueError
    return number


def _megabytes(text: str) -> float:
    if not 0 < (number := float(text)) < float("inf"):
        raise ValueError
    return number


FLAG = ("0 or 1", _flag)
COUNT = ("a whole number of at least 1", _count)
NUMBER = ("a whole number of at least 0", _number)
MEGABYTES = ("a number of megabytes above 0", _megabytes)
PERCENT = ("a number above 0 and up to 100", _percent)

SWITCHES = (
    Switch("active", "TIERCEL", None, FLAG, "1: on from the start, where `python -m tiercel install` was run; "
           "0: off, whatever the program says"),
    Switch("threshold", "TIERCEL_THRESHOLD", 1000, COUNT, "calls of a function before it is compiled, by default "
           "more if that is to pay; a running loop takes ten times as many iterations; 1: everything at once"),
    Switch("sync", "TIERCEL_SYNC", False, FLAG, "1: compile whatever is hot when it is hot, without a budget, whether "
           "it pays or not"),
    Switch("budget", "TIERCEL_BUDGET", 10.0, PERCENT, "how much of the processor time may be spent on compiling, "
           "in percent"),
    Switch("versions", "TIERCEL_VERSIONS", 4, COUNT, "how many versions, for different types, a function may have; "
           "a running loop one fewer"),
    Switch("code_cache", "TIERCEL_CODE_CACHE", 16.0, MEGABYTES, "how much machine code is kept; what has not been used for "
           "longest goes first"),
    Switch("work", "TIERCEL_WORK", 100_000_000, NUMBER, "operations that a loop's quickly made code performs before it "
           "is made better; 0: made well at once"),
    Switch("strict", "TIERCEL_STRICT", False, FLAG, "1: raise internal errors in the program and verify each graph"),
    Switch("exit_storm", "TIERCEL_EXIT_STORM", None, NUMBER, "make guards fail in turn, in an order given by this number "
           "(a test of Tiercel itself)"),
    Switch("stats", "TIERCEL_STATS", False, FLAG, "1: print what was compiled to stderr when the program ends"),
)

_BY_NAME = {switch.name: switch for switch in SWITCHES}


class Config:
    """The value of every switch, as attributes."""

    active: bool | None
    threshold: int
    sync: bool
    budget: float
    versions: int
    code_cache: float
    work: int
    strict: bool
    exit_storm: int | None
    stats: bool

    def __init__(self, **values: Any) -> None:
        for switch in SWITCHES:
            setattr(self, switch.name, values.pop(switch.name, switch.default))
        if values:
            raise ConfigError(f"no switch is called {next(iter(values))!r}; there are: {', '.join(_BY_NAME)}")

    def __repr__(self) -> str:
        return f"Config({', '.join(f'{name}={getattr(self, name)!r}' for name in _BY_NAME)})"

    @property
    def patient(self) -> bool:
        """Whether code beyond the threshold may have to go on until its compiling pays: not where it was set lower."""
        return not self.sync and self.threshold >= _BY_NAME["threshold"].default

    @property
    def loop_threshold(self) -> int:
        """Back-edges of a running loop before it is compiled."""
        return 1 if self.threshold == 1 else min(10 * self.threshold, MAX_COUNT)

    @property
    def loop_versions(self) -> int:
        return max(1, self.versions - 1)


def from_environment(environ: Mapping[str, str] | None = None, **overrides: Any) -> Config:
    """The switches as the environment sets them; `overrides` (values, or texts as in the environment) go first."""
    values: dict[str, Any] = {}
    variables = {switch.variable: switch for switch in SWITCHES}
    for variable, text in (os.environ if environ is None else environ).items():
        if not variable.startswith("TIERCEL") or text == "":
            continue
        switch = variables.get(variable)
        if switch is not None:
            values[switch.name] = switch.value_of(text, variable)
        elif variable.startswith("TIERCEL_"):
            raise ConfigError(f"unknown switch {variable}; there are: {', '.join(variables)}")
    for name, value in overrides.items():
        switch = _BY_NAME.get(name)
        if switch is None:
            raise ConfigError(f"no switch is called {name!r}; there are: {', '.join(_BY_NAME)}")
        text = str(int(value)) if isinstance(value, bool) else str(value)
        values[name] = None if value is None else switch.value_of(text, name)
    return Config(**values)


def describe() -> str:
    """The table as `--help` prints it."""
    lines = []
    for switch in SWITCHES:
        default = "" if switch.default is None else f" (default: {_shown(switch.default)})"
        option = f", --{switch.name.replace('_', '-')}{'' if switch.is_flag else '=N'}"
        lines.append(f"  {switch.variable}=N{'' if switch.name == 'active' else option}")
        lines.extend(_wrapped(f"{switch.help}; {switch.takes}{default}"))
    return "\n".join(lines)


def _shown(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else f"{value:g}"


def _wrapped(text: str, indent: str = "        ", width: int = 110) -> list[str]:
    lines = [indent]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append(indent)
        lines[-1] += word if lines[-1] == indent else f" {word}"
    return lines
