"""Whether the compiler may import what it needs just now."""

from __future__ import annotations

import _imp
import sys


def may_import() -> bool:
    """Whether no import that the compiler may need is under way.

    The compiler and llvmlite import from the standard library only.  The thread that is in the midst of importing
    such a module, or that holds the lock of all imports, may be the one that waits for the compiler.
    """
    if _imp.lock_held():
        return False
    for name, module in list(sys.modules.items()):
        package = name.partition(".")[0]
        if package in ("tiercel", "llvmlite") or package in sys.stdlib_module_names:
            spec = getattr(module, "__spec__", None)
            if getattr(spec, "_initializing", False):
                return False
    return True
