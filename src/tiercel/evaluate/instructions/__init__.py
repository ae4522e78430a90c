"""How each instruction is evaluated, one table from names to handlers; what is not in it leaves to the interpreter.

A handler is a function `(e, instruction)`.  It pops its operands from `e.frame.stack`, emits what is left to do and
pushes its results.  A handler that ends the block says so by returning True.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from tiercel.evaluate.instructions import (
    attributes,
    calling,
    containers,
    control,
    exceptions,
    imports,
    matching,
    names,
    operators,
    stack,
    strings,
)

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Instruction

Handler = Callable[[Any, "Instruction"], bool | None]

HANDLERS: Final[dict[str, Handler]] = {}
for _table in (stack, names, operators, control, containers, attributes, calling, strings, exceptions, matching,
               imports):
    HANDLERS.update(_table.HANDLERS)
