"""Loops that wait for something else to change what they look at: signal handlers, threads, the collector."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CHANGES = {
    "item": ("xs = [1]", "while xs[0]: n += 1", "xs[0] = 0", "done"),
    "item of another type": ("xs = [1]", "while xs[0]: n += 1", "xs[0] = ''", "done"),
    "length": ("xs = [1, 2]", "while len(xs) == 2: n += 1", "xs.append(3)", "done"),
    "no such item": ("xs = [1, 2]", "while xs[1]: n += 1", "xs.clear()", "IndexError"),
    "attribute": ("xs = Box()", "while xs.go: n += 1", "xs.go = False", "done"),
    "attribute that goes": ("xs = Box()", "while xs.go: n += 1", "del xs.go", "AttributeError"),
    "class of an object": ("xs = Box()", "while xs.go: n += 1", "xs.__class__ = Other", "done"),
    "global": ("xs = None", "while go: n += 1", "globals().update(go=False)", "done"),
    "items of an item": ("xs = [[0.5]]", "while xs[0][0]: n += 1", "xs[0] = [0.0]", "done"),
    "nothing": ("xs = [1]", "while xs[0]: n += 1", "raise LookupError", "LookupError"),
}
PROGRAM = """
import signal, sys, threading
class Box:
    def __init__(self): self.go = True
class Other:
    go = property(lambda self: False)
go = True
def loop(xs):
    n = 0
    {loop}
    return n
def change(*ignored):
    {change}
def by_thread():
    import time
    time.sleep(0.2)
    change()
{start}
if sys.argv[1] == "signal":
    signal.signal(signal.SIGALRM, change)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
else:
    threading.Thread(target=by_thread).start()
try:
    loop(xs)
    print("done")
except Exception as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize("by", ("signal", "thread"))
@pytest.mark.parametrize("what", CHANGES)
def test_sees_the_change(what: str, by: str) -> None:
    start, loop, change, expected = CHANGES[what]
    if by == "thread" and "raise" in change:
        pytest.skip("a thread cannot raise here")
    program = PROGRAM.format(start=start, loop=loop, change=change)
    for threshold in ("1", "50"):
        environment = {**os.environ, "TIERCEL_THRESHOLD": threshold, "TIERCEL_SYNC": "1", "TIERCEL_STRICT": "1"}
        done = subprocess.run([sys.executable, "-m", "tiercel", "-c", program, by], capture_output=True, text=True,
                              timeout=60, env=environment)
        assert (done.stdout, done.stderr) == (f"{expected}\n", "")


BODY = """
import signal, sys
seen = []
def look(number, frame):
    names = []
    while frame is not None:
        names.append(frame.f_code.co_name)
        frame = frame.f_back
    seen.append(names)
def slow(rounds):
    total = 0
    for outer in range(3):
        for i in range(rounds):
            total += i & 3
        yield total
def take(rounds):
    last = 0
    for value in slow(rounds):
        last = value
    return last
for _ in range(60):
    take(10)
signal.signal(signal.SIGALRM, look)
signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
while len(seen) < 3:
    take(100_000_000)
print(all(names[:3] == ["slow", "take", "<module>"] for names in seen if "take" in names))
"""


def test_a_signal_handler_sees_the_generator_whose_body_is_evaluated_in_place() -> None:
    environment = {**os.environ, "TIERCEL_THRESHOLD": "20", "TIERCEL_SYNC": "1", "TIERCEL_STRICT": "1"}
    done = subprocess.run([sys.executable, "-m", "tiercel", "-c", BODY], capture_output=True, text=True, timeout=60,
                          env=environment)
    assert (done.stdout, done.stderr) == ("True\n", "")


SENT = """
import _thread, os, signal

def handler(number, frame):
    raise ZeroDivisionError(frame.f_lineno)

def sends(send, *args):
    try:
        send(*args)
    except ZeroDivisionError as error:
        return error.args[0]
    return "too late"

def kills():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except ZeroDivisionError as error:
        return error.args[0]
    return "too late"

def raises():
    try:
        signal.raise_signal(signal.SIGTERM)
    except ZeroDivisionError as error:
        return error.args[0]
    return "too late"

signal.signal(signal.SIGTERM, handler)
print({(sends(_thread.interrupt_main, signal.SIGTERM), kills(), raises()) for _ in range(100)})
"""


def test_a_signal_that_a_call_sends_is_handled_right_after_it() -> None:
    environment = {**os.environ, "TIERCEL_THRESHOLD": "20", "TIERCEL_SYNC": "1", "TIERCEL_STRICT": "1"}
    done = subprocess.run([sys.executable, "-m", "tiercel", "-c", SENT], capture_output=True, text=True, timeout=60,
                          env=environment)
    assert (done.stdout, done.stderr) == ("{(9, 16, 23)}\n", "")
