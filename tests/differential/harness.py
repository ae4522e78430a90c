"""Runs case files in child processes, one for each file and mode, and keeps what they saw.

A child that crashes or hangs is started again behind the case it was at, so one bad case costs only itself.
"""

from __future__ import annotations

import ast
import concurrent.futures
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import Any

from .modes import ENVIRONMENT, GRAPH_PARTS, GRAPH_ROUNDS, ROUNDS

HERE = pathlib.Path(__file__).parent
CASES = HERE / "cases"
TIMEOUT = 300
NICE = ("nice",) if shutil.which("nice") else ()     # other tests look at the clock meanwhile
SHOWN = 300         # characters of a value in a message
Key = tuple[str, str]   # file stem and mode


def files() -> list[str]:
    """The stems of the case files."""
    return sorted(path.stem for path in CASES.glob("*.py"))


@functools.cache
def case_names(stem: str) -> list[str]:
    """The cases of a file, found without running it."""
    tree = ast.parse((CASES / f"{stem}.py").read_text())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)
            and any(isinstance(d, ast.Call) and isinstance(d.func, ast.Name) and d.func.id == "case"
                    for d in node.decorator_list)]


def run_child(stem: str, mode: str, names: list[str]) -> tuple[list[dict[str, Any]], str]:
    """One child process: the lines it wrote and, if it ended badly, how."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIERCEL_")}
    environment |= ENVIRONMENT[mode] | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "seen"
        output.touch()
        command = [*NICE, sys.executable, str(HERE / "child.py"), str(CASES / f"{stem}.py"), mode, str(output), *names]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT,
                                  errors="replace", stdin=subprocess.DEVNULL)
            trouble = f"exit code {done.returncode}\n{done.stderr[-3000:]}" if done.returncode else ""
        except subprocess.TimeoutExpired:
            trouble = f"no end within {TIMEOUT} s"
        lines = []
        for line in output.read_text().splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                trouble = trouble or "half a line written"
        return lines, trouble


def run_file(stem: str, mode: str) -> dict[str, dict[str, Any]]:
    """What each case of a file showed: its last line, or {"crash": how the process ended}."""
    seen: dict[str, dict[str, Any]] = {}
    left = case_names(stem)
    while left:
        lines, trouble = run_child(stem, mode, left)
        begun = [line["begin"] for line in lines if "begin" in line]
        seen |= {line["end"]: line for line in lines if "end" in line}
        if not trouble:
            break
        at = next((name for name in begun if name not in seen), None)
        if at is None:      # before the first case or after the last
            seen |= {name: {"crash": trouble} for name in left if name not in seen}
            break
        seen[at] = {"crash": trouble}
        left = [name for name in left if name not in seen]
    return seen


class Results:
    """The outcomes of all files and modes asked for, as many children at a time as there are processors."""

    def __init__(self) -> None:
        self.pool = concurrent.futures.ThreadPoolExecutor(os.process_cpu_count() or 1)
        self.futures: dict[Key, concurrent.futures.Future[dict[str, dict[str, Any]]]] = {}

    def expect(self, stem: str, mode: str) -> None:
        """Start a file in a mode unless that is under way."""
        key = (stem, mode)
        if key not in self.futures:
            self.futures[key] = self.pool.submit(run_file, stem, mode)

    def get(self, stem: str, mode: str, name: str) -> dict[str, Any]:
        """What a case showed; waits for its file."""
        self.expect(stem, mode)
        return self.futures[stem, mode].result().get(name, {"crash": "the case did not run"})

    def close(self) -> None:
        """Forget what was not begun."""
        self.pool.shutdown(cancel_futures=True)


def contrast(wanted: Any, got: Any, path: str = "") -> list[str]:
    """Where two descriptions first differ and what stands there in each."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in {**wanted, **got}:
            if wanted.get(key) != got.get(key):
                return contrast(wanted.get(key), got.get(key), f"{path}.{key}")
    if isinstance(wanted, list) and isinstance(got, list):
        for i, (one, other) in enumerate(zip(wanted, got)):
            if one != other:
                return contrast(one, other, f"{path}[{i}]")
        return [f"{path}: expected {len(wanted)} entries, got {len(got)}",
                f"{path}: the rest expected {str(wanted[len(got):])[:SHOWN]}, got {str(got[len(wanted):])[:SHOWN]}"]
    return [f"{path}: expected {str(wanted)[:SHOWN]}", f"{path}: but got  {str(got)[:SHOWN]}"]


def comparable(outcome: dict[str, Any], mode: str) -> dict[str, Any]:
    """The parts of an outcome that must be equal in a mode: the graph interpreter has frames of its own."""
    if mode != "graph":
        return outcome
    raised = {part: value for part, value in outcome.get("raised", {}).items() if part in ("exception", "args")}
    return {part: outcome.get(part) for part in GRAPH_PARTS} | {"raised": raised}


def differences(plain: dict[str, Any], other: dict[str, Any], mode: str = "") -> list[str]:
    """In words, what a case did otherwise than in plain CPython; nothing if all is equal."""
    if "crash" in other:
        return [f"the process ended: {other['crash']}"]
    found: list[str] = []
    expected = [(index, outcome) for index, outcome, count in plain["outcomes"] for _ in range(count)]
    actual = [(index, outcome) for index, outcome, count in other["outcomes"] for _ in range(count)]
    if mode == "graph":
        expected = expected[:len(expected) * GRAPH_ROUNDS // ROUNDS]
    for call, ((index, wanted), (_, got)) in enumerate(zip(expected, actual, strict=True)):
        wanted, got = comparable(wanted, mode), comparable(got, mode)
        parts = [part for part in {**wanted, **got} if wanted.get(part) != got.get(part)]
        if parts:
            found.append(f"call {call} with argument set {index}:")
            found += ["  " + line for part in parts for line in contrast(wanted.get(part), got.get(part), part)]
        if len(found) > 6:
            found.append("...")
            break
    if other.get("leaks") and not plain.get("leaks"):
        found.append("memory grows with the calls")
    return found
