"""LLVM, through llvmlite's binding layer: text to machine code to a linked library.

llvmlite is imported, and LLVM set up, at the first compilation only.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from itertools import count
from struct import unpack_from
from threading import Lock
from typing import Any

from tiercel import _runtime


class Effort(Enum):
    """How much of LLVM's time a version's main function is worth."""

    QUICK = "quick"     # each instruction by itself, values in memory
    FULL = "full"


# LLVM keeps some memory for each library that it ever linked, until the linker itself goes
LIBRARIES = 50


class Linked:
    """Machine code in memory; freed when this is dropped."""

    __slots__ = ("_tracker", "addresses")

    def __init__(self, tracker: Any, addresses: dict[str, int]) -> None:
        self._tracker = tracker
        self.addresses = addresses


# What the runtime needs of LLVM, as llvmlite's library exports it; see runtime/background.c.
_FUNCTIONS = {
    "parse": "ParseAssembly", "get_function": "GetNamedFunction", "run_passes": "RunNewFunctionPassManager",
    "add_attribute": "AddFunctionAttr", "emit": "TargetMachineEmitToMemory", "buffer_start": "GetBufferStart",
    "buffer_size": "GetBufferSize", "dispose_buffer": "DisposeMemoryBuffer", "dispose_module": "DisposeModule",
    "dispose_string": "DisposeString",
}


class Backend:
    """LLVM set up for this machine."""

    def __init__(self) -> None:
        import llvmlite.binding as llvm

        self.llvm = llvm
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        triple = llvm.get_process_triple()
        target = llvm.Target.from_triple(triple)
        cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
        self.machine, self.quick_machine = (
            target.create_target_machine(cpu=cpu, features=features, opt=level, reloc="pic", codemodel="small", jit=True)
            for level in (1, 0))
        self.head = f'target datalayout = "{self.machine.target_data}"\ntarget triple = "{triple}"\n'
        self.context = llvm.create_context()
        self.builder = llvm.create_pass_builder(self.machine, llvm.create_pipeline_tuning_options(speed_level=1))
        # The graph's own passes have done value numbering with effects and dead code already.  Not LLVM's new_gvn: of two
        # phis of a block that take themselves from different edges it sees one only, and so merges `a, b, itself` with
        # `a, itself, b` (seen in LLVM 22).
        self.passes = llvm.create_new_function_pass_manager()
        self.passes.add_simplify_cfg_pass()
        self.jit: Any = None
        self.names = count()
        self.lock = Lock()
        _runtime.use_llvm(self._addresses())

    def _addresses(self) -> dict[str, int]:
        """Of what makes machine code without the interpreter."""
        import ctypes

        def address(function: Any) -> int:
            return ctypes.cast(function, ctypes.c_void_p).value or 0

        library = ctypes.CDLL(None, handle=self.llvm.ffi.lib._handle)
        found = {name: address(getattr(library, f"LLVMPY_{symbol}")) for name, symbol in _FUNCTIONS.items()}
        for name in ("context", "builder", "passes", "machine", "quick_machine"):
            found[name] = address(getattr(self, name)._ptr)
        for name in ("noinline", "optnone"):
            found[name] = library.LLVMPY_GetEnumAttributeKindForName(name.encode(), len(name))
        return found

    def job(self, text: str, main: str, effort: Effort, owner: Any = None, readable: bool = False) -> _runtime.Job:
        """An object file to be made, or assembly; nothing is done yet."""
        return _runtime.Job((self.head + text).encode(), main.encode(), effort is Effort.QUICK, owner, readable)

    def link(self, image: bytes, exports: list[str], addresses: dict[str, int], name: str) -> Linked:
        """Put machine code into memory, its symbols bound to `addresses`."""
        builder = self.llvm.JITLibraryBuilder().add_object_img(image)
        for symbol, address in addresses.items():
            builder.import_symbol(symbol, address)
        for symbol in exports:
            builder.export_symbol(symbol)
        with self.lock:
            number = next(self.names)
            if number % LIBRARIES == 0:
                self.jit = self.llvm.create_lljit_compiler(self.machine)
            tracker = builder.link(self.jit, f"{name}.{number}")
            tracker.jit = self.jit      # goes after the last of its libraries
        return Linked(tracker, {symbol: tracker[symbol] for symbol in exports})

    def address_of(self, name: str) -> int:
        """A function of the C library."""
        address = self.llvm.address_of_symbol(name)
        if not address:
            raise LookupError(f"no function {name} in this process")
        return address


# Of sections of an ELF file: they take memory; they are written to, or are code.
ALLOCATED, PROTECTION = 2, 1 | 4
PAGE = 4096


def loaded_size(image: bytes) -> int:
    """Bytes of memory that an object file takes once it is linked: the pages of its code, its constants and its data."""
    if not image.startswith(b"\x7fELF\2\1"):
        return len(image)                        # another format, of which most is loaded
    table, = unpack_from("<Q", image, 40)
    entry_size, count = unpack_from("<HH", image, 58)
    sizes: dict[int, int] = {}                   # by what may be done with them
    for number in range(count):
        flags, _, _, size = unpack_from("<4Q", image, table + number * entry_size + 8)
        if flags & ALLOCATED:
            sizes[flags & PROTECTION] = sizes.get(flags & PROTECTION, 0) + size
    return sum(-size // PAGE * -PAGE for size in sizes.values())


@cache
def backend() -> Backend:
    """LLVM, set up once."""
    return Backend()
