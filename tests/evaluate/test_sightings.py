"""What is guessed of types: from inline caches, and from what earlier versions saw."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

from tiercel import _runtime, evaluate
from tiercel.bytecode import decode
from tiercel.control.history import History
from tiercel.control.records import record_of
from tiercel.evaluate.objects import type_of_version


class Point:
    def __init__(self, x: int) -> None:
        self.x = x

    def move(self) -> None:
        self.x += 1


def use(p: Any) -> Any:
    p.move()
    p.x = 5
    return p.x


def warm() -> None:
    for _ in range(50):
        use(Point(1))


def guarded(function: Callable[..., Any], args: tuple[Any, ...] | None, history: History | None = None) -> list[type]:
    evaluation = evaluate.evaluate_function(function, args, history)    # type: ignore[arg-type]
    guards = [node for node in evaluation.graph.nodes() if node.op and node.op.name == "guard_type"]
    return list(dict.fromkeys(node.attrs["type"] for node in guards))     # each type once, as first met


def test_versions_mean_types() -> None:
    warm()
    versions = [i.owner_version for i in decode(use.__code__).instructions if i.op in ("LOAD_ATTR", "STORE_ATTR")]
    assert versions == [_runtime.type_version(Point)] * 3
    assert type_of_version(versions[0]) is Point
    assert type_of_version(_runtime.type_version(list)) is list
    assert type_of_version(0xFFFFFFFF) is None


def test_a_version_ends_with_a_change_and_keeps_nothing_alive() -> None:
    class Brief:
        x = 1

    for _ in range(3):
        Brief().x       # noqa: B018 - a look-up gives the type its version
    version = _runtime.type_version(Brief)
    assert version and type_of_version(version) is Brief
    Brief.x = 2
    assert type_of_version(version) is None
    watcher = weakref.ref(Brief)
    del Brief
    gc.collect()
    assert watcher() is None


def test_caches_stand_in_for_witnesses() -> None:
    warm()
    assert guarded(use, None) == [Point, int]


def test_a_witness_comes_before_the_cache() -> None:
    class Other(Point):
        pass

    warm()
    assert guarded(use, (Other(1),)) == [int]


def test_the_loop_tells_what_is_iterated_over() -> None:
    def total(items: Any) -> int:
        result = 0
        for item in items:
            result += len([0 for _ in item])
        return result

    for _ in range(50):
        total([(1, 2), (3,)])
    assert guarded(total, None) == [list, tuple]


def test_earlier_versions_are_remembered() -> None:
    def first(things: Any) -> Any:
        return things[0].x

    history = History()
    assert guarded(first, None) == []
    assert guarded(first, ([Point(1)],), history) == [Point]
    assert guarded(first, None, history) == [list, Point]
    history.note_failure(first.__code__, next(i.at for i in decode(first.__code__).instructions if i.op == "LOAD_ATTR"),
                         "type")
    assert guarded(first, None, history) == [list]


def test_what_failed_by_the_layout_of_instances_is_known_wherever_code_is_inlined() -> None:
    def inlined() -> None:
        pass

    one, other = History(), History()
    for reason in ("own", "type", "shadow"):
        one.note_failure(inlined.__code__, 3, reason)
    assert one.failed(inlined.__code__, 3) == {"own", "type", "shadow"}
    assert other.failed(inlined.__code__, 3) == {"own", "shadow"}
    assert other.failed(inlined.__code__, 4) == frozenset()
    assert not other.knew(other.clock, inlined.__code__, 3, "own", None)


def attributes(function: Any, args: Any, history: History) -> list[tuple[str, int | None]]:
    """The operations on attributes in a graph, and in which entry of an own dict each expects its name."""
    graph = evaluate.evaluate_function(function, args, history).graph
    return [(node.op.name, node.attrs.get("hint")) for node in graph.nodes() if node.op.reads or node.op.writes
            if "name" in node.attrs]


def test_where_instances_keep_what_they_got_late_is_remembered() -> None:
    class Late:
        pass

    def look(late: Any) -> Any:
        return late.b

    def look_at_another(lates: Any) -> Any:
        return lates[0].b

    def give(late: Any) -> None:
        late.c = 1

    history, late = History(), Late()
    unseen: list[Any] = []
    late.__dict__ = {"a": 1, "b": 2}
    history.note_sighted((next(i.at for i in decode(look_at_another.__code__).instructions if i.op == "LOAD_ATTR"), 0), Late)
    assert ("own_load", 1) not in attributes(look_at_another, (unseen,), history)
    assert attributes(look, (late,), history) == [("own_load", 1)]
    assert attributes(look_at_another, (unseen,), history) == [("own_load", 1)]
    assert attributes(give, (late,), history) == [("own_set", None)]


def test_what_was_seen_is_not_kept_alive() -> None:
    class Brief:
        pass

    history = History()
    history.note_sighted((3, 0), Brief)
    assert history.sighted((3, 0)) is Brief
    assert history.sighted((3, 1)) is None
    watcher = weakref.ref(Brief)
    del Brief
    gc.collect()
    assert watcher() is None and history.sighted((3, 0)) is None


def total(pairs: Any) -> Any:
    result = 0
    for pair in pairs:
        result += pair[0]
    return result


def outer(pairs: Any) -> Any:
    return total(list(pairs))


def test_inlined_code_profits_from_its_own_versions() -> None:
    assert list not in guarded(outer, (zip(),), History())
    record = record_of(total.__code__)
    assert guarded(total, ([[1, 2]],), record.history) == [list, int]
    assert list in guarded(outer, (zip(),), History())
    unit = next(i.at for i in decode(total.__code__).instructions if i.op == "BINARY_SUBSCR")
    record.history.note_failure(total.__code__, unit, "type")
    assert list not in guarded(outer, (zip(),), History()), "what was wrong in its own versions is not believed"


def test_where_several_types_were_met_those_known_of_the_method_are_expected() -> None:
    class Left(Point):
        pass

    class Right(Point):
        pass

    def move(pair: tuple[int, Point]) -> None:
        pair[1].move()

    def tested(value: Point) -> list[type]:
        nodes = evaluate.evaluate_function(move, ((0, value),), History()).graph.nodes()  # type: ignore[arg-type]
        types = [n.attrs["type"] for n in nodes if n.op and n.op.name in ("type_is", "guard_type")]
        return [type_ for type_ in (Left, Right) if type_ in types]

    for _ in range(60):
        move((0, Left(1)))
    history = record_of(Point.move.__code__).history
    history.note_argument(0, Left)
    history.note_argument(0, Right)
    assert tested(Left(1)) == [Left], "nothing else was met here"
    for _ in range(3):
        move((0, Right(1)))
    assert tested(Left(1)) == [Left, Right]
