"""Bytecode: a code object as instructions, basic blocks, loops and exception regions.

Lives here: the decoder (`decode`), the control-flow analysis (`blocks`), the exception table (`handlers`) and one
opcode table for each CPython version (`opcodes_313`).  Nothing here knows what an instruction computes; outside
the opcode table nothing here depends on the CPython version.
"""

from tiercel.bytecode.blocks import Block, Flow, Loop
from tiercel.bytecode.decode import Code, Instruction, decode, jumps_back
from tiercel.bytecode.handlers import handler_at

__all__ = ["Block", "Code", "Flow", "Instruction", "Loop", "decode", "handler_at", "jumps_back"]
