"""The graph as text, the way one would write it on a whiteboard, and back.

    graph norm2(%xs: obj list) -> obj
    b0:
      jump b1(0, 0.0, null)
    b1(%i: i64, %s: f64, %x: obj):            # line 3
      poll                                    | before 18 {xs=%xs, s=%s, x=%x} [list_iterator(%xs, %i)]
      %0 = list_length %xs
      ...

A line is an operation, its operands, its attributes (`key=value`; a guard's type or object stands bare, its reason is
quoted), its edges, and behind `|` its frame state: `before 18`, or `after 18..20` where the interpreter goes on at 20,
the bound locals in braces, the stack in brackets, the callers behind `<-`.  A frame of other code than the graph's
begins with its function, or with `@code(%function)`.  `x=%x if %b` is a local bound only where `%b` is true;
`&1 cell(...)` names an object that the same state mentions again as `&1`; `owns` lists what the exit releases.
Objects are `@name`, or a literal such as `@'text'`, `@1`, `@None`; numbers are unboxed.
"""

from __future__ import annotations

import builtins
import math
import re
from types import CodeType, FunctionType
from typing import Any, Final

from tiercel.graph.build import (
    NULL,
    RESULT,
    RESULT_BOOL,
    RESULT_NOT,
    Const,
    FrameState,
    Graph,
    Maybe,
    Node,
    Slot,
    VirtualObject,
)

REPS: Final = {"o": "obj", "i": "i64", "u": "u64", "f": "f64", "b": "bool"}
NATURAL_TYPES: Final = {"o": None, "i": int, "u": int, "f": float, "b": bool}
MARKS: Final = {id(NULL): "null", id(RESULT): "result", id(RESULT_BOOL): "result?", id(RESULT_NOT): "not result"}
BARE_ATTRS: Final = ("type", "value")
_STATE_COLUMN: Final = 48
_LITERALS: Final = (int, str, bytes, float)


def format(graph: Graph, names: dict[str, object] | None = None) -> str:
    """The graph's text.  `names` supplies names of objects and takes those that are made up."""
    return _Printer(graph, {} if names is None else names).text()


def parse(text: str, names: dict[str, object] | None = None) -> Graph:
    """The graph that `text` describes.  `names` supplies the objects; what it lacks is looked up among the builtins,
    else a stand-in is made (and entered into `names`), so that a graph can be read without its program."""
    from tiercel.graph.parse import Parser
    return Parser(text, {} if names is None else names).graph()


def local_names(code: CodeType) -> list[str]:
    """A name for each of `co_nlocalsplus`, made unique."""
    names = list(code.co_varnames)
    names += [name for name in code.co_cellvars if name not in code.co_varnames]
    names += code.co_freevars
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            names[index] = f"{name}~{index}"
        seen.add(name)
    return names


def node_names(graph: Graph) -> dict[Node, str]:
    """A name for each node with a result: as parsed, or after the first local seen to hold it, or a number."""
    result: dict[Node, str] = {graph.function: "function"}
    used = {"function"}

    def name(node: Node, wish: str) -> None:
        unique, count = wish, 1
        while unique in used:
            count += 1
            unique = f"{wish}_{count}" if wish[-1].isdigit() else f"{wish}{count}"
        used.add(unique)
        result[node] = unique

    everything = [node for block in graph.blocks for node in (*block.params, *block.nodes) if node.rep]
    for node in everything:
        if isinstance(node.name, str):
            name(node, node.name)
    locals_of: dict[CodeType, list[str]] = {}

    def locals_named(code: CodeType) -> list[str]:
        if code not in locals_of:
            locals_of[code] = local_names(code)
        return locals_of[code]

    own = locals_named(graph.code)
    for param, slot in zip(graph.entry.params, graph.param_slots):
        if param not in result and 0 <= slot < len(own):
            name(param, own[slot].replace("~", "_"))
    for node in graph.nodes():
        if node.state is None:
            continue
        for frame in node.state.frames():
            for local, held in zip(locals_named(frame.code), frame.locals):
                held = held.value if isinstance(held, Maybe) else held
                if isinstance(held, Node) and held not in result:
                    name(held, local.replace("~", "_"))
    number = 0
    for node in everything:
        if node not in result:
            while str(number) in used:
                number += 1
            used.add(str(number))
            result[node] = str(number)
    return result


class _Printer:
    def __init__(self, graph: Graph, names: dict[str, object]) -> None:
        self.graph = graph
        self.names = names
        names.setdefault(graph.name, graph.code)
        self.object_names = {id(value): name for name, value in names.items()}
        self.nodes = node_names(graph)
        self.blocks = {block: f"b{index}" for index, block in enumerate(graph.blocks)}
        self.locals: dict[CodeType, list[str]] = {}
        self.shared: dict[int, str] = {}

    def text(self) -> str:
        graph = self.graph
        params = ", ".join(self.param(i, param) for i, param in enumerate(graph.entry.params))
        name = graph.name if re.fullmatch(r"[^\W\d][\w.]*", graph.name) else repr(graph.name)
        head = f"graph {name}({params})"
        if graph.loop_at is not None:
            head += f" {'resume' if graph.resumes else 'loop'} {graph.loop_at}"
        if graph.result:
            head += f" -> {REPS[graph.result]}"
        if not graph.linked:
            head += " unlinked"
        lines = [head]
        for block in graph.blocks:
            params = "" if block is graph.entry else ", ".join(f"{self.node(p)}: {REPS[p.rep]}" for p in block.params)
            label = f"{self.blocks[block]}({params}):" if params else f"{self.blocks[block]}:"
            lines.append(_comment(label, f"line {block.line}" if block.line else ""))
            lines.extend(self.line(node) for node in block.nodes)
        return "\n".join(lines) + "\n"

    def param(self, index: int, param: Node) -> str:
        graph = self.graph
        text = f"{self.node(param)}: {REPS[param.rep]}"
        known = graph.param_types[index] if index < len(graph.param_types) else NATURAL_TYPES[param.rep]
        if known is not NATURAL_TYPES[param.rep]:
            text += f" {self.bare(known)}" if known is not None else " any"
        slot = graph.param_slots[index] if index < len(graph.param_slots) else index
        if graph.loop_at is not None or slot != index:
            text += f" = {self.locals_of(graph.code)[slot]}" if slot >= 0 else f" = [{-1 - slot}]"
        return text

    def line(self, node: Node) -> str:
        assert node.op is not None
        text = "  "
        if node.rep:
            rep = "" if node.rep == node.op.result else f": {REPS[node.rep]}"
            text += f"{self.node(node)}{rep} = "
        text += node.op.name
        items = [self.operand(arg) for arg in node.args]
        for key in node.op.attrs:
            value = node.attrs.get(key)
            if key == "reason" or key not in node.attrs or (key == "result" and value == node.rep):
                continue
            if key in BARE_ATTRS and key == node.op.attrs[0] and "*" not in node.op.args and node.args:
                items.append(self.bare(value) if key == "type" else self.object(value))
            elif value is not None:
                items.append(f"{key}={self.attr(value)}")
        if node.attrs.get("unchecked"):
            items.append("unchecked=True")
        for edge in node.targets:
            args = ", ".join(self.operand(arg) for arg in edge.args)
            items.append(f"{self.blocks[edge.block]}({args})" if args else self.blocks[edge.block])
        if items:
            text += " " + ", ".join(items)
        if node.attrs.get("reason"):
            text += f" {node.attrs['reason']!r}"
        if node.state is not None:
            text = f"{text.ljust(_STATE_COLUMN)} | {self.state(node.state)}"
            owned = self.graph.owned.get(node)
            if owned:
                text += " owns " + ", ".join(sorted((self.operand(n) for n in owned), key=_natural))
        return _comment(text, node.hint)

    # -- operands and attributes ------------------------------------------------------------------------------------

    def node(self, node: Node) -> str:
        name = self.nodes.get(node)
        return f"%{name}" if name is not None else f"%?{id(node):x}"

    def operand(self, operand: Any) -> str:
        if isinstance(operand, Node):
            return self.node(operand)
        if isinstance(operand, Const):
            return self.object(operand.value) if operand.rep == "o" else number_text(operand)
        return MARKS[id(operand)]

    def object(self, value: Any) -> str:
        known = self.object_names.get(id(value))
        if known is None:
            if value is None or value is True or value is False or value is ...:
                return f"@{value}"
            if type(value) in _LITERALS and _writable(value):
                return f"@{value!r}"
            name = getattr(value, "__name__", None)
            if isinstance(name, str) and getattr(builtins, name, None) is value:
                return f"@{name}"
            known = self.new_name(value)
        return f"@{known}"

    def new_name(self, value: Any) -> str:
        wish = getattr(value, "__name__", None) or getattr(value, "co_name", None) or type(value).__name__
        wish = re.sub(r"\W", "_", wish) if isinstance(wish, str) else "object"
        name, count = wish, 1
        while name in self.names or hasattr(builtins, name):
            count += 1
            name = f"{wish}_{count}"
        self.names[name] = value
        self.object_names[id(value)] = name
        return name

    def bare(self, value: Any) -> str:
        text = self.object(value)
        name = text[1:]
        return name if getattr(builtins, name, self) is value and isinstance(value, type) else text

    def attr(self, value: Any) -> str:
        if value is None or type(value) in (bool, int, float, str):
            return repr(value)
        if type(value) is tuple:
            return f"({', '.join(self.attr(item) for item in value)})"
        return self.object(value)

    # -- frame states -----------------------------------------------------------------------------------------------

    def state(self, state: FrameState) -> str:
        counts: dict[int, int] = {}
        for slot in state.slots():
            _count_virtuals(slot, counts)
        self.shared = {key: "" for key, count in counts.items() if count > 1}
        return " <- ".join(self.frame(frame) for frame in state.frames())

    def frame(self, frame: FrameState) -> str:
        graph = self.graph
        text = ""
        function = frame.function
        if frame.code is not graph.code or function is not graph.function:
            if isinstance(function, Const) and getattr(function.value, "__code__", None) is frame.code:
                text = f"{self.object(function.value)} "
            else:
                text = f"{self.object(frame.code)}({self.slot(function)}) "
        text += f"before {frame.at}" if frame.mode == "before" else f"after {frame.at}..{frame.resume}"
        names = self.locals_of(frame.code)
        held = [f"{name}={self.slot(slot)}" for name, slot in zip(names, frame.locals) if slot is not NULL]
        text += f" {{{', '.join(held)}}}"
        if frame.stack:
            text += f" [{', '.join(self.slot(slot) for slot in frame.stack)}]"
        if frame.handler is not None:
            text += f" handler {frame.handler.target} depth {frame.handler.depth}"
            text += " lasti" if frame.handler.lasti else ""
        if frame.ends is not None:
            text += f" ends {frame.ends}"
        return text if frame.linked else text + " unlinked"

    def slot(self, slot: Slot) -> str:
        if isinstance(slot, Maybe):
            return f"{self.slot(slot.value)} if {self.operand(slot.bound)}"
        if not isinstance(slot, VirtualObject):
            return self.operand(slot)
        label = self.shared.get(id(slot))
        if label:
            return label
        prefix = ""
        if label is not None:
            label = self.shared[id(slot)] = f"&{sum(map(bool, self.shared.values())) + 1}"
            prefix = label + " "
        return f"{prefix}{slot.kind}({', '.join(self.slot(part) for part in slot.parts)})"

    def locals_of(self, code: CodeType) -> list[str]:
        if code not in self.locals:
            self.locals[code] = local_names(code)
        return self.locals[code]


def _count_virtuals(slot: Slot, counts: dict[int, int]) -> None:
    if isinstance(slot, Maybe):
        _count_virtuals(slot.value, counts)
    elif isinstance(slot, VirtualObject):
        counts[id(slot)] = counts.get(id(slot), 0) + 1
        if counts[id(slot)] == 1:
            for part in slot.parts:
                _count_virtuals(part, counts)


def number_text(const: Const) -> str:
    """An unboxed constant."""
    if const.rep == "b":
        return "true" if const.value else "false"
    return repr(float(const.value)) if const.rep == "f" else repr(int(const.value))


def _writable(value: Any) -> bool:
    if type(value) is float:
        return math.isfinite(value)
    return len(value) <= 60 if type(value) in (str, bytes) else abs(value) < 1 << 200


def _comment(line: str, comment: str) -> str:
    return f"{line.ljust(_STATE_COLUMN)} # {comment}" if comment else line


def _natural(name: str) -> tuple[str, int, str]:
    match = re.match(r"(\D*)(\d*)", name)
    assert match is not None
    return (match[1], int(match[2] or 0), name)


def function_code(value: object) -> CodeType | None:
    """The code of a function object or the code object itself."""
    if type(value) is FunctionType:
        return value.__code__
    return value if type(value) is CodeType else None
