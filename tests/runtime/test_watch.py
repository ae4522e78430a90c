"""What ends an assumption: classes, names, functions, namespaces that change or die."""

from __future__ import annotations

import gc
import types
from collections.abc import Callable
from typing import Any

import pytest

from tests.runtime.stand_in import attached, fresh, install, new_version, settle, state
from tiercel import _runtime


@pytest.fixture(autouse=True)
def stopped() -> Any:
    yield
    _runtime.stop()


def assuming(assume: Callable[[Any, Any], None], source: str = "def f(a): return 1") -> tuple[Any, Any]:
    f = fresh(source)
    version = new_version(f)
    assume(version, f)
    install(version, f, lambda a: "native")
    _runtime.attach(f, version)
    assert f(0) == "native"
    return f, version


@pytest.mark.parametrize(("change", "broken"), [
    (lambda g: g.__setitem__("x", 2), True),
    (lambda g: g.__setitem__("x", g["x"]), False),
    (lambda g: g.__setitem__("y", 2), False),
    (lambda g: g.__setitem__("".join(["", "x"]), 2), True),
    (lambda g: g.__setitem__(type("S", (str,), {})("x"), 2), True),
    (lambda g: g.__setitem__(7, 2), False),
    (lambda g: g.__delitem__("x"), True),
    (lambda g: g.pop("x"), True),
    (lambda g: g.update(x=5), True),
    (lambda g: g.update(y=5), False),
    (lambda g: g.clear(), True),
    (lambda g: g.setdefault("x", 9), False),
    (lambda g: g.__ior__({"x": 1.5}), True),
    (lambda g: exec("global x\nx = 3", g), True),
])
def test_names(change: Any, broken: bool) -> None:
    value = [1000]
    f, version = assuming(lambda v, f: (f.__globals__.update(x=value), v.assume_global(f.__globals__, "x"))[0])
    change(f.__globals__)
    assert version.valid is not broken
    if broken:
        assert f(0) == 1 and version.reason
    assert value == [1000]


def test_a_name_not_bound_yet() -> None:
    f, version = assuming(lambda v, f: v.assume_global(f.__globals__, "len"))
    f.__globals__["other"] = 1
    assert version.valid
    f.__globals__["len"] = 1
    assert not version.valid and version.reason == "a global name was bound anew"


def test_builtin_names(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins
    f, version = assuming(lambda v, f: v.assume_global(f.__builtins__, "len"))
    monkeypatch.setattr(builtins, "tiercel_test", 1, raising=False)
    assert version.valid
    monkeypatch.setattr(builtins, "len", len.__call__)
    assert not version.valid


def test_names_through_modules_and_store_global() -> None:
    module = types.ModuleType("m")
    exec("x = 1\ndef f(a): return x\ndef put(v):\n  global x\n  x = v", module.__dict__)
    f: Any = module.f
    for change in (lambda: setattr(module, "x", 2), lambda: module.put(3), lambda: delattr(module, "x")):
        version = new_version(f)
        version.assume_global(module.__dict__, "x")
        install(version, f, lambda a: 0)
        change()
        assert not version.valid


def class_family() -> Any:
    class Base:
        size = 1

    class Middle(Base):
        pass

    class Class(Middle):
        def method(self) -> None:
            pass

    return Base, Middle, Class


@pytest.mark.parametrize("change", [
    lambda b, m, c: setattr(c, "method", None), lambda b, m, c: setattr(b, "size", 2),
    lambda b, m, c: setattr(m, "new", 2), lambda b, m, c: delattr(b, "size"),
    lambda b, m, c: setattr(c, "__bases__", (b,)),
])
def test_classes(change: Any) -> None:
    family = class_family()
    f, version = assuming(lambda v, f: v.assume_type(family[2]))
    family[2]().other = 1
    class_family()[2].method = None
    assert version.valid
    change(*family)
    assert not version.valid and f(0) == 1
    again = new_version(f)
    again.assume_type(family[2])
    change(*class_family())
    family[2].again = 1
    assert not again.valid


def test_builtin_classes_never_change() -> None:
    _, version = assuming(lambda v, f: [v.assume_type(t) for t in (int, list, type(iter([])), types.SimpleNamespace)])
    assert version.valid
    with pytest.raises(TypeError):
        new_version(fresh("def f(a): pass")).assume_type(3)


def test_a_class_that_changes_too_often() -> None:
    class C:
        pass

    for i in range(3000):
        C.x = i  # type: ignore[attr-defined]
        _ = C.x  # type: ignore[attr-defined]
    version = new_version(fresh("def f(a): return 1"))
    version.assume_type(C)
    C.x = None  # type: ignore[attr-defined]
    assert not version.valid and version.reason == "a class is modified too often to be watched"


@pytest.mark.parametrize("change", [
    lambda g: setattr(g, "__code__", (lambda: 5).__code__), lambda g: setattr(g, "__defaults__", (1,)),
    lambda g: setattr(g, "__kwdefaults__", {"a": 1}),
])
def test_functions(change: Any) -> None:
    g = fresh("def g(): return 1", "g")
    f, version = assuming(lambda v, f: v.assume_function(g))
    g.__doc__ = "x"
    g.attribute = 1
    assert version.valid
    change(g)
    assert not version.valid and f(0) == 1


def test_code_replaced_in_an_attached_function() -> None:
    f = fresh("def f(a): return 'interpreted'")
    version = attached(f, lambda a: "native")
    f.__code__ = fresh("def f(a): return 'other'").__code__
    assert f(1) == "other"
    _runtime.detach(f)
    assert f(1) == "other"
    assert version.code is None or version.valid


def test_held_objects_that_die() -> None:
    for make in (lambda: fresh("def g(): pass", "g"), lambda: type("C", (), {}), lambda: types.ModuleType("m"),
                 lambda: compile("1", "x", "eval"), lambda: fresh("def g(): pass", "g").__globals__):
        thing: Any = make()
        f = fresh("def f(a): return 1")
        version = new_version(f)
        version.set_site(0, state(f, thing, 5))
        version.hold([thing])
        install(version, f, lambda a: "native")
        _runtime.attach(f, version)
        assert version.valid
        del thing
        gc.collect()
        settle()
        assert not version.valid, make
        assert f(0) == 1


def test_namespace_dies() -> None:
    f = fresh("def f(a): return 1")
    version = new_version(f)
    version.hold([f.__code__])
    install(version, f, lambda a: 2)
    code = f.__code__
    del f
    gc.collect()
    assert not version.valid and version.reason in ("a namespace died", "a namespace was rewritten")
    assert _runtime.versions(code) == []


def test_exceptions_pass_by() -> None:
    f, version = assuming(lambda v, f: v.assume_global(f.__globals__, "x"))
    try:
        raise KeyError(1)
    except KeyError as e:
        f.__globals__["x"] = 5
        assert e.args == (1,)
    assert not version.valid


def test_many_versions_and_watches() -> None:
    functions = [fresh("def f(a): return 1") for _ in range(300)]
    versions = []
    for f in functions:
        version = new_version(f)
        for i in range(10):
            version.assume_global(f.__globals__, f"n{i}")
        versions.append(install(version, f, lambda a: 2))
    for n, f in enumerate(functions):
        if n % 2:
            f.__globals__[f"n{n % 10}"] = 1
    assert [v.valid for v in versions] == [n % 2 == 0 for n in range(300)]
