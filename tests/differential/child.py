"""Run the cases of one file in this process and write what was seen, a line of JSON for each case.

    python child.py FILE MODE OUTPUT [NAME...]

A line is written before a case begins and after it ends, so that a crash names its case.  NAMEs restrict the run.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib.util
import io
import json
import pathlib
import sys
import time
from typing import Any

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "cases")]

import case as cases  # noqa: E402
import modes  # noqa: E402
import observe  # noqa: E402

CALLS = 4           # calls of one set in a row
LEAK_CALLS = 150    # calls between two counts of allocated blocks
MOST_WINDOWS = 12
QUICK = 0.004       # seconds of processor time: a call that takes longer is not repeated to look for leaks
SECONDS = 60        # a case that takes longer hangs


caller: modes.Caller | None = None       # makes the calls, where it is not simply a call


def observed_call(chosen: cases.Case, index: int) -> Any:
    """Call a case once and describe all that came of it."""
    arguments = chosen.arguments(index)
    watched = observe.counted(arguments)
    before = observe.counts(watched)
    while cases.LOG:            # what ends with a note may leave another
        cases.LOG.clear()
    result: Any = None
    outcome: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as output:
        try:
            result = (chosen.function(*arguments, **chosen.keywords) if caller is None
                      else caller(chosen.function, arguments, chosen.keywords))
        except BaseException as error:
            outcome["raised"] = observe.describe_exception(error, skip=1)
    outcome["result"] = observe.describe(result)
    outcome["identical"] = [i for i, value in enumerate(arguments)
                            if value is result and type(value) not in (int, float, complex)]
    del result
    outcome["references"] = [after - first for after, first in zip(observe.counts(watched), before)]
    outcome["arguments"] = observe.describe(arguments)
    outcome["log"] = observe.describe(cases.LOG)
    outcome["output"] = output.getvalue()
    return outcome


def quiet_call(chosen: cases.Case, index: int) -> None:
    """Call a case for its effect on memory only."""
    arguments = chosen.arguments(index)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(BaseException):
        chosen.function(*arguments, **chosen.keywords)


def leaks(chosen: cases.Case) -> bool:
    """Whether memory grows by the calls, on and on: versions still being made take some as well."""
    began = time.process_time()
    for i in range(len(chosen.sets)):
        quiet_call(chosen, i)
    if time.process_time() - began > QUICK * len(chosen.sets):
        return False
    for _ in range(MOST_WINDOWS):
        gc.collect()
        start = sys.getallocatedblocks()
        for i in range(LEAK_CALLS):
            quiet_call(chosen, i % len(chosen.sets))
        cases.LOG.clear()
        gc.collect()
        if sys.getallocatedblocks() - start <= LEAK_CALLS // (2 * len(chosen.sets)):
            return False
    return True


def observe_case(chosen: cases.Case) -> list[Any]:
    """All outcomes of a case in order; equal ones in a row are counted, not repeated."""
    outcomes: list[Any] = []
    for _ in range(modes.ROUNDS if caller is None else modes.GRAPH_ROUNDS):
        for index in range(len(chosen.sets)):
            for _ in range(CALLS):
                outcome = observed_call(chosen, index)
                if outcomes and outcomes[-1][0] == index and outcomes[-1][1] == outcome:
                    outcomes[-1][2] += 1
                else:
                    outcomes.append([index, outcome, 1])
    return outcomes


def main() -> None:
    """Load the file, switch Tiercel on as the mode says, run."""
    global caller
    path, mode, output, *names = sys.argv[1:]
    spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    if mode != "plain":
        caller = modes.enter(mode)
    with open(output, "w", buffering=1) as out:
        for name, chosen in cases.CASES.items():
            if names and name not in names:
                continue
            out.write(json.dumps({"begin": name}) + "\n")
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            seen = {"end": name, "outcomes": observe_case(chosen)}
            if mode != "graph":
                seen["leaks"] = leaks(chosen)
            faulthandler.cancel_dump_traceback_later()
            out.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    faulthandler.enable()
    main()
