"""Every operation of the graph, declared once.

A line of the table gives the operand and result representations, what the operation may do besides
computing its result, and what its result means for reference counts.  The verifier, dead code, value
numbering, the reference pass, the printer and the lowering derive what they need from here.

Representations are one letter each: ``o`` a ``PyObject *``, ``i`` a signed 64-bit integer, ``u`` an unsigned one,
``f`` a double, ``b`` a truth value.  ``*`` repeats the letter before it any number of times.
"""

from __future__ import annotations

from enum import Flag, auto
from typing import Final


class Effect(Flag):
    """What an operation may do besides computing its result."""

    PURE = 0
    LEAVES = auto()     # may hand over to the interpreter before the instruction: needs a `before` state
    RAISES = auto()     # may set an exception: needs an `after` state, its error path is the unwinding
    RUNS = auto()       # may run arbitrary code (implies RAISES): nothing known of memory survives it
    RELEASES = auto()   # may drop references it did not make: of unobservable objects, unless it RUNS as well
    ENDS = auto()       # ends a block
    KEEPS = auto()      # has an effect that no use shows: never dead
    NARROWS = auto()    # leaves only where the result does not fit its representation: dead without uses


# Operations on members of an `enum.Flag` are slow, and there are hundreds of operations.
_LEAVES, _RAISES, _RUNS, _RELEASES, _ENDS, _NARROWS = (
    each.value for each in (Effect.LEAVES, Effect.RAISES, Effect.RUNS, Effect.RELEASES, Effect.ENDS, Effect.NARROWS))


class Op:
    """One operation.  `reads`/`writes` name kinds of memory; `attrs` names the attributes a node carries.

    `ref` says what an ``o`` result is: ``new`` (the node owns a reference), ``borrowed`` (valid while operand 0
    is alive and nothing writes the kinds in `reads`), ``immortal`` (never counted), or empty for other results.
    `steals` ("last" operand, or "all") says whose reference the operation takes over where it is the last one of ours:
    the reference pass tells in the attribute `stolen` which.  `null`: the result may be a null pointer.  A store
    whose attribute `immortal` is true gives back an object that is never counted.  `symbol` is the C function that
    implements the operation, if one does; `fails` how that function reports an exception: ``null``, ``minus1`` or
    nothing.
    """

    __slots__ = ("name", "args", "result", "effects", "reads", "writes", "ref", "steals", "null", "attrs", "symbol",
                 "fails", "doc", "pure", "removable", "leaves", "runs", "raises", "releases", "ends", "conditional")

    def __init__(self, name: str, args: str, result: str = "", effects: Effect = Effect.PURE,
                 reads: frozenset[str] = frozenset(), writes: frozenset[str] = frozenset(), ref: str = "",
                 steals: str = "", null: bool = False, attrs: tuple[str, ...] = (), symbol: str = "",
                 fails: str = "", doc: str = "") -> None:
        self.name = name
        self.args = args
        self.result = result
        self.effects = effects
        self.reads = reads
        self.writes = writes
        self.ref = ref
        self.steals = steals
        self.null = null
        self.attrs = attrs
        self.symbol = symbol
        self.fails = fails
        self.doc = doc
        # derived from the effects once, since passes ask all the time
        bits: int = effects.value
        narrows = bits in (_NARROWS, _NARROWS | _LEAVES)
        self.pure = not bits and not writes
        self.removable = not writes and (not bits or narrows)
        self.leaves = bool(bits & _LEAVES)
        self.runs = bool(bits & _RUNS)
        self.raises = bool(bits & (_RAISES | _RUNS))
        self.releases = bool(bits & _RELEASES)
        self.ends = bool(bits & _ENDS)
        self.conditional = name.endswith("_if")


OPS: Final[dict[str, Op]] = {}


def _op(name: str, args: str, result: str = "", effects: Effect = Effect.PURE, *, reads: str = "", writes: str = "",
        ref: str = "", steals: str = "", null: bool = False, attrs: str = "", symbol: str = "",
        fails: str = "", doc: str = "") -> None:
    if name in OPS:
        raise ValueError(f"operation {name} declared twice")
    if result == "o" and not ref:
        ref = "borrowed" if reads else "new"
    names = (*attrs.split(), *(["stolen"] if steals else []), *(["immortal"] if writes and ref == "new" else []))
    OPS[name] = Op(name, args, result, effects, frozenset(reads.split()), frozenset(writes.split()), ref,
                   steals, null, names, symbol, fails, doc)


PURE, LEAVES, RAISES, RUNS = Effect.PURE, Effect.LEAVES, Effect.RAISES, Effect.RUNS
RELEASES, ENDS, KEEPS, NARROWS = Effect.RELEASES, Effect.ENDS, Effect.KEEPS, Effect.NARROWS

# -- control ---------------------------------------------------------------------------------------------------------
_op("jump", "", "", ENDS, doc="to `targets[0]` with its arguments")
_op("branch", "b", "", ENDS, attrs="likely",
    doc="to `targets[0]` if true, else `targets[1]`; likely: True, False or None")
_op("switch", "i", "", ENDS, doc="to `targets[n]` for n in 0..len-2, else the last target")
_op("return", "?", "", ENDS, doc="ends the function with its result: any representation, made the declared one")
_op("suspend", "oi" + "o*", "", ENDS, attrs="delegates",
    doc="a generator yields operand 0: it is suspended at a point (operand 1), with its locals and stack, each perhaps null; "
        "`delegates`: the value is that of another one, on top of its stack")
_op("delegate", "i" + "o*", "", ENDS,
    doc="a generator comes to wait for the one on top of its stack, which has not begun: it is suspended at a point "
        "(operand 0) as if that had yielded already, with its locals and stack, each perhaps null")
_op("finish", "o" + "o*", "", ENDS,
    doc="a generator returns operand 0, and its frame, with these locals and nothing on the stack, is cleared")
_op("leave", "", "", ENDS | LEAVES, attrs="reason", doc="hands over to the interpreter, always")
_op("raise", "o*", "", RUNS | KEEPS, doc="raises operand 0, from operand 1 if there is one; nothing but `check` or `never` "
                                         "follows")
_op("raise_again", "oi", "", RAISES | KEEPS,
    doc="operand 0 goes on as an exception: the frame has its traceback entry already, at the instruction operand 1; as "
        "for `raise`")
_op("never", "", "", ENDS, doc="is not reached: what stands before it raises")
_op("check", "", "", ENDS,
    doc="follows an operation that may raise: to `targets[0]`, or, if it raised and nothing asked the native code to "
        "leave, to `targets[1]`, a block of its own that begins with `catch`")
_op("catch", "", "o", KEEPS, ref="new", attrs="frames again",
    doc="takes what the operation before `check` raised, its traceback entry added unless it was raised `again`; ends "
        "the innermost `frames` frames of inlined code, adding the entries of those below")
_op("poll", "", "", RUNS | KEEPS, attrs="asked",
    doc="does what the interpreter does at a back-edge or a call: pending signals, the GIL, the collector; `asked`: "
        "it is known that something is pending")
_op("pending", "", "b", KEEPS, doc="whether a `poll` would find something to do")
_op("loop", "", "", LEAVES | NARROWS, attrs="hoists",
    doc="the header of a loop and the state of the interpreter there, for what is moved before the loop; unless "
        "`hoists` is False")
_op("check_left", "", "", LEAVES | KEEPS,
    doc="leaves if something asked the native code to, during a node with the attribute `unchecked`; its state "
        "says where")
_op("unlink", "", "", LEAVES | KEEPS,
    doc="unlinks the frame before `return`; leaves if somebody holds its frame object")
_op("enter_inlined", "o*", "", LEAVES | KEEPS, attrs="code",
    doc="links a frame for inlined code; operand 0 is the function; leaves if there is no room or recursion is "
        "too deep")
_op("check_frame", "", "", LEAVES | KEEPS,
    doc="leaves if somebody holds the frame object of inlined code, before `leave_inlined`")
_op("leave_inlined", "", "", KEEPS, attrs="code", doc="unlinks the frame of inlined code")
_op("release", "o", "", RUNS | RELEASES | KEEPS, attrs="maybe",
    doc="the interpreter lets its reference go here (observable types only)")
_op("drop", "o", "", RELEASES | KEEPS, attrs="maybe",
    doc="as `release`, after `unlink`: in the order in which the interpreter clears locals")

# -- the exception being handled, which sys.exc_info() tells --------------------------------------------------------
_op("push_exc_info", "o", "o", KEEPS, writes="exc_info", ref="new",
    doc="the operand is being handled from now on; the result is what was before, or None")
_op("pop_except", "o", "o", KEEPS, writes="exc_info", ref="new", steals="last", null=True,
    doc="the operand, or nothing if it is None, is being handled again; the result is what was")
_op("handled_exception", "", "o", LEAVES, reads="exc_info", ref="new", doc="leaves if there is none")
_op("exc_matches", "o", "b", attrs="type", reads="type", doc="whether an exception is of this class or of one below")
_op("check_exc_match", "oo", "b", RAISES, symbol="tc_check_exc_match", fails="minus1",
    doc="exception, whatever stands behind `except`")
_op("check_eg_match", "oo", "o", RUNS, writes="exc_info", ref="new", symbol="tc_check_eg_match", fails="null",
    doc="exception, whatever stands behind `except*`: a tuple of what does not match and what does, which is being handled "
        "from now on; or None in their place")
_op("exc_traceback", "o", "o", KEEPS, ref="new", symbol="tc_exc_traceback", doc="of an exception, or None")

# -- references: only the reference pass makes these; the operand may be a constant, `_maybe`: also null -------------
_op("incref", "o", "", KEEPS)
_op("decref", "o", "", KEEPS, doc="of an object whose end nobody can observe, or that something else keeps alive")
_op("incref_maybe", "o", "", KEEPS)
_op("decref_maybe", "o", "", KEEPS)

# -- guards: leave before the instruction unless it holds ------------------------------------------------------------
_op("guard", "b", "", LEAVES, attrs="reason")
_op("guard_not", "b", "", LEAVES, attrs="reason")
_op("guard_if", "bb", "", LEAVES, attrs="reason", doc="where operand 0 is true, operand 1 must be")
_op("guard_type", "o", "", LEAVES, attrs="type reason", doc="the exact type is `type`")
_op("guard_is", "o", "", LEAVES, attrs="value reason", doc="it is the very object `value`")
_op("rely", "i", "", KEEPS, doc="something was decided by the bounds of the operand: what keeps it in them must not die")

# -- i64 -------------------------------------------------------------------------------------------------------------
for _name in ("add", "sub", "mul"):
    _op(f"i64_{_name}", "ii", "i", doc="wraps; used where the result is known to fit or only low bits are wanted")
    _op(f"i64_{_name}_checked", "ii", "i", LEAVES | NARROWS, doc="leaves on overflow")
    _op(f"i64_{_name}_checked_if", "bii", "i", LEAVES | NARROWS,
        doc="leaves on overflow where operand 0 is true, and wraps where it is not")
for _name in ("and", "or", "xor"):
    _op(f"i64_{_name}", "ii", "i")
_op("i64_neg", "i", "i", doc="wraps")
_op("i64_not", "i", "i")
_op("i64_shl", "ii", "i", doc="count in 0..63, wraps")
_op("i64_shl_checked", "ii", "i", LEAVES, doc="leaves unless the count is in 0..63 and no bit is lost")
_op("i64_shr", "ii", "i", doc="arithmetic, count in 0..63")
_op("i64_lshr", "ii", "i", doc="logical, count in 0..63")
_op("i64_floordiv", "ii", "i", doc="rounds down; the divisor is neither 0 nor (-1 of the least i64)")
_op("i64_mod", "ii", "i", doc="sign of the divisor; as above")
_op("i64_abs", "i", "i", doc="wraps at the least i64")
for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    _op(f"i64_{_name}", "ii", "b")
_op("i64_ult", "ii", "b", doc="unsigned: 0 <= a < b for a b that is not negative")
_op("i64_min", "ii", "i")
_op("i64_max", "ii", "i")
_op("i64_select", "bii", "i")
_op("i64_to_f64", "i", "f")
_op("i64_bit_length", "i", "i")
_op("i64_bit_count", "i", "i")
_op("i64_pow_checked", "ii", "i", LEAVES, symbol="tc_i64_pow", doc="leaves on overflow or a negative exponent")

# -- u64: ints from 0 to 2**64 - 1, as hashing has them ---------------------------------------------------------
for _name in ("add", "sub", "mul", "and", "or", "xor"):
    _op(f"u64_{_name}", "uu", "u", doc="wraps")
_op("u64_shl", "uu", "u", doc="count in 0..63, wraps")
_op("u64_shr", "uu", "u", doc="logical, count in 0..63")
_op("u64_floordiv", "uu", "u", doc="the divisor is not 0")
_op("u64_mod", "uu", "u", doc="the divisor is not 0")
for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    _op(f"u64_{_name}", "uu", "b")
_op("u64_of_i64", "i", "u", doc="the same bits")
_op("i64_of_u64", "u", "i", doc="the same bits")

# -- f64 -------------------------------------------------------------------------------------------------------------
for _name in ("add", "sub", "mul"):
    _op(f"f64_{_name}", "ff", "f")
_op("f64_div", "ff", "f", doc="the divisor is not zero")
_op("f64_neg", "f", "f")
_op("f64_abs", "f", "f")
_op("f64_sqrt", "f", "f")
_op("f64_floor", "f", "f")
_op("f64_ceil", "f", "f")
_op("f64_trunc", "f", "f")
_op("f64_rint", "f", "f", doc="half to even")
_op("f64_floordiv", "ff", "f", symbol="tc_f64_floordiv", doc="the divisor is not zero")
_op("f64_mod", "ff", "f", symbol="tc_f64_mod", doc="the divisor is not zero")
for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    _op(f"f64_{_name}", "ff", "b", doc="ordered, except ne")
_op("f64_select", "bff", "f")
_op("f64_isfinite", "f", "b")
_op("f64_isnan", "f", "b")
_op("f64_copysign", "ff", "f")
_op("f64_to_i64_checked", "f", "i", LEAVES, doc="truncates; leaves unless the result fits")
_op("f64_libm1", "f", "f", attrs="function", doc="the C library's function of that name")
_op("f64_libm2", "ff", "f", attrs="function")
_op("f64_bits", "f", "i")

# -- truth values ----------------------------------------------------------------------------------------------------
_op("bool_not", "b", "b")
_op("bool_and", "bb", "b")
_op("bool_or", "bb", "b")
_op("bool_xor", "bb", "b")
_op("bool_to_i64", "b", "i")

# -- boxes -----------------------------------------------------------------------------------------------------------
_op("box_i64", "i", "o", ref="new")
_op("box_u64", "u", "o", ref="new", symbol="tc_box_u64")
_op("box_f64", "f", "o", ref="new")
_op("box_bool", "b", "o", ref="immortal")
_op("box_number", "bf", "o", ref="new", symbol="tc_box_number",
    doc="an int if operand 0 is true, else a float; its value is operand 1, an int of less than 2**53 or a float")
_op("unbox_i64", "o", "i", LEAVES | NARROWS, attrs="wide",
    doc="of an exact int (or bool); leaves unless it fits; `wide`: it is likely to have two of CPython's digits")
_op("unbox_f64", "o", "f", doc="of an exact float", reads="float")
_op("unbox_bool", "o", "b", doc="of an exact bool")
_op("long_to_f64", "o", "f", LEAVES, symbol="tc_long_to_f64", doc="of an exact int; leaves where it would raise")
_op("number_to_f64", "o", "f", LEAVES, reads="float", symbol="tc_number_to_f64", attrs="reason",
    doc="of an exact float or int; leaves where it is neither, or an int that is no double")
_op("long_low_bits", "o", "i", symbol="tc_long_low_bits", doc="the low 64 bits of an exact int in two's complement")

# -- objects ---------------------------------------------------------------------------------------------------------
_op("is", "oo", "b")
_op("type_is", "o", "b", attrs="type", reads="type")
_op("type_of", "o", "o", reads="type")
_op("type_flag", "o", "b", attrs="flag", reads="type", doc="whether a bit is set in the flags of an object's type")
_op("instance_of", "o", "b", LEAVES, attrs="type reason", reads="type", symbol="tc_instance_of",
    doc="isinstance() of a class that leaves it to `type`; leaves where the object says itself what its class is")
_op("equals_itself", "o", "b", reads="type", doc="it is None, or surely compares as `object` has it: by identity")
_op("refcount_is", "o", "b", reads="refcount", attrs="count")

# Stores of objects give back what they replace: letting go of it may run code.  Those of raw numbers replace an object
# whose end nobody can observe, and let go of it.
# instances with inline values (`index` counts into the inline values), slots (`offset` in bytes from the object)
_op("attr_load", "o", "o", LEAVES, reads="attr", attrs="index name type",
    doc="leaves if the inline values are not valid or the value is not set")
_op("attr_store", "oo", "o", LEAVES, writes="attr", ref="new", steals="last", attrs="index name type",
    doc="over a value that is set, in an object without a dict of its own; else leaves")
_op("attr_store_f64", "of", "", LEAVES | RELEASES, writes="attr float", attrs="index name type",
    doc="as attr_store of a boxed double; a float that only this slot holds is overwritten in place")
_op("attr_store_i64", "oi", "", LEAVES | RELEASES, writes="attr", attrs="index name type", doc="likewise of an int")
_op("attr_init", "oo", "", LEAVES, writes="attr", steals="last", attrs="index name type",
    doc="the first store of an attribute of an object without a dict of its own; leaves if it is set")
# the attributes of instances of classes with inline values that may have a dict instead: `hint` is where it had the name
_op("own_load", "o", "o", LEAVES, reads="attr", attrs="index hint name", symbol="tc_own_load",
    doc="what the instance itself has under a name, wherever; leaves if it has nothing")
_op("own_store", "oo", "o", LEAVES, writes="attr dict", ref="new", attrs="index hint name", symbol="tc_own_store",
    doc="over a value that is set; else leaves")
_op("own_set", "oo", "o", LEAVES, writes="attr dict", ref="new", attrs="name", symbol="tc_own_set",
    doc="in the dict of an instance that has one of its own, also for the first time: None was there then; else leaves")
_op("own_lacks", "o", "b", reads="attr", attrs="index name bare", symbol="tc_own_lacks",
    doc="whether the instance itself surely has nothing under a name; `bare`: instances of its type have attributes in a "
        "dict only")
_op("slot_load", "o", "o", LEAVES, reads="attr", attrs="offset name", doc="leaves if it is not set")
_op("slot_store", "oo", "o", writes="attr", ref="new", steals="last", null=True, attrs="offset name")
_op("slot_store_f64", "of", "", RELEASES, writes="attr float", attrs="offset name")
_op("slot_init", "oo", "", LEAVES, writes="attr", steals="last", attrs="offset name", doc="leaves if it is set")
_op("instance_new", "o*", "o", ref="new", steals="all", attrs="type names",
    doc="a new instance of the heap type `type` (inline values or slots, object.__new__); attributes in order, from "
        "the operands")
_op("keys_count", "", "i", reads="keys", attrs="type", doc="how many names the type's shared instance keys have")
_op("inline_valid", "o", "b", reads="attr", doc="whether the attributes of an instance are in its inline values")
_op("cell_new", "o", "o", ref="new", doc="operand may be the null constant")
_op("cell_load", "o", "o", LEAVES, reads="cell", doc="leaves if it is empty")
_op("cell_store", "oo", "o", writes="cell", ref="new", steals="last", null=True, doc="operand 1 may be the null constant")
_op("closure_item", "o", "o", attrs="index", ref="borrowed", doc="the cell number `index` of a function's closure")

# -- lists: indexes are within range ---------------------------------------------------------------------------------
_op("list_length", "o", "i", reads="list")
_op("list_item", "oi", "o", reads="list items")
_op("list_set", "oio", "o", writes="items", ref="new", steals="last")
_op("list_set_f64", "oif", "", RELEASES, writes="items float",
    doc="stores a boxed double; a float that only this slot holds is overwritten in place")
_op("list_set_i64", "oii", "", RELEASES, writes="items", doc="likewise of an int")
_op("list_append", "oo", "", PURE | KEEPS, steals="last", writes="list items", symbol="tc_list_append")
_op("list_new", "o*", "o", ref="new", steals="all")
_op("list_of", "oi", "o", ref="new", symbol="tc_list_repeat", doc="[item] * count")
_op("list_slice", "oii", "o", ref="new", reads="list items", symbol="PyList_GetSlice", doc="bounds already adjusted")
_op("list_slice_step", "oiii", "o", ref="new", reads="list items", symbol="tc_list_slice_step",
    doc="list, start, stop, step: any bounds, a step that is not 0")
_op("list_set_slice", "oiio", "", RUNS, symbol="PyList_SetSlice", fails="minus1",
    doc="list, bounds already adjusted, an exact list; what was there goes, which may run finalisers")
_op("list_take_slice", "oiio", "", RUNS, symbol="tc_list_take_slice", fails="minus1",
    doc="as list_set_slice, of a list that nothing else will see: it may be left with what was there")
_op("list_move_slice", "oiioiii", "", RUNS, symbol="tc_list_move_slice", fails="minus1",
    doc="list, bounds already adjusted, and the list, start, stop and step of a slice that is stored there")
_op("list_reverse", "o", "", PURE | KEEPS, writes="items", symbol="tc_list_reverse")
_op("list_pop", "oi", "o", LEAVES, ref="new", writes="list items", symbol="tc_list_pop", doc="index within range")
_op("list_insert", "oio", "", PURE | KEEPS, writes="list items", symbol="tc_list_insert", doc="any index")
_op("list_swap", "oii", "", PURE | KEEPS, writes="items", doc="exchanges two items")
_op("list_has", "oo", "b", LEAVES, reads="list items", symbol="tc_sequence_has", attrs="reason",
    doc="operand 1 is of a simple type; leaves if it is compared with an item that is not")
_op("list_concat", "oo", "o", ref="new", reads="list items", symbol="tc_list_concat")
_op("list_join", "oo", "o", ref="new", reads="list items", steals="last", symbol="tc_list_join",
    doc="operand 1 + operand 0; a list that is taken over, and that nothing else holds, grows instead of being copied")
_op("list_join_slice", "oiio", "o", ref="new", reads="list items", steals="last", symbol="tc_list_join_slice",
    doc="likewise with operand 0 from operand 1 up to operand 2, bounds already adjusted")
_op("list_extend_list", "oo", "", PURE | KEEPS, writes="list items", symbol="tc_list_extend_list")

# -- tuples ----------------------------------------------------------------------------------------------------------
_op("tuple_length", "o", "i")
_op("tuple_item", "oi", "o", ref="borrowed")
for _name in ("start", "stop", "step"):
    _op(f"range_{_name}", "o", "o", ref="borrowed", doc="of an exact range")
_op("tuple_new", "o*", "o", ref="new", steals="all")
_op("tuple_has", "oo", "b", LEAVES, symbol="tc_sequence_has", attrs="reason", doc="as list_has")
_op("tuple_slice", "oii", "o", ref="new", symbol="PyTuple_GetSlice", doc="bounds already adjusted")
_op("list_of_tuple", "oii", "o", ref="new", symbol="tc_list_of_tuple", doc="as tuple_slice, but a list")

# -- strings, bytes, buffers -----------------------------------------------------------------------------------------
_op("str_length", "o", "i")
_op("str_item", "oi", "i", doc="the code point at an index within range")
_op("str_from_code", "i", "o", ref="new", symbol="tc_str_from_code", doc="chr() of a valid code point")
_op("i64_to_str", "i", "o", ref="new", symbol="tc_i64_to_str", doc="str() of an int")
_op("str_eq", "oo", "b", symbol="tc_str_eq")
_op("str_has", "oo", "b", symbol="tc_str_has", doc="whether operand 1 is part of operand 0")
_op("str_slice", "oii", "o", ref="new", symbol="tc_str_slice", doc="bounds already adjusted")
_op("str_concat", "oo", "o", RAISES, ref="new", symbol="PyUnicode_Concat", fails="null")
_op("int_of_str", "o", "o", RAISES, ref="new", symbol="tc_int_of_str", fails="null", doc="int() of an exact str")
_op("float_of_str", "o", "o", RAISES, ref="new", symbol="PyFloat_FromString", fails="null",
    doc="float() of an exact str")
_op("bytes_length", "o", "i")
_op("bytes_item", "oi", "i")
_op("bytes_slice", "oii", "o", ref="new", symbol="tc_bytes_slice", doc="bounds already adjusted")
_op("bytearray_length", "o", "i", reads="bytearray")
_op("bytearray_item", "oi", "i", reads="bytearray")
_op("bytearray_set", "oii", "", writes="bytearray", doc="value in 0..255")
_op("array_kind", "o", "i", doc="the code point of an array.array's type code, which stays what it is")
_op("array_length", "o", "i", reads="array")
_op("array_item_i64", "oi", "i", reads="array buffer", attrs="kind", doc="`kind`: the type code")
_op("array_item_u64", "oi", "u", reads="array buffer", attrs="kind")
_op("array_item_f64", "oi", "f", reads="array buffer", attrs="kind")
_op("array_set_i64", "oii", "", writes="buffer", attrs="kind", doc="the low bits of a value that fits")
_op("array_set_f64", "oif", "", writes="buffer", attrs="kind")

# -- iterators of the interpreter taken apart at a running loop's entry ----------------------------------------------
_op("list_iter_seq", "o", "o", LEAVES, reads="iter", doc="leaves if exhausted")
_op("list_iter_index", "o", "i", reads="iter")
_op("sequence_iter_new", "oi", "o", ref="new", symbol="tc_sequence_iter_new",
    doc="of a list, tuple or str, at an index")
_op("range_iter_new", "iii", "o", ref="new", symbol="tc_range_iter_new", doc="start, step, how many are left")
_op("generator_new", "oi" + "o*", "o", ref="new",
    doc="what a call of a generator function or the like makes, suspended at a point, with its locals and stack, each "
        "perhaps null")
_op("tracks_origins", "", "b", reads="origins", symbol="tc_tracks_origins",
    doc="whether coroutines note where they are made")
_op("generator_at", "oooii", "b", reads="iter", symbol="tc_generator_at",
    doc="whether a generator object is one of a code object and globals, suspended at a point, and has nothing that one "
        "made anew would not have; the bits of operand 4 say which of its locals and stack entries are bound")
_op("generator_slot", "oi", "o", ref="new", writes="iter", symbol="tc_generator_slot",
    doc="takes a local or stack entry, which is bound, out of a generator object")
_op("generator_function", "o", "o", ref="new", writes="iter", symbol="tc_generator_function",
    doc="takes the function out of a generator object whose slots were taken: it has come to its end")
_op("tuple_iter_seq", "o", "o", LEAVES, reads="iter")
_op("tuple_iter_index", "o", "i", reads="iter")
_op("range_iter_start", "o", "i", reads="iter")
_op("range_iter_step", "o", "i", reads="iter")
_op("range_iter_length", "o", "i", reads="iter", doc="how many are left")

# -- dicts and sets through CPython's own functions: a simple key is an exact str, int or the like or a tuple of such,
#    which runs no code of the program when it is hashed ------------------------------------------------------------
_op("dict_length", "o", "i", reads="dict")
_op("set_length", "o", "i", reads="set")
_op("dict_get_simple", "oo", "o", LEAVES, ref="new", reads="dict", symbol="tc_dict_get_simple",
    doc="exact dict, simple key; leaves if missing, or if code of the program must tell")
_op("dict_get_or", "ooo", "o", LEAVES, ref="new", reads="dict", symbol="tc_dict_get_or", attrs="reason",
    doc="dict.get(key, operand 2) of an exact dict and a simple key; leaves if code of the program must tell")
_op("dict_get", "oo", "o", RUNS, ref="new", symbol="tc_dict_get", fails="null", doc="dict[key]; raises KeyError")
_op("dict_set_simple", "ooo", "", RUNS, symbol="tc_dict_set_simple", fails="minus1",
    doc="exact dict, simple key; what was there goes, which may run finalisers")
_op("dict_has_simple", "oo", "b", LEAVES, reads="dict", symbol="tc_dict_has_simple", attrs="reason",
    doc="exact dict, simple key; leaves likewise")
_op("set_has_simple", "oo", "b", LEAVES, reads="set", symbol="tc_set_has_simple", attrs="reason",
    doc="exact set or frozenset, simple key; leaves likewise")
_op("set_within", "oo", "b", LEAVES, reads="set", symbol="tc_set_within", attrs="reason",
    doc="whether an exact set or frozenset is a subset of another; leaves if code of the program must tell")
_op("least", "o", "o", LEAVES, ref="new", reads="list items set", symbol="tc_least", attrs="reason",
    doc="of an exact list, tuple, set or frozenset of ints or of floats; leaves if it is empty or holds anything else")
_op("greatest", "o", "o", LEAVES, ref="new", reads="list items set", symbol="tc_greatest", attrs="reason", doc="likewise")
_op("set_add_simple", "oo", "", LEAVES | KEEPS, writes="set", symbol="tc_set_add_simple", attrs="reason",
    doc="exact set, simple item; leaves likewise")
_op("dict_new", "o*", "o", RUNS, ref="new", fails="null", doc="keys and values in turn")
_op("set_new", "o*", "o", RUNS, ref="new", fails="null")

# -- the interpreter's own operations: whatever the types ------------------------------------------------------------
for _name, _symbol in {
    "add": "PyNumber_Add", "subtract": "PyNumber_Subtract", "multiply": "PyNumber_Multiply",
    "true_divide": "PyNumber_TrueDivide",
    "floor_divide": "PyNumber_FloorDivide", "remainder": "PyNumber_Remainder", "lshift": "PyNumber_Lshift",
    "rshift": "PyNumber_Rshift", "and": "PyNumber_And", "or": "PyNumber_Or", "xor": "PyNumber_Xor",
    "matrix_multiply": "PyNumber_MatrixMultiply",
}.items():
    _op(f"number_{_name}", "oo", "o", RUNS, ref="new", symbol=_symbol, fails="null")
    _op(f"number_inplace_{_name}", "oo", "o", RUNS, ref="new", fails="null",
        symbol=_symbol.replace("PyNumber_", "PyNumber_InPlace"))
_op("number_power", "oo", "o", RUNS, ref="new", symbol="tc_power", fails="null")
_op("number_inplace_power", "oo", "o", RUNS, ref="new", symbol="tc_inplace_power", fails="null")
_op("number_negative", "o", "o", RUNS, ref="new", symbol="PyNumber_Negative", fails="null")
_op("number_positive", "o", "o", RUNS, ref="new", symbol="PyNumber_Positive", fails="null")
_op("number_invert", "o", "o", RUNS, ref="new", symbol="PyNumber_Invert", fails="null")
_op("number_absolute", "o", "o", RUNS, ref="new", symbol="PyNumber_Absolute", fails="null")
# exact ints of any size: no code runs, the only exception is MemoryError or one that the operation documents
for _name, _symbol in {"add": "tc_long_add", "sub": "tc_long_sub", "mul": "tc_long_mul"}.items():
    _op(f"long_{_name}", "oo", "o", RAISES, ref="new", symbol=_symbol, fails="null", doc="exact ints")
for _name in ("floordiv", "mod", "and", "or", "xor", "lshift", "rshift"):
    _op(f"long_{_name}", "oo", "o", RAISES, ref="new", symbol=f"tc_long_{_name}", fails="null", doc="exact ints")
for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    _op(f"long_{_name}", "oo", "b", symbol=f"tc_long_{_name}", doc="exact ints")
_op("compare", "oo", "o", RUNS, ref="new", attrs="operator", symbol="PyObject_RichCompare", fails="null",
    doc="operator: Py_LT=0 LE EQ NE GT GE=5")
_op("contains", "oo", "b", RUNS, symbol="PySequence_Contains", fails="minus1", doc="operand 0 the container")
_op("truth", "o", "b", RUNS, symbol="PyObject_IsTrue", fails="minus1")
_op("length", "o", "i", RUNS, symbol="PyObject_Size", fails="minus1")
_op("get_attr", "o", "o", RUNS, ref="new", attrs="name", symbol="PyObject_GetAttr", fails="null")
_op("get_method", "o", "o", RUNS, ref="new", attrs="name", symbol="tc_get_method", fails="null",
    doc="as LOAD_ATTR with the method bit: a method that is not bound, where `is_method` says so, or the attribute")
_op("is_method", "o", "b", doc="whether `get_method`, the operand, found a method that is not bound")
_op("super_attr", "oo", "o", RUNS, ref="new", attrs="name", symbol="tc_super_attr", fails="null",
    doc="an attribute of `super(class, object)`, of the operands")
_op("load_special", "o", "o", RUNS, ref="new", attrs="name", symbol="tc_load_special", fails="null",
    doc="a special method for `with`, bound, looked up in the type")
_op("set_attr", "oo", "", RUNS, attrs="name", symbol="PyObject_SetAttr", fails="minus1")
_op("del_attr", "o", "", RUNS, attrs="name", symbol="tc_del_attr", fails="minus1")
_op("get_item", "oo", "o", RUNS, ref="new", symbol="PyObject_GetItem", fails="null")
_op("set_item", "ooo", "", RUNS, symbol="PyObject_SetItem", fails="minus1", doc="container, key, value")
_op("del_item", "oo", "", RUNS, symbol="PyObject_DelItem", fails="minus1")
_op("iter", "o", "o", RUNS, ref="new", symbol="PyObject_GetIter", fails="null")
_op("next", "o", "o", RUNS, ref="new", symbol="tc_next", fails="null",
    doc="the next item, or the null pointer at the end: tc_next returns the address of tc_exhausted there; test "
        "with is_exhausted")
_op("send", "o", "o", RUNS, ref="new", symbol="tc_send", fails="null",
    doc="as `next`, for `yield from` and `await`: where there is no more, `send_result` gives what the iterator returned")
_op("send_result", "", "o", KEEPS, ref="new", symbol="tc_send_result")
_op("is_unstarted", "o", "b", reads="type iter", symbol="tc_is_unstarted",
    doc="whether an object is a generator or coroutine that has not begun")
_op("is_awaitable", "o", "b", reads="type iter", symbol="tc_is_awaitable",
    doc="whether `await` finds no fault with an object before it calls anything")
_op("awaitable", "o", "o", RUNS, ref="new", symbol="_PyCoro_GetAwaitableIter", fails="null",
    doc="what `await` sends to, of an object that is awaitable")
_op("is_exhausted", "o", "b", doc="whether `next` found the end; the value must not be used otherwise where it did")
_op("load_global", "", "o", RUNS, ref="new", attrs="globals builtins name", symbol="tc_load_global", fails="null")
_op("store_global", "o", "", RUNS, attrs="globals name", symbol="tc_store_global", fails="minus1")
_op("delete_global", "", "", RUNS, attrs="globals name", symbol="tc_delete_global", fails="minus1")
_op("import_name", "oo", "o", RUNS, ref="new", attrs="globals builtins locals name", symbol="tc_import_name", fails="null",
    doc="operands: the level, and the names that are imported from it or None; what it calls is given `locals`")
_op("import_from", "o", "o", LEAVES, ref="new", reads="dict", attrs="name reason", symbol="tc_import_from",
    doc="what is in the namespace of a plain module; leaves if it is none or has not the name")
_op("build_slice", "ooo", "o", RAISES, ref="new", symbol="PySlice_New", fails="null")
_op("slice_new", "ooo", "o", ref="new", symbol="PySlice_New")
_op("range_new", "iii", "o", ref="new", symbol="tc_range_new")
_op("bound_method_new", "oo", "o", ref="new", symbol="PyMethod_New")
_op("builtin_method_new", "oo", "o", ref="new", symbol="tc_builtin_method_new", doc="of a method of a C type")
_op("build_string", "o*", "o", RAISES, ref="new", fails="null", doc="concatenates exact strs")
_op("format", "oo", "o", RUNS, ref="new", symbol="PyObject_Format", fails="null", doc="operand 1: the specification")
_op("format_simple", "o", "o", RUNS, ref="new", symbol="tc_format_simple", fails="null",
    doc="format with an empty specification")
_op("ascii_of", "o", "o", RUNS, ref="new", symbol="PyObject_ASCII", fails="null")
_op("set_add", "oo", "", RUNS, symbol="PySet_Add", fails="minus1")
_op("str_of", "o", "o", RUNS, ref="new", symbol="PyObject_Str", fails="null")
_op("repr_of", "o", "o", RUNS, ref="new", symbol="PyObject_Repr", fails="null")
_op("list_to_tuple", "o", "o", ref="new", reads="list items", symbol="PyList_AsTuple", doc="exact list")
_op("list_extend", "oo", "", RUNS, symbol="tc_list_extend", fails="minus1", doc="list, iterable")
_op("dict_update", "oo", "", RUNS, symbol="tc_dict_update", fails="minus1")
_op("dict_merge", "ooo", "", RUNS, symbol="tc_dict_merge", fails="minus1",
    doc="dict, mapping, the callable that error messages name")
_op("set_update", "oo", "", RUNS, symbol="tc_set_update", fails="minus1")
_op("unpack_sequence", "o", "o", RUNS, ref="new", attrs="count", symbol="tc_unpack_sequence", fails="null",
    doc="a tuple of exactly `count` items")
_op("unpack_ex", "o", "o", RUNS, ref="new", attrs="front back", symbol="tc_unpack_ex", fails="null",
    doc="a tuple of `front` items, a list of those between, and `back` items")
_op("match_class", "ooo", "o", RUNS, ref="new", attrs="positional", symbol="tc_match_class", fails="null",
    doc="subject, class, names of keywords: a tuple of attributes, or None")
_op("match_keys", "oo", "o", RUNS, ref="new", symbol="tc_match_keys", fails="null",
    doc="mapping, keys: a tuple of values, or None")
_op("intrinsic_1", "o", "o", RUNS, ref="new", attrs="number", symbol="tc_intrinsic_1", fails="null",
    doc="what CALL_INTRINSIC_1 of that number does")
_op("intrinsic_2", "oo", "o", RUNS, ref="new", attrs="number", symbol="tc_intrinsic_2", fails="null")
_op("new_function", "o*", "o", ref="new", attrs="code globals flags qualname",
    doc="operands as MAKE_FUNCTION and SET_FUNCTION_ATTRIBUTE take them, in the order of the bits in `flags`")

# -- calls -----------------------------------------------------------------------------------------------------------
_op("call", "oo*", "o", RUNS, ref="new", attrs="names", fails="null",
    doc="vectorcall; operand 0 is called, the others are the arguments, the last len(names) of them by keyword")
_op("guard_function", "o", "", LEAVES, reads="func", attrs="code globals builtins defaults reason",
    doc="the Python function runs `code` in these namespaces, with these very `defaults` (None: without any) and none for "
        "keyword-only parameters")
_op("method_function", "o", "o", ref="borrowed", doc="of a method object")
_op("method_self", "o", "o", ref="borrowed")
_op("call_method", "oo*", "o", RUNS, ref="new", attrs="name", fails="null",
    doc="operand 0 is self; looked up as LOAD_ATTR with the method bit does")
_op("call_found", "oboo*", "o", RUNS, ref="new", attrs="names", fails="null",
    doc="calls what `get_method` found; operand 1: whether operand 2, else perhaps null, is the first argument")
_op("call_ex", "oo*", "o", RUNS, ref="new", fails="null",
    doc="callable, args tuple, and a dict or nothing", symbol="")
_op("call_cfunction_o", "oo", "o", RUNS, ref="new", attrs="function", fails="null",
    doc="the METH_O function behind the constant builtin `function`; operand 0 is its self or the null constant")
_op("call_cfunction_fast", "oo*", "o", RUNS, ref="new", attrs="function", fails="null", doc="METH_FASTCALL, as above")
_op("call_cfunction_keywords", "oo*", "o", RUNS, ref="new", attrs="function names", fails="null",
    doc="METH_FASTCALL | METH_KEYWORDS, as above; the last len(names) operands by keyword")
_op("call_cfunction_noargs", "o", "o", RUNS, ref="new", attrs="function", fails="null", doc="METH_NOARGS, as above")
_op("call_native", "?*", "?", RUNS, attrs="target function result", ref="new", fails="kind",
    doc="another version's native form, or this one's (`target` None): operands are its parameters; "
        "`result` is the representation it returns; leaves after it with the boxed result if it was another")
_op("call_symbol", "?*", "?", PURE, attrs="symbol result",
    doc="a C function of the run-time library or of `tiercel.native` that neither raises nor touches memory")

# What type of object an operation that makes one surely makes.
MADE_TYPES: Final[dict[str, type]] = {
    "box_i64": int, "box_u64": int, "box_f64": float, "box_bool": bool, "tuple_new": tuple, "list_new": list,
    "list_of": list, "list_of_tuple": list, "list_slice": list, "list_concat": list, "list_join": list,
    "list_join_slice": list, "str_slice": str, "bytes_slice": bytes,
    "tuple_slice": tuple, "str_concat": str, "str_from_code": str, "i64_to_str": str,
    "build_string": str, "dict_new": dict, "set_new": set, "long_add": int, "long_sub": int, "long_mul": int,
}
