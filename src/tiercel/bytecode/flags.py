"""The flags of code objects, as `inspect` names them, which takes long to import."""

from __future__ import annotations

from typing import Final

CO_OPTIMIZED: Final = 0x0001
CO_VARARGS: Final = 0x0004
CO_VARKEYWORDS: Final = 0x0008
CO_GENERATOR: Final = 0x0020
CO_COROUTINE: Final = 0x0080
CO_ITERABLE_COROUTINE: Final = 0x0100
CO_ASYNC_GENERATOR: Final = 0x0200
