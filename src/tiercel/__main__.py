"""The command line: `python -m tiercel [options] app.py ...`."""

from __future__ import annotations

import sys

from tiercel.config import SWITCHES, ConfigError, describe, from_environment
from tiercel.launch import Target, launch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

USAGE = """\
usage: python -m tiercel [options] script.py | directory | archive.zip [argument ...]
       python -m tiercel [options] -m module [argument ...]
       python -m tiercel [options] -c command [argument ...]
       python -m tiercel [options] - [argument ...]
       python -m tiercel install | uninstall

Runs a Python program as `python` does, only faster.  `install` lets TIERCEL=1 switch Tiercel on in every program of
this Python environment, `uninstall` takes that back.

options:
  -h, --help            this text
  -V, --version

switches, as environment variables and as options:
"""


class UsageError(Exception):
    """The command line makes no sense."""


def parse(arguments: list[str]) -> tuple[Target | str, dict[str, Any]]:
    """What to run (or `help`, `version`, `install`, `uninstall`), and the switches given as options."""
    options = {f"--{switch.name.replace('_', '-')}": switch for switch in SWITCHES if switch.name != "active"}
    overrides: dict[str, Any] = {}
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if argument in ("-h", "--help"):
            return "help", overrides
        if argument in ("-V", "--version"):
            return "version", overrides
        if argument[:2] in ("-m", "-c"):
            if len(argument) > 2:
                rest.insert(0, argument[2:])
            if not rest:
                raise UsageError(f"argument expected for the {argument} option")
            return Target("module" if argument[1] == "m" else "command", rest[0], rest[1:]), overrides
        if argument == "-":
            return Target("stdin", "-", rest), overrides
        if not argument.startswith("-"):
            if argument in ("install", "uninstall") and not rest:
                return argument, overrides
            return Target("script", argument, rest), overrides
        name, has_value, value = argument.partition("=")
        switch = options.get(name)
        if switch is None:
            raise UsageError(f"unknown option {argument}; there are: -m, -c, -h, -V, {', '.join(options)}")
        if not has_value:
            if switch.is_flag:
                value = "1"
            elif rest:
                value = rest.pop(0)
            else:
                raise UsageError(f"option {name}: expected {switch.takes}")
        overrides[switch.name] = value
    return Target("stdin", "", []) if not sys.stdin or not sys.stdin.isatty() else "help", overrides


def main(arguments: list[str]) -> int:
    """Do what the command line says; the exit status."""
    try:
        target, overrides = parse(arguments)
        config = from_environment(**overrides)
    except (UsageError, ConfigError) as error:
        print(f"tiercel: {error}", file=sys.stderr)
        return 2
    if isinstance(target, Target):
        return launch(target, config)
    if target == "help":
        print(USAGE + describe())
    elif target == "version":
        import tiercel
        print(f"Tiercel {tiercel.__version__}, CPython {sys.version.partition(' ')[0]}")
    else:
        from tiercel import install
        return install.install() if target == "install" else install.uninstall()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
