"""Basic blocks, loops, stack depths and liveness of a code object.

    flow = decode(code).flow
    for block in flow.order: ...          # reverse postorder: the entry first, handlers late
    loop = flow.loops[unit]               # the loop whose header begins at that unit
    flow = decode(code).flow_from(unit)   # a generator's from where it goes on to where it yields next

Exceptional control flow (from any instruction in a protected region to its handler) counts in `order`, liveness and
loops, but is not among a block's `successors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tiercel.bytecode.handlers import handlers

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Code, Instruction

_GOES_ON: Final = ("next", "branch", "iter")      # where control may go on at the next instruction
_GOES_ON_OR_YIELDS: Final = (*_GOES_ON, "yield")
# What these raise, in a signal's handler or a finaliser, is always left to the interpreter.  A yield within `try` goes on
# with them: they are no way into the handler, which often is part of a loop that does not begin there.
_NOT_CAUGHT: Final = ("RESUME", "POP_TOP")


class Block:
    """Instructions that run one after the other; the last one alone may jump.

    `depth` is the number of stack entries at the start (None: never reached).  `live_in` has the locals whose value
    may still be read; somebody who looks at the frame may read the others too.  `handlers` are the handler blocks an
    exception in this block may go to; `is_handler` says that this is one.
    """

    __slots__ = ("at", "instructions", "successors", "predecessors", "handlers", "is_handler", "depth", "live_in", "loop")

    def __init__(self, at: int) -> None:
        self.at = at
        self.instructions: list[Instruction] = []
        self.successors: list[Block] = []
        self.predecessors: list[Block] = []
        self.handlers: list[Block] = []
        self.is_handler = False
        self.depth: int | None = None
        self.live_in: frozenset[int] = frozenset()
        self.loop: Loop | None = None

    @property
    def last(self) -> Instruction:
        return self.instructions[-1]

    def __repr__(self) -> str:
        return f"<block {self.at}>"


class Loop:
    """A natural loop: the blocks from which the back-edges are reached without leaving through the header.

    `stores` are the locals that an instruction of the body may bind, rebind or delete, or whose cell it may change.
    """

    __slots__ = ("header", "blocks", "back_edges", "stores", "parent")

    def __init__(self, header: Block, blocks: frozenset[Block], back_edges: list[Block], stores: frozenset[int]) -> None:
        self.header = header
        self.blocks = blocks
        self.back_edges = back_edges
        self.stores = stores
        self.parent: Loop | None = None

    @property
    def at(self) -> int:
        return self.header.at

    @property
    def depth(self) -> int:
        """How many loops this one is in, itself included."""
        return 1 + (self.parent.depth if self.parent is not None else 0)

    def __repr__(self) -> str:
        return f"<loop {self.header.at}>"


class Flow:
    """The blocks by their first unit, those reached in reverse postorder, and the loops by their header.

    `reducible`: every way round leads through the header of a loop that is entered there only.
    """

    __slots__ = ("blocks", "order", "loops", "reducible")

    def __init__(self, blocks: dict[int, Block], order: list[Block], loops: dict[int, Loop], reducible: bool) -> None:
        self.blocks = blocks
        self.order = order
        self.loops = loops
        self.reducible = reducible

    @property
    def entry(self) -> Block:
        return self.order[0]

    def block_of(self, unit: int) -> Block:
        """The block that contains the instruction at `unit`."""
        return max((block for at, block in self.blocks.items() if at <= unit), key=lambda block: block.at)


def analyse(code: Code, start: int | None = None, depth: int = 0) -> Flow:
    """Everything this module finds out about a code object; `decode(code).flow` has it.

    With a `start`, where the stack has `depth` entries: about what a generator that goes on there runs until it yields.
    """
    blocks = _split(code, start or 0)
    _connect(blocks, through_yields=start is None)
    entry = blocks[start or 0]
    order = _order(entry)
    _find_depths(blocks, entry, depth)
    _find_live(order)
    loops, reducible = _find_loops(order)
    return Flow(blocks, order, loops, reducible)


def _split(code: Code, start: int) -> dict[int, Block]:
    leaders = {0, start} | {handler.target for handler in handlers(code.code)}
    for instruction in code.instructions:
        control = instruction.opcode.control
        if instruction.target is not None:
            leaders.add(instruction.target)
        if control != "next" or instruction.op == "POP_EXCEPT":      # behind it, other ways than the handler's may meet
            leaders.add(instruction.next)
    blocks: dict[int, Block] = {}
    for instruction in code.instructions:
        if instruction.at in leaders:
            block = blocks[instruction.at] = Block(instruction.at)
        block.instructions.append(instruction)
    return blocks


def _connect(blocks: dict[int, Block], through_yields: bool) -> None:
    for block in blocks.values():
        last = block.last
        control = last.opcode.control
        if (control in _GOES_ON or control == "yield" and through_yields) and last.next in blocks:
            block.successors.append(blocks[last.next])
        if last.target is not None:
            block.successors.append(blocks[last.target])
        for successor in block.successors:
            successor.predecessors.append(block)
        targets = {handler.target for instruction in block.instructions
                   if instruction.op not in _NOT_CAUGHT and (handler := instruction.handler)}
        block.handlers = [blocks[target] for target in sorted(targets)]
        for handler_block in block.handlers:
            handler_block.is_handler = True


def _order(entry: Block) -> list[Block]:
    """Reverse postorder.  Handlers are walked first, so that they come last."""
    order: list[Block] = []
    seen: set[Block] = set()
    pending = [(entry, iter([*entry.handlers, *reversed(entry.successors)]))]
    seen.add(entry)
    while pending:
        block, rest = pending[-1]
        for successor in rest:
            if successor not in seen:
                seen.add(successor)
                pending.append((successor, iter([*successor.handlers, *reversed(successor.successors)])))
                break
        else:
            pending.pop()
            order.append(block)
    order.reverse()
    return order


def _find_depths(blocks: dict[int, Block], entry: Block, depth: int) -> None:
    pending = [(entry, depth)]
    while pending:
        block, depth = pending.pop()
        if block.depth is not None:
            continue
        block.depth = depth
        for instruction in block.instructions:
            if (handler := instruction.handler) is not None:
                pending.append((blocks[handler.target], handler.depth + handler.lasti + 1))
            before, depth = depth, depth + instruction.opcode.effect(instruction.arg)
        last = block.last
        if last.target is not None:
            pending.append((blocks[last.target], before + last.opcode.jump_effect(last.arg)))
        if last.opcode.control in _GOES_ON_OR_YIELDS and last.next in blocks:
            pending.append((blocks[last.next], depth))


def _find_live(order: list[Block]) -> None:
    changed = True
    while changed:
        changed = False
        for block in reversed(order):
            live = _live_before(block)
            if live != block.live_in:
                block.live_in = live
                changed = True


def _live_before(block: Block) -> frozenset[int]:
    live = set().union(*(successor.live_in for successor in block.successors)) if block.successors else set()
    targets = {handler.at: handler for handler in block.handlers}
    for instruction in reversed(block.instructions):
        if instruction.opcode.locals:
            # In operand order a super-instruction's write comes before its read, so going backwards reads come first.
            if instruction.op == "STORE_FAST_LOAD_FAST":
                live.add(instruction.arg & 15)
                live.discard(instruction.arg >> 4)
            elif not instruction.opcode.locals.startswith("cell"):
                live.difference_update(instruction.slots("wd"))
                live.update(instruction.slots("r"))
            else:
                live.update(instruction.slots("r"))
        handler = instruction.handler
        if handler is not None and handler.target in targets:
            live |= targets[handler.target].live_in
    return frozenset(live)


def _find_loops(order: list[Block]) -> tuple[dict[int, Loop], bool]:
    """The loops by their header, and whether all ways round are such loops."""
    number = {block: index for index, block in enumerate(order)}
    sources: dict[Block, list[Block]] = {block: [] for block in order}
    for block in order:
        for successor in (*block.successors, *block.handlers):
            sources[successor].append(block)
    dominator = _dominators(order, number, sources)
    back_edges: dict[Block, list[Block]] = {}
    reducible = True
    for block in order:
        for successor in block.successors:
            if number[successor] > number[block]:
                continue
            if _dominates(successor, block, dominator, number):
                back_edges.setdefault(successor, []).append(block)
            else:
                reducible = False
        # a handler that is reached from before a loop as well as from within
        reducible = reducible and all(number[handler] > number[block] for handler in block.handlers)
    loops = [_natural_loop(header, tails, sources) for header, tails in back_edges.items()]
    loops.sort(key=lambda loop: -len(loop.blocks))
    for loop in loops:                      # outer ones first: a block ends up in the innermost
        loop.parent = loop.header.loop
        for block in loop.blocks:
            block.loop = loop
    return {loop.at: loop for loop in sorted(loops, key=lambda loop: number[loop.header])}, reducible


def _natural_loop(header: Block, tails: list[Block], sources: dict[Block, list[Block]]) -> Loop:
    body = {header}
    pending = list(tails)
    while pending:
        block = pending.pop()
        if block not in body:
            body.add(block)
            pending.extend(sources[block])
    stores = frozenset(slot for block in body for instruction in block.instructions for slot in instruction.slots("wd"))
    return Loop(header, frozenset(body), tails, stores)


def _dominators(order: list[Block], number: dict[Block, int],
                sources: dict[Block, list[Block]]) -> dict[Block, Block]:
    """The immediate dominator of each block (Cooper, Harvey and Kennedy); the entry's is itself."""
    dominator = {order[0]: order[0]}
    changed = True
    while changed:
        changed = False
        for block in order[1:]:
            known = [source for source in sources[block] if source in dominator]
            found = known[0]
            for other in known[1:]:
                while found is not other:
                    while number[found] > number[other]:
                        found = dominator[found]
                    while number[other] > number[found]:
                        other = dominator[other]
            if dominator.get(block) is not found:
                dominator[block] = found
                changed = True
    return dominator


def _dominates(upper: Block, lower: Block, dominator: dict[Block, Block], number: dict[Block, int]) -> bool:
    while number[lower] > number[upper]:
        lower = dominator[lower]
    return lower is upper
