"""Whether the compiler may import what it needs just now."""

from __future__ import annotations

import _frozen_importlib
import _imp
import sys


def may_import() -> bool:
    """Whether no import that the compiler may need is under way.

    The compiler and llvmlite import from the standard library only.  The thread that is in the midst of importing
    such a module, or that holds the lock of all imports, may be the one that waits for the compiler.  The modules' locks
    tell: where a module is an extension, its code runs before `importlib` knows the module.
    """
    if _imp.lock_held():
        return False
    for name, reference in list(_frozen_importlib._module_locks.items()):  # type: ignore[attr-defined]
        lock = reference()
        package = name.partition(".")[0]
        if lock is not None and lock.owner is not None \
                and (package in ("tiercel", "llvmlite") or package in sys.stdlib_module_names):
            return False
    return True
