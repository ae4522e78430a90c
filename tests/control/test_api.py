"""The names a user imports, also where Tiercel cannot be active."""

import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

import tiercel
from tiercel.config import ConfigError

SOURCE = str(pathlib.Path(__file__).parents[2] / "src")


def python(program, *arguments, **variables):
    env = {**os.environ, "PYTHONPATH": SOURCE, **variables}
    return subprocess.run([sys.executable, *arguments, "-c", textwrap.dedent(program)], env=env, text=True,
                          capture_output=True, timeout=60)


@pytest.mark.parametrize("wrong", [len, int, staticmethod(lambda: 1), 3, "f", sys, [].append])
def test_jit_of_something_else(wrong):
    with pytest.raises(TypeError) as caught:
        tiercel.jit(wrong)
    assert str(caught.value) == f"tiercel.jit: {wrong!r} is not a Python function"
    with pytest.raises(TypeError):
        tiercel.jit(eager=True)(wrong)


def test_explain_of_something_else():
    with pytest.raises(TypeError, match="len"):
        tiercel.explain(len)


def test_explain_of_methods_and_wrapped_functions():
    import functools

    class A:
        def f(self):
            return 1

        @classmethod
        def g(cls):
            return 2

    cached = functools.lru_cache(A.f)
    for function in (cached, A.f, A().f, A.g, A.f.__code__):
        assert "def " in str(tiercel.explain(function))


def test_unknown_switch():
    with pytest.raises(ConfigError, match="no switch is called 'treshold'; there are: active, threshold"):
        tiercel.enable(treshold=1)
    with pytest.raises(ConfigError, match="threshold: expected a whole number of at least 1, not '0'"):
        tiercel.enable(threshold=0)


def test_importing_is_cheap():
    result = python("import sys, tiercel; print([m for m in ('llvmlite', 'typing', 'dataclasses', 're', 'inspect') "
                    "if m in sys.modules])", "-S")
    assert result.stdout == "[]\n", result.stderr


def test_enabling_is_cheap():
    pytest.importorskip("tiercel._runtime")
    result = python("import sys, tiercel; tiercel.enable(); print(tiercel.status().active, "
                    "[m for m in ('llvmlite', 'typing', 'dataclasses', 're', 'inspect', 'tiercel.evaluate') "
                    "if m in sys.modules])", "-S")
    assert result.stdout == "True []\n", result.stderr


INACTIVE = {
    "no runtime": ("import sys; sys.modules['tiercel._runtime'] = None",
                   "tiercel._runtime is not available for CPython 3.13"),
    "self-check": ("import sys, types; m = types.ModuleType('tiercel._runtime'); m.self_check = lambda: 'an offset'; "
                   "sys.modules['tiercel._runtime'] = m; import tiercel; tiercel._runtime = m",
                   "the self-check on CPython 3.13"),
    "other implementation": ("import sys; sys.implementation.name = 'pypy'", "Tiercel needs CPython, this is pypy"),
    "free-threaded": ("import sys; sys.abiflags = 't'", "free-threaded builds"),
    "switched off": ("import os; os.environ['TIERCEL'] = '0'", "switched off by TIERCEL=0"),
}


@pytest.mark.parametrize("name", INACTIVE)
def test_inactive(name):
    setup, reason = INACTIVE[name]
    result = python(f"""
        {setup}
        import tiercel
        tiercel.enable()
        @tiercel.jit
        def f(x): return x
        @tiercel.jit(eager=True)
        def g(x): return x
        print(f(1), g(2), tiercel.status().active)
        print(tiercel.status())
        print(tiercel.explain(f))
        tiercel.disable()
    """)
    assert result.stderr == ""
    first, status, *explained = result.stdout.splitlines()
    assert first == "1 2 False"
    assert status.startswith("inactive: ") and reason in status
    assert any(reason in line for line in explained)


def test_inactive_program_runs_plainly(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['tiercel._runtime'] = None\n")
    (tmp_path / "app.py").write_text("import sys; print(sys.argv, sys._getframe().f_back); sys.exit(3)\n")
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{SOURCE}"}
    result = subprocess.run([sys.executable, "-m", "tiercel", "app.py", "-x"], cwd=tmp_path, env=env, text=True,
                            capture_output=True, timeout=60)
    assert (result.stdout, result.returncode) == ("['app.py', '-x'] None\n", 3)
    assert result.stderr.startswith("tiercel: inactive: tiercel._runtime is not available")
    assert result.stderr.count("\n") == 1


def test_subinterpreter():
    pytest.importorskip("tiercel._runtime")
    result = python("""
        import _interpreters
        name = _interpreters.create("legacy")
        print(_interpreters.exec(name, '''if True:
            import tiercel
            tiercel.enable()
            tiercel.jit(lambda: 1)
            print(tiercel.status(), flush=True)
        '''))
    """)
    assert "inactive: subinterpreters are not supported" in result.stdout, result.stderr


def test_subinterpreter_below_compiled_code():
    """What is hooked in static types is hooked there too, and must not take its thread state for that of the frames
    further up."""
    pytest.importorskip("tiercel._runtime")
    result = python("""
        import _interpreters
        import tiercel
        SCRIPT = '''if True:
            import sys
            def squares(n):
                for i in range(n):
                    yield i * i
            class Base:
                def total(self):
                    return sum(squares(9))
            class Derived(Base):
                def total(self):
                    return super().total() + len(locals()) + len(sys._getframe().f_locals)
            for _ in range(9):
                assert Derived().total() == 208, Derived().total()
        '''

        def run(name, texts):
            outcomes = []
            for text in texts:
                outcomes.append(_interpreters.run_string(name, SCRIPT))
                outcomes.append(len(text))
            return outcomes, text.upper()

        name = _interpreters.create()
        tiercel.enable(threshold=1, sync=True, strict=True)
        for texts in (["a"] * 4, ["a", "b", b"c", ("d",)]):
            try:
                print(run(name, texts))
            except AttributeError as error:
                print(error)
    """)
    assert result.stdout.splitlines() == ["([None, 1, None, 1, None, 1, None, 1], 'A')",
                                          "'tuple' object has no attribute 'upper'"], result.stderr
