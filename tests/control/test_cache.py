"""The machine code that is kept is bounded; what is used stays."""

from tests.control.test_life import python

PROGRAM = """
    import tiercel
    from tiercel.control.records import SURPLUS, known_record
    tiercel.enable(threshold=3, sync=True, code_cache={megabytes})

    def make(n):
        names = {{}}
        exec(f"def f(a): return a * 3 + {{n}}\\n"
             f"def loop(n):\\n    for i in range(n): yield i + {{n}}\\n", names)
        return names["f"]

    def used(a):
        return a + 1

    def call_all(functions):
        most = 0
        for f in functions:
            assert [f(i) for i in range(20)] == [3 * i + f(0) for i in range(20)]
            assert used(7) == 8 and inner(f(0)) == f(0) * 2
            most = max(most, tiercel.status().machine_code)
        return most

    def inner(a):
        return a + a

    def state(f):
        compiled = known_record(f.__code__).compiled
        return [each.retired for each in compiled]

    functions = [make(n) for n in range(120)]
    for _ in range(10):
        used(1), inner(2)
    most = call_all(functions)
    states = [state(f) for f in functions]
"""


def test_what_is_not_used_goes_first() -> None:
    out = python(PROGRAM.format(megabytes=0.25) + """
    print(most <= 0.25 * 2**20, tiercel.status().machine_code > 0.15 * 2**20)
    print(state(used), state(inner))
    gone = [SURPLUS in each for each in states]
    print(gone.count(True) > 60, gone[:20] == [True] * 20, gone[-10:] == [False] * 10)
    # and comes again where it is
    first = functions[0]
    print(first(5), [first(i) for i in range(200_000)][-1], state(first))
    """)
    reason = "it was not used, and other machine code needed its room"
    assert out.splitlines() == ["True True", "[None] [None]", "True True True", f"15 599997 ['{reason}', None]"]


def test_all_is_kept_where_there_is_room() -> None:
    out = python(PROGRAM.format(megabytes=16) + """
    print(any(SURPLUS in each for each in states), tiercel.status().machine_code > 0.4 * 2**20)
    """)
    assert out == "False True\n"


def test_loops_and_generators_show_that_they_are_used() -> None:
    out = python("""
        import tiercel
        from tiercel.control.records import known_record
        tiercel.enable(threshold=3, sync=True, code_cache=0.25)
        calls = {}

        def make(n):
            names = {}
            exec(f"def f(a): return a * 3 + {n}", names)
            return names["f"]

        def rounds(n):
            total = 0
            for i in range(n):
                total += i & 7
            return total

        def values(n):
            for i in range(n):
                yield i * 2

        plain = type(rounds)(rounds.__code__.replace(co_name="plain"), globals())
        unused = type(rounds)(rounds.__code__.replace(co_name="unused"), globals())
        unused(100)
        for n in range(150):
            f = make(n)
            for i in range(10):
                f(i)
            # each in a class body, or an interpreted loop, from where the loop is entered
            exec("plain(100); next(values(3)); list(values(30))")
            assert plain(100) == sum(i & 7 for i in range(100))
        for function in plain, unused, values:
            print(function.__code__.co_name, [each.retired for each in known_record(function.__code__).compiled])
    """)
    lines = dict(line.split(" ", 1) for line in out.splitlines())
    assert "None" in lines["plain"] and "None" in lines["values"]
    assert "None" not in lines["unused"] and "needed its room" in lines["unused"]


def test_what_is_running_counts_as_used() -> None:
    out = python("""
        import tiercel
        from tiercel.control.records import known_record
        tiercel.enable(threshold=3, sync=True, code_cache=0.25)

        def make(n):
            names = {}
            exec(f"def f(a): return a * 3 + {n}", names)
            return names["f"]

        class Thing:
            n = 0

            def __str__(self):
                fill(self.n)
                return self.n and f"running: {known_record(around.__code__).compiled[-1].version.running}" or "not yet"

        def around(thing):
            return str(thing) + "!"

        def fill(n):
            for i in range(n):
                f = make(i)
                for k in range(10):
                    f(k)

        thing = Thing()
        for i in range(10):
            around(thing)
        print(known_record(around.__code__).compiled[-1].version.running)
        thing.n = 200
        print(around(thing), [each.retired for each in known_record(around.__code__).compiled])
    """)
    assert out == "False\nrunning: True! [None]\n"


def test_results_are_the_same_where_room_is_scarce() -> None:
    out = python("""
        import random, threading
        import tiercel

        SOURCE = '''
        def leaf(a): return a * {n} + 1
        def values(n):
            for i in range(n): yield leaf(i)
        def total(n):
            result = 0
            for value in values(n): result += value
            return result
        def down(n): return leaf(n) if n < 1 else down(n - 1) + 1
        def calls(n): return total(n) + down(n) + other(n)
        '''.replace("\\n        ", "\\n")

        def run(seed):
            chosen, all_of = random.Random(seed), []
            for n in range(20):
                names = {"other": all_of[n // 2]["calls"] if n else abs}
                exec(SOURCE.format(n=n), names)
                all_of.append(names)
            results = []
            for i in range(400):
                number = min(int(chosen.expovariate(0.15)), 19)
                results.append(all_of[number][chosen.choice(("total", "down", "calls"))](chosen.randrange(8)))
            return results

        def run_all():
            results = {}
            threads = [threading.Thread(target=lambda seed=seed: results.__setitem__(seed, run(seed))) for seed in range(2)]
            [thread.start() for thread in threads], [thread.join() for thread in threads]
            return results

        expected = run_all()
        tiercel.enable(threshold=2, sync=True, code_cache=0.1)
        # A thread does not wait for what is compiled for another one: it may be done before its own turn comes.
        same = all(run_all() == expected for _ in range(20) if tiercel.status().retired <= 50)
        print(same, tiercel.status().machine_code <= 0.1 * 2**20, tiercel.status().retired > 50)
    """)
    assert out == "True True True\n"
