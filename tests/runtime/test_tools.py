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


AFTERWARDS = """
if {active}:
    def later(x):
        return x * 2
    for _ in range(50):
        later(2.5)
    assert "version 1" in str(tiercel.explain(later)), tiercel.explain(later)
"""

LINES = """
import sys
if {active}:
    import tiercel
    tiercel.enable(sync=True, threshold=3)

def leaf(x): return x + 1

def outer(n, meanwhile=None):
    total = 0
    for i in range(n):
        total += leaf(i)
        if meanwhile and i == 10:
            meanwhile()
    return total

for _ in range(50):
    leaf(1), outer(3)
seen = []
M = sys.monitoring
M.use_tool_id(3, 'tool')
M.register_callback(3, M.events.LINE, lambda code, line: seen.append((code.co_name, line)))
for code in leaf.__code__, outer.__code__:
    M.set_events(3, M.events.LINE)
    outer(20)
    M.set_events(3, 0)
    outer(20)
    M.set_local_events(3, code, M.events.LINE)
    outer(20)
    M.set_local_events(3, code, 0)
    outer(20, lambda: M.set_events(3, M.events.LINE))
    M.set_events(3, 0)
M.free_tool_id(3)
print([place for place in seen if place[0] in ('leaf', 'outer')])
"""


def plain_and_ours(program: str) -> list[str]:
    """What a program prints without Tiercel, and with it."""
    return [subprocess.run([sys.executable, "-c", (program + AFTERWARDS).format(active=active)], check=True, timeout=60,
                           capture_output=True, text=True).stdout for active in (False, True)]


def test_another_tool_gets_the_lines_that_it_gets_without_tiercel() -> None:
    plain, ours = plain_and_ours(LINES)
    assert ours == plain


OPCODES = """
import sys
if {active}:
    import tiercel
    tiercel.enable(sync=True, threshold=3)
seen = []

def traced():
    def trace(frame, event, arg):
        seen.append((event, frame.f_lineno, frame.f_lasti))
        return trace
    frame = sys._getframe()
    frame.f_trace, frame.f_trace_opcodes = trace, True
    sys.settrace(trace); here = 1
    sys.settrace(None)
    return here

for _ in range(9):
    traced()
print(seen)
"""


def test_single_instructions_are_traced_from_the_first_one() -> None:
    plain, ours = plain_and_ours(OPCODES)
    assert ours == plain and "opcode" in plain
