"""The life of functions on the real pipeline, each program in a process of its own."""

import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("tiercel._runtime")

SOURCE = str(pathlib.Path(__file__).parents[2] / "src")


def python(program, *arguments, **variables):
    env = {**os.environ, "PYTHONPATH": SOURCE, "TIERCEL_STRICT": "1", **variables}
    result = subprocess.run([sys.executable, "-X", "faulthandler", *arguments, "-c", textwrap.dedent(program)], env=env,
                            text=True, capture_output=True, timeout=120)
    assert result.stderr == "", result.stderr
    assert result.returncode == 0
    return result.stdout


def test_versions_by_types():
    out = python("""
        import tiercel
        tiercel.enable(threshold=50, sync=True)
        def add(a, b): return a + b
        for pair in ((1, 2), (1.5, 2.5), ("a", "b"), (1, 2.5), ((1,), (2,)), ([], [])):
            for _ in range(500): add(*pair)
            print(add(*pair))
        print(tiercel.explain(add))
    """)
    assert out.startswith("3\n4.0\nab\n3.5\n(1, 2)\n[]\n")
    assert "version 1: add(a: int, b: int) -> int" in out
    assert "version 2: add(a: float, b: float) -> float" in out
    assert "version 3: add(a: any, b: any)" in out
    assert "version 4" not in out


def test_no_more_versions_than_are_allowed():
    out = python("""
        import tiercel
        tiercel.enable(threshold=50, sync=True, versions=2)
        def add(a, b): return a + b
        for pair in ((1, 2), (1.5, 2.5), (1, 2.5)):
            for _ in range(500): add(*pair)
            print(add(*pair))
        print(tiercel.explain(add))
    """)
    assert out.startswith("3\n4.0\n3.5\n")
    assert "version 2: add(a: float, b: float) -> float" in out
    assert "version 3" not in out
    assert "the function: called with too many combinations of types" in out


def test_overflow_is_given_up():
    out = python("""
        import tiercel
        tiercel.enable(threshold=50, sync=True)
        def square(a): return a * a
        for _ in range(100): square(3)
        for _ in range(5000): assert square(1 << 40) == 1 << 80
        print(tiercel.explain(square))
    """)
    assert "retired: it left too often at line" in out and ": overflow" in out
    assert "version 2" in out


def test_a_global_that_changes_is_not_assumed_again():
    out = python("""
        import tiercel
        tiercel.enable(threshold=50, sync=True)
        K = 1
        def f(a): return a + K
        for k in range(6):
            K = k
            for _ in range(500): assert f(1) == k + 1
        print(len(tiercel.explain(f).versions))
        print(tiercel.explain(f))
    """)
    assert int(out.split()[0]) <= 3
    assert "retired: a global name was bound anew" in out


def test_a_closure_that_is_made_anew_is_not_assumed_again():
    out = python("""
        import tiercel
        tiercel.enable(threshold=50, sync=True)
        def adder(n):
            def add(x): return x + n
            return add
        def f(n):
            add, x = adder(n), 0
            for _ in range(2000): x = add(x)
            return x
        print([f(n) for n in range(20)] == [2000 * n for n in range(20)])
        loops = [version for version in tiercel.explain(f).versions if version.at != -1]
        print(len(loops), [version.retired for version in loops])
    """)
    assert out.startswith("True\n")
    assert int(out.split()[1]) <= 3 and out.count("a function died") <= 1


def test_running_loop_at_module_level_and_in_a_function():
    out = python("""
        import tiercel
        tiercel.enable(threshold=50, sync=True)
        total = 0
        for i in range(200_000):
            total += i
        print(total)
        def f(n):
            s = 0.0
            while n:
                s += n
                n -= 1
            return s
        print(f(200_000))
        print(tiercel.explain(f))
        print(tiercel.status().loops)
    """)
    assert out.startswith("19999900000\n20000100000.0\n")
    assert "the running loop at line" in out
    assert int(out.split()[-1]) >= 1


def test_loops_that_leave_in_each_round_are_left_alone():
    out = python("""
        import tiercel
        tiercel.enable(threshold=20, sync=True)
        def always(n):
            for i in range(n):
                if i % 2: yield i
                else: yield -i
        def sometimes(n):
            for i in range(n):
                if i % 1000 == 0: yield i
        def delegates(n):
            for i in range(n):
                yield from (i, -i)
        print(sum(always(5000)), sum(sometimes(50000)), sum(delegates(5000)))
        print(tiercel.explain(always).reasons, str(tiercel.explain(delegates)).count("the generator's body from line 13"),
              len(tiercel.explain(sometimes).versions))
    """)
    assert out.splitlines()[0] == "2500 1225000 0"
    assert out.count("each round of the loop yields") == 1
    assert "] 1 " in out
    assert "each round of the loop yields" in out and not out.endswith(" 0\n")


def test_a_jump_back_that_is_no_loop_is_no_generators_body():
    out = python("""
        import tiercel
        from contextlib import nullcontext
        tiercel.enable(threshold=1, sync=True, strict=True)
        def f(text):
            try:
                number = int(text)
            except ValueError:
                with nullcontext(1) as number:
                    number += 1
            number += 1
            return number
        for i in range(60): assert f("x") == 3
        print("generator" in str(tiercel.explain(f)), "not a loop header" in str(tiercel.explain(f)))
    """)
    assert out == "False True\n"


def test_what_met_several_types_before_its_first_version_is_known():
    out = python("""
        import tiercel
        from tiercel.control.records import known_record
        class A: x = 1
        class B: x = 2
        def one(a): return a.x
        def several(a): return a.x
        tiercel.enable(threshold=60, sync=True)
        for i in range(60): one(A()), several((A, B)[i % 2]())
        print([known_record(f.__code__).compiled[0].wavers for f in (one, several)])
    """)
    assert out == "[False, True]\n"


def test_decorated_functions_only():
    out = python("""
        import tiercel
        @tiercel.jit(eager=True)
        def f(a): return a + 1
        def g(a): return a + 1 + a - a + a - a
        @tiercel.jit
        def h(a): return a + 1
        f(1)
        for i in range(1000): g(i); h(i)
        tiercel.wait()
        print([len(tiercel.explain(x).versions) for x in (f, g, h)], tiercel.status().everything)
        tiercel.enable()
        for _ in map(g, range(20_000_000)): pass             # by C: nothing inlines it
        tiercel.wait()
        print(len(tiercel.explain(g).versions), tiercel.status().everything)
    """)
    assert out == "[1, 0, 1] False\n1 True\n"


def test_disable():
    out = python("""
        import tiercel
        tiercel.enable(threshold=50, sync=True)
        def f(a): return a + 1
        for i in range(200): f(i)
        print(tiercel.status().functions)
        tiercel.disable()
        print(tiercel.status(), f(1))
        print(tiercel.explain(f).versions[0].retired)
        tiercel.enable(threshold=50, sync=True)
        for i in range(200): f(i)
        print(tiercel.status().functions)
    """)
    assert out.splitlines() == ["1", "inactive: disabled 2", "Tiercel was stopped", "1"]


def test_closures_of_one_code_are_inlined_by_it():
    out = python("""
        import tiercel
        tiercel.enable(threshold=20, sync=True)
        def adder(by): return lambda x: x + by
        def scaler(by): return lambda x: x * by
        def often(function, n):
            total = 0
            for i in range(n): total += function(i)
            return total
        def any_often(function, n):
            total = 0
            for i in range(n): total += function(i)
            return total
        print(sum(often(adder(k), 30) for k in range(100)))
        print(sum(any_often((adder, scaler)[k % 2](k), 30) for k in range(100)))
        for f in (often, any_often):
            last = tiercel.explain(f).versions[-1]
            print("adder" in str(last.inlined) or "scaler" in str(last.inlined), last.retired is None)
    """)
    assert out == "192000\n1182750\nTrue True\nFalse True\n"


def test_internal_errors():
    program = """
        import tiercel, sys
        from tiercel import evaluate
        def broken(*args): raise ZeroDivisionError("inside")
        evaluate.evaluate_function = broken
        tiercel.enable(threshold=50, sync=True)
        def f(a): return a + 1
        try:
            for i in range(200): f(i)
        except ZeroDivisionError as error:
            print("raised", error)
        print(tiercel.explain(f))
        print(tiercel.status())
    """
    strict = python(program)
    assert strict.startswith("raised inside\n")
    lenient = python(program, TIERCEL_STRICT="0")
    assert not lenient.startswith("raised")
    assert "the function: internal error: ZeroDivisionError: inside" in lenient
    assert "in broken" in lenient and "1 internal error" in lenient


def test_compiling_imports_nothing_after_the_first_time():
    out = python("""
        import sys, tiercel
        tiercel.enable(threshold=50, sync=True)
        def f(a): return a + 1
        for i in range(200): f(i)
        known = set(sys.modules)
        def g(xs, d, text):
            total = 0.0
            for n, x in enumerate(xs):
                try:
                    total += d[n] * x
                except KeyError:
                    total -= len(text)
            return f"{total} {max(xs)} {text.upper()}"
        for i in range(200): g([1.0, 2.0], {0: 1.0, 1: 2.0}, "abc")
        new = set(sys.modules) - known
        print(len(tiercel.explain(g).versions), new)
    """)
    assert out == "1 set()\n"


def test_llvm_is_not_loaded_for_what_is_not_worth_it():
    out = python("""
        import sys, tiercel
        tiercel.enable(threshold=50)
        def f(text): return sorted(text.upper().split())
        for i in range(200): f("a b")
        print(tiercel.explain(f).reasons, "llvmlite" in sys.modules)
        def g(a): return (a * 3 + 1) * a % 7
        for i in range(200): g(i)
        tiercel.wait()
        print(len(tiercel.explain(g).versions), "llvmlite" in sys.modules)
    """)
    assert "nothing to gain" in out and out.splitlines()[0].endswith("False")
    assert out.splitlines()[1] == "1 True"


def test_deep_recursion_limit_does_not_reach_the_compiler():
    out = python("""
        import sys, tiercel
        tiercel.enable(threshold=5, sync=True)
        sys.setrecursionlimit(40)
        def f(a): return a + 1
        for i in range(20): f(i)
        sys.setrecursionlimit(1000)
        print(len(tiercel.explain(f).versions))
    """)
    assert out == "1\n"


def test_threads():
    out = python("""
        import threading, tiercel, sys
        tiercel.enable(threshold=20, sync=True)
        sys.setswitchinterval(1e-5)
        def work(f, x):
            for i in range(3000): f(x)
        def make(n):
            names = {}
            exec(f"def f(a): return a + a * {n}", names)
            return names["f"]
        functions = [make(n) for n in range(12)]
        threads = [threading.Thread(target=work, args=(f, x)) for f in functions for x in (1, 2.0)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print([f(2) for f in functions] == [2 + 2 * n for n in range(12)])
        print(sum(bool(tiercel.explain(f).versions) for f in functions) > 8)
    """)
    assert out == "True\nTrue\n"


@pytest.mark.parametrize("method", ["os", "multiprocessing"])
def test_fork(method):
    child = "print(f(3), tiercel.status().active, g(1000), len(tiercel.explain(g).versions) > 0, flush=True)"
    if method == "os":
        fork = f"""
pid = os.fork()
if pid == 0:
    {child}
    os._exit(0)
os.waitpid(pid, 0)
"""
    else:
        fork = f"""
import multiprocessing
def run():
    {child}
process = multiprocessing.get_context("fork").Process(target=run)
process.start()
process.join()
"""
    program = """
import os, tiercel, warnings
warnings.simplefilter("error")
tiercel.enable(threshold=50, sync=True)
def f(a): return a + 1
def g(n):
    for i in range(n): h(i)
    return n
def h(a): return a * 2
for i in range(200): f(i)
""" + fork + "print('done')"
    assert python(program).splitlines() == ["4 True 1000 True", "done"]


def test_fork_while_another_thread_compiles():
    """The child compiles too: it must not find LLVM's lock taken."""
    out = python("""
        import os, threading, tiercel, warnings
        warnings.simplefilter("ignore")
        tiercel.enable(threshold=2, sync=True)
        stop = threading.Event()
        def make(n):
            names = {}
            exec(f"def f(n):\\n    t = 0\\n    for i in range(n): t += i * {n}\\n    return t", names)
            return names["f"]
        def work():
            n = 0
            while not stop.is_set():
                n += 1
                f = make(n)
                for i in range(10): f(3)
        thread = threading.Thread(target=work)
        thread.start()
        for i in range(8):
            pid = os.fork()
            if pid == 0:
                f = make(i)
                os._exit(f(3) + f(3) + f(3))
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), end=" ")
        stop.set()
        thread.join()
    """)
    assert out.split() == [str(9 * i) for i in range(8)]


def test_fork_before_anything_was_compiled():
    out = python("""
        import os, tiercel
        tiercel.enable(threshold=50, sync=True)
        pid = os.fork()
        def f(a): return a + 1
        for i in range(200): f(i)
        if pid != 0:
            os.waitpid(pid, 0)
        print(len(tiercel.explain(f).versions), flush=True)
        if pid == 0:
            os._exit(0)
    """)
    assert out == "1\n1\n"


def test_nothing_is_left_for_the_collector():
    out = python("""
        import gc, tiercel
        tiercel.enable(threshold=50, sync=True)
        def f(a): return a + 1
        def g(a): return a * 2.0
        for i in range(200): f(i)
        gc.collect()
        print(gc.get_count()[0] < 50)
        for i in range(200): g(1.0)
        print(gc.collect())
        print(len(tiercel.explain(g).versions))
    """)
    first, collected, versions = out.split()
    assert (first, versions) == ("True", "1")
    assert int(collected) == 0


def test_statistics_at_exit():
    env = {**os.environ, "PYTHONPATH": SOURCE}
    program = "def f(a): return a + 1\nfor i in range(1000): f(i)\nfor i in range(100000): i * i\n"
    result = subprocess.run([sys.executable, "-m", "tiercel", "--sync", "--stats", "-c", program], env=env, text=True,
                            capture_output=True, timeout=60)
    assert "tiercel active: 1 function and" in result.stderr
    assert "  f (<string>:1), " in result.stderr


def test_import_under_way_and_hot():
    """A module that gets hot while it is being imported, itself and what it imports from the standard library."""
    out = python("""
        import pathlib, sys, tempfile, tiercel
        folder = pathlib.Path(tempfile.mkdtemp())
        (folder / "busy.py").write_text("def f(a):\\n    return a + 1\\nfor i in range(5000): f(i)\\n"
                                        "import graphlib\\nsorter = graphlib.TopologicalSorter()\\n"
                                        "for i in range(500): sorter.add(i, i + 1)\\nsorter.prepare()\\n"
                                        "t = 0\\nfor i in range(100000): t += i\\n")
        sys.path.insert(0, str(folder))
        tiercel.enable(threshold=3, sync=True)
        import busy
        print(busy.t, len(tiercel.explain(busy.f).versions))
    """)
    assert out == "4999950000 1\n"


def test_hot_while_the_lock_of_all_imports_is_held():
    """As by whoever looks for a module: the compiler works on another thread and must not import what it needs."""
    out = python("""
        import _imp, faulthandler, tiercel
        from tiercel.control import session
        faulthandler.dump_traceback_later(20, exit=True)
        tiercel.enable(threshold=50, sync=True, strict=True)
        def hot(words):
            found = {}
            for word in words:
                found[word] = found.get(word, 0.0) + 1.5
            return found
        assert session.current.hooks._load()
        _imp.acquire_lock()
        for _ in range(100):
            hot(["a", "b", "a"])
        _imp.release_lock()
        for _ in range(2000):
            hot(["a", "b", "a"])
        status = tiercel.status()
        print(status.functions + status.loops)
    """)
    assert out == "1\n"


def test_a_loop_in_a_frame_that_is_held_waits():
    """Nothing is compiled for it meanwhile, and the loop is entered once the frame is let go."""
    out = python("""
        import sys, tiercel
        tiercel.enable(threshold=50, sync=True)
        def loop(n):
            held = sys._getframe()
            total = 0
            for i in range(n):
                if i == 20_000:
                    held = None
                total += i
            return total
        print(loop(40_000))
        print(str(tiercel.explain(loop)).count("the running loop"))
    """)
    assert out == "799980000\n1\n"


def test_types_met_become_a_switch():
    python("""
        import tiercel
        from tiercel.control.records import record_of
        tiercel.enable(threshold=50, sync=True)

        class One:
            def get(self): return 1
        class Two:
            def get(self): return 2
        class Three:
            def get(self): return 3

        def total(items):
            n = 0
            for item in items:
                n += item.get()
            return n

        items = [One() for _ in range(50)]
        for _ in range(3):
            assert total(items) == 50
        items = [One(), Two(), Three()] * 50
        for _ in range(200):
            assert total(items) == 300
        newest = record_of(total.__code__).alive(-1)[-1]
        newest.refresh()
        before = newest.exits
        for _ in range(20):
            assert total(items) == 300
        newest.refresh()
        assert newest.alive and newest.exits == before, tiercel.explain(total)
        assert {"One.get", "Two.get", "Three.get"} <= set(newest.inlined)
    """)


def test_comparing_bytes_with_strings_warns_where_python_is_asked_to():
    out = python("""
        import tiercel
        tiercel.enable(threshold=1, sync=True, strict=True)
        def has(keys, key):
            try:
                return key in keys
            except BytesWarning:
                return "warned"
        for keys in (["a"], {"a": 1, 2: 2}, {"a", 2}, [b"a"], {b"a": 1, 2: 2}, {b"a", 2}):
            print({has(keys, "a") for _ in range(20)})
    """, "-bb")
    assert out == "{True}\n" * 3 + "{'warned'}\n" * 3


@pytest.mark.parametrize("more", ["pass", "for x in 'ab': str(x).title()"])
def test_a_local_whose_end_retires_the_version_as_it_returns(more):
    """No frame shows any more that its machine code is returned to, whether it counts references itself or, as code that
    mostly calls and is made quickly, has the runtime do it."""
    out = python("""
        import tiercel
        tiercel.enable(threshold=20, sync=True)
        K, armed = 1, False
        class Ends:
            def __del__(self):
                global K
                if armed:
                    K = 2
                    for i in range(10_000): pass
        def f(n):
            ends = Ends()
            MORE
            return n + K
        for i in range(100): f(i)
        version = tiercel.explain(f).versions[-1]
        armed = True
        print(f(5), f(6), version.retired)
    """.replace("MORE", more))
    assert out == "6 8 a global name was bound anew\n"


def test_a_loop_settles_where_a_number_is_made_an_object_on_one_way_round():
    out = python("""
        import tiercel
        tiercel.enable(threshold=50, sync=True)
        def shortest(n):
            distance = [[float("inf")] * n for _ in range(n)]
            for i in range(n):
                distance[i][i], distance[i][(i * 3 + 1) % n] = 0, i + 1
            for k in range(n):
                for i in range(n):
                    first = distance[i][k]
                    for j in range(n):
                        through = first + distance[k][j]
                        if through < distance[i][j]:
                            distance[i][j] = through
            return sum(d for row in distance for d in row if d < 1e9)
        print(shortest(40))
        text = str(tiercel.explain(shortest))
        print("running loop" in text, "settle" in text)
    """)
    assert out == "4920\nTrue False\n"


def test_frames_of_inlined_calls_give_back_the_chunks_of_the_data_stack_that_they_began():
    """Below interpreted frames of any number some inlined frame is the first in its chunk."""
    out = python("""
        import sys
        import tiercel
        tiercel.enable(threshold=1, sync=True)
        frozen = compile("def deep(n, f, x):\\n f(x)\\n if n: deep(n - 1, f, x)", "<frozen importlib>", "exec")
        exec(frozen)

        def leaf(x, y):
            return [x][0] is y or sys.getrecursionlimit()

        def calling(x):
            return leaf(x, x)

        def resident():
            with open("/proc/self/statm") as memory:
                return int(memory.read().split()[1]) * 4096

        for n in range(50):
            calling("a")
        assert "inlined: leaf" in str(tiercel.explain(calling)), tiercel.explain(calling)
        deep(300, calling, "a")
        before = resident()
        for n in range(300):
            deep(300, calling, "a")
        print(resident() - before)
    """)
    assert int(out) < 2**20


def test_others_run_while_something_large_is_evaluated():
    """The compiler holds the interpreter's lock for as long as it says nothing, where it is machine code itself."""
    out = python("""
        import threading, time, tiercel
        lines = [f"    x{i} = a * {i} + b\\n    if x{i} > {7 * i}:\\n        b += x{i}\\n" for i in range(300)]
        names = {}
        exec("def large(a, b):\\n" + "".join(lines) + "    return b\\n", names)
        turns, done = 0, False
        def other():
            global turns
            while not done:
                time.sleep(0.002)
                turns += 1
        thread = threading.Thread(target=other)
        tiercel.enable(threshold=2, sync=True, strict=True)
        thread.start()
        for _ in range(4):
            names["large"](1, 2)
        done = True
        thread.join()
        print(turns > 10 or turns)
    """)
    assert out == "True\n"


def test_tuples_in_each_other_take_no_minutes():
    out = python("""
        import time, tiercel
        names = {}
        exec("def nested(t):\\n" + "    t = (t,)\\n" * 6000 + "    return t\\n", names)
        tiercel.enable(threshold=2, sync=True, strict=True)
        began = time.process_time()
        for _ in range(4):
            made = names["nested"](1)
        depth = 0
        while type(made) is tuple:
            made, depth = made[0], depth + 1
        print(made, depth, time.process_time() - began < 30)
    """)
    assert out == "1 6000 True\n"


def test_hot_while_a_part_of_the_compiler_is_imported():
    """By the program: importing extension modules runs Python functions, too."""
    out = python("""
        import faulthandler, tiercel
        faulthandler.dump_traceback_later(20, exit=True)
        tiercel.enable(threshold=2, sync=True, strict=True)
        import tiercel.graph.text
        import tiercel.passes
        def f(n):
            return n + 1
        print([f(n) for n in range(20)][-1], tiercel.status().functions > 0)
    """)
    assert out == "20 True\n"
