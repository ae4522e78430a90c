"""Instructions that meet values of several types: a switch on the type, and the instruction evaluated in each arm.

    x = node.next               # node: a Leaf or a Branch
                                      b0:
                                        %0 = type_is %node, Leaf
      load_attr %node, next             branch %0, b1, b2
                              →       b1:                                 b2:
                                        %1 = attr_load %node, type=Leaf     %2 = attr_load %node, type=Branch
                                        jump b3(%1)                         jump b3(%2)
                                      b3(%3):

The arms meet at the next instruction.  What each knew there of the receiver stays known as a union of types; and where
they found different functions, a call later knows which type of receiver goes with which.
"""

from __future__ import annotations

from contextlib import suppress
from types import FunctionType, NoneType
from typing import TYPE_CHECKING, Any, Final

from tiercel.bytecode import decode
from tiercel.evaluate.assumptions import Left
from tiercel.evaluate.flow import Incoming
from tiercel.evaluate.inlining import Inliner
from tiercel.evaluate.objects import MISSING, find_in_type, traits
from tiercel.graph.build import NO_WITNESS, Const, Node
from tiercel.types import MAX_UNION, exact, of_object, qualified_name
from tiercel.values import Abstract, Virtual

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Instruction

MAX_ARMS: Final = 4
MAX_IN_ARM: Final = 40             # instructions of a function inlined in an arm where a version of it could be called

# instruction -> the operands whose types decide what it does: (depth in the stack, how many are learnt before it)
_DECIDING: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "LOAD_ATTR": ((1, 0),), "STORE_ATTR": ((1, 0),), "LOAD_SUPER_ATTR": ((1, 0),), "TO_BOOL": ((1, 0),),
    "GET_ITER": ((1, 0),), "GET_YIELD_FROM_ITER": ((1, 0),), "UNARY_NEGATIVE": ((1, 0),), "UNARY_INVERT": ((1, 0),),
    "CONTAINS_OP": ((1, 0),),
    "BINARY_OP": ((2, 0), (1, 1)), "COMPARE_OP": ((2, 0), (1, 1)), "BINARY_SUBSCR": ((2, 0),),
    "STORE_SUBSCR": ((2, 0),), "UNPACK_SEQUENCE": ((1, 0),), "UNPACK_EX": ((1, 0),),
    "MATCH_CLASS": ((3, 0),), "MATCH_SEQUENCE": ((1, 0),), "MATCH_MAPPING": ((1, 0),), "MATCH_KEYS": ((2, 0),),
    "GET_LEN": ((1, 0),),
}
_NUMBERS: Final = frozenset({int, float})
_OF_TWO: Final = frozenset({"BINARY_OP", "COMPARE_OP"})
_REAL: Final = frozenset({"+", "-", "*", "/"})
# elsewhere None is an error, which the interpreter raises
_NONE_FITS: Final = frozenset({"TO_BOOL", "COMPARE_OP", "MATCH_CLASS", "MATCH_SEQUENCE", "MATCH_MAPPING"})
_OTHER: Final = "another type"


class Polymorphism(Inliner):
    """Splits the evaluation of an instruction by the types of its operands."""

    in_arms = 0         # in how many arms the instructions stand that are being evaluated
    split: Instruction | None = None        # the instruction that is being evaluated in arms

    def __init__(self, graph: Any, history: Any) -> None:
        super().__init__(graph, history)
        self._parted: dict[Node, list[type]] = {}           # values by the types of which instructions parted
        self._mixing: dict[tuple[int, ...], bool] = {}      # of frames, whether their code mixes ints and floats

    def is_large_arm(self, function: FunctionType) -> bool:
        """Whether inlining a function here would add much code to what is not always executed."""
        return self.in_arms > 0 and len(decode(function.__code__).instructions) > MAX_IN_ARM

    def evaluate(self, handler: Any, instruction: Instruction) -> bool:
        raise NotImplementedError

    def is_identity_test(self, instruction: Instruction) -> bool:
        raise NotImplementedError

    def arms(self, instruction: Instruction) -> list[Incoming] | None:
        """The ways in which an instruction is to be evaluated, or None where there is but one."""
        if instruction.op in ("CALL", "CALL_KW"):
            return self._arms_of_call(instruction)
        if instruction.op == "COMPARE_OP" and self.is_identity_test(instruction):
            return None
        deciding = _DECIDING.get(instruction.op)
        if deciding is None or all(self._has_one_type(self.frame.stack[-depth]) for depth, _ in deciding):
            return None
        arms: list[Incoming] = []
        self._make_objects(instruction)
        for depth, learnt in deciding:
            later: list[Incoming] = []
            for state, block in arms or [(self.state, self.block)]:
                self.stand_after_split(state, block)
                types, sure = self._types_there(self.frame.stack[-depth], learnt)
                if self._is_number(instruction, depth, types):
                    types = []
                if len(types) < 2 or len(types) * max(len(arms), 1) > MAX_ARMS:
                    later.append((state, block))
                else:
                    later += self._by_type(self.frame.stack[-depth], types, sure, learnt)
            arms = later
        if len(arms) == 1:
            self.stand_after_split(*arms[0])
        return arms if len(arms) > 1 else None

    def _has_one_type(self, value: Abstract) -> bool:
        """Whether the type of an operand is known, and no arithmetic without boxes would be possible if it were not."""
        if isinstance(value, Node):
            return value.rep != "o" or self.state.fact(value).type is not None
        return not (isinstance(value, Virtual) and self.is_number(value))

    def _make_objects(self, instruction: Instruction) -> None:
        """Numbers are objects again where an instruction does not deal with them, or has failed to."""
        for depth, _ in _DECIDING[instruction.op]:
            value = self.frame.stack[-depth]
            if isinstance(value, Virtual) and self.is_number(value) and not self._is_number(instruction, depth, []):
                self.materialise(value)

    def evaluate_arms(self, handler: Any, instruction: Instruction, arms: list[Incoming]) -> bool:
        """Evaluate an instruction in each of its ways, and go on where they meet.  True: they end the block."""
        done: list[Incoming] = []
        at, op_at = self.at, self.op_at
        outer, self.in_arms = self.in_arms, self.in_arms + len(arms)
        around, self.split = self.split, instruction
        try:
            for state, block in arms:
                self.stand(state, block, at, instruction.next)
                self.op_at, self.learnt = op_at, 0
                self.instruction = instruction
                with suppress(Left):
                    if not self.evaluate(handler, instruction):
                        self.let_go()
                        done.append((self.state, self.block))
                self.catches = False
        finally:
            self.in_arms, self.split = outer, around
        if not done:
            return True
        self.stand(*self._merge(done, instruction.next), instruction.next, instruction.next)
        return False

    def masked_next(self) -> bool:
        """As ever, but arms meet before the mask: there a result must have a width."""
        return self.instruction is not self.split and super().masked_next()

    # -- which types -------------------------------------------------------------------------------------------------

    def _types_there(self, value: Abstract, learnt: int) -> tuple[list[type], bool]:
        """The types of an operand of the current instruction, and whether it surely has one of them."""
        if not isinstance(value, Node) or value.rep != "o":
            return [], False
        union = self.fact(value).union
        met = self.history.types_met(self.frame.code.code, self._place_of(learnt))
        if union:
            first = [type_ for type_ in met if type_ in union]
            rest = sorted(union.difference(first), key=qualified_name)
            return first + rest, True
        if self.type_of(value) is not None:
            return [], False
        met = met or self._types_elsewhere(value)
        known = self._types_of_receivers(value, met)
        return (known, False) if len(known) <= MAX_UNION else (met, False) if len(met) <= MAX_UNION else ([], False)

    def _types_of_receivers(self, value: Node, types: list[type]) -> list[type]:
        """Where a method is looked up in values of more than one type: these, and those with which the functions that
        are found were called."""
        instruction = self.instruction
        if instruction.op != "LOAD_ATTR":
            return types
        if not types and instruction.missed and value.witness is not NO_WITNESS:
            types = [type(value.witness)]
        name, found = self.frame.code.code.co_names[instruction.arg >> 1], list(types)
        for type_ in types:
            function = find_in_type(type_, name)
            if type(function) is FunctionType:
                found += [each for each in self.history.receivers(function.__code__)
                          if each not in found and find_in_type(each, name) is function]
        return found

    def _types_elsewhere(self, value: Node) -> list[type]:
        """The types of an argument that comes with many, or those by which an instruction before parted, but for those
        that have not what this one asks for."""
        types = self.varied.get(value) or self._parted.get(value, [])
        if self.instruction.op != "LOAD_ATTR":
            return types
        name = self.frame.code.code.co_names[self.instruction.arg >> 1]
        return [type_ for type_ in types if traits(type_)["has_dict"] or find_in_type(type_, name) is not MISSING]

    def _is_number(self, instruction: Instruction, depth: int, types: list[type]) -> bool:
        """Whether an operand, of these types, is an int or a float and to be dealt with as such: no switch is needed for
        arithmetic with its like.  An int that meets a float is taken to be a float at other times."""
        if not self._deals_with_numbers(instruction) or "number" in self.failures():
            return False
        value = self.frame.stack[-depth]
        other = self.frame.stack[depth - 3] if instruction.op in _OF_TWO else None
        if other is not None and not self._may_be_number(instruction, other, 3 - depth):
            return False
        if isinstance(value, Virtual):
            return self.is_number(value)
        if set(types) == _NUMBERS:
            return True
        if types or not isinstance(value, Node) or value.rep != "o" or self.type_of(value) is not None:
            return False
        if self._mixes_numbers():
            return self._looks_like(instruction, value, depth) in _NUMBERS
        return other is not None and self.type_of(other) is float and type(value.witness) is int

    def _mixes_numbers(self) -> bool:
        """Whether any operation of the code met ints and floats in one place: so it is with its others, sooner or later."""
        frame = self.frame
        known = self._mixing.get(frame.path)
        if known is None:
            code, path = frame.code.code, frame.path
            known = self._mixing[path] = any(
                set(self.history.types_met(code, (*path, each.at, learnt))) == _NUMBERS
                for block in frame.code.flow.order for each in block.instructions if self._deals_with_numbers(each)
                for _, learnt in _DECIDING[each.op])
        return known

    def _deals_with_numbers(self, instruction: Instruction) -> bool:
        if instruction.op == "BINARY_OP":
            return instruction.argval.rstrip("=") in _REAL
        return instruction.op in ("COMPARE_OP", "UNARY_NEGATIVE", "TO_BOOL")

    def _may_be_number(self, instruction: Instruction, value: Abstract, depth: int) -> bool:
        """Whether an operand is or looks like an int or a float."""
        types = self.fact(value).types
        if not types and isinstance(value, Node):
            return self._looks_like(instruction, value, depth) in _NUMBERS
        return bool(types) and types <= _NUMBERS

    def _looks_like(self, instruction: Instruction, value: Node, depth: int) -> type | None:
        """The type of an operand's witness, or that which earlier versions found there."""
        if value.witness is not NO_WITNESS:
            return type(value.witness)
        return self._sighted(self._place_of(next(learnt for at, learnt in _DECIDING[instruction.op] if at == depth)))

    def types_seen(self, value: Node, learnt: int) -> list[type]:
        """The types that an operand of the current instruction had when it was looked at."""
        place = self._place_of(learnt)
        if met := self.history.types_met(self.frame.code.code, place):
            return met
        if value.witness is not NO_WITNESS:
            return [type(value.witness)]
        sighted = self._sighted(place)
        return [] if sighted is None else [sighted]

    def as_numbers(self, instruction: Instruction) -> None:
        """Make numbers that are no objects of the operands that are ints at times and floats at others."""
        stack = self.frame.stack
        for depth, learnt in _DECIDING[instruction.op]:
            value = stack[-depth]
            types = self._types_there(value, learnt)[0]
            if isinstance(value, Node) and self._is_number(instruction, depth, types):
                meets_float = instruction.op in _OF_TWO and self.type_of(stack[depth - 3]) is float
                stack[-depth] = self.double_of(value) if meets_float else self.number_of(value)

    def _place_of(self, learnt: int) -> tuple[int, ...]:
        return (*self.frame.path, self.at, learnt)

    def _by_type(self, value: Abstract, types: list[type], sure: bool, learnt: int) -> list[Incoming]:
        """Switch on the type of a value.  `sure`: it has one of `types`; otherwise what has another leaves, or, where
        that happened too often, goes a way of its own."""
        assert isinstance(value, Node)
        self._parted[value] = types
        arms: list[Incoming] = []
        open_ended = not sure and (value in self.varied or self.history.failed_at(self._place_of(learnt), _OTHER))
        for type_ in types if open_ended else types[:-1]:
            self.constants.append(type_)
            (state, block), other = self._branch_on(self.emit("type_is", value, type=type_))
            self._arm(arms, state, block, value, type_)
            self.stand_after_split(*other)
        if open_ended:
            arms.append((self.state, self.block))
        else:
            if not sure:
                self._emit_guard(value, types[-1], _OTHER, self._place_of(learnt))
            self._arm(arms, self.state, self.block, value, types[-1])
        return arms

    def _arm(self, arms: list[Incoming], state: Any, block: Any, value: Node, type_: type) -> None:
        self.stand_after_split(state, block)
        self.narrow(value, exact(type_))
        if type_ is NoneType and self.instruction.op not in _NONE_FITS:
            block.append("leave", state=self.before(), reason="None")
        else:
            arms.append((state, block))

    def _branch_on(self, condition: Node) -> tuple[Incoming, Incoming]:
        yes, no = self.branch(condition)
        assert yes is not None and no is not None
        return yes, no

    # -- calls -------------------------------------------------------------------------------------------------------

    def _arms_of_call(self, instruction: Instruction) -> list[Incoming] | None:
        """By the function, where ways have met that each had one of their own; by the type of the receiver, where they
        had the same."""
        stack = self.frame.stack
        place = -(instruction.arg + (3 if instruction.op == "CALL_KW" else 2))
        function, receiver = stack[place], stack[place + 1]
        if isinstance(function, Node):
            cases = self.state.cases.get(function)
            return self._by_receiver(self._by_case(function, cases), place + 1) if cases else None
        if not isinstance(function, Const) or type(function.value) is not FunctionType:
            return None
        types, sure = self._types_there(receiver, 0)
        if not sure or len(types) > MAX_ARMS:
            return None
        return self._by_type(receiver, types, sure, 0)

    def _by_receiver(self, arms: list[Incoming], place: int) -> list[Incoming]:
        """Part arms in which a function is called with receivers of several types: its versions are for one each."""
        parted: list[Incoming] = []
        for number, (state, block) in enumerate(arms):
            self.stand_after_split(state, block)
            types, sure = self._types_there(self.frame.stack[place], 0)
            others = len(parted) + len(arms) - number - 1
            if sure and others + len(types) <= MAX_ARMS:
                parted += self._by_type(self.frame.stack[place], types, sure, 0)
            else:
                parted.append((state, block))
        return parted

    def _by_case(self, function: Node, cases: Any) -> list[Incoming]:
        arms: list[Incoming] = []
        for number, (case, facts) in enumerate(cases):
            if number < len(cases) - 1:
                self.constants.append(case.value)
                (state, block), other = self._branch_on(self.emit("is", function, case))
            else:
                (state, block), other = (self.state, self.block), None
            for node, fact in facts.items():
                state.facts[node] = fact
            state.facts[function] = of_object(case.value)
            state.replace(function, case)
            arms.append((state, block))
            if other is not None:
                self.stand_after_split(*other)
        return arms
