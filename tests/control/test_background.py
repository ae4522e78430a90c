"""Machine code is made beside the program, which goes on and may change what it was made for."""

from __future__ import annotations

import textwrap

import pytest

from tests.control.test_life import python

# What LLVM is to do waits until `go` is called.
HELD = textwrap.dedent("""
    import gc, os, sys, threading, time, weakref
    import tiercel
    from tiercel import emit
    tiercel.enable(threshold=50, strict=True)
    held = []
    class Held:
        def __init__(self, job): self.job = job
        def start(self): held.append(self.job)
    job = emit.job
    emit.job = lambda *args: Held(job(*args))
    def go():
        while held: held.pop().start()
        return tiercel.wait()
    def versions(f): return len(tiercel.explain(f).versions)
    def summed(n, step=1):
        total = 0
        for i in range(n): total += i * step
        return total
    def call(f, *args):
        for i in range(60): result = f(*args)
        return result
""")


def held(body: str) -> str:
    return python(HELD + textwrap.dedent(body))


def test_the_program_goes_on_meanwhile():
    out = held("""
        print(call(summed, 10), len(held), versions(summed))
        print(call(summed, 10), len(held), go(), versions(summed), call(summed, 10))
    """)
    assert out == "45 1 0\n45 1 True 1 45\n"


def test_a_running_loop_is_entered_once_its_code_is_there():
    out = held("""
        def spin(seconds):
            rounds, end = 0, time.monotonic() + seconds
            while time.monotonic() < end:
                rounds += 1
                if rounds == 100_000: go()
                if rounds > 100_000 and versions(spin): return "compiled"
        print(spin(20))
    """)
    assert out == "compiled\n"


def test_it_can_be_waited_for():
    out = held("""
        print(tiercel.wait())
        call(summed, 10)
        print(tiercel.wait(0), go(), tiercel.wait(0))
    """)
    assert out == "True\nTrue True True\n"


def test_what_changes_meanwhile_is_noticed():
    out = held("""
        factor = 3
        def scaled(x): return x * factor + x - x + x - x
        class Point:
            def __init__(self, x): self.x = x
            def far(self): return self.x > 10
        def far(p):
            for i in range(9): last = p.far()
            return last
        print(call(scaled, 2), call(far, Point(11)))
        factor = 5
        Point.far = lambda self: "always"
        go()
        print(scaled(2), far(Point(11)), versions(scaled), versions(far))
        call(scaled, 2), call(far, Point(1))
        go()
        print(scaled(2), far(Point(11)), versions(scaled), versions(far))
    """)
    assert out == "6 True\n10 always 0 0\n10 always 1 1\n"


def test_nothing_of_the_program_is_kept_alive():
    out = held("""
        class Item:
            def __init__(self, x): self.x = x
        item = Item(2)
        def make():
            def twice(item): return item.x * 2
            return twice
        twice = make()
        call(twice, item)
        watched = [weakref.ref(twice), weakref.ref(item)]
        del twice, item
        print([each() for each in watched], len(held))
        print(go(), call(make(), Item(4)))
    """)
    assert out == "[None, None] 1\nTrue 8\n"


def test_what_a_function_held_goes_with_it_although_the_machine_code_is_not_there():
    out = held("""
        class Items(list): pass
        def summed_up(items, rounds):
            def body():
                for x in items: yield x * 2
            total = 0
            for i in range(rounds): total += sum(body())
            return total
        items = Items([1, 2, 3])
        there = weakref.ref(items)
        print(summed_up(items, 1000), len(held))
        del items
        print(there(), go(), summed_up([1], 10), versions(summed_up))
    """)
    assert out == "12000 2\nNone True 20 0\n"       # of the body, while the interpreter's `sum` took its values, as well


def test_another_function_of_the_same_code_takes_the_version():
    out = held("""
        def make():
            def twice(x): return x * 2 + x - x + x - x
            return twice
        call(make(), 2)
        go()
        other = make()
        print(call(other, 3), versions(other))
    """)
    assert out == "6 1\n"


@pytest.mark.skipif("not hasattr(os, 'fork')", reason="needs fork")
def test_fork_meanwhile():
    out = held("""
        print(call(summed, 10), flush=True)
        held.pop().start()
        if pid := os.fork():
            print(os.waitpid(pid, 0)[1], go(), versions(summed), call(summed, 10))
        else:
            print("child", go(), call(summed, 10), flush=True)
            os._exit(0)
    """)
    assert out == "45\nchild True 45\n0 True 1 45\n"


def test_the_program_ends_meanwhile():
    out = held("""
        call(summed, 10)
        held.pop().start()
        print("done")
    """)
    assert out == "done\n"


def test_switched_off_and_on_meanwhile():
    out = held("""
        call(summed, 10)
        held.pop().start()
        tiercel.disable()
        print(versions(summed), summed(10), tiercel.wait())
        tiercel.enable(threshold=50, strict=True)
        print(call(summed, 10), go(), call(summed, 10), versions(summed))
    """)
    assert out == "0 45 True\n45 True 45 1\n"


def test_a_thread_gets_its_code_while_the_main_thread_waits():
    out = held("""
        emit.job = job
        def work(seen):
            end = time.monotonic() + 20
            while not versions(summed) and time.monotonic() < end: summed(10)
            seen.append(versions(summed))
        seen = []
        thread = threading.Thread(target=work, args=(seen,))
        thread.start()
        thread.join()
        print(seen)
    """)
    assert out == "[1]\n"


def test_many_threads_at_once():
    out = held("""
        emit.job = job
        sys.setswitchinterval(1e-5)
        def work(k):
            space = {}
            for i in range(20):
                exec(f"def f(n):\\n total = {i}\\n for j in range(n): total += j * {k}\\n return total", space)
                for _ in range(200):
                    assert space["f"](10) == i + 45 * k
        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(tiercel.wait())
    """)
    assert out == "True\n"


def test_what_llvm_does_not_take_is_an_internal_error():
    out = held("""
        tiercel.enable(threshold=50, strict=False)
        def broken(lowered, owner):
            lowered.text += "nonsense"
            return job(lowered, owner)
        emit.job = broken
        print(call(summed, 10), tiercel.wait(), call(summed, 10))
        print("LLVM does not take the text" in str(tiercel.explain(summed)), tiercel.status().errors > 0)
    """)
    assert out == "45 True 45\nTrue True\n"


def test_an_eager_function_does_not_wait():
    out = held("""
        @tiercel.jit(eager=True)
        def twice(x): return x * 2
        emit.job = job
        print(twice(1), twice(2), versions(twice))
    """)
    assert out == "2 4 1\n"


OUTGROWN = """
    from tiercel.control import session
    tiercel.enable(threshold=2, work=20_000, strict=True)
    def only(f): session.current.hooks._wanted = lambda code: code is f.__code__
    def alive(f): return [(v.at >= 0, v.work > 0) for v in tiercel.explain(f).versions if v.alive]
    def reasons(f): return {v.retired for v in tiercel.explain(f).versions if v.retired}
"""
REASON = "it runs long enough to be made anew, and better"


def test_a_running_loop_goes_on_as_it_is_until_the_better_one_is_there():
    out = held(OUTGROWN + """
    def loop(rounds):
        total = 0
        for i in range(rounds): total += i & 3
        return total
    only(loop)
    print(loop(100), go(), alive(loop))
    while not held: loop(10_000)
    print(alive(loop), loop(10_000), alive(loop), go(), loop(10_000), reasons(loop))
    """)
    first, second = out.splitlines()
    assert first.startswith("150 True [(True, True)")
    assert second.startswith("[(True, True)") and f"{{{REASON!r}}}" in second


def test_a_function_goes_on_as_it_is_until_the_better_one_is_there():
    out = held(OUTGROWN + """
    class Point:
        def __init__(self, x): self.x = x
    def far(p): return len(str(p.x).title()) + p.x
    only(far)
    def run():
        for i in range(10): far(Point(i))
    run(), go()
    print(alive(far))
    while not held: run()
    print(alive(far), far(Point(3)), alive(far), go(), alive(far), far(Point(3)), reasons(far))
    """)
    assert out == f"[(False, True)]\n[(False, True)] 4 [(False, True)] True [(False, False)] 4 {{{REASON!r}}}\n"
