"""A child process that runs programs, plainly or under Tiercel, and tells what they did.

As a script it reads a line of JSON with a program and answers with a line of JSON; `Server` is the other end.
"""

from __future__ import annotations

import json
import os
import pathlib
import pickle
import select
import subprocess
import sys
from typing import Any

HERE = pathlib.Path(__file__).parent
SECONDS = 30.0


class Server:
    """A child in one of the modes of the differential tests, started again after a crash."""

    def __init__(self, mode: str, storm: int = 1) -> None:
        from tests.differential.modes import ENVIRONMENT

        self.mode = mode
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("TIERCEL_")}
        self.environment |= ENVIRONMENT[mode] | {"PYTHONHASHSEED": "0"}
        if "TIERCEL_EXIT_STORM" in self.environment:
            self.environment["TIERCEL_EXIT_STORM"] = str(storm)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """The running child."""
        if self.process is None:
            self.process = subprocess.Popen([sys.executable, str(HERE / "server.py"), self.mode], env=self.environment,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return self.process

    def run(self, source: str, seconds: float = SECONDS) -> list[Any] | str:
        """The outcomes of the program's calls, or how the process ended."""
        process = self.start()
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        try:
            process.stdin.write(json.dumps(source).encode() + b"\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], seconds)
            line = process.stdout.readline() if ready else b""
        except BrokenPipeError:
            ready, line = [process.stdout], b""
        if line.endswith(b"\n"):
            return json.loads(line)
        process.kill()
        _, errors = process.communicate()
        self.process = None
        if not ready:
            return f"no answer within {seconds} s"
        return f"exit code {process.returncode}: {errors.decode(errors='replace')[-3000:]}"

    def close(self) -> None:
        """End the child."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def outcomes(source: str) -> list[Any]:
    """Run a program in this process: all of `CALLS`, often enough to become hot."""
    import case as cases
    import child

    names: dict[str, Any] = {"__name__": "program", "log": cases.log, "Noisy": cases.Noisy, "chain": cases.chain}
    exec(compile(source, "<program>", "exec"), names)
    # No arguments that are constants too: versions that are made or die during a call have references to those.
    calls = pickle.loads(pickle.dumps(names["CALLS"]))
    return child.observe_case(cases.Case(names["main"], tuple(calls), {}))


def main() -> None:
    """Answer until standard input ends."""
    import faulthandler
    faulthandler.enable()
    sys.path.insert(0, str(HERE.parent / "differential"))
    out = os.fdopen(os.dup(1), "w", buffering=1)
    import child
    import modes

    if sys.argv[1] != "plain":
        child.caller = modes.enter(sys.argv[1])
    for line in sys.stdin:
        answer = json.dumps(outcomes(json.loads(line)))
        out.write(answer + "\n")


if __name__ == "__main__":
    main()
