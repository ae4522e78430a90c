"""The graph: what is left to do after evaluation, in SSA form with block arguments.

Lives here: the operation table (`ops`), the data structure (`build`), its shape (`flow`), its text form (`text`, read
by `parse`), the verifier (`verify`), frame states as the runtime reads them (`describe`), and an interpreter that needs
no LLVM (`interpret`, with what the operations do in `operations` and `numbers`).  Nothing here knows Python bytecode or
LLVM.
"""
