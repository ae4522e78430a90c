"""Quickly made code of loops that last is made anew, and better, while they run."""

from tests.control.test_life import python

PROGRAM = """
    import sys
    from tiercel.control import session
    from tiercel.control.records import record_of

    class Point:
        def __init__(self, x):
            self.x = x

    def calls(points):
        total = 0
        for point in points:
            total += len(str(point.x).title())
        return total

    def loop(rounds):
        total, place = 0, Point(1)
        for i in range(rounds):
            inner = 0
            while inner < 3:
                total += place.x + (i & inner)
                inner += 1
        return total, sys._getframe().f_lineno

    import tiercel
    tiercel.enable(threshold=2, work={work}, sync=True, strict=True)
    session.current.hooks._wanted = lambda code: code in (loop.__code__, calls.__code__)
    print(loop(20000), loop(5), [calls([Point(i) for i in range(300)]) for n in range(20)][-1])
    for function in loop, calls:
        for compiled in record_of(function.__code__).compiled:
            print(compiled.name, compiled.at >= 0, compiled.work > 0, compiled.retired)
"""


def run(work: int) -> list[str]:
    return python(PROGRAM.format(work=work)).splitlines()


def test_made_anew() -> None:
    lines = run(10_000)
    assert lines[0] == run(0)[0] == run(1_000_000_000)[0]
    reason = "it runs long enough to be made anew, and better"
    assert f"loop True True {reason}" in lines
    assert any(line.startswith("loop True False") for line in lines)
    assert f"calls False True {reason}" in lines
    assert lines[-1] == "calls False False None"


def test_only_if_it_lasts() -> None:
    assert not any("made anew" in line for line in run(1_000_000_000))


def test_well_at_once() -> None:
    lines = run(0)
    assert not any("made anew" in line for line in lines)
    assert not any("True True" in line or "False True" in line for line in lines)
