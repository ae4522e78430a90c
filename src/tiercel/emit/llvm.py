"""LLVM, through llvmlite's shared library: text to machine code to a linked library.

It is loaded, and set up, at the first compilation only.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from itertools import count
from struct import unpack_from
from typing import TYPE_CHECKING, Any, Final

from tiercel import _runtime

if TYPE_CHECKING:
    from tiercel.emit.library import Linked, Linker


class Effort(Enum):
    """How much of LLVM's time a version's main function is worth."""

    QUICK = "quick"     # each instruction by itself, values in memory
    FULL = "full"


# LLVM keeps some memory for each library that it ever linked, until the linker itself goes
LIBRARIES: Final = 50

# What the runtime needs of LLVM, as llvmlite's library exports it; see runtime/background.c.
_CALLED_FROM_C: Final = {
    "parse": "ParseAssembly", "get_function": "GetNamedFunction", "run_passes": "RunNewFunctionPassManager",
    "add_attribute": "AddFunctionAttr", "emit": "TargetMachineEmitToMemory", "buffer_start": "GetBufferStart",
    "buffer_size": "GetBufferSize", "dispose_buffer": "DisposeMemoryBuffer", "dispose_module": "DisposeModule",
    "dispose_string": "DisposeString",
}


class Backend:
    """LLVM set up for this machine."""

    def __init__(self) -> None:
        from tiercel.emit.library import Library

        self.library = library = Library()
        library.call("InitializeNativeTarget")
        library.call("InitializeNativeAsmPrinter")
        triple = library.text("GetProcessTriple")
        target = library.make("GetTargetFromTriple", triple.encode())
        cpu, features = library.text("GetHostCPUName").encode(), library.text("GetHostCPUFeatures").encode()
        self.machine, quick_machine = (
            library.call("CreateTargetMachine", target, triple.encode(), cpu, features, level, b"pic", b"small", 0, 1, b"")
            for level in (1, 0))
        if not (self.machine and quick_machine):
            raise RuntimeError(f"LLVM cannot make code for {triple}")
        layout = library.text("CopyStringRepOfTargetData", library.call("CreateTargetMachineData", self.machine))
        self.head = f'target datalayout = "{layout}"\ntarget triple = "{triple}"\n'
        # The graph's own passes have done value numbering with effects and dead code already.  Not LLVM's new_gvn: of two
        # phis of a block that take themselves from different edges it sees one only, and so merges `a, b, itself` with
        # `a, itself, b` (seen in LLVM 22).
        passes = library.call("CreateNewFunctionPassManager")
        library.call("function_AddSimplifyCFGPass", passes)
        builder = library.call("CreatePassBuilder", self.machine, library.call("CreatePipelineTuningOptions"))
        self.linker: Linker | None = None
        self.names = count()
        _runtime.use_llvm({
            "context": library.call("ContextCreate"), "builder": builder, "passes": passes, "machine": self.machine,
            "quick_machine": quick_machine,
            **{name: library.address(symbol) for name, symbol in _CALLED_FROM_C.items()},
            **{name: library.call("GetEnumAttributeKindForName", name.encode(), len(name))
               for name in ("noinline", "optnone")}})

    def job(self, text: str, main: str, effort: Effort, owner: Any = None, readable: bool = False) -> _runtime.Job:
        """An object file to be made, or assembly; nothing is done yet."""
        return _runtime.Job((self.head + text).encode(), main.encode(), effort is Effort.QUICK, owner, readable)

    def link(self, image: bytes, exports: list[str], addresses: dict[str, int], name: str) -> Linked:
        """Put machine code into memory, its symbols bound to `addresses`."""
        with self.library.lock:
            number = next(self.names)
            if self.linker is None or number % LIBRARIES == 0:
                self.linker = self.library.linker(self.machine)
            linker = self.linker
        return linker.link(f"{name}.{number}", image, addresses, exports)

    def address_of(self, name: str) -> int:
        """A function of the C library."""
        address: int | None = self.library.call("SearchAddressOfSymbol", name.encode())
        if not address:
            raise LookupError(f"no function {name} in this process")
        return address


# Of sections of an ELF file: they take memory; they are written to, or are code.
ALLOCATED, PROTECTION = 2, 1 | 4
PAGE: Final = 4096


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
