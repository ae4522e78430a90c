"""Builds `native.c` and puts its programs behind functions and loops, through the real runtime."""

from __future__ import annotations

import dis
import functools
import importlib.util
import shlex
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from tiercel import _runtime

RESULT, RESULT_BOOL, RESULT_NOT, EMPTY = -2, -3, -4, -1
Step = tuple[Any, ...]


@functools.cache
def native() -> Any:
    here = Path(__file__).parent
    include = sysconfig.get_path("include")
    runtime = here.parents[1] / "src" / "tiercel" / "runtime"
    target = Path(tempfile.mkdtemp()) / "native.so"
    folders = [include, f"{include}/internal", f"{include}/internal/mimalloc", str(runtime)]
    command = [*shlex.split(sysconfig.get_config_var("CC")), "-shared", "-fPIC", "-g", "-O1", "-std=gnu11", "-Wall",
               "-Wextra", "-Werror", "-Wno-unused-parameter", *(f"-I{folder}" for folder in folders),
               str(here / "native.c"), "-o", str(target)]
    subprocess.run(command, check=True)
    spec = importlib.util.spec_from_file_location("native", target)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.connect(_runtime.symbols())
    return module


def at(code: CodeType | Callable[..., Any], opname: str, nth: int = 0) -> int:
    """The code unit of the nth instruction of that name."""
    found = [i.offset // 2 for i in dis.get_instructions(code) if i.opname == opname]
    return found[nth]


def following(code: CodeType | Callable[..., Any], unit: int) -> int:
    """The code unit of the instruction after the one at `unit`."""
    return next(i.offset // 2 for i in dis.get_instructions(code) if i.offset // 2 > unit)


def handler(code: CodeType, unit: int) -> tuple[int, int, bool] | None:
    for entry in dis._parse_exception_table(code):  # type: ignore[attr-defined]
        if entry.start <= 2 * unit < entry.end:
            return entry.target // 2, entry.depth, entry.lasti
    return None


def frame(func: Any, where: int, *, resume: int | None = None, locals: Sequence[Any] = (),
          stack: Sequence[Any] = (), linked: bool = True, function: Any = None) -> tuple[Any, ...]:
    """One frame of a description: before the instruction at `where`, or after it where `resume` is given."""
    code = func.__code__
    names = len(code.co_varnames) + len(code.co_cellvars) + len(code.co_freevars)
    slots = (*locals, *[EMPTY] * (names - len(locals)))
    return (code, (0, func) if function is None else function, where, where if resume is None else resume,
            handler(code, where), slots, tuple(stack), linked)


def after(func: Any, where: int, **others: Any) -> tuple[Any, ...]:
    """A frame that goes on after the instruction at `where`."""
    return frame(func, where, resume=following(func, where), **others)


def site(kinds: str, *frames: tuple[Any, ...]) -> tuple[Any, ...]:
    return (kinds.encode(), frames, "test")


def _version(func: Any, sites: Sequence[Any], steps: Sequence[Step], linked: bool, loop_at: int) -> Any:
    code = func.__code__
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
    version = _runtime.Version(code, func.__globals__, func.__builtins__, max(1, len(sites)), "o" * count, loop_at)
    for number, description in enumerate(sites):
        version.set_site(number, description)
    native().set_program(code, (linked, version.sites_address, version.address, tuple(steps)))
    return version


def compiled(func: Any, sites: Sequence[Any], *steps: Step, linked: bool = True) -> Any:
    """Attach `func` to a version that runs these steps."""
    version = _version(func, sites, steps, linked, -1)
    version.install(native=0, bound=native().bound, entry=0, library=None)
    assert _runtime.attach(func, version)
    return version


def compiled_loop(func: Any, sites: Sequence[Any], *steps: Step) -> Any:
    """Install a version of the running loop of `func`: it is entered at its first jump backward."""
    loop_at = at(func, "FOR_ITER") if any(i.opname == "FOR_ITER" for i in dis.get_instructions(func)) else -1
    for instruction in dis.get_instructions(func):
        if instruction.opname == "JUMP_BACKWARD":
            loop_at = instruction.argval // 2
            break
    version = _version(func, sites, steps, True, loop_at)
    version.install_loop(enter=native().enter, extra_words=24, library=None)
    return version


class Hooks:
    """Hooks that decide nothing."""

    ready = True

    def __init__(self) -> None:
        self.noisy_sites: list[int] = []
        self.missed_calls: list[tuple[Any, ...]] = []

    def hot_call(self, func: Any, args: Any) -> bool:
        return True

    def hot_loop(self, func: Any, at: int, locals: Any, stack: Any) -> bool:
        return True

    def missed(self, func: Any, args: Any) -> bool:
        self.missed_calls.append(args)
        return True

    def noisy(self, version: Any, site: int) -> bool:
        self.noisy_sites.append(site)
        return True

    def retired(self, version: Any, reason: str) -> bool:
        return True

    def failed(self, exc: BaseException) -> None:
        raise exc


def fresh(func: Callable[..., Any]) -> FunctionType:
    """The same function with a code object of its own."""
    assert isinstance(func, FunctionType)
    copy = FunctionType(func.__code__.replace(), func.__globals__, func.__name__, func.__defaults__, func.__closure__)
    copy.__kwdefaults__ = func.__kwdefaults__
    return copy
