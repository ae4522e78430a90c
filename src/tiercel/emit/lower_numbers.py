"""Numbers and truth values: raw arithmetic, in the registers of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiercel.graph.build import Const, Node, Operand

if TYPE_CHECKING:
    from tiercel.emit.lower import Lowering, Rule


def _binary(instruction: str) -> Rule:
    def rule(e: Lowering, node: Node) -> None:
        e.define(node, f"{instruction} {e.value(node.args[0])}, {e.value(node.args[1])}")
    return rule


def _checked(operation: str) -> Rule:
    def rule(e: Lowering, node: Node) -> None:
        function = e.symbols.intrinsic(f"llvm.{operation}.with.overflow.i64", "{ i64, i1 }", "i64, i64")
        a, b = node.args[-2:]    # behind the condition, if there is one
        pair = e.put(f"call {{ i64, i1 }} {function}(i64 {e.value(a)}, i64 {e.value(b)})")
        e.define(node, f"extractvalue {{ i64, i1 }} {pair}, 0")
        e.leave_if(e.put(f"extractvalue {{ i64, i1 }} {pair}, 1"), node)
    return rule


def _intrinsic(name: str, type_: str, more: str = "") -> Rule:
    """An intrinsic whose operands and result are of one type; `more`: a last operand."""
    suffix = {"i64": "i64", "double": "f64"}[type_]

    def rule(e: Lowering, node: Node) -> None:
        args = [f"{type_} {e.value(arg)}" for arg in node.args]
        params = [type_] * len(args)
        if more:
            args.append(more)
            params.append(more.split()[0])
        function = e.symbols.intrinsic(f"llvm.{name}.{suffix}", type_, ", ".join(params))
        e.define(node, f"call {type_} {function}({', '.join(args)})")
    return rule


def _compare(instruction: str) -> Rule:
    return _binary(instruction)


def _i64_neg(e: Lowering, node: Node) -> None:
    e.define(node, f"sub i64 0, {e.value(node.args[0])}")


def _i64_not(e: Lowering, node: Node) -> None:
    e.define(node, f"xor i64 {e.value(node.args[0])}, -1")


def _i64_shl_checked(e: Lowering, node: Node) -> None:
    value, count = e.value(node.args[0]), e.value(node.args[1])
    if isinstance(node.args[1], Const) and 0 <= node.args[1].value < 64:
        masked, in_range = count, "true"
    else:
        masked = e.put(f"and i64 {count}, 63")
        in_range = e.put(f"icmp ult i64 {count}, 64")
    e.define(node, f"shl i64 {value}, {masked}")
    again = e.put(f"ashr i64 {e.value(node)}, {masked}")
    kept = e.put(f"icmp eq i64 {again}, {value}")
    e.leave_unless(e.put(f"and i1 {kept}, {in_range}"), node)


def _power_of_two(operand: Operand) -> int | None:
    if isinstance(operand, Const) and operand.value > 0 and operand.value & (operand.value - 1) == 0:
        return int(operand.value)
    return None


def _remainder(e: Lowering, node: Node) -> tuple[str, str, str]:
    """What `srem` gives, and whether it is to be moved to the sign of the divisor."""
    value, divisor = e.value(node.args[0]), e.value(node.args[1])
    rest = e.put(f"srem i64 {value}, {divisor}")
    if isinstance(node.args[1], Const):
        wrong = e.put(f"icmp {'slt' if node.args[1].value > 0 else 'sgt'} i64 {rest}, 0")
    else:
        signs = e.put(f"xor i64 {rest}, {divisor}")
        wrong = e.put(f"and i1 {e.put(f'icmp slt i64 {signs}, 0')}, {e.put(f'icmp ne i64 {rest}, 0')}")
    return rest, wrong, divisor


def _i64_floordiv(e: Lowering, node: Node) -> None:
    power = _power_of_two(node.args[1])
    if power is not None:
        e.define(node, f"ashr i64 {e.value(node.args[0])}, {power.bit_length() - 1}")
        return
    quotient = e.put(f"sdiv i64 {e.value(node.args[0])}, {e.value(node.args[1])}")
    _, wrong, _ = _remainder(e, node)
    e.define(node, f"sub i64 {quotient}, {e.put(f'zext i1 {wrong} to i64')}")


def _i64_mod(e: Lowering, node: Node) -> None:
    power = _power_of_two(node.args[1])
    if power is not None:
        e.define(node, f"and i64 {e.value(node.args[0])}, {power - 1}")
        return
    rest, wrong, divisor = _remainder(e, node)
    e.define(node, f"add i64 {rest}, {e.put(f'select i1 {wrong}, i64 {divisor}, i64 0')}")


def _same_bits(e: Lowering, node: Node) -> None:
    e.alias(node, e.value(node.args[0]))


def _magnitude(e: Lowering, operand: Operand) -> str:
    function = e.symbols.intrinsic("llvm.abs.i64", "i64", "i64, i1")
    return e.put(f"call i64 {function}(i64 {e.value(operand)}, i1 false)")


def _i64_bit_length(e: Lowering, node: Node) -> None:
    function = e.symbols.intrinsic("llvm.ctlz.i64", "i64", "i64, i1")
    zeros = e.put(f"call i64 {function}(i64 {_magnitude(e, node.args[0])}, i1 false)")
    e.define(node, f"sub i64 64, {zeros}")


def _i64_bit_count(e: Lowering, node: Node) -> None:
    function = e.symbols.intrinsic("llvm.ctpop.i64", "i64", "i64")
    e.define(node, f"call i64 {function}(i64 {_magnitude(e, node.args[0])})")


def _select(type_: str) -> Rule:
    def rule(e: Lowering, node: Node) -> None:
        condition, yes, no = (e.value(arg) for arg in node.args)
        e.define(node, f"select i1 {condition}, {type_} {yes}, {type_} {no}")
    return rule


def by_pointer(name: str, type_: str) -> Rule:
    """A C function that stores its result through its last argument and returns 0 where the code must leave."""
    def rule(e: Lowering, node: Node) -> None:
        e.outs = True
        args = [tuple(e.typed(arg).split(" ", 1)) for arg in node.args]
        fits = e.call("i32", name, *args, ("ptr", "%word"))  # type: ignore[arg-type]
        e.leave_if(e.put(f"icmp eq i32 {fits}, 0"), node)
        e.define(node, f"load {type_}, ptr %word")
    return rule


def _f64_neg(e: Lowering, node: Node) -> None:
    e.define(node, f"fneg double {e.value(node.args[0])}")


def _f64_isfinite(e: Lowering, node: Node) -> None:
    function = e.symbols.intrinsic("llvm.fabs.f64", "double", "double")
    size = e.put(f"call double {function}(double {e.value(node.args[0])})")
    e.define(node, f"fcmp olt double {size}, 0x7FF0000000000000")


def _f64_isnan(e: Lowering, node: Node) -> None:
    value = e.value(node.args[0])
    e.define(node, f"fcmp uno double {value}, {value}")


def _f64_to_i64_checked(e: Lowering, node: Node) -> None:
    value = e.value(node.args[0])
    low = e.put(f"fcmp oge double {value}, 0xC3E0000000000000")
    high = e.put(f"fcmp olt double {value}, 0x43E0000000000000")
    e.leave_unless(e.put(f"and i1 {low}, {high}"), node)
    e.define(node, f"fptosi double {value} to i64")


def _libm(e: Lowering, node: Node) -> None:
    # `nobuiltin`: the C library's own results, to the last bit
    name = node.attrs["function"]
    function = e.symbols.function(name, "double", ", ".join(["double"] * len(node.args)), "memory(none) willreturn")
    args = ", ".join(f"double {e.value(arg)}" for arg in node.args)
    e.define(node, f"call double {function}({args}) nobuiltin")


def _convert(instruction: str, target: str) -> Rule:
    def rule(e: Lowering, node: Node) -> None:
        e.define(node, f"{instruction} {e.value(node.args[0])} to {target}")
    return rule


def _bool_not(e: Lowering, node: Node) -> None:
    e.define(node, f"xor i1 {e.value(node.args[0])}, true")


RULES: Final[dict[str, Any]] = {
    **{f"i64_{name}": _binary(f"{name} i64") for name in ("add", "sub", "mul", "and", "or", "xor", "shl", "lshr")},
    **{f"i64_{name}_{how}": _checked(f"s{name}") for name in ("add", "sub", "mul") for how in ("checked", "checked_if")},
    **{f"i64_{name}": _compare(f"icmp {code} i64") for name, code in (
        ("lt", "slt"), ("le", "sle"), ("eq", "eq"), ("ne", "ne"), ("gt", "sgt"), ("ge", "sge"), ("ult", "ult"))},
    "i64_shr": _binary("ashr i64"),
    **{f"u64_{name}": _binary(f"{code} i64") for name, code in (
        ("add", "add"), ("sub", "sub"), ("mul", "mul"), ("and", "and"), ("or", "or"), ("xor", "xor"), ("shl", "shl"),
        ("shr", "lshr"), ("floordiv", "udiv"), ("mod", "urem"))},
    **{f"u64_{name}": _compare(f"icmp {code} i64") for name, code in (
        ("lt", "ult"), ("le", "ule"), ("eq", "eq"), ("ne", "ne"), ("gt", "ugt"), ("ge", "uge"))},
    "u64_of_i64": _same_bits, "i64_of_u64": _same_bits,
    "i64_neg": _i64_neg, "i64_not": _i64_not, "i64_shl_checked": _i64_shl_checked,
    "i64_floordiv": _i64_floordiv, "i64_mod": _i64_mod,
    "i64_abs": _intrinsic("abs", "i64", "i1 false"), "i64_min": _intrinsic("smin", "i64"),
    "i64_max": _intrinsic("smax", "i64"), "i64_select": _select("i64"), "i64_to_f64": _convert("sitofp i64", "double"),
    "i64_bit_length": _i64_bit_length, "i64_bit_count": _i64_bit_count,
    "i64_pow_checked": by_pointer("tc_i64_pow", "i64"),
    **{f"f64_{name}": _binary(f"f{name} double") for name in ("add", "sub", "mul", "div")},
    **{f"f64_{name}": _intrinsic(intrinsic, "double") for name, intrinsic in (
        ("abs", "fabs"), ("sqrt", "sqrt"), ("floor", "floor"), ("ceil", "ceil"), ("trunc", "trunc"),
        ("rint", "roundeven"), ("copysign", "copysign"))},
    **{f"f64_{name}": _compare(f"fcmp {code} double") for name, code in (
        ("lt", "olt"), ("le", "ole"), ("eq", "oeq"), ("ne", "une"), ("gt", "ogt"), ("ge", "oge"))},
    "f64_neg": _f64_neg, "f64_select": _select("double"), "f64_isfinite": _f64_isfinite, "f64_isnan": _f64_isnan,
    "f64_to_i64_checked": _f64_to_i64_checked, "f64_libm1": _libm, "f64_libm2": _libm,
    "f64_bits": _convert("bitcast double", "i64"),
    "bool_not": _bool_not, "bool_and": _binary("and i1"), "bool_or": _binary("or i1"), "bool_xor": _binary("xor i1"),
    "bool_to_i64": _convert("zext i1", "i64"),
}
