"""Running a program as `python` does: sys.argv, `__main__`, sys.path[0], exit status, tracebacks, signals.

CPython's own functions do the work, called by the runtime so that no frame of ours is below the program's first one.
Where the runtime cannot be used, plain `python` takes the place of this process.
"""

from __future__ import annotations

import errno
import os
import sys

from tiercel.control import session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import NoReturn

    from tiercel.config import Config


class Target:
    """What to run: `kind` is script, module, command or stdin; `args` become sys.argv[1:]."""

    __slots__ = ("args", "kind", "what")

    def __init__(self, kind: str, what: str, args: list[str]) -> None:
        self.kind = kind
        self.what = what
        self.args = args

    def plain_arguments(self) -> list[str]:
        """How plain `python` is told to run it."""
        option = {"module": ["-m", self.what], "command": ["-c", self.what], "script": [self.what],
                  "stdin": [self.what] if self.what else []}[self.kind]
        return option + self.args


def launch(target: Target, config: Config) -> int:
    """Run the program with Tiercel switched on, as far as it can be; the exit status."""
    reason = session.start(config)
    if reason is not None:
        print(f"tiercel: inactive: {reason}", file=sys.stderr, flush=True)
    if session.current is not None:
        runtime = session.current.runtime
    elif reason is not None and config.active is not False:
        _become_python(target)
    else:
        from tiercel.control.support import load_runtime
        loaded, _ = load_runtime()
        if loaded is None:
            _become_python(target)
        runtime = loaded
    return _run(target, runtime)


def _become_python(target: Target) -> NoReturn:
    from subprocess import _args_from_interpreter_flags  # type: ignore[attr-defined]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *_args_from_interpreter_flags(), *target.plain_arguments()])


def _run(target: Target, runtime: ModuleType) -> int:
    _new_main_module()
    if target.kind == "module":
        sys.argv[:] = ["-m", *target.args]
        _set_first_path(os.getcwd)
        return _run_module(runtime, target.what, alter_argv=True)
    if target.kind == "command":
        return _run_command(runtime, target)
    sys.argv[:] = [target.what, *target.args]
    if target.kind == "stdin":
        _set_first_path(lambda: "")
        return int(runtime.run_stdin())
    return _run_script(runtime, target.what)


def _run_module(runtime: ModuleType, name: str, alter_argv: bool) -> int:
    from runpy import _run_module_as_main  # type: ignore[attr-defined]
    return int(runtime.run_callable(_run_module_as_main, name, alter_argv))


def _run_command(runtime: ModuleType, target: Target) -> int:
    from linecache import _register_code  # type: ignore[attr-defined]
    sys.argv[:] = ["-c", *target.args]
    _set_first_path(lambda: "")
    source = target.what + "\n"
    try:
        encoded = source.encode()
    except UnicodeEncodeError as error:
        print(f"Unable to decode the command from the command line:\n{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    _register_code("<string>", source, "<string>")
    return int(runtime.run_string(encoded))


def _run_script(runtime: ModuleType, script: str) -> int:
    path = os.path.join(os.getcwd(), script)
    if _is_importable(path):
        _set_first_path(lambda: path, even_if_safe=True)
        return _run_module(runtime, "__main__", alter_argv=False)
    _set_first_path(lambda: os.path.dirname(os.path.realpath(script)))
    try:
        return int(runtime.run_file(path, path))
    except OSError as error:
        why = f"[Errno {error.errno}] {os.strerror(error.errno or errno.EIO)}"
        print(f"{_program_name()}: can't open file {path!r}: {why}", file=sys.stderr)
        return 2


def _program_name() -> str:
    return sys.orig_argv[0] if sys.orig_argv else sys.executable


def _is_importable(path: str) -> bool:
    """Whether a path is a directory or an archive that modules can be imported from."""
    for hook in sys.path_hooks:
        try:
            hook(path)
        except ImportError:
            continue
        return True
    return False


def _set_first_path(find: Callable[[], str], even_if_safe: bool = False) -> None:
    """Replace what `python -m tiercel` put first on the path, unless it was told to leave the path alone."""
    if not sys.flags.safe_path:
        sys.path[0] = find()
    elif even_if_safe:
        sys.path.insert(0, find())


def _new_main_module() -> None:
    """A `__main__` as `python` makes it before it runs anything."""
    import builtins
    from importlib.machinery import BuiltinImporter
    module = type(sys)("__main__")
    del module.__doc__, module.__loader__, module.__package__, module.__spec__
    for name, value in (("__doc__", None), ("__package__", None), ("__loader__", BuiltinImporter), ("__spec__", None),
                        ("__annotations__", {}), ("__builtins__", builtins)):
        setattr(module, name, value)
    sys.modules["__main__"] = module
