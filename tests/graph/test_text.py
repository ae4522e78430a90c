"""The text form: what is printed is read back the same."""

import pytest

from tiercel.graph import text
from tiercel.graph.parse import ParseError
from tiercel.graph.verify import VerifyError, verify


def callee(a, b):
    return a


NORM2 = """\
graph norm2(%xs: obj list) -> obj
b0:
  guard_type %xs, list 'xs is a list'            | before 0 {xs=%xs}
  jump b1(0, 0.0, null, false)
b1(%i: i64, %s: f64, %x: f64, %bound: bool):     # line 3
  poll                                           | before 18 {xs=%xs, s=%s, x=%x if %bound} [list_iterator(%xs, %i)]
  %n = list_length %xs
  %more = i64_lt %i, %n
  branch %more, likely=True, b2, b3
b2:
  %o = list_item %xs, %i                         # float
  guard_type %o, float                           | before 18 {xs=%xs, s=%s} [list_iterator(%xs, %i)]
  %x2 = unbox_f64 %o
  %0 = f64_mul %x2, %x2
  %s2 = f64_add %s, %0
  %i2 = i64_add %i, 1
  jump b1(%i2, %s2, %x2, true)
b3:
  %1 = box_f64 %s
  return %1
"""

STATES = """\
graph f(%x: obj, %n: i64) -> obj
b0:
  %0 = call @callee, %x, @1, names=('b')         | after 3..9 {x=%x} [null, result] handler 4 depth 1 lasti owns @callee
  guard_type %0, @Thing "it's new"               | before 4 {x=&1 cell(&1)} [&1, tuple(@1, 2, -0.5, @None)]
  %1: f64 = call_native %n, 1e+300, @2.5         | after 5..6 {} unlinked <- @callee after 30..33 {a=%x} [not result]
  guard_type %0, @Thing                          | before 4 {x=%x} ends 44 <- @callee after 6..8 {} [result]
  guard_is %0, @None 'none'                      | before 3 {x=inf} <- @code(%0) after 1..2 {b=nan} [result?]
  switch %n, b1(%0), b1(null), b2
b1(%2: obj):
  return %2
b2:
  leave 'never ran'                              | before 3 {x=true}
"""

LOOP = """\
graph g(%it: obj @range_iterator = [0], %i: i64 = i, %s: f64 = s) loop 12 -> obj unlinked
b0:
  %0 = box_f64 %s
  return %0
"""


class range_iterator:
    """Named like the builtin that has no name."""


@pytest.mark.parametrize("source", [NORM2, STATES, LOOP])
def test_round_trip(source: str) -> None:
    names: dict[str, object] = {"callee": callee, "code": callee.__code__, "range_iterator": range_iterator}
    graph = text.parse(source, names)
    assert text.format(graph, names) == source
    verify(graph)


def test_names_come_from_locals() -> None:
    graph = text.parse(NORM2)
    for node in (*graph.nodes(), *(param for block in graph.blocks for param in block.params)):
        node.name = -1
    printed = text.format(graph)
    assert "b1(%0: i64, %s: f64, %x: f64, %1: bool):" in printed
    assert text.format(text.parse(printed)) == printed


@pytest.mark.parametrize(("old", "new", "message"), [
    ("f64_mul %x2, %x2", "f64_mul %x2, %o", "is obj, not f64"),
    ("f64_mul %x2, %x2", "f64_mul %x2, %s2", "used before it is made"),
    ("  return %1", "  return %s2", "not made on every way"),
    ("jump b1(%i2, %s2, %x2, true)", "jump b1(%i2, %s2)", "2 arguments for the 4 parameters"),
    ("  return %1\n", "", "does not end"),
    ("  return %1\n", "  jump b0(%o)\n", "leads to the entry"),
    ("                    | before 18 {xs=%xs, s=%s} [list_iterator(%xs, %i)]", "", "frame state is needed"),
    ("before 18 {xs=%xs, s=%s}", "after 18..19 {xs=%xs, s=%s}", "not `before`"),
    ("guard_type %o, float ", "guard_type %o, float 'x', index=3", "no attribute index"),
])
def test_verifier_refuses(old: str, new: str, message: str) -> None:
    assert old in NORM2
    graph = text.parse(NORM2.replace(old, new))
    with pytest.raises(VerifyError, match=message):
        verify(graph)


def test_parser_names_the_line() -> None:
    with pytest.raises(ParseError, match="line 4: no operation jmp"):
        text.parse(NORM2.replace("jump b1(0", "jmp b1(0"))
