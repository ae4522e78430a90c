"""What rules and instruction handlers say: arithmetic with intervals, comparisons, sequences, calls of rules."""

from __future__ import annotations

import operator
from types import MethodDescriptorType, ModuleType
from typing import Any, ClassVar, Final

from tiercel.evaluate.objects import MISSING, SEQUENCES, find_in_type, sequence_base, traits
from tiercel.evaluate.unseen import Handled, Unseen
from tiercel.graph.build import NO_WITNESS, Const, Graph, Node, Operand
from tiercel.graph.numbers import EXACT_DOUBLE
from tiercel.graph.ops import OPS
from tiercel.rules.registry import rules_for
from tiercel.types import (
    BIG_INT,
    I64_MAX,
    I64_MIN,
    INDEX,
    INT,
    SIMPLE,
    U64_MAX,
    Fact,
    int_between,
    is_class,
    is_heap_type,
    qualified_name,
)
from tiercel.values import NONE, Abstract, Virtual, known

_LENGTHS: Final[dict[type, str]] = {
    str: "str_length", bytes: "bytes_length", list: "list_length", tuple: "tuple_length", dict: "dict_length",
    set: "set_length", frozenset: "set_length"}

_PLAIN: Final = (type, ModuleType, super)      # their own way of reading attributes does as `object` for `__class__`
_SPECIAL_METHODS: Final[dict[Any, str]] = {
    len: "__len__", iter: "__iter__", operator.getitem: "__getitem__", operator.setitem: "__setitem__",
    operator.contains: "__contains__"}


def sample(witness: Any) -> Any:
    """An item of a list, tuple or set that was seen: the first that is not None."""
    if type(witness) in (set, frozenset) and witness:
        return next(iter(witness))
    kind = sequence_base(type(witness)) or type(witness)
    if kind in SEQUENCES and kind.__len__(witness):
        first = kind.__getitem__(witness, slice(8))
        return next((item for item in first if item is not None), first[0])
    return NO_WITNESS


class Api(Unseen):
    """The vocabulary of rules.  Numbers go in as abstract values or operands and come out as nodes."""

    def __init__(self, graph: Graph, history: Any) -> None:
        super().__init__(graph, history)
        self._tested: set[Abstract] = set()     # values of unknown types of which it was asked whether they are instances

    # -- rules -------------------------------------------------------------------------------------------------------

    def apply(self, subject: Any, *args: Abstract) -> Abstract | None:
        """Evaluate a call of `subject` by the first rule that has an opinion; None if none has."""
        candidates = rules_for(subject)
        if not candidates:
            return None
        types = [self.fact(arg).union if self.is_number(arg) else self.type_of(arg) for arg in args]
        if types and isinstance(types[0], type):
            types[0] = self.inherited(subject, types[0])
        for rule in candidates:
            if rule.accepts(types):
                result = rule.function(self, *args)
                if result is not NotImplemented:
                    return result
        return None

    def applied(self, subject: Any, *args: Abstract) -> Abstract:
        """The same where a rule is known to have one."""
        result = self.apply(subject, *args)
        assert result is not None
        return result

    def inherited(self, subject: Any, type_: type) -> type:
        """The type whose operation `subject` means for instances of a type: that of the list or tuple, if it is a subclass
        of one and leaves the operation as it is."""
        base = sequence_base(type_)
        if base is None:
            return type_
        if type(subject) is not MethodDescriptorType:
            name = _SPECIAL_METHODS.get(subject)
            if name is None or find_in_type(type_, name) is not base.__dict__[name]:
                return type_
        self.assumptions.add_type(type_)
        return base

    # -- values ------------------------------------------------------------------------------------------------------

    NONE: ClassVar[Const] = NONE
    NO_WITNESS: ClassVar[Any] = NO_WITNESS

    @staticmethod
    def known(value: Any) -> Const:
        return known(value)

    @staticmethod
    def int_between(lo: int, hi: int) -> Fact:
        return int_between(lo, hi)

    def is_constant(self, value: Abstract) -> bool:
        return isinstance(value, Const)

    def constant(self, value: Abstract) -> Any:
        """The object a constant value stands for; None for a value that is not constant."""
        return value.value if isinstance(value, Const) else None

    def number(self, operand: Operand) -> Abstract:
        """A raw operand as an abstract value."""
        return known(operand.value) if isinstance(operand, Const) else operand

    def boolean(self, value: Abstract) -> Operand:
        """An exact bool as a ``b`` operand."""
        raw = self.raw(value)
        assert raw is not None
        return raw

    def tuple_of(self, *items: Abstract) -> Virtual:
        return Virtual("tuple", list(items))

    # -- ints --------------------------------------------------------------------------------------------------------

    def interval(self, operand: Operand) -> tuple[int, int]:
        """The least and greatest value an ``i`` operand can have."""
        if isinstance(operand, Const):
            return int(operand.value), int(operand.value)
        fact = self.state.fact(operand)
        return fact.lo, fact.hi

    def rely_on(self, *operands: Operand) -> None:
        """The bounds of ``i`` operands decide something: the guards that keep them there stay, though nothing else
        uses the operands."""
        for operand in operands:
            if isinstance(operand, Node):
                self.emit("rely", operand)

    def int_binary(self, name: str, a: Abstract, b: Abstract) -> Abstract:
        """`add`, `sub` or `mul` of ints: in 64 bits, leaving on overflow; on big ints where that was seen."""
        if self.masked_next() and self.unsigned(a) is not None and self.unsigned(b) is not None \
                and not (self.is_constant(a) and self.is_constant(b)):
            return Virtual("wide", [a, b], name)
        if (self.fact(a).type is int and self.fact(a).big) or (self.fact(b).type is int and self.fact(b).big) \
                or "overflow" in self.failures():
            return self.long_binary(name, a, b)
        if self.is_big(a) or self.is_big(b):
            return self.long_binary(name, a, b)
        x, y = self.i64(a), self.i64(b)
        (alo, ahi), (blo, bhi) = self.interval(x), self.interval(y)
        if name == "add":
            lo, hi = alo + blo, ahi + bhi
        elif name == "sub":
            lo, hi = alo - bhi, ahi - blo
        else:
            corners = (alo * blo, alo * bhi, ahi * blo, ahi * bhi)
            lo, hi = min(corners), max(corners)
        if isinstance(x, Const) and isinstance(y, Const):
            return known(lo)
        if lo >= I64_MIN and hi <= I64_MAX:
            return self.emit(f"i64_{name}", x, y, fact=Fact(int, lo, hi))
        if lo > I64_MAX or hi < I64_MIN:
            return self.long_binary(name, a, b)
        fact = Fact(int, max(lo, I64_MIN), min(hi, I64_MAX))
        return self.emit(f"i64_{name}_checked", x, y, fact=fact, reason="overflow")

    def long_binary(self, name: str, a: Abstract, b: Abstract) -> Node:
        """An operation on ints of any size by CPython's own function."""
        return self.emit(f"long_{name}", self.obj(a), self.obj(b), fact=BIG_INT)

    def int_add(self, a: Abstract, b: Abstract) -> Abstract:
        return self.int_binary("add", a, b)

    def int_sub(self, a: Abstract, b: Abstract) -> Abstract:
        return self.int_binary("sub", a, b)

    def int_mul(self, a: Abstract, b: Abstract) -> Abstract:
        return self.int_binary("mul", a, b)

    def is_big(self, value: Abstract) -> bool:
        """Whether an int must be treated as one of any size: rules for 64-bit ones take signed ones only."""
        raw = self.raw(value)
        return raw is None or raw.rep == "u"

    def unsigned(self, value: Abstract) -> Node | Const | None:
        """The low 64 bits of an int as a ``u`` operand, if it is unboxed or the result of an operation on such."""
        if isinstance(value, Virtual):
            a, b = (self.unsigned(part) for part in value.parts)
            assert a is not None
            assert b is not None
            return self.emit(f"u64_{value.info}", a, b)
        if self.type_of(value) not in (int, bool):
            return None
        raw = self.raw(value)
        if raw is None or raw.rep == "u":
            return raw
        raw = self.i64(value)
        return Const(raw.value & U64_MAX, "u") if isinstance(raw, Const) else self.emit("u64_of_i64", raw)

    def keep_bits(self, value: Abstract, mask: int) -> Abstract | None:
        """``value & mask`` for a constant mask of up to 64 bits that is not negative."""
        bits = self.unsigned(value)
        if bits is None:
            return None
        return self.from_unsigned(self.emit("u64_and", bits, Const(mask, "u"), fact=Fact(int, 0, mask)))

    def from_unsigned(self, node: Node) -> Node:
        """A ``u`` node as a signed one where its value fits."""
        fact = self.fact(node)
        return node if fact.hi > I64_MAX else self.emit("i64_of_u64", node, fact=fact)

    def masked_next(self) -> bool:
        """Whether the next instructions are ``& constant``, so that only low bits of the current result are wanted."""
        places = self.frame.code.by_offset
        load = places.get(self.resume)
        masking = places.get(load.next) if load is not None else None
        if load is None or masking is None or masking.op != "BINARY_OP" or masking.argval not in ("&", "&="):
            return False
        if load.op == "LOAD_CONST":
            mask = load.argval
        elif load.op == "LOAD_GLOBAL" and not load.arg & 1:
            mask = self.steady_global(load.argval)
        else:
            return False
        return type(mask) is int and 0 <= mask <= U64_MAX

    def item_offset(self, items: Abstract, index: Abstract, length: str) -> Operand | None:
        """Where an item is that is to be read, `length` being the operation; None if CPython's function must tell."""
        if self.is_big(index):
            return None
        handled = None
        if "index" in self.failures() and (handled := self.unseen(IndexError, items, index)) is None:
            return None
        return self.index_operand(index, self.emit(length, self.obj(items), fact=INDEX), handled=handled)

    def index_operand(self, index: Abstract, length: Operand, reason: str = "index",
                      handled: Handled | None = None) -> Operand:
        """A sequence index made an offset within 0..length-1; leaves if it is out of range, or goes on where that has
        been `handled`."""
        i = self.i64(index)
        lo, hi = self.interval(i)
        if lo < 0:
            wrapped = self.emit("i64_add", i, length)
            if hi < 0:
                i = wrapped
            else:
                negative = self.emit("i64_lt", i, Const(0, "i"))
                i = self.emit("i64_select", negative, wrapped, i)
        inside = self.emit("i64_ult", i, length)
        if handled is None:
            self.emit("guard", inside, reason=reason)
        else:
            self.go_unseen(self.not_(inside), handled)
        if isinstance(i, Node):
            self.state.facts[i] = Fact(int, max(lo, 0), max(min(hi, I64_MAX - 1), 0) if lo >= 0 else I64_MAX - 1)
        return i

    def compare_ints(self, name: str, a: Abstract, b: Abstract) -> Abstract:
        """`lt le eq ne gt ge` of ints of any size."""
        x, y = self.raw(a), self.raw(b)
        if x is not None and y is not None and "u" in (x.rep, y.rep) \
                and min(self.interval(x)[0], self.interval(y)[0]) >= 0:
            left, right = self.unsigned(a), self.unsigned(b)
            assert left is not None
            assert right is not None
            return self.emit(f"u64_{name}", left, right)
        if x is None or y is None or "u" in (x.rep, y.rep):
            return self.emit(f"long_{name}", self.obj(a), self.obj(b))
        x, y = self.i64(a), self.i64(b)
        (alo, ahi), (blo, bhi) = self.interval(x), self.interval(y)
        decided = _decide(name, alo, ahi, blo, bhi)
        if decided is not None:
            self.rely_on(x, y)
            return known(decided)
        return self.emit(f"i64_{name}", x, y)

    def exactly_double(self, value: Abstract) -> Operand | None:
        """An int as a double without rounding: leaves outside -2**53..2**53; None if it is big or where that failed."""
        if self.type_of(value) is float or self.is_number(value):
            return self.f64(value)
        if self.is_big(value) or "wide" in self.failures():
            return None
        x = self.i64(value)
        lo, hi = self.interval(x)
        if lo < -EXACT_DOUBLE or hi > EXACT_DOUBLE:
            shifted = self.emit("i64_add", x, Const(EXACT_DOUBLE, "i"))
            self.emit("guard", self.emit("i64_ult", shifted, Const(2 * EXACT_DOUBLE + 1, "i")), reason="wide")
            if isinstance(x, Node):
                self.state.facts[x] = Fact(int, max(lo, -EXACT_DOUBLE), min(hi, EXACT_DOUBLE))
        return self.f64(value)

    # -- floats ------------------------------------------------------------------------------------------------------

    def float_binary(self, name: str, a: Abstract, b: Abstract) -> Node:
        return self.emit(f"f64_{name}", self.f64(a), self.f64(b))

    def float_lt(self, a: Abstract, b: float) -> Operand:
        return self.emit("f64_lt", self.f64(a), Const(b, "f"))

    def float_sqrt(self, a: Abstract) -> Node:
        return self.emit("f64_sqrt", self.f64(a))

    # -- truth -------------------------------------------------------------------------------------------------------

    def truth(self, value: Abstract) -> Operand:
        """``bool(value)`` as a ``b`` operand."""
        value = self.bound(value)
        if isinstance(value, Const):
            return Const(bool(value.value), "b") if _plain_truth(value.value) else self._called_truth(value)
        if isinstance(value, Virtual):
            if value.kind == "tuple":
                return Const(bool(value.parts), "b")
            if value.kind == "range":
                return self.emit("i64_ne", self.i64(self.range_length(value)), Const(0, "i"))
            if value.kind == "number":
                return self.emit("f64_ne", self.f64(value), Const(0.0, "f"))
            return Const(True, "b")
        type_ = self.learn(value, self.sighted_truth())
        raw = self.raw(value) if type_ in (int, bool, float) else None
        if raw is not None:
            if raw.rep == "u":
                return self.emit("u64_ne", raw, Const(0, "u"))
            if raw.rep == "b":
                return raw
            if raw.rep == "i":
                lo, hi = self.interval(raw)
                if lo <= 0 <= hi:
                    return self.emit("i64_ne", raw, Const(0, "i"))
                self.rely_on(raw)
                return Const(True, "b")
            return self.emit("f64_ne", raw, Const(0.0, "f"))
        length = _LENGTHS.get(self.inherited(len, type_)) if type_ else None
        if length is not None and type_ is not None and not self.has_method(type_, "__bool__"):
            return self.emit("i64_ne", self.emit(length, self.obj(value)), Const(0, "i"))
        if type_ is type(None):
            return Const(False, "b")
        if type_ is not None and not self.has_method(type_, "__bool__") and not self.has_method(type_, "__len__"):
            return Const(True, "b")
        return self._called_truth(value)

    def _called_truth(self, value: Abstract) -> Operand:
        return self.emit("truth", self.obj(value))

    def sighted_truth(self) -> type | None:
        """The type the interpreter's own cache shows for a truth test; instruction handlers know."""
        return None

    def as_bool(self, operand: Operand) -> Abstract:
        """A ``b`` operand as an abstract value."""
        return known(bool(operand.value)) if isinstance(operand, Const) else operand

    def both(self, a: Operand, b: Operand) -> Operand:
        """``a and b`` of ``b`` operands, neither of which has an effect."""
        if isinstance(a, Const):
            return b if a.value else a
        if isinstance(b, Const):
            return a if b.value else b
        return self.emit("bool_and", a, b)

    def either(self, a: Operand, b: Operand) -> Operand:
        """``a or b`` of ``b`` operands, neither of which has an effect."""
        if isinstance(a, Const):
            return a if a.value else b
        if isinstance(b, Const):
            return b if b.value else a
        return self.emit("bool_or", a, b)

    def not_(self, operand: Operand) -> Operand:
        return Const(not operand.value, "b") if isinstance(operand, Const) else self.emit("bool_not", operand)

    # -- ranges and sequences ----------------------------------------------------------------------------------------

    def as_range(self, value: Abstract) -> Virtual | None:
        """An exact range by its parts; None if they may be big."""
        value = self.bound(value)
        if isinstance(value, Virtual):
            return value
        parts: list[Abstract] = []
        for name in ("start", "stop", "step"):
            if isinstance(value, Const):
                parts.append(known(getattr(value.value, name)))
                continue
            witness = self.witness_of(value)
            parts.append(self.emit(f"range_{name}", self.obj(value), fact=INT,
                                   witness=getattr(witness, name) if type(witness) is range else NO_WITNESS))
        if any(self.is_big(part) for part in parts):
            return None
        step = parts[2]
        if isinstance(step, Node) and type(step.witness) is int and "step" not in self.failures():
            self.guard(self.emit("i64_eq", self.i64(step), Const(step.witness, "i")), "step")
            parts[2] = known(step.witness)
        return Virtual("range", [self.number(self.i64(part)) for part in parts])

    def range_length(self, virtual: Virtual) -> Abstract:
        """How many items a virtual range has."""
        start, stop, step = virtual.parts
        s = self.i64(step)
        if not isinstance(s, Const):
            return self.emit("call_symbol", self.i64(start), self.i64(stop), s, rep="i", symbol="tc_range_length",
                             result="i", fact=Fact(int, 0, I64_MAX))
        a, b = (self.i64(start), self.i64(stop)) if s.value > 0 else (self.i64(stop), self.i64(start))
        (alo, ahi), (blo, bhi) = self.interval(a), self.interval(b)
        if isinstance(a, Const) and isinstance(b, Const):
            return known(max(0, -((a.value - b.value) // abs(s.value))))
        lo, hi = blo - ahi, bhi - alo
        fact = Fact(int, max(lo, I64_MIN), min(hi, I64_MAX))
        span: Operand
        if lo >= I64_MIN and hi <= I64_MAX:
            span = self.emit("i64_sub", b, a, fact=fact)
        else:
            span = self.emit("i64_sub_checked", b, a, fact=fact, reason="overflow")
        step_size = abs(s.value)
        if step_size != 1:
            rounded = self.emit("i64_add_checked", span, Const(step_size - 1, "i"), reason="overflow")
            span = self.emit("i64_floordiv", rounded, Const(step_size, "i"))
        lo, hi = self.interval(span)
        if lo >= 0 and step_size == 1:
            return span
        return self.emit("i64_max", span, Const(0, "i"), fact=Fact(int, 0, max(hi, 0)))

    def fresh(self, node: Operand) -> bool:
        """Whether a new object, just taken off the stack, has been seen by nothing but frame states."""
        if not isinstance(node, Node):
            return False
        block = node.block
        if block is not self.block or self.state.holds(node):
            return False
        return all(node not in later.args for later in block.nodes[block.nodes.index(node) + 1:])

    def consumed_at_once(self) -> bool:
        """Whether the result of the current call goes straight into a loop, so that nobody else sees the iterator."""
        places = self.frame.code.by_offset
        following = places.get(self.resume)
        if following is None or following.op != "GET_ITER":
            return False
        # a generator expression takes it as an argument instead
        behind = places.get(following.next)
        return behind is not None and behind.op != "CALL"

    def plain_instances(self, type_: type) -> bool:
        """Whether the `__class__` of instances is their type."""
        return find_in_type(type_, "__class__") is vars(object)["__class__"] and (
            traits(type_)["generic_getattr"] or any(type_ is each for each in _PLAIN)
            or find_in_type(type_, "__getattribute__") is vars(object)["__getattribute__"])

    def leaves_instances_to_type(self, cls: type) -> bool:
        """Whether a class has no notion of its own of what its instances are."""
        meta = type(cls)
        if find_in_type(meta, "__instancecheck__") is not type.__dict__["__instancecheck__"]:
            return False
        self.assumptions.add_type(meta)
        return True

    def learn_for_test(self, value: Abstract) -> type | None:
        """The type of a value that is asked for its class, guarded as ever; but not where an earlier test has had to do
        without: then it has one of many types."""
        return None if value in self._tested else self.learn(value)

    def instance_test(self, value: Abstract, *classes: type) -> Operand | None:
        """Whether a value is an instance of any of some classes, as a ``b`` operand; None if only code of the program, or
        CPython, can tell."""
        types = self.fact(value).types
        if not types:
            if "class" in self.failures() or not all(map(self.leaves_instances_to_type, classes)):
                return None
            self._tested.add(value)
            found: Operand = Const(False, "b")
            for cls in classes:
                self.constants.append(cls)
                found = self.either(found, self.emit("instance_of", self.obj(value), type=cls, reason="class"))
            return found
        answers = {type_: self._is_instance(type_, classes) for type_ in types}
        if None in answers.values():
            return None
        if len(set(answers.values())) == 1:
            return Const(answers.popitem()[1], "b")
        result: Operand = Const(False, "b")
        for type_ in sorted((each for each, answer in answers.items() if answer), key=qualified_name):
            self.constants.append(type_)
            result = self.either(result, self.emit("type_is", self.obj(value), type=type_))
        return result

    def _is_instance(self, type_: type, classes: tuple[type, ...]) -> bool | None:
        """Whether instances of an exact type are instances of any of some classes; None if only code can tell."""
        for cls in classes:
            if type_ is cls:
                return True
            if not self.leaves_instances_to_type(cls) or not self.plain_instances(type_):
                return None
            if cls in type.__dict__["__mro__"].__get__(type_):
                return True
        return False

    def is_simple_key(self, value: Abstract) -> bool:
        """Whether looking a value up among others like it runs no code of the program: a string, int or plain class,
        or a tuple of such."""
        if isinstance(value, Virtual):
            return value.kind == "tuple" and all(map(self.is_simple_key, value.parts))
        if isinstance(value, Const) and type(value.value) is tuple:
            return all(type(part) in SIMPLE for part in value.value)
        type_ = self.type_of(value)
        return type_ in SIMPLE or type_ is type

    def has_method(self, type_: type, name: str) -> bool:
        """Whether instances of a type have a special method; assumed not to change."""
        self.assumptions.add_type(type_)
        return find_in_type(type_, name) is not MISSING

    @staticmethod
    def sample(witness: Any) -> Any:
        return sample(witness)

    def list_item(self, items: Abstract, index: Operand) -> Node:
        """The item at an offset within range, with a sample of the list's items as its witness."""
        return self.emit("list_item", self.obj(items), index, witness=sample(self.witness_of(items)))

    def list_store(self, items: Abstract, index: Operand, value: Abstract) -> None:
        """Store an item at an offset within range."""
        there = self.list_item(items, index)
        self.learn_replaced(there)
        self.store("list_set", [self.obj(items), index], value, self.fact(there))

    def note_item(self, items: Operand, *values: Abstract) -> None:
        """Remember what a list that this code has made holds, as if it had been seen."""
        if isinstance(items, Node) and items.op is OPS["list_new"] and items.witness is NO_WITNESS and values:
            seen = self.sample_like(values[0])
            if seen is not NO_WITNESS:
                self.set_witness(items, [seen])

    def tuple_item(self, items: Abstract, index: Operand) -> Node:
        witness = self.witness_of(items)
        if isinstance(index, Const) and type(witness) is tuple and 0 <= index.value < len(witness):
            seen = witness[index.value]
        else:
            seen = sample(witness)
        return self.emit("tuple_item", self.obj(items), index, witness=seen)


def _decide(name: str, alo: int, ahi: int, blo: int, bhi: int) -> bool | None:
    if name in ("gt", "ge"):
        return _decide({"gt": "lt", "ge": "le"}[name], blo, bhi, alo, ahi)
    if name == "lt":
        return True if ahi < blo else False if alo >= bhi else None
    if name == "le":
        return True if ahi <= blo else False if alo > bhi else None
    equal = True if alo == ahi == blo == bhi else False if ahi < blo or bhi < alo else None
    return equal if name == "eq" or equal is None else not equal


def _plain_truth(value: Any) -> bool:
    """Whether the truth of a constant never changes and runs no code of the program."""
    return type(value) in (int, bool, float, complex, str, bytes, tuple, frozenset, type(None), type(...)) or (
        callable(value) and not is_heap_type(type(value)) and type(value).__module__ == "builtins" and not is_class(value))

