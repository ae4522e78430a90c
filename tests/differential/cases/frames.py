"""What programs can see of frames: sys._getframe, locals, eval, exec, tracing from inside, weakrefs and finalisers."""

import gc
import inspect
import sys
import traceback
import weakref

from case import Noisy, case, chain, log


@case((12,))
def chain_from_loop(n):
    seen = []
    for i in range(n):
        if i % 4 == 0:
            seen.append(chain())
    return seen


def inner(x):
    y = x + 1
    return chain() if x == 5 else y


def outer(x):
    return inner(x), x


@case((8,))
def chain_through_calls(n):
    seen = []
    for i in range(n):
        seen.append(outer(i))
    return seen


def recursive(n):
    if n == 0:
        return chain()
    return recursive(n - 1)


@case((6,))
def chain_through_recursion(n):
    return recursive(n)


def caller_locals():
    return {name: value for name, value in sys._getframe(1).f_locals.items() if name != "seen"}


@case((8,))
def locals_seen_by_callee(n):
    seen = []
    total = 0.5
    for i in range(n):
        total += i
        pair = (i, total)
        seen.append(caller_locals())
    return seen, pair


@case((8,))
def locals_of_frame_written_by_callee(n):
    def meddle():
        sys._getframe(1).f_locals["x"] = "meddled"
    x = 0
    seen = []
    for i in range(n):
        x = i
        if i == 5:
            meddle()
        seen.append(x)
    return seen


@case((10,))
def own_locals(n):
    a = n * 2
    for i in range(n):
        b = i + a
        if i == 7:
            return dict(locals())
    return b


@case((10,))
def vars_and_dir(n):
    total = 0
    for i in range(n):
        total += i
        if i == 6:
            kept = (sorted(vars()), dir(), total)
    return kept


@case((10,))
def eval_in_loop(n):
    seen = []
    x = 5
    for i in range(n):
        seen.append(eval("x + i"))
        x += 1
    return seen


@case((5,))
def exec_in_loop(n):
    names = {"total": 0}
    for i in range(n):
        exec("total += i", names, {"i": i, "total": names["total"]})
        exec(f"total = {i}", names)
    return names["total"]


@case((30,))
def hot_loop_in_exec(n):
    names = {"n": n}
    exec("total = 0\nfor i in range(n):\n    total += i * 2\n    last = total", names)
    return names["total"], names["last"], names["i"]


@case((30,))
def hot_loop_in_class_body(n):
    class Body:
        total = 0
        for i in range(n):
            total += i
    return Body.total, Body.i


@case((6,))
def line_numbers(n):
    seen = []
    for i in range(n):
        frame = sys._getframe()
        seen.append(frame.f_lineno)
        seen.append(
            sys._getframe().f_lineno)
        del frame
    return seen


@case((6,))
def stack_as_printed(n):
    seen = []
    for i in range(n):
        seen = [(f.name, f.lineno, f.line) for f in traceback.extract_stack()[-2:]]
    return seen


def who_calls():
    return inspect.currentframe().f_back.f_code.co_name


@case((6,))
def caller_name(n):
    return [who_calls() for _ in range(n)]


@case((10,))
def frame_kept_alive(n):
    def leaf(x):
        value = [x]
        return sys._getframe() if x == 7 else value
    seen = []
    for i in range(n):
        result = leaf(i)
        if not isinstance(result, list):
            seen.append(result.f_locals["value"])
            seen.append(result.f_lineno)
            result.clear()
    return seen


@case((12,))
def trace_begins_while_hot(n):
    lines = []

    def tracer(frame, event, argument):
        if frame.f_code.co_name == "traced":
            lines.append((event, frame.f_lineno, frame.f_locals.get("i")))
        return tracer

    def traced(k):
        total = 0
        for i in range(k):
            total += i
            if i == 4:
                sys.settrace(tracer)
                sys._getframe().f_trace = tracer
            if i == 8:
                sys.settrace(None)
        return total
    previous = sys.gettrace()
    try:
        return traced(n), lines
    finally:
        sys.settrace(previous)


@case((12,))
def profile_begins_while_hot(n):
    events = []

    def profiler(frame, event, argument):
        events.append((event, frame.f_code.co_name))

    def leaf(x):
        return x + 1
    total = 0
    for i in range(n):
        if i == 5:
            sys.setprofile(profiler)
        total = leaf(total)
        if i == 8:
            sys.setprofile(None)
    return total, events


@case((8,))
def finalisers_in_order(n):
    for i in range(n):
        a = Noisy(("a", i))
        b = Noisy(("b", i))
        log("made", i, a.name[0])
        a = b
        log("moved", i)
    return "end"


def consume(x):
    log("consuming", x.name)
    return 1


@case((5,))
def temporaries_die_in_order(n):
    total = 0
    for i in range(n):
        total += consume(Noisy(i)) + consume(Noisy(-i))
        log("between")
        Noisy("dropped")
        [Noisy(("list", 0)), Noisy(("list", 1))]
        log("after list")
    return total


@case((5,))
def arguments_die_in_order(n):
    def take(a, b):
        log("inside")
        a = None
        log("a is gone")
        return b
    for i in range(n):
        kept = take(Noisy(("a", i)), Noisy(("b", i)))
        log("returned", kept.name)
    return "end"


@case((5,))
def finaliser_at_exception(n):
    def fragile(i):
        local = Noisy(i)
        if i == 3:
            raise ValueError(local.name)
        return i
    for i in range(n):
        try:
            fragile(i)
        except ValueError:
            log("caught")
        log("next")


class Meddler:
    def __init__(self, target):
        self.target = target

    def __del__(self):
        self.target.append(len(self.target))


@case((10,))
def finaliser_changes_the_list(n):
    target = []
    total = 0
    for i in range(n):
        x = Meddler(target)
        x = i
        for y in target:
            total += y
    return total, x, target


@case((8,))
def finaliser_replaces_a_global(n):
    class Swap:
        def __del__(self):
            globals()["helper"] = other_helper
    original = helper
    seen = []
    try:
        for i in range(n):
            swap = Swap() if i == 4 else None
            swap = 5
            seen.append(helper(i) + swap)
        return seen
    finally:
        globals()["helper"] = original


def helper(x):
    return x


def other_helper(x):
    return x * 100


class Plain:
    pass


@case((8,))
def weak_references(n):
    seen = []
    for i in range(n):
        x = Plain()
        reference = weakref.ref(x, lambda _: log("weakref gone"))
        seen.append(reference() is x)
        del x
        seen.append(reference() is None)
    return seen


@case((5,))
def weak_values(n):
    cache = weakref.WeakValueDictionary()
    kept = []
    for i in range(n):
        x = Plain()
        cache[i] = x
        if i % 2:
            kept.append(x)
    del x
    return sorted(cache), len(kept)


@case((5,))
def cycles_are_collected(n):
    for i in range(n):
        a = Plain()
        a.me = a
        a.noisy = Noisy(i)
        del a
    log("before collect")
    gc.collect()
    return "end"


@case(([1, 2], [3]), ("text", ["x"]))
def reference_counts(a, b):
    seen = []
    for _ in range(10):
        c = a
        d = [a, b]
        seen.append((sys.getrefcount(a) - sys.getrefcount(b)))
        del c, d
    return seen


@case((10,))
def refcount_of_local(n):
    seen = []
    x = object()
    for i in range(n):
        y = x
        seen.append(sys.getrefcount(x))
        del y
    return seen


counter = 0


@case((20,))
def global_counter(n):
    global counter
    counter = 0
    for i in range(n):
        counter += i
    return counter


factor = 2


def scaled(x):
    return x * factor


@case((20,))
def global_changes_while_hot(n):
    global factor
    seen = []
    for i in range(n):
        seen.append(scaled(i))
        if i == 9:
            factor = 0.5
        if i == 14:
            factor = "ab"
    factor = 2
    return seen


@case((12,))
def global_disappears(n):
    globals()["temporary"] = 5
    total = 0
    for i in range(n):
        total += temporary  # noqa: F821
        if i == 8:
            del globals()["temporary"]
    return total


@case((10,))
def monitoring_tool_while_hot(n):
    seen = []
    tool = sys.monitoring.DEBUGGER_ID
    events = sys.monitoring.events

    def leaf(x):
        return x * 2

    def started(code, offset):
        if code.co_name == "leaf":
            seen.append("start")
    total = 0
    try:
        for i in range(n):
            if i == 4:
                sys.monitoring.use_tool_id(tool, "test")
                sys.monitoring.register_callback(tool, events.PY_START, started)
                sys.monitoring.set_events(tool, events.PY_START)
            total += leaf(i)
            if i == 7:
                sys.monitoring.set_events(tool, 0)
    finally:
        sys.monitoring.register_callback(tool, events.PY_START, None)
        sys.monitoring.free_tool_id(tool)
    return total, seen


def this_frame():
    return sys._getframe(1)


def find_caller(depth):
    frame = this_frame()
    while depth > 0 and frame is not None:
        frame = frame.f_back
        depth -= 1
    return frame.f_code.co_name, frame.f_lineno


def logged(message, depth=1):
    where = find_caller(depth)
    log(message, where)
    return where


@case((8,), (40,))
def callers_are_looked_for(n):
    out = []
    for i in range(n):
        out.append(logged(i))
        out.append(logged(i, depth=2))
    return out[-4:]


def gives_frame(x):
    y = x + 1
    frame = this_frame()
    y += 1
    return frame


def gives_callers_frame(x):
    z = [x]
    frame = gives_frame(x).f_back
    z.append(x)
    return frame


@case((8,), (40,))
def frames_outlive_their_calls(n):
    out = []
    for i in range(n):
        one, other = gives_frame(i), gives_callers_frame(i)
        out.append((dict(one.f_locals, frame=0), dict(other.f_locals, frame=0), one.f_lineno - other.f_lineno,
                    one.f_back is None, other.f_code.co_name))
        one.clear()
        out.append(len(one.f_locals))
    return out[-4:]


@case((8,))
def locals_seen_while_frames_run(n):
    def look(depth):
        frame = sys._getframe(1)
        return dict(frame.f_locals), sorted(frame.f_back.f_locals)

    def inner(a):
        b = a * 2
        first = look(0)
        b += 1
        return first, look(1)[0]["b"]

    return [inner(i) for i in range(n)]


class Decides:
    """Equals a simple key, and looks at who asks."""

    def __init__(self, key, answer):
        self.key, self.answer = key, answer

    def __hash__(self):
        return hash(self.key)

    def __eq__(self, other):
        caller = sys._getframe(1)
        log(caller.f_code.co_name, caller.f_lineno - caller.f_code.co_firstlineno, sorted(caller.f_locals))
        if self.answer is None:
            raise ValueError("cannot tell")
        return self.answer


def looks_up(table, items, key, kept):
    fresh = [kept, str(kept) * 2]
    seen = [key in table, table.get(key, "none"), key in items]
    try:
        seen.append(table[key])
    except KeyError:
        seen.append("missing")
    items.add(key)
    return seen, len(items), fresh


@case(({}, set()), ({1: "one"}, {1, 2}), ({Decides(1, True): "x", 2: 3}, {Decides(1, True), 2}),
      ({Decides(1, False): "x", 2: 3}, {Decides(1, False), 2}),
      ({Decides(1, None): "x", 2: 3}, {Decides(1, None), 2}), repeat=2)
def keys_that_decide(table, items):
    seen = []
    for kept in range(12):
        try:
            seen.append(looks_up(table, items, 1, kept))
        except ValueError as error:
            seen.append(str(error))
    return seen


class Kept:
    def __init__(self, values):
        self.values = values

    def looks_sometimes(self, depth):
        local = [depth, self]
        self.values.append(sorted(sys._getframe().f_locals) if depth % 7 == 0 else depth)
        return len(local)


def deep_with_small_calls(kept, depth):
    seen = kept.looks_sometimes(depth)
    if depth:
        seen += deep_with_small_calls(kept, depth - 1)
    return seen + kept.looks_sometimes(depth)


@case((3,), (300,), repeat=3)
def small_frames_at_every_end_of_the_data_stacks_chunks(depth):
    kept = Kept([])
    seen = [deep_with_small_calls(kept, depth - n % 5) for n in range(6)]
    return seen, kept.values[-40:]


# -- builtins that a namespace exchanges -------------------------------------------------------------------------------


class OtherBuiltins:
    """While it is entered, functions that are made get another `len`."""

    def __enter__(self):
        self.before = globals()["__builtins__"]
        globals()["__builtins__"] = {"len": lambda items: 100, "range": range}

    def __exit__(self, *error):
        globals()["__builtins__"] = self.before


def lengths(items):
    yield len(items)
    yield len(items)
    yield len(items)


@case(([1, 2],))
def builtins_exchanged_between_yields(items):
    generator = lengths(items)
    seen = [next(generator)]
    with OtherBuiltins():
        seen.append(next(generator))
    return [*seen, next(generator)]


def counts():
    def count(items, n):
        total = 0
        for _ in range(n):
            total += len(items)
        return total
    return count


@case(([1, 2], 5))
def builtins_of_when_it_was_made(items, n):
    before = counts()
    with OtherBuiltins():
        within = counts()
        seen = [before(items, n), within(items, n), before(items, n), within(items, n)]
    return seen, before(items, n), within(items, n), before(items, n)


class Meddles:
    """An iterator that changes the local `x` of whoever takes its next value."""

    def __init__(self, n):
        self.left = n

    def __iter__(self):
        return self

    def __next__(self):
        self.left -= 1
        if self.left < 0:
            sys._getframe(1).f_locals["x"] += 5000
            raise StopIteration
        if self.left % 6 == 2:
            sys._getframe(1).f_locals["x"] = self.left * 100
        return self.left


@case((9,), (0,))
def iterator_changes_locals(n):
    x, seen = 0, []
    for _ in Meddles(n):
        seen.append(x)
        x += 1
    return seen, x
