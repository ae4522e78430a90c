"""Versions: installing, attaching, chains, what they hold, retirement, and their end."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import sys
import weakref
from typing import Any

import pytest

from tests.runtime.stand_in import attached, fresh, install, new_version, settle, state
from tiercel import _runtime

KEPT: list[Any] = []           # for as long as the process: CPython never forgets a free function


@pytest.fixture(autouse=True)
def stopped() -> Any:
    yield
    _runtime.stop()


def test_attach_and_detach() -> None:
    f = fresh("def f(a, b): return 'interpreted', a, b")
    code, vectorcalled = f.__code__, f(1, 2)
    version = attached(f, lambda a, b: ("native", a, b))
    assert f(1, 2) == ("native", 1, 2)
    assert _runtime.interpreted(f, 1, b=2) == vectorcalled
    assert _runtime.versions(code) == [version]
    assert version.valid and version.installed and version.code is code and version.name == "f"
    _runtime.detach(f)
    assert f(1, 2) == vectorcalled
    assert f.__code__ is code


def test_specialised_call_sites_arrive() -> None:
    f = fresh("def f(a): return 'interpreted'")

    def caller() -> list[str]:
        return [f(i) for i in range(100)]

    caller()
    version = attached(f, lambda a: "native")
    assert set(caller()) == {"native"}
    version.retire("test")
    assert set(caller()) == {"interpreted"}


def test_newest_first_then_older_then_interpreter() -> None:
    f = fresh("def f(a): return 'interpreted'")
    attached(f, lambda a: "int" if type(a) is int else NotImplemented)
    newest = attached(f, lambda a: "str" if type(a) is str else NotImplemented)
    assert [f(1), f("x"), f(1.5)] == ["int", "str", "interpreted"]
    newest.retire("test")
    assert [f(1), f("x"), f(1.5)] == ["int", "interpreted", "interpreted"]


def test_new_functions_of_the_code_are_attached() -> None:
    make = fresh("def make():\n  def f(a): return 'interpreted'\n  return f", "make")
    version = attached(make(), lambda a: "native")

    def caller() -> list[str]:
        return [make()(i) for i in range(50)]

    assert set(caller()) == {"native"}
    late = make()
    version.retire("test")
    assert late(1) == "interpreted"
    assert set(caller()) == {"interpreted"}


def test_attach_wants_the_same_code_and_namespace() -> None:
    f = fresh("def f(a): return 1")
    version = install(new_version(f), f, lambda a: 2)
    other = type(f)(f.__code__, {"__builtins__": f.__builtins__})
    with pytest.raises(ValueError, match="not an installed version"):
        _runtime.attach(other, version)
    with pytest.raises(ValueError, match="not an installed version"):
        _runtime.attach(fresh("def f(a): return 1"), version)
    version.retire("gone")
    assert _runtime.attach(f, version) is False


def test_only_open_versions_can_be_changed() -> None:
    f = fresh("def f(a): return 1")
    version = install(new_version(f), f, lambda a: 2)
    for change in (lambda: version.set_site(0, state(f)), lambda: version.hold([1]), lambda: version.assume_type(int)):
        with pytest.raises(RuntimeError, match="installed"):
            change()
    assert f(1) == 1


def test_retired_before_it_is_installed() -> None:
    f = fresh("K = 1\ndef f(a): return 1")
    version = new_version(f)
    version.assume_global(f.__globals__, "K", 1)
    f.__globals__["K"] = 2
    version.set_site(0, state(f))
    version.hold([f])
    version.assume_type(type("C", (), {}))
    version.assume_function(f)
    assert version.install(native=0, bound=1, entry=0, library=None) is False
    assert not version.installed and _runtime.versions(f.__code__) == [] and f(1) == 1
    late = new_version(f)
    late.assume_global(f.__globals__, "K", 1)
    assert not late.valid, "what the evaluator saw is not what is bound"
    late = new_version(f)
    late.assume_global(f.__globals__, "missing", _runtime.NULL)
    assert late.valid


@pytest.mark.parametrize("desc", [
    (), (b"", (), ""), ("", ((1,),), ""), (b"", ((1, 2, 3),), ""), (b"", [], ""), (b"", ((None,) * 8,), ""),
])
def test_bad_site_descriptions(desc: Any) -> None:
    f = fresh("def f(a): return 1")
    with pytest.raises(TypeError):
        new_version(f).set_site(0, desc)
    with pytest.raises(TypeError):
        new_version(f).set_site(0, (b"", ((f.__code__, -1, 0, 0, None, ((3, 1),), (), True),), ""))
    with pytest.raises(IndexError):
        new_version(f).set_site(7, state(f))


def test_the_code_owns_its_versions() -> None:
    f = fresh("def f(a): return g")
    version = new_version(f)
    version.set_site(0, state(f, f.__code__, f.__globals__, [f], sys))
    version.hold([f, f.__code__, f.__globals__])
    install(version, f, lambda a: 1)
    _runtime.attach(f, version)
    ends = weakref.ref(version), weakref.ref(f.__code__), weakref.ref(f)
    library = weakref.ref(version.library)
    del version, f
    gc.collect()
    settle()
    # The list in the description is kept, and with it the function: only what leads back directly is lent.
    assert ends[2]() is not None
    function: Any = ends[2]()
    _runtime.versions(function.__code__)[0].retire("test")
    del function
    settle()
    gc.collect()
    settle()
    assert [end() for end in ends] == [None, None, None]
    # machine code is let go of by the compiler, not wherever the program drops the last reference
    assert library() is not None and library() in _runtime.old_libraries
    _runtime.old_libraries.clear()
    gc.collect()
    assert library() is None


def test_no_cycle_through_the_namespace() -> None:
    f = fresh("K = []\nclass C: pass\ndef g(): pass\ndef f(a): return g, C, K")
    namespace = f.__globals__
    version = new_version(f)
    for name in ("K", "C", "g"):
        version.assume_global(namespace, name)
    namespace["K"].append(f)
    version.assume_type(namespace["C"])
    version.assume_function(namespace["g"])
    version.set_site(0, state(f, *(namespace[name] for name in ("K", "C", "g"))))
    version.hold([namespace[name] for name in ("K", "C", "g")])
    install(version, f, lambda a: 1)
    _runtime.attach(f, version)
    ends = weakref.ref(f), weakref.ref(f.__code__), weakref.ref(namespace["C"]), weakref.ref(version)
    del f, namespace, version
    gc.collect()
    settle()
    assert [end() for end in ends] == [None] * 4


def test_references_are_balanced() -> None:
    f, g, thing = fresh("def f(a): return 1"), fresh("def g(): pass", "g"), object()
    watched = [f, f.__code__, g, thing, f.__globals__, Exception, sys]
    before = [sys.getrefcount(o) for o in watched]
    for _ in range(50):
        version = new_version(f)
        version.set_site(0, state(f, g, thing, sys))
        version.hold([g, thing])
        version.assume_global(f.__globals__, "f")
        install(version, f, lambda a: 2)
        _runtime.attach(f, version)
        assert f(1) == 2
        version.retire("test")
        del version
        settle()
    settle()
    assert [sys.getrefcount(o) for o in watched] == before


def test_stop_retires_everything() -> None:
    f = fresh("def f(a): return 'interpreted'")
    version = attached(f, lambda a: "native")
    pending = new_version(f)
    _runtime.stop()
    assert f(1) == "interpreted" and not version.valid and not pending.valid
    assert _runtime.versions(f.__code__) == []


@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="freed memory is kept to be checked")
def test_memory_stays_flat() -> None:
    f = fresh("def f(a): return 1")

    def rounds(n: int) -> None:
        for _ in range(n):
            version = new_version(f, 20)
            for i in range(20):
                version.set_site(i, state(f, f, i))
            version.assume_global(f.__globals__, "x")
            install(version, f, lambda a: 2)
            _runtime.attach(f, version)
            f(1)
            f.__globals__["x"] = object()
            _runtime.old_libraries.clear()

    rounds(500)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rounds(3000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2000


def test_a_version_at_rest_is_used_again_once_the_function_is_called() -> None:
    class Hooks:
        def __getattr__(self, name: str) -> Any:
            return lambda *_: False

    _runtime.start(Hooks(), 1000, 10000)
    f = fresh("def f(a): return 'interpreted'")
    older = attached(f, lambda a: "older")
    newest = attached(f, lambda a: "native" if type(a) is int else NotImplemented)

    def caller(a: object) -> list[str]:
        return [f(a) for _ in range(4)]

    assert set(caller(1)) == {"native"} and newest.used and older.used
    newest.rest()
    older.rest()
    settle()
    assert not newest.used and not older.used and newest.valid
    assert caller(1) == ["interpreted", "native", "native", "native"] and newest.used and older.used
    assert set(caller("x")) == {"older"}
    newest.rest()
    older.rest()
    newest.retire("test")
    assert caller(1) == ["interpreted", "older", "older", "older"]


def test_others_who_keep_something_in_code_objects() -> None:
    """CPython calls every free function there is for each index that a code object has room for."""
    freed: list[int | None] = []
    requested = ctypes.pythonapi.PyUnstable_Eval_RequestCodeExtraIndex
    requested.argtypes = [ctypes.CFUNCTYPE(None, ctypes.c_void_p)]
    free = requested.argtypes[0](freed.append)
    KEPT.append(free)
    index = requested(free)
    f = fresh("def f(a): return 'interpreted'")
    attached(f, lambda a: "native")
    assert f(1) == "native"
    del f
    gc.collect()
    assert index > 0 and not freed
    g = fresh("def f(a): return 'interpreted', a")
    attached(g, lambda a: "native")
    assert ctypes.pythonapi.PyUnstable_Code_SetExtra(ctypes.py_object(g.__code__), ctypes.c_ssize_t(index),
                                                     ctypes.c_void_p(7)) == 0
    assert g(1) == "native"
    del g
    gc.collect()
    assert freed == [7]
