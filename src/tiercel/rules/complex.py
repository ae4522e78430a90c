"""Complex numbers, by CPython's own functions."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from tiercel.rules.registry import Number, rule
from tiercel.types import FLOAT, exact

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator


def _complex(function: Any, name: str) -> None:
    # no code of the program runs, and the type of the result is known
    def evaluate(e: Evaluator, a: Any, b: Any) -> Any:
        return e.emit(f"number_{name}", e.obj(a), e.obj(b), fact=exact(complex))
    rule(function, complex, complex)(evaluate)
    rule(function, complex, Number)(evaluate)
    rule(function, Number, complex)(evaluate)


for _function, _name in ((operator.add, "add"), (operator.sub, "subtract"), (operator.mul, "multiply"),
                         (operator.truediv, "true_divide")):
    _complex(_function, _name)


@rule(abs, complex)
def absolute(e: Evaluator, a: Any) -> Any:
    return e.emit("number_absolute", e.obj(a), fact=FLOAT)
