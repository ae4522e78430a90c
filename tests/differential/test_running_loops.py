"""The loops of cases, running when they are compiled: each function is called once, for many rounds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROUNDS = 60
PROGRAM = """
import importlib, inspect, re, sys
sys.path[:0] = {paths!r}
module = importlib.import_module({stem!r})
for name, function in list(vars(module).items()):
    if inspect.isfunction(function) and list(inspect.signature(function).parameters) == ["n"]:
        try:
            seen = function({rounds})
        except BaseException as error:
            seen, step = [type(error), error.args], error.__traceback__.tb_next
            while step is not None:
                seen.append((step.tb_frame.f_code.co_name, step.tb_lineno, step.tb_lasti))
                step = step.tb_next
        print(name, re.sub("0x[0-9a-f]+", "0x", repr(seen)))
"""


def output(stem: str, **environment: str) -> str:
    program = PROGRAM.format(paths=[str(HERE), str(HERE / "cases")], stem=stem, rounds=ROUNDS)
    command = [sys.executable, *(["-m", "tiercel"] if environment else []), "-c", program]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("stem", ["exceptions", "handlers", "managers", "generators_and_frames", "generators_running",
                                  "iteration"])
def test_loops_compiled_while_they_run(stem: str) -> None:
    plain = output(stem)
    assert plain.count("\n") > 5
    for changed in {"TIERCEL_THRESHOLD": "2"}, {"TIERCEL_THRESHOLD": "2", "TIERCEL_WORK": "0"}, {"TIERCEL_THRESHOLD": "30"}:
        assert output(stem, TIERCEL_SYNC="1", TIERCEL_STRICT="1", **changed) == plain
