"""What `object` gives every class."""

from __future__ import annotations

from typing import Any

from tiercel.rules.registry import Anything, rule


@rule(object.__init__, Anything)
def init(e: Any, instance: Any) -> Any:
    """Without further arguments it does nothing, whatever the class."""
    return e.NONE
