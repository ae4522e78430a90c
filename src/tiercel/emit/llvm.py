"""LLVM, through llvmlite's binding layer: text to machine code to a linked library.

llvmlite is imported, and LLVM set up, at the first compilation only.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from itertools import count
from threading import Lock
from time import perf_counter_ns
from typing import Any


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
        self.builder = llvm.create_pass_builder(self.machine, llvm.create_pipeline_tuning_options(speed_level=1))
        # The graph's own passes have done value numbering with effects and dead code already.  Not LLVM's new_gvn: of two
        # phis of a block that take themselves from different edges it sees one only, and so merges `a, b, itself` with
        # `a, itself, b` (seen in LLVM 22).
        self.passes = llvm.create_new_function_pass_manager()
        self.passes.add_simplify_cfg_pass()
        self.jit: Any = None
        self.names = count()
        self.lock = Lock()      # the pass manager and its analyses are shared

    def _machine(self, effort: Effort) -> Any:
        return self.quick_machine if effort is Effort.QUICK else self.machine

    def _optimised(self, text: str, main: str, effort: Effort, timings: dict[str, int]) -> Any:
        started = perf_counter_ns()
        module = self.llvm.parse_assembly(self.head + text)
        parsed = perf_counter_ns()
        function = module.get_function(main)
        self.passes.run(function, self.builder)
        if effort is Effort.QUICK:
            function.add_function_attribute("noinline")
            function.add_function_attribute("optnone")
        timings.update(parse=parsed - started, opt=perf_counter_ns() - parsed)
        return module

    def compile(self, text: str, main: str, effort: Effort, timings: dict[str, int]) -> bytes:
        """The object file of a module."""
        with self.lock:
            module = self._optimised(text, main, effort, timings)
            started = perf_counter_ns()
            image = self._machine(effort).emit_object(module)
            timings["codegen"] = perf_counter_ns() - started
            return image

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

    def assembly(self, text: str, main: str, effort: Effort) -> str:
        """The machine code of a module, to read."""
        with self.lock:
            return self._machine(effort).emit_assembly(self._optimised(text, main, effort, {}))

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
