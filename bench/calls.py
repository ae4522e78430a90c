"""What a call from interpreted code costs: the interpreter's own function, Tiercel's, numba's and Cython's.

    python bench/calls.py

Only `f` is compiled, by `tiercel.jit`; the loop around it stays interpreted, as it is for a caller that is not hot.
"""

from __future__ import annotations

import importlib.util
import json
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable

import measure

CALLS = 400_000
ROUNDS = 9
HEADINGS = ("callee", "ns a call")
CYTHON = "def f(a, b):\n    return a + b\n"


def plain() -> Callable[[int, int], int]:
    """The function as written."""
    def f(a, b):
        return a + b
    return f


def tiercel() -> Callable[[int, int], int]:
    """The same, compiled by Tiercel."""
    from tiercel import jit

    return jit(eager=True)(plain())


def numba() -> Callable[[int, int], int]:
    """The same, compiled by numba."""
    from numba import njit

    return njit(plain())


def cython() -> Callable[[int, int], int]:
    """The same, compiled by Cython to an extension module."""
    import pyximport

    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / "cython_f.pyx").write_text(CYTHON)
    pyximport.install(build_dir=str(folder / "build"), language_level=3)
    sys.path.insert(0, str(folder))
    return importlib.import_module("cython_f").f


CALLEES: dict[str, Callable[[], Callable[[int, int], int]]] = {
    "interpreter": plain, "Tiercel": tiercel, "numba": numba, "Cython": cython,
}
NEEDS = {"numba": "numba", "Cython": "Cython"}


def loop(f: Callable[[int, int], int], n: int) -> float:
    """Seconds that `n` calls take."""
    start = time.perf_counter()
    for i in range(n):
        f(i, 1)
    return time.perf_counter() - start


def empty(n: int) -> float:
    """Seconds that the loop takes by itself."""
    start = time.perf_counter()
    for _ in range(n):
        pass
    return time.perf_counter() - start


def measured(name: str) -> float:
    """Nanoseconds a call of the named callee, in this process."""
    f = CALLEES[name]()
    loop(f, 20_000)
    return min(loop(f, CALLS) - empty(CALLS) for _ in range(ROUNDS)) / CALLS * 1e9


def table() -> list[tuple[str, ...]]:
    """Each callee in a process of its own, so that none changes how the others run."""
    lines: list[tuple[str, ...]] = []
    for name in CALLEES:
        if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
            lines.append((name, "not installed"))
            continue
        try:
            lines.append((name, f"{json.loads(measure.run([sys.executable, 'bench/calls.py', name])):.1f}"))
        except measure.Failed as failure:
            lines.append((name, f"failed: {str(failure).splitlines()[-1]}"))
    return lines


def main() -> None:
    """Print one callee's cost if it is named, otherwise the table."""
    if len(sys.argv) > 1:
        print(json.dumps(measured(sys.argv[1])))
        return
    for line in table():
        print(f"{line[0]:12} {line[1]}")


if __name__ == "__main__":
    main()
