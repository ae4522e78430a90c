"""The opcode table against what CPython says of itself."""

import _opcode
import opcode

import pytest

from tiercel.bytecode import opcodes_313 as opcodes

INTERNAL = {"CACHE", "RESERVED", "ENTER_EXECUTOR", "EXTENDED_ARG"}


def real_opcodes():
    return {name for name, number in opcode.opmap.items() if number < 255 and not name.startswith("INSTRUMENTED_")}


def test_every_instruction_is_in_the_table():
    assert real_opcodes() - INTERNAL == set(opcodes.OPCODES)


@pytest.mark.parametrize("name", sorted(opcodes.OPCODES))
def test_stack_effects_and_caches(name):
    entry = opcodes.OPCODES[name]
    assert entry.caches == opcode._inline_cache_entries.get(name, 0)
    if entry.number < opcode.HAVE_ARGUMENT:
        assert entry.effect(0) == _opcode.stack_effect(entry.number, None, jump=False)
        return
    for arg in (2, 3) if name == "BUILD_SLICE" else range(600):
        assert entry.effect(arg) == _opcode.stack_effect(entry.number, arg, jump=False)


def test_jumps_are_those_of_cpython():
    jumps = {entry.number for entry in opcodes.OPCODES.values() if entry.has_target}
    assert jumps == {number for number in opcode.hasjump if number < 255}


def test_every_specialised_form_has_its_generic_instruction():
    assert set(opcodes.GENERIC) == set(opcodes.SPECIALIZED.values())
    assert set(opcodes.GENERIC.values()) <= set(opcodes.OPCODES)
