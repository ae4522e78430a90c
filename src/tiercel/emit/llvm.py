"""LLVM, through llvmlite's binding layer: text to machine code to a linked library.

llvmlite is imported, and LLVM set up, at the first compilation only.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from itertools import count
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


class Tools:
    """The machines that make code, and the passes before; they serve one module at a time."""

    def __init__(self, llvm: Any, triple: str) -> None:
        target = llvm.Target.from_triple(triple)
        cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
        self.machine, self.quick_machine = (
            target.create_target_machine(cpu=cpu, features=features, opt=level, reloc="pic", codemodel="small", jit=True)
            for level in (1, 0))
        self.builder = llvm.create_pass_builder(self.machine, llvm.create_pipeline_tuning_options(speed_level=1))
        # The graph's own passes have done value numbering with effects and dead code already.  Not LLVM's new_gvn: of two
        # phis of a block that take themselves from different edges it sees one only, and so merges `a, b, itself` with
        # `a, itself, b` (seen in LLVM 22).
        self.passes = llvm.create_new_function_pass_manager()
        self.passes.add_simplify_cfg_pass()


class Backend:
    """LLVM set up for this machine."""

    def __init__(self) -> None:
        import llvmlite.binding as llvm

        self.llvm = llvm
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self.triple = llvm.get_process_triple()
        self.tools = Tools(llvm, self.triple)
        self.context = llvm.create_context()
        self.head = f'target datalayout = "{self.tools.machine.target_data}"\ntarget triple = "{self.triple}"\n'
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
        objects = {"context": self.context, "builder": self.tools.builder, "passes": self.tools.passes,
                   "machine": self.tools.machine, "quick_machine": self.tools.quick_machine}
        found.update({name: address(each._ptr) for name, each in objects.items()})
        for name in ("noinline", "optnone"):
            found[name] = library.LLVMPY_GetEnumAttributeKindForName(name.encode(), len(name))
        return found

    def job(self, text: str, main: str, effort: Effort, owner: Any) -> _runtime.Job:
        """An object file to be made; nothing is done yet."""
        return _runtime.Job((self.head + text).encode(), main.encode(), effort is Effort.QUICK, owner)

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
                self.jit = self.llvm.create_lljit_compiler(self.tools.machine)
            tracker = builder.link(self.jit, f"{name}.{number}")
            tracker.jit = self.jit      # goes after the last of its libraries
        return Linked(tracker, {symbol: tracker[symbol] for symbol in exports})

    def assembly(self, text: str, main: str, effort: Effort) -> str:
        """The machine code of a module, to read."""
        tools = Tools(self.llvm, self.triple)
        module = self.llvm.parse_assembly(self.head + text)
        function = module.get_function(main)
        tools.passes.run(function, tools.builder)
        if effort is Effort.FULL:
            return tools.machine.emit_assembly(module)
        for attribute in ("noinline", "optnone"):
            function.add_function_attribute(attribute)
        return tools.quick_machine.emit_assembly(module)

    def address_of(self, name: str) -> int:
        """A function of the C library."""
        address = self.llvm.address_of_symbol(name)
        if not address:
            raise LookupError(f"no function {name} in this process")
        return address


@cache
def backend() -> Backend:
    """LLVM, set up once."""
    return Backend()
