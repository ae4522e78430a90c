"""Partial evaluation of bytecode over abstract values: the heart of Tiercel.

The evaluator walks a function's basic blocks, keeps for every local and stack slot what is known of its value, and
emits the work that is left as a graph.  It lives in layers: `core` (emission and frame states), `flow` (merging,
loops), `api` (what rules say), `iteration`, `inlining`, `evaluator`; one handler for each instruction is in
`instructions`.  No rule about a particular Python type belongs here: those are in `tiercel.rules`.
"""

from tiercel.evaluate.assumptions import Assumptions, History, TooLong, Unsupported
from tiercel.evaluate.evaluator import Evaluation, evaluate_function, evaluate_loop, evaluate_resumption
from tiercel.evaluate.natives import NativeForm, native_form, register

__all__ = ["Assumptions", "Evaluation", "History", "NativeForm", "TooLong", "Unsupported", "evaluate_function", "evaluate_loop",
           "evaluate_resumption", "native_form", "register"]
