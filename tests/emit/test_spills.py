"""Where the values of states lie: each place finds what it mentions, whatever way led there."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tiercel import emit
from tiercel.emit.spills import Spill, Spills
from tiercel.graph.build import NULL, Block, Edge, Graph
from tiercel.graph.flow import Flow

from .made import Made


def code_of_nothing() -> None:
    pass


class Program:
    """A random graph of branches and loops, with what each block does: define a value, or put some down."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.graph = Graph(code_of_nothing.__code__, "f", param_slots=[], param_types=[], result="o", linked=True)
        self.steps: dict[Block, list[Any]] = {}
        self.values = 0
        end = self.sequence(self.block([]), [], 3)
        end.append("never")

    def block(self, visible: list[str]) -> Block:
        """A block that defines values and puts some of those that are `visible` there down."""
        block = self.graph.new_block()
        steps: list[Any] = []
        for _ in range(self.random.randrange(4)):
            if self.random.random() < 0.5:
                self.values += 1
                visible.append(f"%v{self.values}")
                steps.append(visible[-1])
            elif visible:
                count = self.random.randrange(1, 1 + min(4, len(visible)))
                steps.append((self.random.sample(visible, count), self.random.random() < 0.7))
        self.steps[block] = steps
        return block

    def go(self, block: Block, *targets: Block) -> None:
        condition = [self.graph.function] if len(targets) > 1 else []
        end = block.append("branch" if condition else "jump", condition)
        end.targets = [Edge(target, []) for target in targets]

    def sequence(self, block: Block, visible: list[str], depth: int) -> Block:
        """What follows a block; returns the last."""
        for _ in range(self.random.randrange(1, 4)):
            kind = self.random.randrange(3) if depth else 0
            if kind == 0:
                following = self.block(visible)
                self.go(block, following)
                block = following
            elif kind == 1:
                arms = []
                for _ in range(2):
                    seen = visible.copy()
                    arm = self.block(seen)
                    arms.append((arm, self.sequence(arm, seen, depth - 1)))
                self.go(block, *(arm for arm, _ in arms))
                block = self.block(visible)
                for _, last in arms:
                    self.go(last, block)
            else:
                header = self.block(visible)
                self.go(block, header)
                seen = visible.copy()
                body = self.block(seen)
                last = self.sequence(body, seen, depth - 1)
                block = self.block(visible)
                if self.random.random() < 0.5:
                    self.go(header, body, block)
                    self.go(last, header)
                else:
                    self.go(header, body)
                    self.go(last, header, block)
        return block


@pytest.mark.parametrize("seed", range(60))
def test_every_way_leads_to_the_values(seed: int) -> None:
    program = Program(seed)
    flow = Flow(program.graph)
    spills = Spills(flow)
    put_down: dict[int, Spill] = {}
    for index, block in enumerate(flow.order):
        spills.begins.append(len(spills.all))
        for step in program.steps[block]:
            if not isinstance(step, str):
                texts, lasting = step
                spill = Spill(len(spills.all), [("o", text) for text in texts], index, lasting, None)
                spills.all.append(spill)
                put_down[id(step)] = spill
    missing = {spill.site: stores for spill, stores in spills.assign()}
    assert len(missing) == len(spills.all)
    for walk in range(30):
        follow(program, put_down, spills, missing, random.Random(walk))


def follow(program: Program, put_down: dict[int, Spill], spills: Spills, missing: dict[int, Any],
           choose: random.Random) -> None:
    """One way through the program: each spill finds its values as they are now."""
    block: Block | None = program.graph.entry
    area: dict[int, tuple[str, int]] = {}
    made: dict[str, int] = {}
    for _ in range(200):
        if block is None:
            return
        for step in program.steps[block]:
            if isinstance(step, str):
                made[step] = made.get(step, 0) + 1
                continue
            spill = put_down[id(step)]
            if not spill.lasting and choose.random() < 0.5:
                continue                   # the way did not lead through it
            for word, (_, text) in missing[spill.site].items():
                area[word] = (text, made[text])
            for _, text in spill.values:
                assert area[spills.words[text]] == (text, made[text])
        following = block.successors
        block = choose.choice(following).block if following else None


def test_a_value_is_put_down_once() -> None:
    made = Made("oo", "o", linked=True)
    a, b = made.params
    for _ in range(3):
        value = made.add("number_add", a, b)
    made.add("unlink", reason="held")
    made.block.append("return", [value])
    text = emit.lower(made.graph, "f").text
    for number in range(2):
        assert text.count(f"store ptr %p{number}, ptr") == 1


def stores(text: str, value: str) -> int:
    """How often a text puts a value down."""
    return text.count(f"store ptr {value}, ptr")


@pytest.mark.parametrize("name", ("poll", "release"))
def test_what_is_put_down_on_the_side_is_put_down_again(name: str) -> None:
    """Only some ways lead through the cold part of these."""
    made = Made("oo", "o", linked=True)
    a, b = made.params
    value = made.add("number_add", b, b)      # a first site, of which nothing is known but what comes after it
    made.block.nodes[-1].state.locals[:] = [b, b]
    for _ in range(2):
        made.add(name, *[value][:name == "release"])
    made.add("number_add", b, b)
    made.add("unlink", reason="held")
    made.block.append("return", [b])
    text = emit.lower(made.graph, "f").text
    assert stores(text, "%p0") == 3 and stores(text, "%p1") == 1


def test_a_call_of_itself_may_begin_early() -> None:
    """What such a call puts down is not there where the early part gave the result."""
    made = Made("o", "o", linked=True)
    early, late = made.graph.new_block(), made.graph.new_block()
    small = made.add("is", made.params[0], NULL)
    made.block.append("branch", [small]).targets = [Edge(early), Edge(late)]
    made.block = early
    made.add("unlink", reason="held")
    early.append("return", [made.params[0]])
    made.block = late
    node = made.add("call_native", made.params[0], target=None, function=None, result="o")
    node.rep = "o"
    made.add("number_add", made.params[0], node)
    made.add("unlink", reason="held")
    late.append("return", [node])
    text = emit.lower(made.graph, "f").text
    assert "early" in text and stores(text, "%p0") == 2


def test_words_are_used_again() -> None:
    made = Made("o", "o", linked=True)
    value = made.params[0]
    for _ in range(20):
        value = made.add("number_add", value, value)
        value.state.locals[:] = [value.args[0]]
    made.add("unlink", reason="held")
    made.block.append("return", [value])
    assert emit.lower(made.graph, "f").extra_words <= 4
