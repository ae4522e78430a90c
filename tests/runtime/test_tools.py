"""A function that was compiled before a debugger, profiler or monitoring tool came on reports to it all the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import tiercel
tiercel.enable(sync=True, threshold=3)

def inner(x):
    return x + 1

def outer(n):
    total = 0
    for i in range(n):
        total += inner(i)
    return total

for _ in range(50):
    inner(1), outer(3)
assert "version 1" in str(tiercel.explain(outer)), tiercel.explain(outer)
seen = []
ON, OFF
expected = ["inner", "outer", "inner", "inner"]
assert seen[:4] == expected, seen
seen.clear()
assert inner(1) == 2 and outer(2) == 3 and not seen
"""

TOOLS = {
    "settrace": ("sys.settrace(lambda f, e, a: seen.append(f.f_code.co_name) if e == 'call' else None)",
                 "sys.settrace(None)"),
    "setprofile": ("sys.setprofile(lambda f, e, a: seen.append(f.f_code.co_name) if e == 'call' else None)",
                   "sys.setprofile(None)"),
    "monitoring": ("M = sys.monitoring; M.use_tool_id(3, 'tool'); "
                   "M.register_callback(3, M.events.PY_START, lambda c, o: seen.append(c.co_name)); "
                   "M.set_events(3, M.events.PY_START)",
                   "M.set_events(3, 0); M.free_tool_id(3)"),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_compiled_functions_report(tool: str) -> None:
    on, off = TOOLS[tool]
    program = PROGRAM.replace("ON, OFF", f"{on}\ninner(1); outer(2)\n{off}")
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
