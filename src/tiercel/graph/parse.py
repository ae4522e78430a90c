"""Reads the text form of graphs (see `text`)."""

from __future__ import annotations

import ast
import builtins
import re
from itertools import pairwise
from types import CodeType
from typing import Any, Final, NamedTuple

from tiercel.graph.build import (
    NULL,
    RESULT,
    RESULT_BOOL,
    RESULT_NOT,
    Block,
    Const,
    Edge,
    FrameState,
    Graph,
    Handler,
    Maybe,
    Node,
    Slot,
    VirtualObject,
)
from tiercel.graph.ops import OPS
from tiercel.graph.text import BARE_ATTRS, NATURAL_TYPES, REPS, function_code, local_names

LETTERS: Final = {text: rep for rep, text in REPS.items()}

_TOKEN: Final = re.compile(r"""
    (?P<space>\s+) | (?P<comment>\#.*) |
    (?P<object>@(?:b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\w+)) |
    (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*") |
    (?P<node>%\w+) | (?P<punct>->|<-|\.\.|[{}\[\](),=|:?&]) |
    (?P<number>-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf\b|nan\b)) | (?P<word>[\w.][\w.~]*)
""", re.VERBOSE)


class ParseError(ValueError):
    """The text is not a graph."""


class _Token(NamedTuple):
    kind: str
    text: str


class StandIn:
    """An object that the text names and nobody supplied."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __repr__(self) -> str:
        return f"<stand-in {self.__name__}>"


class _Line:
    """The tokens of one line, read from the left."""

    def __init__(self, number: int, text: str) -> None:
        self.number = number
        self.text = text
        self.tokens: list[_Token] = []
        self.comment = ""
        self.at = 0
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise ParseError(f"line {number}: what is {text[position:]!r}?")
            position = match.end()
            if match.lastgroup == "comment":
                self.comment = match[0][1:].strip()
            elif match.lastgroup != "space":
                self.tokens.append(_Token(match.lastgroup or "", match[0]))

    def error(self, what: str) -> ParseError:
        return ParseError(f"line {self.number}: {what}: {self.text.strip()}")

    @property
    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def peek(self, ahead: int = 0) -> _Token:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else _Token("end", "")

    def next(self) -> _Token:
        token = self.peek()
        self.at += 1
        return token

    def accept(self, text: str) -> bool:
        if self.peek().text == text and self.peek().kind in ("punct", "word"):
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise self.error(f"expected {text!r}, not {self.peek().text!r}")

    def of_kind(self, kind: str) -> str:
        token = self.next()
        if token.kind != kind:
            raise self.error(f"expected a {kind}, not {token.text!r}")
        return token.text

    def integer(self) -> int:
        return int(self.of_kind("number"))


class Parser:
    """Reads one graph.  Blocks and nodes are entered first, so that operands may be named before they are made."""

    def __init__(self, text: str, names: dict[str, object]) -> None:
        self.names = names
        self.lines = [_Line(number, line) for number, line in enumerate(text.splitlines(), 1)]
        self.lines = [line for line in self.lines if line.tokens]
        self.nodes: dict[str, Node] = {}
        self.blocks: dict[str, Block] = {}
        self.locals: dict[CodeType, dict[str, int]] = {}
        self.shared: dict[str, VirtualObject] = {}

    def graph(self) -> Graph:
        if not self.lines:
            raise ParseError("no graph")
        head = self.lines[0]
        head.expect("graph")
        name = head.next().text
        if name[0] in "'\"":
            name = ast.literal_eval(name)
        code = function_code(self.names.get(name)) or self.made_up_code(name)
        graph = self.result = Graph(code, name)
        self.nodes["function"] = graph.function
        params = self.head(head)
        bodies: list[tuple[_Line, Node]] = []
        block: Block | None = None
        for line in self.lines[1:]:
            if line.peek().kind == "word" and line.peek(1).text in (":", "("):
                block = self.block_line(line)
            elif block is None:
                raise line.error("operation outside of a block")
            else:
                bodies.append((line, self.begin_node(line, block)))
        if not graph.blocks:
            raise head.error("a graph without blocks")
        for param in params:
            param.block = graph.entry
        graph.entry.params[:0] = params
        for line, node in bodies:
            self.finish_node(line, node)
        return graph

    def made_up_code(self, name: str) -> CodeType:
        """Code with the parameters and locals that the text mentions."""
        params: list[str] = []
        found: list[str] = []
        at = 2
        tokens = self.lines[0].tokens
        while at < len(tokens) and tokens[at].text != ")":
            if tokens[at].kind == "node" and tokens[at + 1].text == ":":
                params.append(tokens[at].text[1:])
            at += 1
        if any(token.text == "loop" for token in tokens[at:]):
            params = []
        for token in [b for a, b in pairwise(tokens) if a.text == "=" and b.kind == "word"]:
            found.append(token.text)
        for line in self.lines:
            depth = 0
            for token, after in pairwise(line.tokens):
                depth += (token.text == "{") - (token.text == "}")
                if depth and token.kind == "word" and after.text == "=":
                    found.append(token.text)
        params = [param for param in params if param.isidentifier()]
        rest = [local for local in dict.fromkeys(found) if local not in params and local.isidentifier()]
        body = "".join(f"\n {local} = None" for local in rest) or "\n pass"
        scope: dict[str, Any] = {}
        exec(f"def made_up({', '.join(params)}):{body}", scope)    # noqa: S102
        return scope["made_up"].__code__.replace(co_name=name, co_stacksize=64)

    # -- lines ------------------------------------------------------------------------------------------------------

    def head(self, line: _Line) -> list[Node]:
        graph = self.result
        params: list[Node] = []
        slots: list[str] = []
        line.expect("(")
        while not line.accept(")"):
            param = self.param(line)
            params.append(param)
            known = NATURAL_TYPES[param.rep]
            if line.accept("any"):
                known = None
            elif line.peek().kind in ("word", "object"):
                known = self.bare(line)
            graph.param_types.append(known)
            slot = ""
            if line.accept("="):
                slot = f"[{line.integer()}" if line.accept("[") else line.next().text
                line.accept("]")
            slots.append(slot)
            line.accept(",")
        graph.resumes = line.accept("resume")
        if graph.resumes or line.accept("loop"):
            graph.loop_at = line.integer()
        graph.result = LETTERS[line.next().text] if line.accept("->") else ""
        graph.linked = not line.accept("unlinked")
        names = self.locals_of(graph.code)
        for index, slot in enumerate(slots):
            if slot.startswith("["):
                graph.param_slots.append(-1 - int(slot[1:]))
            else:
                graph.param_slots.append(names[slot] if slot else index)
        return params

    def param(self, line: _Line) -> Node:
        name = line.of_kind("node")[1:]
        line.expect(":")
        node = Node(None, (), LETTERS[line.next().text])
        self.enter(line, name, node)
        return node

    def enter(self, line: _Line, name: str, node: Node) -> None:
        if name in self.nodes:
            raise line.error(f"%{name} is made twice")
        if not name.isdigit():
            node.name = name
        self.nodes[name] = node

    def block_line(self, line: _Line) -> Block:
        block = self.block(line.next().text)
        block.name = len(self.result.blocks)
        self.result.blocks.append(block)
        if line.accept("("):
            while not line.accept(")"):
                param = self.param(line)
                param.block = block
                block.params.append(param)
                line.accept(",")
        line.expect(":")
        if line.comment.startswith("line "):
            block.line = int(line.comment[5:])
        return block

    def block(self, name: str) -> Block:
        if name not in self.blocks:
            self.blocks[name] = Block(0)
        return self.blocks[name]

    def begin_node(self, line: _Line, block: Block) -> Node:
        name, rep = "", ""
        if line.peek().kind == "node":
            name = line.next().text[1:]
            if line.accept(":"):
                rep = LETTERS[line.next().text]
            line.expect("=")
        op_name = line.next().text
        if op_name not in OPS:
            raise line.error(f"no operation {op_name}")
        op = OPS[op_name]
        node = Node(op, (), rep or (op.result if op.result != "?" else ""))
        if "result" in op.attrs:
            node.attrs["result"] = node.rep
        if bool(name) != bool(node.rep):
            raise line.error("a result must be named, or there is none")
        if name:
            self.enter(line, name, node)
        node.block = block
        node.hint = line.comment
        block.nodes.append(node)
        return node

    def finish_node(self, line: _Line, node: Node) -> None:
        op = node.op
        assert op is not None
        bare = [key for key in op.attrs[:1] if key in BARE_ATTRS]
        while not line.done and line.peek().text != "|":
            token = line.peek()
            if token.kind == "string":
                node.attrs["reason"] = ast.literal_eval(line.next().text)
            elif token.kind == "word" and line.peek(1).text == "=":
                key = line.next().text
                line.next()
                node.attrs[key] = self.attr(line)
            elif token.kind == "word" and re.fullmatch(r"b\d+", token.text) and op.ends:
                edge = Edge(self.block(line.next().text))
                if line.accept("("):
                    self.operands(line, edge.args, [param.rep for param in edge.block.params], ")")
                node.targets.append(edge)
            elif bare and "*" not in op.args and len(node.args) == len(op.args):
                node.attrs[bare.pop(0)] = self.bare(line)
            else:
                node.args.append(self.operand(line, self.rep_of_operand(op.args, len(node.args))))
            line.accept(",")
        if line.accept("|"):
            node.state = self.state(line)
            if line.accept("owns"):
                owned = []
                while not line.done:
                    owned.append(self.operand(line, "o"))
                    line.accept(",")
                self.result.owned[node] = frozenset(owned)
        elif not line.done:
            raise line.error(f"what is {line.peek().text!r}?")

    @staticmethod
    def rep_of_operand(args: str, index: int) -> str:
        if "*" in args and index >= len(args) - 2:
            return args[-2]
        return args[index] if index < len(args) else "?"

    # -- operands and attributes ------------------------------------------------------------------------------------

    def operands(self, line: _Line, into: list[Any], reps: list[str], end: str) -> None:
        while not line.accept(end):
            into.append(self.operand(line, reps[len(into)] if len(into) < len(reps) else "?"))
            line.accept(",")

    def operand(self, line: _Line, rep: str = "?") -> Any:
        token = line.next()
        match token.kind:
            case "node":
                if token.text[1:] not in self.nodes:
                    raise line.error(f"nothing makes {token.text}")
                return self.nodes[token.text[1:]]
            case "object":
                return Const(self.object(token.text), "o")
            case "number":
                if rep == "f" or "." in token.text or "e" in token.text or "n" in token.text:
                    return Const(float(token.text), "f")
                return Const(int(token.text), "u" if rep == "u" else "i")
            case "word":
                match token.text:
                    case "true" | "false":
                        return Const(token.text == "true", "b")
                    case "null" | "unbound":
                        return NULL
                    case "not":
                        line.expect("result")
                        return RESULT_NOT
                    case "result":
                        return RESULT_BOOL if line.accept("?") else RESULT
        raise line.error(f"what is {token.text!r}?")

    def object(self, text: str) -> object:
        name = text[1:]
        if name in self.names:
            return self.names[name]
        if not re.fullmatch(r"[^\W\d]\w*", name):
            return ast.literal_eval(name)
        if hasattr(builtins, name):
            return getattr(builtins, name)
        return self.names.setdefault(name, StandIn(name))

    def bare(self, line: _Line) -> Any:
        token = line.next()
        if token.kind == "word":
            if not hasattr(builtins, token.text):
                raise line.error(f"no builtin {token.text}")
            return getattr(builtins, token.text)
        value = self.object(token.text)
        if isinstance(value, StandIn) and "type" in line.text.split("@")[0]:
            value = self.names[token.text[1:]] = type(token.text[1:], (), {})
        return value

    def attr(self, line: _Line) -> Any:
        token = line.next()
        if token.text == "(":
            items = []
            while not line.accept(")"):
                items.append(self.attr(line))
                line.accept(",")
            return tuple(items)
        if token.kind == "object":
            return self.object(token.text)
        if token.kind == "word" and token.text not in ("True", "False", "None"):
            return getattr(builtins, token.text)
        return ast.literal_eval(token.text)

    # -- frame states -----------------------------------------------------------------------------------------------

    def state(self, line: _Line) -> FrameState:
        self.shared = {}
        innermost = state = self.frame(line)
        while line.accept("<-"):
            state.parent = self.frame(line)
            state = state.parent
        return innermost

    def frame(self, line: _Line) -> FrameState:
        graph = self.result
        code: CodeType | None = graph.code
        function: Any = graph.function
        if line.peek().kind == "object":
            value = self.object(line.next().text)
            code = function_code(value)
            if line.accept("("):
                function = self.slot(line)
                line.expect(")")
            else:
                function = Const(value, "o")
        if code is None:
            raise line.error("the frame's function is not known")
        before = line.accept("before")
        if not before:
            line.expect("after")
        at = resume = line.integer()
        if not before:
            line.expect("..")
            resume = line.integer()
        names = self.locals_of(code)
        locals_: list[Slot] = [NULL] * len(names)
        line.expect("{")
        while not line.accept("}"):
            name = line.next().text
            if name not in names:
                raise line.error(f"{code.co_name} has no local {name}")
            line.expect("=")
            locals_[names[name]] = self.slot(line)
            line.accept(",")
        stack: list[Slot] = []
        if line.accept("["):
            while not line.accept("]"):
                stack.append(self.slot(line))
                line.accept(",")
        handler = None
        if line.accept("handler"):
            target = line.integer()
            line.expect("depth")
            handler = Handler(target, line.integer(), line.accept("lasti"))
        ends = line.integer() if line.accept("ends") else None
        return FrameState(code, function, at, resume, locals_, stack, handler, None, not line.accept("unlinked"), ends)

    def slot(self, line: _Line) -> Slot:
        slot: Slot
        if line.accept("&"):
            label = line.of_kind("number")
            if label in self.shared:
                return self.shared[label]
            slot = self.virtual(line, label)
        elif line.peek().kind == "word" and line.peek(1).text == "(":
            slot = self.virtual(line, None)
        else:
            slot = self.operand(line)
        if line.accept("if"):
            return Maybe(self.operand(line, "b"), slot)  # type: ignore[arg-type]
        return slot

    def virtual(self, line: _Line, label: str | None) -> VirtualObject:
        virtual = VirtualObject(line.of_kind("word"), [])
        if label is not None:
            self.shared[label] = virtual
        line.expect("(")
        while not line.accept(")"):
            virtual.parts.append(self.slot(line))
            line.accept(",")
        return virtual

    def locals_of(self, code: CodeType) -> dict[str, int]:
        if code not in self.locals:
            self.locals[code] = {name: index for index, name in enumerate(local_names(code))}
        return self.locals[code]
