"""Builds what of the package is machine code from the start; everything else about the package is in pyproject.toml.

- `tiercel._runtime`, written in C.  It is optional: where it cannot be built (another interpreter, no private headers), the
  package installs without it, imports, and says why it stays inactive.
- The compiler, by mypyc: its modules are ordinary Python, which evaluates and improves code twice as fast as machine code.
  They stay as they are where the runtime cannot be built, which means that nothing is compiled, and with TIERCEL_PURE=1, for
  working on them.
"""

import os
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

RUNTIME = "tiercel._runtime"
# What stays Python: code that others look into or exchange, and what is loaded for tests and readers only.
PYTHON = {"emit/__init__", "emit/effort", "emit/library", "emit/llvm", "graph/interpret",
          "graph/language", "graph/numbers", "graph/operations", "graph/parse", "graph/table", "graph/text", "rules/consumers"}
COMPILED = ("types.py", "values.py", "bytecode/*.py", "graph/*.py", "passes/*.py", "rules/*.py", "evaluate/*.py",
            "evaluate/instructions/*.py", "emit/*.py")


class Build(build_ext):
    """Compiles the C files of an extension on all processors; without the runtime, nothing else."""

    def build_extensions(self) -> None:
        compile_files = self.compiler.compile

        def compile_each(sources, *args, **kwargs):
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                made = list(pool.map(lambda source: compile_files([source], *args, **kwargs), sources))
            return [file for files in made for file in files]

        self.compiler.compile = compile_each
        super().build_extensions()

    def build_extension(self, ext) -> None:
        if ext.name == RUNTIME or os.path.exists(self.get_ext_fullpath(RUNTIME)):
            super().build_extension(ext)
        else:
            ext.optional = True


def runtime() -> Extension:
    """What the interpreter and machine code call."""
    include = Path(sysconfig.get_path("include"))
    return Extension(
        RUNTIME,
        sources=sorted(glob("src/tiercel/runtime/*.c")),
        depends=sorted(glob("src/tiercel/runtime/*.h")),
        include_dirs=["src/tiercel/runtime", str(include / "internal"), str(include / "internal" / "mimalloc")],
        extra_compile_args=["-O2", "-Wall", "-Wextra", "-Wno-unused-parameter", "-std=c11", "-fvisibility=hidden"],
        optional=True,
    )


def compiler() -> list[Extension]:
    """The modules that mypyc translates, which refer to each other: one shared library, and a small file for each."""
    if os.environ.get("TIERCEL_PURE") == "1":
        return []
    from mypyc.build import mypycify
    names = sorted(name for pattern in COMPILED for name in glob(f"src/tiercel/{pattern}"))
    chosen = [name for name in names if name.removeprefix("src/tiercel/").removesuffix(".py") not in PYTHON]
    return mypycify(["--config-file", "mypy.ini", *chosen], opt_level="1", debug_level="0", multi_file=True,
                    group_name="tiercel")


setup(ext_modules=[runtime(), *compiler()], cmdclass={"build_ext": Build})
