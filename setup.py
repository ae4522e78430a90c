"""Builds `tiercel._runtime`; everything else about the package is in pyproject.toml.

The extension is optional: where it cannot be built (another interpreter, no private headers), the package installs
without it, imports, and says why it stays inactive.
"""

import sysconfig
from glob import glob
from pathlib import Path

from setuptools import Extension, setup

include = Path(sysconfig.get_path("include"))

setup(
    ext_modules=[
        Extension(
            "tiercel._runtime",
            sources=sorted(glob("src/tiercel/runtime/*.c")),
            depends=sorted(glob("src/tiercel/runtime/*.h")),
            include_dirs=["src/tiercel/runtime", str(include / "internal"), str(include / "internal" / "mimalloc")],
            extra_compile_args=["-O2", "-Wall", "-Wextra", "-Wno-unused-parameter", "-std=c11",
                                "-fvisibility=hidden"],
            optional=True,
        )
    ]
)
