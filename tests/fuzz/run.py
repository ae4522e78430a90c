"""Look for programs that Tiercel runs otherwise than CPython.

    python -m tests.fuzz.run [--seconds S] [--seed N] [--modes machine,warm,beside,storm]

Each difference is made small and written to tests/fuzz/regressions/, where the tests pick it up.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from tests.differential.harness import differences

from .generate import program
from .minimise import minimise
from .server import HERE, Server

REGRESSIONS = HERE / "regressions"


def difference(expected: list[Any] | str, actual: list[Any] | str, mode: str = "") -> list[str]:
    """In words, how two answers differ; nothing if CPython itself gave none."""
    if isinstance(expected, str):
        return []
    if isinstance(actual, str):
        return [actual]
    return differences({"outcomes": expected}, {"outcomes": actual}, mode)


def compare(source: str, mode: str, storm: int = 1) -> list[str]:
    """Run a program in fresh processes and tell the difference."""
    plain, other = Server("plain"), Server(mode, storm)
    try:
        return difference(plain.run(source), other.run(source), mode)
    finally:
        plain.close()
        other.close()


class Hunt:
    """The servers of a hunt, kept running from program to program."""

    def __init__(self, modes: list[str]) -> None:
        self.servers = {mode: Server(mode) for mode in ["plain", *modes]}
        self.modes = modes

    def check(self, source: str) -> tuple[str, list[str]] | None:
        """The first mode in which a program differs, and how."""
        expected = self.servers["plain"].run(source)
        for mode in self.modes:
            found = difference(expected, self.servers[mode].run(source), mode)
            if found:
                self.servers[mode].close()
                return mode, found
        return None

    def close(self) -> None:
        """End all servers."""
        for server in self.servers.values():
            server.close()


def keep(seed: int, mode: str, source: str, found: list[str], seconds: float) -> str:
    """Make a difference small and write it down."""
    alone = compare(source, mode)
    text = minimise(source, lambda smaller: bool(compare(smaller, mode)), seconds) if alone else source
    REGRESSIONS.mkdir(exist_ok=True)
    path = REGRESSIONS / f"seed_{seed}_{mode}.py"
    note = "" if alone else "# Differed only after other programs in the same process.\n"
    path.write_text(f'"""From seed {seed}, mode {mode}."""\n\n{note}{text}')
    return f"{path.name}: {len(text.splitlines())} lines\n" + "\n".join(compare(text, mode)[:8] if alone else found[:8])


def main() -> int:
    """Hunt as long as told; the exit code tells whether something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=None, help="the first seed; by default the time")
    parser.add_argument("--modes", default="machine,warm,beside,storm")
    parser.add_argument("--minimise", type=float, default=60.0, help="seconds to make a difference small")
    parser.add_argument("--show", action="store_true", help="print the program of --seed and end")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else int(time.time())
    if options.show:
        print(program(seed), end="")
        return 0
    hunt = Hunt(options.modes.split(","))
    deadline = time.monotonic() + options.seconds
    count = found = 0
    try:
        while time.monotonic() < deadline:
            source = program(seed)
            result = hunt.check(source)
            if result is not None:
                mode, words = result
                found += 1
                print(f"seed {seed} differs in mode {mode}")
                print(keep(seed, mode, source, words, options.minimise), flush=True)
            count += 1
            seed += 1
    finally:
        hunt.close()
    print(json.dumps({"programs": count, "differing": found, "next_seed": seed}))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
