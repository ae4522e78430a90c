"""The functions of LLVM that are used, as llvmlite's shared library exports them, by ctypes.

llvmlite's own Python layer wraps all of them and many more, and takes as long to import as LLVM's library to load
several times over, which would come on top of the first compile.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from ctypes import POINTER, byref, c_bool, c_char_p, c_int, c_size_t, c_uint8, c_uint64, c_void_p
from threading import RLock
from typing import Any, Final

import llvmlite
from llvmlite.utils import get_library_name

OBJECT_FILE: Final = 2          # a kind of `_Element`


class _Element(ctypes.Structure):
    """What a library is linked of."""

    _fields_ = (("kind", c_uint8), ("value", c_char_p), ("size", c_size_t))


class _Symbol(ctypes.Structure):
    _fields_ = (("name", c_char_p), ("address", c_uint64))


_STRING: Final = POINTER(c_char_p)
_FUNCTIONS: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "InitializeNativeTarget": (None, ()),
    "InitializeNativeAsmPrinter": (None, ()),
    "DisposeString": (None, (c_char_p,)),
    "GetProcessTriple": (None, (_STRING,)),
    "GetHostCPUName": (None, (_STRING,)),
    "GetHostCPUFeatures": (c_int, (_STRING,)),
    "GetTargetFromTriple": (c_void_p, (c_char_p, _STRING)),
    "CreateTargetMachine": (c_void_p, (c_void_p, c_char_p, c_char_p, c_char_p, c_int, c_char_p, c_char_p, c_int, c_int,
                                       c_char_p)),
    "CreateTargetMachineData": (c_void_p, (c_void_p,)),
    "CopyStringRepOfTargetData": (None, (c_void_p, _STRING)),
    "ContextCreate": (c_void_p, ()),
    "CreatePipelineTuningOptions": (c_void_p, ()),
    "CreatePassBuilder": (c_void_p, (c_void_p, c_void_p)),
    "CreateNewFunctionPassManager": (c_void_p, ()),
    "function_AddSimplifyCFGPass": (None, (c_void_p,)),
    "GetEnumAttributeKindForName": (c_int, (c_char_p, c_size_t)),
    "SearchAddressOfSymbol": (c_void_p, (c_char_p,)),
    "CreateLLJITCompiler": (c_void_p, (c_void_p, c_bool, c_bool, _STRING)),
    "LLJITDispose": (None, (c_void_p,)),
    "LLJIT_Link": (c_void_p, (c_void_p, c_char_p, POINTER(_Element), c_size_t, POINTER(_Symbol), c_size_t,
                              POINTER(_Symbol), c_size_t, _STRING)),
    "LLJIT_Dylib_Tracker_Dispose": (c_bool, (c_void_p, _STRING)),
}


class Library:
    """LLVM.  What its functions make is a pointer, an int; but for linkers and what they link it lasts for good."""

    def __init__(self) -> None:
        self.handle = ctypes.CDLL(os.path.join(llvmlite.__path__[0], "binding", get_library_name()))
        self.lock = RLock()         # of what links and unlinks, also where the collector runs meanwhile
        for name, (result, parameters) in _FUNCTIONS.items():
            function = self.function(name)
            function.restype, function.argtypes = result, parameters

    def function(self, name: str) -> Any:
        """By its name without llvmlite's prefix."""
        return getattr(self.handle, f"LLVMPY_{name}")

    def address(self, name: str) -> int:
        """Of a function, for calls from C."""
        return ctypes.cast(self.function(name), c_void_p).value or 0

    def call(self, name: str, *args: Any) -> Any:
        return self.function(name)(*args)

    def text(self, name: str, *args: Any) -> str:
        """What a function puts where its last parameter points."""
        given = c_char_p()
        self.call(name, *args, byref(given))
        return self._taken(given)

    def make(self, name: str, *args: Any) -> int:
        """What a function makes that puts its message where its last parameter points.  RuntimeError: it failed."""
        message = c_char_p()
        made = self.call(name, *args, byref(message))
        told = self._taken(message)
        if not made:
            raise RuntimeError(f"LLVM, {name}: {told}")
        return int(made)

    def linker(self, machine: int) -> Linker:
        """A new linker for a target machine."""
        return Linker(self, self.make("CreateLLJITCompiler", machine, False, False))

    def _taken(self, given: c_char_p) -> str:
        value = given.value
        if value is None:
            return ""
        self.call("DisposeString", given)
        return value.decode("utf-8", "replace")


class Linker:
    """A dynamic linker: it goes once all that it has linked is gone."""

    __slots__ = ("library", "pointer")

    def __init__(self, library: Library, pointer: int) -> None:
        self.library = library
        self.pointer = pointer

    def __del__(self, ends: Callable[[], bool] = sys.is_finalizing) -> None:
        if not ends():      # the module's own names may be gone by then
            with self.library.lock:
                self.library.call("LLJITDispose", self.pointer)

    def link(self, name: str, image: bytes, imports: dict[str, int], exports: list[str]) -> Linked:
        """Put an object file into memory, under a name of its own.  RuntimeError: a symbol is missing."""
        wanted = (_Symbol * len(exports))(*[_Symbol(symbol.encode(), 0) for symbol in exports])
        given = (_Symbol * len(imports))(*[_Symbol(symbol.encode(), address) for symbol, address in imports.items()])
        element = _Element(OBJECT_FILE, image, len(image))
        with self.library.lock:
            tracker = self.library.make("LLJIT_Link", self.pointer, name.encode(), byref(element), 1, given, len(given),
                                        wanted, len(wanted))
        return Linked(self, tracker, {symbol: each.address for symbol, each in zip(exports, wanted)})


class Linked:
    """Machine code in memory, and the `addresses` of what it exports; freed when this is dropped."""

    __slots__ = ("_linker", "_tracker", "addresses")

    def __init__(self, linker: Linker, tracker: int, addresses: dict[str, int]) -> None:
        self._linker = linker
        self._tracker = tracker
        self.addresses = addresses

    def __del__(self, ends: Callable[[], bool] = sys.is_finalizing) -> None:
        if not ends():      # the module's own names may be gone by then
            library, message = self._linker.library, c_char_p()
            with library.lock:
                library.call("LLJIT_Dylib_Tracker_Dispose", self._tracker, byref(message))
