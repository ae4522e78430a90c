"""The benchmark programs at small sizes, as scripts would run them: the same output with Tiercel as without."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

PROGRAMS = pathlib.Path(__file__).parent.parent / "bench" / "programs"
SIZES = {
    "bank": 3000, "binary_trees": 7, "closures": 3000, "collatz": 300, "csv_report": 1, "dijkstra": 20,
    "exceptions": 2000, "factors": 20, "fannkuch": 6, "fib": 16, "float_chain": 3000, "floyd_warshall": 20, "gcds":
    60, "generators": 3000, "hashing": 1, "heap_sort": 800, "json_dumps": 1, "knapsack": 300, "levenshtein": 2,
    "life": 4, "mandelbrot": 24, "matmul": 14, "module_loop": 5000, "monte_carlo": 3000, "nbody_lists": 300,
    "nbody_objects": 300, "nqueens": 6, "pidigits": 60, "raycaster": 14, "regex": 1, "selection_sort": 120, "sieve":
    5000, "str_format": 500, "text_build": 20, "tokenizer": 300, "tuple_matrix": 60, "word_count": 2000,
}
RUN = "import sys; sys.path.insert(0, {path!r}); import {name}; print({name}.main({size}))"


def output(name: str, *options: str, threshold: int = 0) -> str:
    """What the program prints in a fresh process."""
    environment = dict(os.environ, PYTHONHASHSEED="0")
    if threshold:
        environment |= {"TIERCEL_THRESHOLD": str(threshold), "TIERCEL_SYNC": "1", "TIERCEL_STRICT": "1"}
    code = RUN.format(path=str(PROGRAMS), name=name, size=SIZES[name])
    done = subprocess.run([sys.executable, *options, "-c", code], env=environment, capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stderr[-3000:]}"
    return done.stdout


def test_all_programs_are_run() -> None:
    assert sorted(SIZES) == sorted(path.stem for path in PROGRAMS.glob("*.py"))


@pytest.mark.parametrize("name", SIZES)
def test_same_output(name: str) -> None:
    expected = output(name)
    assert expected.strip()
    assert output(name, "-m", "tiercel", threshold=30) == expected
