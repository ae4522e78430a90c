"""Random programs from a seed: the same seed gives the same text, whatever the Python.

A program defines `main(a, b, c)` and `CALLS`, the argument sets.  Most of it is well typed, so that it gets far; a
small share mixes types, meets the edges of 64 bits, raises, changes what it iterates over, or lets objects die.
"""

from __future__ import annotations

import random
from collections.abc import Callable

INTS = ("0", "1", "-1", "2", "3", "7", "10", "-5", "63", "64", "255", "1000", "2**31", "2**32 - 1", "-2**31", "2**62",
        "-2**62", "2**63 - 1", "-2**63", "2**63", "-2**63 - 1", "2**64 - 1", "2**64", "10**25")
SMALL = ("0", "1", "2", "3", "5", "-1", "-2", "7")
FLOATS = ("0.0", "-0.0", "1.0", "-1.5", "0.1", "2.5", "3.0", "1e16", "1e308", "-1e308", "5e-324", "inf", "-inf", "nan",
          "2.0**53", "2.0**63", "-2.0**63")
OTHERS = ("None", "True", "False", "'a'", "'xyz'", "()", "(1, 2)", "[]", "[1, 2.5]", "1j", "b'z'", "range(3)")
MASKS = ("0xFF", "0xFFFFFFFF", "0x7FFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFF")
PRELUDE = '''\
from math import inf, nan, sqrt, floor
from sys import _getframe

LIMIT = 2 ** 80
shared = 3


def cut(x):
    if isinstance(x, int):
        return x if -LIMIT < x < LIMIT else x % 1000003
    if isinstance(x, (str, list, tuple, bytes)) and len(x) > 40:
        return x[:5]
    return x


class Box:
    def __init__(self, value):
        self.value = value
        self.count = 0

    def bump(self, by):
        self.count += 1
        self.value = cut(self.value + by)
        return self.value

    def __add__(self, other):
        return Box(self.value + other)

    def __repr__(self):
        return f"Box({self.value!r}, {self.count})"


class Pair:
    __slots__ = ("left", "right")

    def __init__(self, left, right):
        self.left = left
        self.right = right

    @property
    def total(self):
        return self.left + self.right

    def __repr__(self):
        return f"Pair({self.left!r}, {self.right!r})"


def packed(*args, **named):
    return args + tuple(named.values())


def items(n):
    try:
        for i in range(n):
            yield packed(i, -i)[i % 2]
    finally:
        log("items end", n)


class Looking:
    """Makes whoever lets it go show its frame."""

    def __init__(self, name):
        self.name = name

    def __del__(self):
        log("gone", self.name, len(_getframe(1).f_locals) >= 0)


class Touchy:
    """Changes a list when it dies."""

    def __init__(self, name, target):
        self.name = name
        self.target = target

    def __del__(self):
        log("died", self.name)
        if len(self.target) < 30:
            self.target.append(len(self.target))
'''


class Generator:
    """Builds one program; `source` is its text."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.helpers: list[tuple[str, int]] = []
        self.loops = 0              # depth of loops around the statement being made
        self.names = 0
        self.ints: list[str] = []
        self.floats: list[str] = []
        self.lists: list[str] = []
        self.wild = 0.03 if seed % 3 else 0.0
        self.source = self.program()

    def pick(self, choices: tuple[str, ...] | list[str]) -> str:
        return self.random.choice(choices)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def fresh(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def emit(self, indent: int, text: str) -> None:
        self.lines.append("    " * indent + text)

    # Expressions.

    def int(self, depth: int = 2) -> str:
        """An expression that is usually an int."""
        if self.chance(self.wild):
            return self.anything()
        if depth <= 0 or self.chance(0.2):
            if self.ints and self.chance(0.75):
                return self.pick(self.ints)
            return f"({self.pick(INTS if self.chance(0.3) else SMALL)})"
        makers: list[Callable[[], str]] = [
            lambda: f"({self.int(depth - 1)} {self.pick(['+', '-', '*', '&', '|', '^'])} {self.int(depth - 1)})",
            lambda: f"({self.int(depth - 1)} {self.pick(['+', '-'])} {self.int(depth - 1)})",
            lambda: f"({self.int(depth - 1)} {self.pick(['//', '%'])} {self.pick(['3', '7', '-2', self.int(0)])})",
            lambda: f"({self.int(depth - 1)} {self.pick(['<<', '>>'])} {self.pick(['0', '1', '5', '31', '63', '64'])})",
            lambda: f"(({self.int(depth - 1)} * {self.int(depth - 1)}) & {self.pick(MASKS)})",
            lambda: f"{self.pick(['-', '~', 'abs', '+'])}({self.int(depth - 1)})",
            lambda: f"{self.pick(['min', 'max'])}({self.int(depth - 1)}, {self.int(depth - 1)})",
            lambda: f"({self.int(depth - 1)} if {self.test(depth - 1)} else {self.int(depth - 1)})",
            lambda: f"len({self.list()})",
            lambda: f"int({self.test(depth - 1)})",
            lambda: f"sum({self.list()})",
            lambda: f"divmod({self.int(depth - 1)}, {self.pick(['3', '-7', self.int(0)])})[{self.pick(['0', '1'])}]",
        ]
        if self.helpers:
            makers += [lambda: self.helper_call(depth)] * 2
        if self.lists:
            makers += [lambda: f"{self.pick(self.lists)}[{self.index()}]"] * 2
        makers.append(lambda: "shared")
        return self.random.choice(makers)()

    def index(self) -> str:
        return self.pick(["0", "-1", "1", f"{self.int(0)} % 4", "2"])

    def float(self, depth: int = 2) -> str:
        """An expression that is usually a float."""
        if self.chance(self.wild):
            return self.anything()
        if depth <= 0 or self.chance(0.2):
            if self.floats and self.chance(0.75):
                return self.pick(self.floats)
            return f"({self.pick(FLOATS)})"
        return self.random.choice([
            lambda: f"({self.float(depth - 1)} {self.pick(['+', '-', '*', '/'])} {self.float(depth - 1)})",
            lambda: f"({self.float(depth - 1)} {self.pick(['+', '-', '*'])} {self.int(0)})",
            lambda: f"({self.float(depth - 1)} {self.pick(['//', '%'])} {self.pick(['2.0', '-0.5', '3'])})",
            lambda: f"(-{self.float(depth - 1)})",
            lambda: f"abs({self.float(depth - 1)})",
            lambda: f"sqrt(abs({self.float(depth - 1)}))",
            lambda: f"({self.float(depth - 1)} if {self.test(depth - 1)} else {self.float(depth - 1)})",
            lambda: f"float({self.int(0)} & 0xFFFF)",
            lambda: f"({self.float(depth - 1)} ** {self.pick(['2', '2.0', '0.5', '-1'])})",
        ])()

    def test(self, depth: int = 1) -> str:
        """A condition."""
        maker = self.float if self.floats and self.chance(0.3) else self.int
        plain = f"{maker(depth)} {self.pick(['<', '<=', '==', '!=', '>', '>='])} {maker(depth)}"
        return self.random.choice([
            lambda: plain,
            lambda: plain,
            lambda: f"not {self.int(0)}",
            lambda: f"({plain} {self.pick(['and', 'or'])} {self.int(0)} % 2)",
            lambda: f"{self.int(0)} in {self.list()}",
            lambda: f"{self.int(0)} < {self.int(0)} <= {self.int(0)}",
            lambda: f"isinstance({self.anything()}, {self.pick(['int', 'float', '(int, str)', 'bool'])})",
        ])()

    def list(self) -> str:
        """An expression that is a list or so."""
        if self.lists and self.chance(0.7):
            return self.pick(self.lists)
        return self.random.choice([
            lambda: f"[{self.int(0)}, {self.int(0)}, {self.int(0)}]",
            lambda: f"[{self.int(1)} for k in range({self.pick(['3', '5'])})]",
            lambda: f"list(range({self.pick(['0', '3', '6'])}))",
            lambda: f"({self.int(0)}, {self.int(0)}, 5, 6)",
        ])()

    def anything(self) -> str:
        """An expression of any type."""
        return self.pick([self.pick(OTHERS), *self.ints[:3], *self.floats[:2], *self.lists[:1], self.pick(INTS)])

    def helper_call(self, depth: int) -> str:
        name, count = self.random.choice(self.helpers)
        return f"{name}({', '.join(self.int(depth - 1) for _ in range(count))})"

    # Statements.

    def body(self, indent: int, depth: int, count: int) -> None:
        known = (list(self.ints), list(self.floats), list(self.lists))
        for _ in range(count):
            self.statement(indent, depth)
        if indent > 1 and self.chance(0.85):    # otherwise names stay in use that may be unbound
            self.ints, self.floats, self.lists = known

    def statement(self, indent: int, depth: int) -> None:
        simple = [self.assign_int, self.assign_int, self.assign_float, self.augment, self.store, self.append, self.note,
                  self.unpack, self.box, self.touchy, self.slices, self.aliases, self.counter, self.looking, self.table,
                  self.text, self.forget, self.generator]
        nested = [self.branch, self.for_range, self.for_list, self.while_loop, self.attempt, self.nested_function]
        if self.loops:
            simple += [self.leave, self.change_type, self.raising]
        maker = self.random.choice(nested if depth > 0 and self.chance(0.45) else simple)
        maker(indent, depth)

    def assign_int(self, indent: int, depth: int) -> None:
        value = self.int(2)
        name = self.pick(self.ints) if self.ints and self.chance(0.6) else self.fresh("i")
        self.emit(indent, f"{name} = cut({value})" if self.loops else f"{name} = {value}")
        if name not in self.ints:
            self.ints.append(name)

    def assign_float(self, indent: int, depth: int) -> None:
        value = self.float(2)
        name = self.pick(self.floats) if self.floats and self.chance(0.6) else self.fresh("f")
        self.emit(indent, f"{name} = {value}")
        if name not in self.floats:
            self.floats.append(name)

    def augment(self, indent: int, depth: int) -> None:
        if self.floats and self.chance(0.4):
            self.emit(indent, f"{self.pick(self.floats)} {self.pick(['+=', '-=', '*=', '/='])} {self.float(1)}")
        elif self.ints:
            name = self.pick(self.ints)
            self.emit(indent, f"{name} {self.pick(['+=', '-=', '^=', '|=', '&=', '//=', '%=', '>>='])} {self.int(1)}")

    def change_type(self, indent: int, depth: int) -> None:
        if self.ints:
            self.emit(indent, f"if {self.test(0)}:")
            self.emit(indent + 1, f"{self.pick(self.ints)} = {self.anything() if self.chance(0.3) else self.float(1)}")

    def store(self, indent: int, depth: int) -> None:
        if self.lists:
            value = self.float(1) if self.chance(0.2) else self.int(1)
            self.emit(indent, f"{self.pick(self.lists)}[{self.index()}] {self.pick(['=', '=', '+='])} {value}")
        else:
            name = self.fresh("xs")
            self.emit(indent, f"{name} = [{self.int(1)}, {self.int(1)}, {self.int(0)}, 4]")
            self.lists.append(name)

    def append(self, indent: int, depth: int) -> None:
        if self.lists:
            name = self.pick(self.lists)
            self.emit(indent, f"if len({name}) < 20:")
            self.emit(indent + 1, f"{name}.append({self.int(1)})")

    def slices(self, indent: int, depth: int) -> None:
        if self.lists:
            name = self.pick(self.lists)
            self.emit(indent, self.pick([
                f"{name} = {name}[1:] + {name}[:1]", f"{name}[:2] = {name}[1::-1]", f"{name} = {name}[::-1]",
                f"{name} = list(reversed({name}))", f"log({name}[-2:])",
                f"{name}[0], {name}[-1] = {name}[-1], {name}[0]"]))

    def note(self, indent: int, depth: int) -> None:
        self.emit(indent, f"log({self.pick([self.int(1), self.float(1), self.list()])})")

    def unpack(self, indent: int, depth: int) -> None:
        a, b = self.fresh("i"), self.fresh("i")
        self.emit(indent, self.pick([f"{a}, {b} = {self.int(1)}, {self.int(1)}", f"{a}, {b} = divmod({self.int(1)}, 7)",
                                     f"{a}, *{b} = {self.list()}", f"{a}, {b} = {self.list()}[:2]"]))
        self.ints.append(a)

    def box(self, indent: int, depth: int) -> None:
        name = self.fresh("box")
        self.emit(indent, f"{name} = Box({self.pick([self.int(1), self.float(1)])})")
        self.emit(indent, f"for k in range({self.pick(['2', '6', '12'])}):")
        self.emit(indent + 1, f"{name}.bump({self.pick([self.int(0), self.float(0)])})")
        if self.chance(0.5):
            self.emit(indent + 1, f"{name}.value = cut({name}.value * 3 - {name}.count)")
        self.emit(indent, f"log({name})")

    def touchy(self, indent: int, depth: int) -> None:
        target = self.pick(self.lists) if self.lists else "[]"
        self.emit(indent, f"t = Touchy({self.int(0)}, {target})")
        if self.chance(0.5):
            self.emit(indent, f"t = {self.int(0)}")

    def aliases(self, indent: int, depth: int) -> None:
        """One object in several places."""
        a, b = self.fresh("p"), self.fresh("p")
        kind = self.pick(["Pair({}, {})", "Box({})", "[{}, {}]"])
        self.emit(indent, f"{a} = {kind.format(self.int(1), self.int(0))}")
        self.emit(indent, f"{b} = {self.pick(['packed', 'list', 'tuple'])}(({a}, ({a}, {self.int(0)})))")
        change = {"P": f"{a}.left += 1", "B": f"{a}.bump(1)", "[": f"{a}.append({self.int(0)})"}[kind[0]]
        self.emit(indent, change)
        self.emit(indent, f"log({b}, {b}[-1][0] is {a}, {a} in packed(1, {a}, last={a}))")
        if kind[0] == "P":
            self.emit(indent, f"log({a}.total)")

    def counter(self, indent: int, depth: int) -> None:
        """A closure that changes what its maker sees."""
        name, count = self.fresh("step"), self.fresh("n")
        self.emit(indent, f"{count} = {self.int(1)}")
        self.emit(indent, f"def {name}(by=1):")
        self.emit(indent + 1, f"nonlocal {count}")
        self.emit(indent + 1, f"{count} = cut({count} + by)")
        self.emit(indent + 1, f"return {count}")
        self.emit(indent, f"log({name}(), {name}({self.int(0)}), {count})")
        if self.chance(0.5):
            self.emit(indent, f"for k in range({self.pick(['2', '9'])}):")
            self.emit(indent + 1, f"{self.pick([f'{name}(k)', f'{count} = {name}() - k', f'log({name}(by=k), {count})'])}")
            self.emit(indent, f"log({count})")

    def looking(self, indent: int, depth: int) -> None:
        """Objects that die within an instruction."""
        a, b = self.fresh("q"), self.fresh("q")
        self.emit(indent, f"for k in range({self.pick(['2', '7'])}):")
        self.emit(indent + 1, self.pick([
            f"{a}, {b} = Looking(k), Looking(-k)", f"{a} = Looking(k); log({a}.name)",
            f"{a} = {b} = Looking(k); {a} = k", "if Looking(k) is None: log('none')", "Looking(k) and log(k)",
            "log([Looking(k), k][1], (Looking(k), k) == k)", f"{a} = [Looking(k)]; {a}[0] = k",
            f"{a} = Looking(k); del {a}", f"for {a} in (Looking(k), k): {b} = {a}"]))

    def table(self, indent: int, depth: int) -> None:
        """A dict or a set that changes, also while it is iterated over."""
        name = self.fresh("d")
        self.emit(indent, f"{name} = {{k: k * {self.int(0)} for k in range({self.pick(['3', '6'])})}}")
        self.emit(indent, "try:")
        self.emit(indent + 1, f"for k in {self.pick([name, f'set({name})', f'{name}.items()', f'list({name})'])}:")
        self.emit(indent + 2, self.pick([f"{name}[{self.int(0)} % 8] = k", f"{name}.pop(0, None)", f"del {name}[k]",
                                         f"log({name}.get(k, 'none'), k in {name})"]))
        self.emit(indent, "except (RuntimeError, KeyError, TypeError) as error:")
        self.emit(indent + 1, "log(type(error).__name__, str(error))")
        self.emit(indent, f"log({name})")

    def text(self, indent: int, depth: int) -> None:
        name = self.fresh("s")
        self.emit(indent, f"{name} = ''")
        self.emit(indent, f"for k in range({self.pick(['3', '12'])}):")
        self.emit(indent + 1, self.pick([f"{name} += str(k)", f"{name} = f'{{k:>3}}{{{name}!r}}'[:30]",
                                         f"{name} = {name}[::-1] + 'ab'[k % 2]", f"{name} += chr(k * 97 % 300 + 1)"]))
        self.emit(indent, f"log({name}, {name}.upper(), {name} * 2 > 'b', {name}[{self.index()}:])")

    def forget(self, indent: int, depth: int) -> None:
        """A local that is unbound, sometimes when it is read."""
        name = self.fresh("v")
        self.emit(indent, f"{name} = {self.int(1)}")
        self.emit(indent, f"if {self.test(0)}:")
        self.emit(indent + 1, f"del {name}")
        self.emit(indent, "try:")
        self.emit(indent + 1, f"log({name})")
        self.emit(indent, "except UnboundLocalError as error:")
        self.emit(indent + 1, "log(str(error))")

    def generator(self, indent: int, depth: int) -> None:
        name = self.fresh("e")
        self.emit(indent, f"for {name} in items({self.pick(['3', '9'])}):")
        self.emit(indent + 1, self.pick([f"log({name})", f"if {name} == 2: break", "pass"]))
        self.emit(indent, f"log(sum(items(4)), [{name} + 1 for {name} in items(3)])")

    def leave(self, indent: int, depth: int) -> None:
        self.emit(indent, f"if {self.test(0)}:")
        self.emit(indent + 1, self.pick(["break", "continue", "break", f"return {self.int(1)}"]))

    def raising(self, indent: int, depth: int) -> None:
        self.emit(indent, f"if {self.test(0)}:")
        self.emit(indent + 1, f"raise {self.pick(['ValueError', 'KeyError'])}({self.int(0)})")

    def branch(self, indent: int, depth: int) -> None:
        self.emit(indent, f"if {self.test()}:")
        self.body(indent + 1, depth - 1, 2)
        if self.chance(0.4):
            self.emit(indent, f"elif {self.test()}:")
            self.body(indent + 1, depth - 1, 1)
        if self.chance(0.6):
            self.emit(indent, "else:")
            self.body(indent + 1, depth - 1, 2)

    def loop_body(self, indent: int, depth: int) -> None:
        self.loops += 1
        self.body(indent + 1, depth - 1, self.random.randint(1, 3))
        self.loops -= 1
        if self.chance(0.2):
            self.emit(indent, "else:")
            self.emit(indent + 1, f"log('else', {self.int(0)})")

    def for_range(self, indent: int, depth: int) -> None:
        name = self.fresh("i")
        bounds = self.pick(["12", "3, 15", "9, -3, -1", "20, 0, -3", "2**63 - 4, 2**63 + 4", "a % 9", "len(xs0)", "30"])
        if self.loops:
            bounds = self.pick(["4", "3, 0, -1", "a % 5"])
        self.emit(indent, f"for {name} in range({bounds}):")
        self.ints.append(name)
        self.emit(indent + 1, "pass")
        self.loop_body(indent, depth)

    def for_list(self, indent: int, depth: int) -> None:
        name = self.fresh("i")
        over = self.list()
        kind = self.pick(["plain", "plain", "enumerate", "zip", "reversed"])
        if kind == "enumerate":
            self.emit(indent, f"for k, {name} in enumerate({over}):")
        elif kind == "zip":
            self.emit(indent, f"for {name}, k in zip({over}, {self.list()}):")
        else:
            self.emit(indent, f"for {name} in {over if kind == 'plain' else f'reversed({over})'}:")
        self.ints.append(name)
        self.emit(indent + 1, f"log({name})" if self.chance(0.3) else "pass")
        if self.lists and self.chance(0.25):
            target = self.pick(self.lists)
            self.emit(indent + 1, f"if len({target}) > 1 and len({target}) < 15:")
            self.emit(indent + 2, f"{target}.{self.pick(['pop()', 'append(1)', 'pop(0)', 'reverse()'])}")
        self.loop_body(indent, depth)

    def while_loop(self, indent: int, depth: int) -> None:
        name = self.fresh("n")
        self.emit(indent, f"{name} = {self.pick(['4', '25', '12']) if not self.loops else '3'}")
        self.emit(indent, f"while {name} > 0:")
        self.emit(indent + 1, f"{name} -= 1")
        self.loop_body(indent, depth)

    def attempt(self, indent: int, depth: int) -> None:
        self.emit(indent, "try:")
        self.body(indent + 1, depth - 1, 2)
        caught = self.pick(["Exception", "(ZeroDivisionError, TypeError)", "IndexError"])
        self.emit(indent, f"except {caught} as error:")
        self.emit(indent + 1, "log(type(error).__name__, str(error))")
        if self.chance(0.3):
            self.emit(indent, "finally:")
            self.emit(indent + 1, f"log('finally', {self.int(0)})")

    def nested_function(self, indent: int, depth: int) -> None:
        name = self.fresh("g")
        free = self.pick(self.ints) if self.ints else "1"
        self.emit(indent, f"def {name}(x, y=2):")
        if self.chance(0.3) and self.ints:
            self.emit(indent + 1, f"nonlocal {free}" if free.startswith("i") else "pass")
            if free.startswith("i"):
                self.emit(indent + 1, f"{free} = cut({free} + 1) if isinstance({free}, int) else {free}")
        self.emit(indent + 1, f"return {free} {self.pick(['+', '*', '-'])} x if {free} != y else y")
        self.emit(indent, f"for k in range({self.pick(['3', '8'])}):")
        self.emit(indent + 1, f"log({name}(k{self.pick(['', ', 5', ', y=k'])}))")

    # The whole.

    def helper(self) -> None:
        name = self.fresh("h")
        count = self.random.randint(1, 3)
        self.ints = ["x", "y", "z"][:count]
        self.floats, self.lists = [], []
        self.emit(0, f"def {name}({', '.join(self.ints)}):")
        style = self.pick(["plain", "branch", "recursive", "global", "loop"])
        if style == "branch":
            self.emit(1, f"if {self.test()}:")
            self.emit(2, f"return {self.int(1)}")
        elif style == "recursive":
            self.emit(1, "if not isinstance(x, int) or x <= 0 or x > 12:")
            self.emit(2, f"return {self.int(1)}")
            rest = ", ".join(["x - 1", *self.ints[1:]])
            self.emit(1, f"return cut({name}({rest}) {self.pick(['+', '*', '-'])} {self.int(0)})")
        elif style == "global":
            self.emit(1, "global shared")
            self.emit(1, "shared = (shared * 5 + 1) % 97")
        elif style == "loop":
            self.emit(1, "s = 0")
            self.emit(1, f"for k in range({self.pick(['3', '9'])}):")
            self.emit(2, f"s = cut(s + k {self.pick(['*', '-', '^'])} {self.int(0)})")
            self.ints.append("s")
        self.emit(1, f"return {self.int(2)}")
        self.emit(0, "")
        self.emit(0, "")
        self.helpers.append((name, count))

    def program(self) -> str:
        self.lines = [PRELUDE, ""]
        for _ in range(self.random.randint(1, 3)):
            self.helper()
        self.ints, self.floats, self.lists = ["a", "b"], ["c"], ["xs0"]
        self.emit(0, "def main(a, b, c):")
        self.emit(1, "global shared")
        self.emit(1, "shared = 3")
        self.emit(1, "xs0 = [a, b, 3, 4]")
        self.body(1, 3, self.random.randint(4, 8))
        self.emit(1, f"return {', '.join([*self.ints[:3], *self.floats[:2], 'xs0', 'shared'])}")
        self.emit(0, "")
        self.emit(0, "")
        sets = [(self.pick(INTS if self.chance(0.4) else SMALL), self.pick(INTS if self.chance(0.4) else SMALL),
                 self.pick(FLOATS)) for _ in range(3)]
        self.emit(0, f"CALLS = [{', '.join(f'({a}, {b}, {c})' for a, b, c in sets)}]")
        return "\n".join(self.lines) + "\n"


def program(seed: int) -> str:
    """The text of the program of a seed."""
    return Generator(seed).source
