"""Whole modules: what is shared, what is linked, and that nothing stays behind."""

from __future__ import annotations

import gc
import re
import resource
import sys

import pytest

from tests.emit.made import LEFT, Made
from tiercel import emit
from tiercel.graph.build import Const, Edge
from tiercel.graph.ops import OPS

lowering = sys.modules["tiercel.emit.lower"]     # the package has a function of that name


def test_every_operation_is_lowered() -> None:
    assert set(OPS) == set(lowering.RULES)


def test_an_operation_without_a_rule_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPS, "unheard_of", OPS["raise"])
    for name in list(lowering.RULES):
        monkeypatch.delitem(lowering.RULES, name)
    with pytest.raises(ImportError, match="unheard_of"):
        lowering._complete()


def test_no_address_is_in_the_text() -> None:
    made = Made("o", "o", linked=True)
    node = made.add("call", made.params[0], Const("text", "o"))
    made.add("unlink", reason="held")
    made.block.append("return", [node])
    text = emit.lower(made.graph, "f").text
    assert not re.search(r"\b\d{12,}\b", re.sub(r"-?9223372036854775\d+", "", text))
    assert text == emit.lower(made.graph, "f").text


def test_exits_with_the_same_values_share_a_block() -> None:
    made = Made("oo", "i")
    for param in made.params:
        made.add("guard_type", param, type=str, reason="type")
        made.add("guard_type", param, type=int, reason="never")
    made.block.append("return", [Const(1, "i")])
    lowered = emit.lower(made.graph, "f")
    assert lowered.text.count("@tc_exit(ptr %th") == 1
    assert sorted({site[2] for site in lowered.sites}) == ["never", "type"]


def test_a_return_before_anything_needs_the_frame_links_none() -> None:
    made = Made("i", "i", linked=True)
    made.add("poll")
    small = made.add("i64_lt", made.params[0], Const(2, "i"))
    early, late = made.graph.new_block(), made.graph.new_block()
    made.block.append("branch", [small]).targets = [Edge(early), Edge(late)]
    made.block = early
    made.add("unlink", reason="held")
    early.append("return", [made.params[0]])
    made.block = late
    node = made.add("call_native", made.params[0], target=None, function=None, result="i")
    node.rep = "i"
    made.add("unlink", reason="held")
    late.append("return", [node])
    text = emit.lower(made.graph, "f").text
    assert "start:\nbr label %b0\nb0:\n" in text


def test_loops_and_block_parameters() -> None:
    """sum(range(n)), with two ways into a block that carry different values."""
    made = Made("i", "i")
    head, body, end = (made.graph.new_block() for _ in range(3))
    made.block.append("jump").targets = [Edge(head, [Const(0, "i"), Const(0, "i")])]
    index, total = head.param("i"), head.param("i")
    more = head.append("i64_lt", [index, made.params[0]])
    head.append("branch", [more]).targets = [Edge(body), Edge(end, [total])]
    even = body.append("i64_eq", [body.append("i64_mod", [index, Const(2, "i")]), Const(0, "i")])
    following = body.append("i64_add", [index, Const(1, "i")])
    added = body.append("i64_add", [total, index])
    body.append("branch", [even]).targets = [Edge(head, [following, added]), Edge(head, [following, total])]
    result = end.param("i")
    end.append("return", [result])
    function = made.linked_function()
    assert function(10) == 0 + 2 + 4 + 6 + 8 and function(0) == 0


def test_switches() -> None:
    made = Made("i", "i")
    ways = [made.graph.new_block() for _ in range(3)]
    made.block.append("switch", [made.params[0]]).targets = [Edge(way) for way in ways]
    for number, way in enumerate(ways):
        way.append("return", [Const(10 * number, "i")])
    function = made.linked_function()
    assert [function(n) for n in (0, 1, 2, 3, -1)] == [0, 10, 20, 20, 20]


def test_leaving_always() -> None:
    made = Made("i", "i")
    made.add("leave", reason="untaught")
    assert made.linked_function()(1) == LEFT


def test_results_of_another_representation_are_boxed() -> None:
    for declared, value, expected in (
        ("o", Const(2.5, "f"), 2.5), ("i", Const(2.5, "f"), 2.5), ("f", Const(True, "b"), True),
        ("b", Const(None, "o"), None), ("o", Const(7, "i"), 7),
    ):
        made = Made("", declared)
        made.block.append("return", [value])
        assert made.linked_function()() is expected or made.function() == expected


def test_machine_code_is_freed() -> None:
    def once(number: int) -> None:
        made = Made("i", "i")
        function = made.end(made.add("i64_add_checked", made.params[0], Const(number, "i"), reason="overflow"))
        assert function(1) == number + 1

    def resident() -> int:
        gc.collect()
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    for number in range(40):
        once(number)
    before = resident()
    for number in range(150):
        once(number)
    assert resident() - before < 3_000_000


def test_storm_makes_guards_that_hold_fail_once() -> None:
    from tiercel import _runtime

    made = Made("i", "i")
    node = made.add("i64_add_checked", made.params[0], Const(1, "i"), reason="overflow")
    made.block.append("return", [node])
    lowered = emit.lower(made.graph, "f", storm=True)
    made.version = _runtime.Version(made.graph.code, made.function.__globals__, made.function.__builtins__,
                                    len(lowered.sites), lowered.param_kinds)
    emit.install(made.graph, lowered, made.version)
    _runtime.attach(made.function, made.version)
    _runtime.storm(1)
    try:
        results = [made.function(number) for number in range(1000)]
    finally:
        _runtime.storm(None)
    assert results.count(LEFT) == 1
    assert all(result in (LEFT, number + 1) for number, result in enumerate(results))


def test_the_memory_that_machine_code_takes() -> None:
    sizes = []
    for count in 1, 400:
        made = Made("oo", "i")
        for number in range(count):
            made.add("guard_type", made.params[number % 2], type=type(f"T{number}", (), {}), reason=f"{number}")
        made.block.append("return", [Const(1, "i")])
        job = emit.job(emit.lower(made.graph, "f"))
        job.run()
        image = job.take()
        sizes.append(emit.loaded_size(image))
        assert sizes[-1] % 4096 == 0 and sizes[-1] < len(image) + 4 * 4096
    assert sizes[0] == 4096 and sizes[1] > 20 * 400
    assert emit.loaded_size(b"of another format") == 17
