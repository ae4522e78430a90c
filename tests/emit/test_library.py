"""LLVM's library: what is linked lives as long as something holds it, and errors say what is wrong."""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("tiercel._runtime")

from tiercel.emit import llvm as llvm_module
from tiercel.emit.llvm import Effort, backend


def image_of(text: str) -> bytes:
    job = backend().job(text, "f", Effort.QUICK)
    job.run()
    return bytes(job.take())


def number(value: int) -> bytes:
    return image_of(f"define i64 @f() {{\n ret i64 {value}\n}}\n")


def call(address: int) -> int:
    return int(ctypes.CFUNCTYPE(ctypes.c_int64)(address)())


def test_a_missing_symbol_is_told() -> None:
    image = image_of("declare i64 @elsewhere()\ndefine i64 @f() {\n %x = call i64 @elsewhere()\n ret i64 %x\n}\n")
    with pytest.raises(RuntimeError, match="LLJIT_Link: .*missing"):
        backend().link(image, ["f"], {}, "missing")


def test_what_is_imported_is_called() -> None:
    inner = backend().link(number(7), ["f"], {}, "inner")
    image = image_of("declare i64 @elsewhere()\ndefine i64 @f() {\n %x = call i64 @elsewhere()\n ret i64 %x\n}\n")
    outer = backend().link(image, ["f"], {"elsewhere": inner.addresses["f"]}, "outer")
    assert call(outer.addresses["f"]) == 7


def test_linkers_are_replaced_and_go_with_the_last_of_their_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    disposed: list[str] = []
    library = backend().library
    real = library.call

    def noted(name: str, *args: object) -> object:
        if "Dispose" in name and name.startswith("LLJIT"):
            disposed.append(name)
        return real(name, *args)
    monkeypatch.setattr(library, "call", noted)
    many = 2 * llvm_module.LIBRARIES           # so that all of one linker's are among them
    images = [number(value) for value in range(many + 1)]
    linked = [backend().link(image, ["f"], {}, "many") for image in images]
    assert [call(each.addresses["f"]) for each in linked] == list(range(len(linked)))
    disposed.clear()
    last = linked.pop()
    del linked[:]
    gc.collect()
    assert disposed.count("LLJIT_Dylib_Tracker_Dispose") == many
    assert "LLJITDispose" in disposed
    assert call(last.addresses["f"]) == many


def test_what_outlives_the_modules_says_nothing() -> None:
    program = textwrap.dedent("""
        import ctypes, sys
        from tiercel.emit import library
        from tiercel.emit.llvm import Effort, backend
        job = backend().job("define i64 @f() {\\n ret i64 7\\n}\\n", "f", Effort.QUICK)
        job.run()
        linked = backend().link(job.take(), ["f"], {}, "kept")
        print(ctypes.CFUNCTYPE(ctypes.c_int64)(linked.addresses["f"])())
        # Of modules that something still holds the names go before those of this one, which was imported earlier.
        for kept in (library, sys.modules["__main__"]):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))
        del kept
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "7\n", "")
