"""Whether this interpreter can run Tiercel."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def load_runtime() -> tuple[ModuleType | None, str | None]:
    """The runtime, or None and the reason why Tiercel stays inactive in this interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.implementation.name != "cpython":
        return None, f"Tiercel needs CPython, this is {sys.implementation.name}"
    if "t" in getattr(sys, "abiflags", ""):
        return None, "free-threaded builds of CPython are not supported"
    if not _in_main_interpreter():
        return None, "subinterpreters are not supported"
    try:
        from tiercel import _runtime
    except ImportError as error:
        return None, f"tiercel._runtime is not available for CPython {version} ({error})"
    reason = _runtime.self_check()
    if reason is not None:
        return None, f"the self-check on CPython {version} failed: {reason}"
    return _runtime, None


def _in_main_interpreter() -> bool:
    try:
        import _interpreters
    except ImportError:                     # other versions call it otherwise; the runtime is not built for them
        return True
    return bool(_interpreters.get_current()[0] == _interpreters.get_main()[0])
