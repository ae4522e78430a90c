"""Make a differing program small: drop statements and unwrap blocks for as long as it still differs."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator

BODIES = ("body", "orelse", "finalbody", "handlers")


def candidates(source: str) -> Iterator[str]:
    """Texts one step smaller: one statement dropped, or replaced by what is inside it, the large ones first."""
    tree = ast.parse(source)
    places = [(node, field) for node in ast.walk(tree) for field in BODIES
              if isinstance(getattr(node, field, None), list)]
    for node, field in places:
        statements = getattr(node, field)
        for i, statement in enumerate(statements):
            inside = [*getattr(statement, "body", [])] if isinstance(statement, ast.stmt) else []
            for replacement in ([], inside) if inside and not isinstance(statement, ast.ClassDef) else ([],):
                changed = statements[:i] + replacement + statements[i + 1:]
                if not changed and field == "body":
                    changed = [ast.Pass()]
                setattr(node, field, changed)
                try:
                    text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
                    compile(text, "<candidate>", "exec")
                except (SyntaxError, ValueError, AttributeError):
                    text = ""
                setattr(node, field, statements)
                if text and text != source:
                    yield text


def minimise(source: str, differs: Callable[[str], bool], seconds: float = 60.0) -> str:
    """The smallest program found within the time that still differs."""
    deadline = time.monotonic() + seconds
    found = True
    while found and time.monotonic() < deadline:
        found = False
        for text in sorted(candidates(source), key=len):
            if time.monotonic() > deadline:
                break
            if len(text) < len(source) and differs(text):
                source, found = text, True
                break
    return source
