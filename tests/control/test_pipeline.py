"""What a version may cost before it has been shown to be worth it."""

import types

import pytest

pytest.importorskip("tiercel._runtime")

from tiercel import _runtime, evaluate
from tiercel.bytecode import decode
from tiercel.control import pipeline
from tiercel.control.history import History

RUNS = 700


def nested(rows):
    total = 0
    for row in rows:
        for value in row:
            if value:
                total += len(value)
    return total


class Hooks:
    """As much of the policy as evaluating asks for."""

    config = types.SimpleNamespace(work=1)

    def __init__(self, allowed):
        self.allowed = allowed

    def instructions_allowed(self, record, at):
        return self.allowed

    def runs(self, record, at):
        return RUNS

    def calls_at_least(self, record, loops):
        return 0

    def rounds_at_least(self, record, at):
        return 7 * RUNS


def record():
    return types.SimpleNamespace(history=History(), outgrown=set())


def test_what_takes_long_to_evaluate_has_to_run_more_often_first():
    with pytest.raises(pipeline.TooSoon) as caught:
        pipeline.compile_function(Hooks(20), record(), nested, ([["a"]],))
    assert caught.value.args == (2 * RUNS,)


def test_a_running_loop_that_takes_long_to_evaluate_likewise():
    at = min(decode(nested.__code__).flow.loops)
    with pytest.raises(pipeline.TooSoon) as caught:
        pipeline.compile_loop(Hooks(10), record(), nested, nested.__code__, at,
                              ([["a"]], 0, _runtime.NULL, _runtime.NULL), (iter([["a"]]),))
    assert caught.value.args == (2 * RUNS,)


@pytest.mark.parametrize("allowed", [None, 2000])
def test_what_may_be_evaluated_is(allowed):
    history = History()
    history.allowed = allowed
    assert evaluate.evaluate_function(nested, ([["a"]],), history).evaluated > 20


def test_instructions_count_as_often_as_they_are_evaluated():
    """The bodies of loops are, until their types have settled."""
    history = History()
    history.allowed = len(nested.__code__.co_code) // 2          # more than there are instructions
    with pytest.raises(evaluate.TooLong):
        evaluate.evaluate_function(nested, ([["a"]],), history)


def test_a_loop_without_others_in_it_has_to_go_round_more_often_first():
    inner = max(decode(nested.__code__).flow.loops)
    with pytest.raises(pipeline.TooSoon) as caught:
        pipeline.compile_loop(Hooks(1000), record(), nested, nested.__code__, inner, (), ())
    assert caught.value.args == (7 * RUNS,)
