"""Operations that call: C functions, Python functions, other versions; what is checked after them."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.emit.made import LEFT, Made, operation
from tests.runtime.machine import Hooks
from tiercel import _runtime
from tiercel.graph.build import NULL, RESULT, Const

pytestmark = pytest.mark.usefixtures("each_effort")


def test_operators() -> None:
    assert operation("number_add", "oo", "o", linked=True)("a", "b") == "ab"
    with pytest.raises(TypeError):
        operation("number_add", "oo", "o", linked=True)("a", 1)
    assert operation("compare", "oo", "o", linked=True, operator=0)(1, 2) is True
    assert operation("contains", "oo", "b", linked=True)([1, 2], 2) is True
    assert operation("truth", "o", "b", linked=True)([]) is False
    assert operation("length", "o", "i", linked=True)({1, 2}) == 2
    with pytest.raises(TypeError):
        operation("length", "o", "i", linked=True)(1)
    assert operation("long_add", "oo", "o", linked=True)(2**70, 1) == 2**70 + 1
    assert operation("long_lt", "oo", "b")(2**70, 1) is False


def test_names_and_attributes() -> None:
    names: dict[str, Any] = {}
    assert operation("get_attr", "o", "o", linked=True, name="real")(5) == 5
    with pytest.raises(AttributeError):
        operation("get_attr", "o", "o", linked=True, name="none")(5)
    made = Made("o", "i", linked=True)
    made.add("store_global", made.params[0], globals=names, name="stored")
    made.end(Const(1, "i"))(7)
    assert names == {"stored": 7}
    load = operation_without_operands("load_global", globals=names, builtins={"len": len}, name="len")
    assert load() is len


def operation_without_operands(op_name: str, /, **attrs: Any) -> Any:
    made = Made("", "o", linked=True)
    return made.end(made.add(op_name, **attrs))


def test_calls_of_python() -> None:
    def callee(*args: Any, **names: Any) -> Any:
        return args, names

    assert operation("call", "ooo", "o", linked=True, names=())(callee, 1, 2) == ((1, 2), {})
    assert operation("call", "ooo", "o", linked=True, names=("k",))(callee, 1, 2) == ((1,), {"k": 2})
    assert operation("call", "o", "o", linked=True)(callee) == ((), {})
    assert operation("call_method", "oo", "o", linked=True, name="index")([4, 5], 5) == 1
    assert operation("call_ex", "ooo", "o", linked=True)(callee, (1,), {"z": 2}) == ((1,), {"z": 2})
    assert operation("call_ex", "oo", "o", linked=True)(callee, (1,)) == ((1,), {})


def test_calls_of_c() -> None:
    for name, function, args, expected in (
        ("call_cfunction_o", len, ([1, 2],), 2),
        ("call_cfunction_fast", [].insert, (0, "x"), None),
        ("call_cfunction_keywords", "a b".split, (" ", 1), ["a", "b"]),
        ("call_cfunction_noargs", {}.items, (), {}.items()),
    ):
        made = Made("o" * len(args), "o", linked=True)
        receiver = function.__self__
        node = made.add(name, NULL if receiver is None else Const(receiver, "o"), *made.params, function=function)
        result = made.end(node)(*args)
        assert result == expected or name.endswith("noargs")
    ordered = Made("oo", "o", linked=True)
    node = ordered.add("call_cfunction_keywords", Const(sorted.__self__, "o"), *ordered.params, function=sorted,
                       names=("key",))
    assert ordered.end(node)(["ab", "c"], len) == ["c", "ab"]
    made = Made("o", "o", linked=True)
    failing = made.end(made.add("call_cfunction_o", NULL, made.params[0], function=len))
    with pytest.raises(TypeError) as caught:
        failing(5)
    assert [entry.name for entry in traceback.extract_tb(caught.value.__traceback__)][-1] == "f"


def test_method_objects() -> None:
    def method() -> None:
        pass

    owner = object()
    for name, part in (("method_function", method), ("method_self", owner)):
        made = Made("o", "o")
        found = made.add(name, *made.params)
        made.add("incref", found)
        assert made.end(found)(method.__get__(owner)) is part
    items: list[int] = []
    operation("builtin_method_new", "oo", "o")(list.append, items)(3)
    assert items == [3]


def test_calls_of_methods_that_are_not_bound() -> None:
    class Own:
        def __init__(self) -> None:
            self.method = lambda *args, **names: ("own", args, names)

    class Plain:
        def method(self, *args: Any, **names: Any) -> Any:
            return self, args, names

    for names in ((), ("k",)):
        made = Made("ooo", "o", linked=True)
        owner, *args = made.params
        found = made.add("get_method", owner, name="method")
        call = made.end(made.add("call_found", found, made.add("is_method", found), owner, *args, names=names))
        expected = ((1,), {"k": 2}) if names else ((1, 2), {})
        plain = Plain()
        before = sys.getrefcount(plain)
        assert call(plain, 1, 2) == (plain, *expected)
        assert call(Own(), 1, 2) == ("own", *expected)
        assert sys.getrefcount(plain) == before
        with pytest.raises(AttributeError, match="no attribute 'method'"):
            call(5, 1, 2)


def test_leaving_after_a_call() -> None:
    """The frame that a callee keeps: the code leaves when it is to return."""
    kept = []

    def callee() -> int:
        kept.append(sys._getframe(1))
        return 1

    made = Made("o", "o", linked=True)
    node = made.add("call", made.params[0])
    node.state = made.after([RESULT])
    function = made.end(node)
    assert function(callee) == LEFT
    assert kept[0].f_code is function.__code__


def test_a_frame_object_that_nothing_keeps() -> None:
    """It does not keep the code from returning."""
    made = Made("o", "o", linked=True)
    node = made.add("call", made.params[0])
    node.state = made.after([RESULT])
    function = made.end(node)
    assert function(lambda: sys._getframe(1).f_lineno > 0) is True


class Ending:
    """Its end is told."""

    def __init__(self, tell: Callable[[Any], None]) -> None:
        self.tell = tell

    def __del__(self) -> None:
        self.tell(sys._getframe(1))


@pytest.fixture
def started() -> Iterator[None]:
    """Who asks for locals gets those of machine code."""
    _runtime.start(Hooks(), 10**6, 10**6)
    yield
    _runtime.stop()


def popping(op_name: str, at: int = 1) -> Callable[..., Any]:
    """A function that takes an item out of a list and lets go of it, having called something in another state."""
    made = Made("o", "o", linked=True)
    node = made.add("truth", made.params[0])
    node.state = made.after()
    node.state.locals[:] = [Const("before", "o")]
    state = made.after()
    state.at = at
    item = made.add("list_pop", made.params[0], Const(0, "i"))
    made.block.append(op_name, [item], state=state if op_name == "release" else None)
    return made.end(made.params[0])


def test_what_ends_when_it_is_released_sees_the_frame(started: None) -> None:
    function, seen = popping("release", at=2), []
    items = [Ending(lambda frame: seen.extend((frame.f_code, frame.f_lasti, frame.f_locals["a"])))]
    assert function(items) == LEFT
    assert seen[0] is function.__code__ and seen[1] == 4 and seen[2] is items


def test_leaving_where_what_is_released_keeps_the_frame() -> None:
    kept: list[Any] = []
    function = popping("release")
    assert function([5]) == []
    assert function([Ending(kept.append)]) == LEFT
    assert kept[0].f_code is function.__code__


def test_what_ends_elsewhere_does_not_see_values_of_before(started: None) -> None:
    function, seen = popping("decref"), []
    function([Ending(lambda frame: seen.append(dict(frame.f_locals)))])
    assert seen == [{}]


def test_next() -> None:
    made = Made("o", "b", linked=True)
    node = made.add("next", made.params[0], unchecked=True)
    function = made.end(made.add("is_exhausted", node))
    iterator = iter([5])
    assert function(iterator) is False and function(iterator) is True


def test_new_functions_and_strings() -> None:
    code = (lambda a=1: a).__code__
    new = operation("new_function", "o", "o", code=code, globals=globals(), qualname="named", flags=1)
    assert new((9,))() == 9 and new((9,)).__qualname__ == "named"
    assert operation("build_string", "oo", "o", linked=True)("a", "b") == "ab"


def test_polls_go_on() -> None:
    made = Made("i", "i", linked=True)
    made.add("poll")
    function = made.end(made.params[0])
    assert all(function(number) == number for number in range(1000))


def test_entries() -> None:
    made = Made("if", "i")
    function = made.end(made.params[0])
    assert function(5, 1.0) == 5
    assert function(b=1.0, a=6) == 6
    for args in ((5, 1), ("a", 1.0), (2**70, 1.0), (True, 1.0)):
        assert function(*args) == LEFT
    with pytest.raises(TypeError):
        function(5)
    assert _runtime.versions(function.__code__) == [made.version]
