"""Hypothesis strategies for small functions over values at the edges; Hypothesis makes what differs small."""

from __future__ import annotations

from hypothesis import strategies as st

EDGES = [0, 1, -1, 2, 3, -7, 2**31, -2**31, 2**62, 2**63 - 1, -2**63, 2**63, -2**63 - 1, 2**64 - 1, 2**64, 10**30]
INTS = st.one_of(st.sampled_from(EDGES), st.integers(-100, 100), st.integers(-2**65, 2**65)).map(repr)
FLOATS = st.one_of(st.sampled_from([0.0, -0.0, 1.5, 1e308, 5e-324, 2.0**53, 2.0**63]), st.floats()).map(repr)
OTHERS = st.sampled_from(["True", "False", "None", "'ab'", "''", "(1, 2)", "[1, 2.5]", "1j", "b'x'"])
VALUES = st.one_of(INTS, INTS, FLOATS, OTHERS)
NAMES = st.sampled_from(["a", "b", "x"])
BINARY = st.sampled_from(["+", "-", "*", "//", "%", "/", "&", "|", "^", "<", "<=", "==", "!=", ">", ">=", "is",
                          "and", "or"])
UNARY = st.sampled_from(["-", "+", "~", "not ", "abs", "int", "float", "bool", "round", "str"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions around expressions."""
    return st.one_of(
        st.tuples(inner, BINARY, inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(UNARY, inner).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(inner, st.sampled_from(["<<", ">>"]), st.integers(-1, 70)).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, st.sampled_from(["2", "0.5", "-1", "3"])).map(lambda t: f"({t[0]} ** {t[1]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        st.tuples(st.sampled_from(["min", "max", "divmod"]), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"[{t[0]}, {t[1]}][{t[2]}]"),
        st.tuples(inner, st.sampled_from(["0xFF", "0xFFFFFFFFFFFFFFFF"])).map(lambda t: f"({t[0]} & {t[1]})"),
    )


EXPRESSIONS = st.recursive(st.one_of(NAMES, NAMES, VALUES), _larger, max_leaves=6)
ARGUMENTS = st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=3)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A function that evaluates an expression, in a loop or not, and what to call it with."""
    expression, update = draw(EXPRESSIONS), draw(EXPRESSIONS)
    calls = ", ".join(f"({a}, {b})" for a, b in draw(ARGUMENTS))
    if draw(st.booleans()):
        body = f"    x = a\n    return {expression}, {update}\n"
    else:
        body = (f"    x = a\n    for i in range(15):\n        y = {update}\n"
                "        x = y if not isinstance(y, int) or -2 ** 70 < y < 2 ** 70 else i\n"
                "        if isinstance(x, (str, list, tuple, bytes)):\n            break\n"
                f"    return x, {expression}\n")
    return f"from math import inf, nan\n\n\ndef main(a, b):\n{body}\n\nCALLS = [{calls}]\n"
