"""Where generators can be suspended, and which can be evaluated in place."""

from tiercel.bytecode import decode
from tiercel.bytecode.suspensions import depth_of, goes_on_at, unit_of


def two(n):
    yield 1
    for i in range(n):
        yield -i


def guarded():
    try:
        yield 1
    finally:
        print()


def delegating(items):
    yield from items


def entered_twice(items):
    for x in items:
        if x:
            yield x
            if x > 1:
                continue
        print(x)


async def asynchronous():
    yield 1


def suspensions_of(function):
    return decode(function.__code__).suspensions


def test_points():
    found = suspensions_of(two)
    code = decode(two.__code__)
    assert code.by_offset[unit_of(found.start)].op == "POP_TOP"
    assert [code.by_offset[unit_of(p)].op for p in found.yields] == ["RESUME", "RESUME"]
    assert [depth_of(p) for p in found.yields] == [0, 1]
    assert found.depth == 1


def test_flow_between_yields():
    found = suspensions_of(two)
    code = decode(two.__code__)
    assert code.flow.loops
    for point in (found.start, *found.yields):
        flow = code.flow_from(unit_of(point), depth_of(point) + 1)
        assert not flow.loops      # each way round yields
        assert flow.entry.at == unit_of(point)
        assert flow.entry.depth == depth_of(point) + 1


def test_left_out():
    assert suspensions_of(guarded) is None
    assert suspensions_of(delegating) is None
    assert suspensions_of(entered_twice) is None
    assert suspensions_of(asynchronous) is None
    assert suspensions_of(test_left_out) is None


def test_generators_go_on_where_they_were_suspended_and_nowhere_else():
    def plain(n):
        while n:
            n -= 1

    def op_at(code, unit):
        return code.by_offset[unit].op

    def places(function):
        code = decode(function.__code__)
        return [op_at(code, i.at) for i in code.instructions if goes_on_at(code, i.at)]

    assert places(two) == ["POP_TOP", "RESUME", "RESUME"]
    assert places(delegating).count("END_SEND") == 1
    assert places(plain) == []
