"""Decoding: every code object of a good part of the standard library, caches, instrumentation."""

import dis
import gc
import pathlib
import sys
import types
import weakref

import pytest

from tiercel.bytecode import Code, decode

MODULES = ["_pyio", "argparse", "asyncio/base_events", "ast", "contextlib", "dataclasses", "difflib", "enum",
           "fractions", "http/client", "inspect", "json/decoder", "pickle", "re/_compiler", "statistics", "tarfile",
           "tokenize", "typing"]


def codes_of(module):
    path = pathlib.Path(types.__file__).parent / f"{module}.py"
    pending = [compile(path.read_text(), str(path), "exec")]
    while pending:
        code = pending.pop()
        yield code
        pending.extend(constant for constant in code.co_consts if isinstance(constant, types.CodeType))


@pytest.mark.parametrize("module", MODULES)
def test_agrees_with_dis(module):
    for code in codes_of(module):
        decoded = decode(code)
        expected = [i for i in dis.get_instructions(code) if i.opname != "EXTENDED_ARG"]
        assert [i.op for i in decoded.instructions] == [i.opname for i in expected]
        for ours, theirs in zip(decoded.instructions, expected):
            assert (2 * ours.op_at, 2 * ours.at) == (theirs.offset, theirs.start_offset)
            assert ours.line == theirs.positions.lineno
            assert theirs.arg is None or ours.arg == theirs.arg
            if ours.op == "FOR_ITER":
                skipped = [decoded.by_offset[theirs.jump_target // 2 + n].op for n in range(2)]
                assert skipped == ["END_FOR", "POP_TOP"] and 2 * ours.target == theirs.jump_target + 4
            elif ours.target is not None:
                assert 2 * ours.target == theirs.jump_target
            elif ours.op == "COMPARE_OP":
                assert ours.argval in theirs.argval
            elif ours.op == "BINARY_OP":
                assert ours.argval == theirs.argrepr
            elif ours.opcode.argument not in ("", "number"):
                assert repr(ours.argval) == repr(theirs.argval)


@pytest.mark.parametrize("module", MODULES)
def test_handlers_agree_with_dis(module):
    for code in codes_of(module):
        covered = {}
        for entry in dis._parse_exception_table(code):
            for offset in range(entry.start, entry.end, 2):
                covered[offset // 2] = (entry.target // 2, entry.depth, entry.lasti)
        for unit in range(len(code.co_code) // 2):
            handler = decode(code).handler_at(unit)
            assert (handler and (handler.target, handler.depth, handler.lasti)) == covered.get(unit)


def test_extended_arguments_are_folded_in():
    code = compile("".join(f"x.a{i}\n" for i in range(300)), "x", "exec")
    last = [i for i in decode(code).instructions if i.op == "LOAD_ATTR"][-1]
    assert last.argval == "a299"
    assert last.op_at == last.at + 1
    assert decode(code).by_offset[last.at] is last


def test_what_the_interpreter_learnt_is_read_anew():
    def f(a, b):
        return a + b

    def add():
        return next(i for i in decode(f.__code__).instructions if i.op == "BINARY_OP")

    assert add().specialized is None and not add().warm
    for _ in range(20):
        f(1.0, 2.0)
    assert add().op == "BINARY_OP"
    assert add().specialized == "BINARY_OP_ADD_FLOAT" and add().warm
    assert len(add().cache) == 2


def test_it_shows_where_the_interpreter_met_several_types():
    def f(a, b):
        return a + b

    def missed():
        return [i.op for i in decode(f.__code__).instructions if i.missed]

    assert missed() == []
    for _ in range(20):
        f(1.0, 2.0)
    assert missed() == []
    f(1, 2)
    assert missed() == ["BINARY_OP"]


def test_instrumented_forms_are_mapped_back():
    def f(n):
        for i in range(n):
            if i:
                pass
        return n

    plain = [(i.at, i.op, i.arg, i.next, i.target) for i in decode(f.__code__).instructions]
    monitoring = sys.monitoring
    monitoring.use_tool_id(4, "test")
    try:
        events = monitoring.events
        monitoring.set_local_events(4, f.__code__, events.LINE | events.INSTRUCTION | events.BRANCH | events.JUMP
                                    | events.PY_START | events.PY_RETURN | events.CALL)
        f(3)
        fresh = Code(f.__code__)
        assert [(i.at, i.op, i.arg, i.next, i.target) for i in fresh.instructions] == plain
    finally:
        monitoring.free_tool_id(4)


def test_equal_code_objects_are_told_apart_and_not_kept_alive():
    first, second = (compile("a + b", "x", "eval") for _ in range(2))
    assert first == second
    decoded = decode(first)
    assert decode(first) is decoded and decode(second) is not decoded
    watcher = weakref.ref(first)
    del first
    gc.collect()
    assert watcher() is None


def test_slots():
    def f(a, b):
        c = a
        d = b
        c, d = d, c
        del a

        def g():
            nonlocal b
            b = c
        return g

    decoded = decode(f.__code__)
    names = decoded.local_names
    assert {names[slot] for i in decoded.instructions for slot in i.slots("wd")} == {"a", "b", "c", "d", "g"}
    inner = decode(f(1, 2).__code__)
    assert [i.slots("w") for i in inner.instructions if i.op == "COPY_FREE_VARS"] == [[0, 1]]
    assert [i.slots("w") for i in inner.instructions if i.op == "STORE_DEREF"] == [[0]]
