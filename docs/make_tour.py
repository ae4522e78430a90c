"""Bring the listings of docs/tour.md up to date: what stands between its fences is made here, by running Tiercel.

    .venv/bin/python docs/make_tour.py            rewrite them
    .venv/bin/python docs/make_tour.py --check    only say which differ (machine code depends on the processor)
"""

from __future__ import annotations

import argparse
import dis
import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from traceback import format_exception
from typing import Any

import tour_program
from tour_program import Point, length2, norm2, swap

import tiercel
from tiercel import emit, passes
from tiercel.bytecode import decode
from tiercel.control.records import record_of
from tiercel.evaluate import evaluate_function
from tiercel.graph.build import Graph
from tiercel.graph.text import format as format_graph
from tiercel.graph.verify import verify

FOLDER = Path(__file__).parent
TOUR = FOLDER / "tour.md"
FENCE = re.compile(r"(?P<head><!-- listing: (?P<name>[\w-]+) -->\n```\w*\n)(?P<body>.*?)(?P<tail>^```$)", re.M | re.S)
WIDTH = 118
FLOATS = [0.5, 1.5, 2.5]
MIXED = [0.5, 2, 2.5]
LISTINGS: dict[str, Callable[[], str]] = {}


def listing(name: str) -> Callable[[Callable[[], str]], Callable[[], str]]:
    """Declare what makes a listing."""
    def declare(make: Callable[[], str]) -> Callable[[], str]:
        LISTINGS[name] = make
        return make
    return declare


def graph_of(function: Any, *args: Any, upto: str | None = None, improved: bool = True) -> Graph:
    """The graph of a function for arguments of these types."""
    graph = evaluate_function(function, args).graph
    if improved:
        passes.run(graph, verify, upto)
    graph.number()
    return graph


@listing("source")
def _source() -> str:
    lines = Path(tour_program.__file__).read_text().splitlines()
    first = norm2.__code__.co_firstlineno
    return "\n".join(lines[first - 1:first + 4])


@listing("bytecode")
def _bytecode() -> str:
    out = io.StringIO()
    dis.dis(norm2, file=out, show_offsets=True)
    return out.getvalue()


@listing("blocks")
def _blocks() -> str:
    flow = decode(norm2.__code__).flow
    lines = []
    for block in flow.order:
        loop = flow.loops.get(block.at)
        to = ", ".join(str(successor.at) for successor in block.successors) or "return"
        names = " ".join(instruction.op for instruction in block.instructions)
        lines.append(f"{block.at:3}  {'loop header ' if loop else ''}-> {to}")
        lines.append(f"       {names}")
    return "\n".join(lines)


@listing("graph")
def _evaluated() -> str:
    return format_graph(graph_of(norm2, FLOATS, improved=False))


@listing("graph-passes")
def _improved() -> str:
    return format_graph(graph_of(norm2, FLOATS))


@listing("length2")
def _attributes() -> str:
    return format_graph(graph_of(length2, Point(1.0, 2.0), improved=False))


@listing("length2-passes")
def _attributes_improved() -> str:
    return format_graph(graph_of(length2, Point(1.0, 2.0)))


@listing("swap-refs")
def _references() -> str:
    return format_graph(graph_of(swap, ["a", "b"], 0, 1))


@listing("llvm")
def _llvm() -> str:
    graph = graph_of(norm2, FLOATS)
    lines = emit.lower(graph, graph.name).text.splitlines()
    begin = lines.index("b2:")
    return "\n".join(line if line.endswith(":") else f"  {line}" for line in lines[begin:lines.index("b4:", begin)])


@listing("exit")
def _cold_exit() -> str:
    graph = graph_of(norm2, FLOATS)
    lines = emit.lower(graph, graph.name).text.splitlines()
    begin = next(index for index, line in enumerate(lines) if line.startswith("exit") and line.endswith(":"))
    end = next(index for index in range(begin, len(lines)) if lines[index].startswith("br "))
    return "\n".join([lines[begin], *(f"  {line}" for line in lines[begin + 1:end + 1])])


@listing("machine-code")
def _machine_code() -> str:
    graph = graph_of(norm2, FLOATS)
    lines = emit.assembly(emit.lower(graph, graph.name)).splitlines()
    labels: dict[str, int] = {}
    for index, line in enumerate(lines):
        if line.startswith(".L") and line.endswith(":"):
            labels[line[:-1]] = index
        jump = re.match(r"\tj\w+\t(\.L\w+)$", line)
        if jump and jump[1] in labels:
            return "\n".join(lines[labels[jump[1]]:index + 1]).expandtabs(8)
    raise ValueError("no loop")


@listing("description")
def _description() -> str:
    graph = graph_of(norm2, FLOATS)
    kinds, frames, reason, *_ = emit.lower(graph, graph.name).sites[0]
    _, _, at, resume, handler, locals_, stack, _ = frames[0]
    return "\n".join([f"kinds   {kinds!r}", f"reason  {reason!r}", f"at      {at}, resume {resume}, handler {handler}",
                      f"locals  {locals_}", f"stack   {stack}"])


@listing("explain")
def _explain() -> str:
    """norm2 compiled for lists of floats, then called once with an int among them."""
    for _ in range(400):
        norm2(FLOATS)
    norm2(MIXED)
    return shown(norm2)


@listing("explain-again")
def _explain_again() -> str:
    """Called with ints among the floats until a version has been made that expects nothing of the items."""
    for _ in range(3000):
        norm2(MIXED)
    return shown(norm2)


@listing("graph-again")
def _graph_again() -> str:
    """What the newest version is made of: evaluated with what the earlier ones met."""
    evaluation = evaluate_function(norm2, (MIXED,), record_of(norm2.__code__).history)
    passes.run(evaluation.graph, verify)
    evaluation.graph.number()
    return format_graph(evaluation.graph)


@listing("traceback")
def _traceback() -> str:
    try:
        norm2([0.5, None])
    except TypeError as error:
        assert error.__traceback__ is not None
        lines = format_exception(error.with_traceback(error.__traceback__.tb_next))
        return "".join(lines).replace(f"{FOLDER}/", "")
    raise AssertionError("norm2 took None for a number")


def shown(function: Any) -> str:
    """What `explain` prints, without the folder and the times, which differ from run to run."""
    return re.sub(r" in [\d.]+ ms", "", str(tiercel.explain(function)).replace(f"{FOLDER}/", ""))


def wrapped(line: str) -> str:
    """A line that fits the page; what follows a bar goes on below it."""
    pieces = []
    indent = " " * (line.index(" | ") + 3 if " | " in line[:WIDTH] else len(line) - len(line.lstrip()) + 4)
    while len(line) > WIDTH:
        cut = line.rindex(" ", len(indent) + 1, WIDTH)
        pieces.append(line[:cut])
        line = indent + line[cut + 1:]
    return "\n".join([*pieces, line])


def main() -> int:
    """Rewrite the tour, or check it; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    tiercel.enable(threshold=300, sync=True, strict=True)
    listings = {name: "\n".join(map(wrapped, make().strip("\n").split("\n"))) + "\n" for name, make in LISTINGS.items()}
    tiercel.disable()
    differ = []

    def fresh(match: re.Match[str]) -> str:
        body = listings[match["name"]]
        if body != match["body"]:
            differ.append(match["name"])
        return match["head"] + body + match["tail"]

    text = FENCE.sub(fresh, TOUR.read_text())
    print(f"{TOUR.name}: {', '.join(differ) or 'nothing'} {'differs' if check else 'rewritten'}")
    if not check:
        TOUR.write_text(text)
    return 1 if check and differ else 0


if __name__ == "__main__":
    sys.exit(main())
