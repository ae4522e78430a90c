"""Blocks, loops, stack depths and liveness."""

import pytest

from tiercel.bytecode import decode

from .test_decode import MODULES, codes_of


def flow_of(function):
    return decode(function.__code__).flow


def named(function, slots):
    return {decode(function.__code__).local_names[slot] for slot in slots}


@pytest.mark.parametrize("module", MODULES)
def test_holds_for_the_standard_library(module):
    for code in codes_of(module):
        flow = decode(code).flow
        assert max(block.depth or 0 for block in flow.blocks.values()) <= code.co_stacksize
        assert all(block.depth is not None for block in flow.order)
        position = {block: index for index, block in enumerate(flow.order)}
        for block in flow.order:
            for successor in block.successors:
                assert block in successor.predecessors
                if position[successor] <= position[block]:
                    assert successor.at in flow.loops
            depth = block.depth
            for instruction in block.instructions[:-1]:
                depth += instruction.opcode.effect(instruction.arg)
                assert 0 <= depth <= code.co_stacksize
                if instruction.handler is not None:
                    assert flow.blocks[instruction.handler.target].is_handler
            for handler in block.handlers:
                assert handler.live_in <= block.live_in | frozenset(
                    slot for instruction in block.instructions for slot in instruction.slots("wd"))
        for loop in flow.loops.values():
            assert loop.header in loop.blocks and set(loop.back_edges) <= loop.blocks


def test_nested_loops():
    def f(rows):
        total = 0
        for row in rows:
            for x in row:
                if x:
                    continue
                total += x
        return total

    flow = flow_of(f)
    outer, inner = flow.loops.values()
    assert inner.parent is outer and (outer.depth, inner.depth) == (1, 2)
    assert outer.header.instructions[0].op == inner.header.instructions[0].op == "FOR_ITER"
    assert (outer.header.depth, inner.header.depth) == (1, 2)
    assert named(f, outer.stores) == {"row", "x", "total"}
    assert named(f, inner.stores) == {"x", "total"}
    assert named(f, inner.header.live_in) == {"total"}
    assert flow.order[-1].loop is None


def test_while_loop_and_break():
    def f(n):
        while n > 1:
            if n == 7:
                break
            n -= 1
        else:
            n = -1
        return n

    (loop,) = flow_of(f).loops.values()
    assert loop.header.depth == 0
    assert all(block.last.op != "RETURN_VALUE" for block in loop.blocks)


def test_handlers_are_marked_with_their_depth():
    def f(xs):
        for x in xs:
            try:
                y = g(x)
            except ValueError:
                y = x
            print(y)

    def g(x):
        return x

    flow = flow_of(f)
    handlers = [block for block in flow.order if block.is_handler]
    assert {block.depth for block in handlers} == {2, 4}    # the iterator, (the last exception, lasti,) the exception
    (loop,) = flow.loops.values()
    first = min(handlers, key=lambda block: block.at)
    assert first in loop.blocks
    assert named(f, first.live_in) == {"x", "g"}
    protected = [block for block in flow.order if first in block.handlers]
    assert protected and all("x" in named(f, block.live_in | {i for n in block.instructions for i in n.slots("w")})
                             for block in protected)


def test_a_yield_within_try_is_no_way_into_the_handler_by_itself():
    def f(xs):
        for x in xs:
            try:
                yield g(x)
            except ValueError:
                g(x)

    def g(x):
        return x

    code = decode(f.__code__)
    resume = next(i for i in code.instructions if i.op == "RESUME" and i.handler is not None and i.arg)
    flow = code.flow_from(resume.at, 2)
    (loop,) = flow.loops.values()
    assert flow.reducible and loop.blocks.isdisjoint(flow.entry.handlers)
    assert any(block.is_handler for block in loop.blocks)
    position = {block: index for index, block in enumerate(flow.order)}
    assert all(position[handler] > position[block] for block in flow.order for handler in block.handlers)


def test_depth_after_an_exhausted_loop():
    def f(xs):
        for _ in xs:
            pass
        return 1

    flow = flow_of(f)
    (loop,) = flow.loops.values()
    after = flow.blocks[loop.header.last.target]
    assert after.depth == 0 and after.last.op == "RETURN_CONST"
    assert flow.blocks[loop.header.last.target - 2].depth is None, "END_FOR is skipped"


def test_super_instruction_liveness():
    def f(a):
        b = a
        print(b)
        for c in a:
            b, c = c, b
        return b

    flow = flow_of(f)
    assert named(f, flow.entry.live_in) == {"a"}


def test_block_of():
    def f(a):
        if a:
            return 1
        return 2

    flow = flow_of(f)
    for block in flow.blocks.values():
        for instruction in block.instructions:
            assert flow.block_of(instruction.at) is block
