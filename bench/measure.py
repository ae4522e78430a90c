"""What the runners share: fresh processes, medians, and words for the machine and its CPython."""

from __future__ import annotations

import argparse
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys
import sysconfig
from collections.abc import Collection, Sequence

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLAIN = "plain"
TIERCEL = "tiercel"
MODES = (PLAIN, TIERCEL)


class Failed(Exception):
    """A measured process did not end well."""


def command(mode: str, *arguments: str) -> list[str]:
    """The command line that runs `arguments` (a script and its arguments, or -c code) in one of the modes."""
    return [sys.executable, *(("-m", "tiercel") if mode == TIERCEL else ()), *arguments]


def environment() -> dict[str, str]:
    """The environment of a measured process: this one's, without what would change what is measured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIERCEL")}
    kept["PYTHONHASHSEED"] = "0"
    kept.pop("PYTHONDONTWRITEBYTECODE", None)     # modules are compiled once, as they are where pip installs them
    return kept


def run(arguments: Sequence[str], timeout: float = 300.0) -> str:
    """Run a fresh process and return its standard output."""
    try:
        done = subprocess.run(arguments, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failed(f"no end within {timeout:.0f} s") from None
    if done.returncode:
        raise Failed(f"exit code {done.returncode}: {done.stderr.strip()[-400:]}")
    return done.stdout


def chosen(parser: argparse.ArgumentParser, names: Sequence[str], known: Collection[str]) -> list[str]:
    """The names given on a command line, all known ones by default; an error that lists these for any other."""
    unknown = sorted(set(names) - set(known))
    if unknown:
        parser.error(f"no such program: {', '.join(unknown)}; there are {', '.join(known)}")
    return list(names or known)


def median(values: Sequence[float]) -> float:
    """The median, nan of nothing."""
    return statistics.median(values) if values else float("nan")


def machine() -> str:
    """The processor, its cores and the system."""
    model = platform.processor() or platform.machine()
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def interpreter() -> str:
    """Which CPython this is and how it was built, without the builder's folders."""
    options = []
    for option in shlex.split(sysconfig.get_config_var("CONFIG_ARGS") or ""):
        name, _, value = option.partition("=")
        if name.startswith("--") and "/" not in value:
            options.append(option)
    kind = "with" if "--enable-optimizations" in options else "without"
    configured = " ".join(options) or "no options"
    return (f"CPython {platform.python_version()} ({platform.python_compiler()}), {kind} profile-guided optimisation,"
            f" configured with {configured}; compiler flags {sysconfig.get_config_var('OPT') or 'unknown'}")
