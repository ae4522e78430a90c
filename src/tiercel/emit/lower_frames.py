"""Control: branches, frames, what runs before and after code that may do anything, and the forms of a version.

A function's `native` form takes raw values and returns a `tc_result`; `bound` takes one object for each argument
slot; `entry` is the vectorcall.  A running loop and the body of a generator have `enter`, which takes over the
interpreter's frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any, Final

from tiercel.bytecode import flags
from tiercel.emit import abi, lower_objects
from tiercel.emit.abi import TYPES
from tiercel.emit.early import parameters
from tiercel.emit.lower_generators import link_chain
from tiercel.emit.tails import share
from tiercel.graph.build import FrameState, Node, Suspension
from tiercel.graph.flow import reverse_postorder

if TYPE_CHECKING:
    from tiercel.emit.lower import Cold, Lowering

_RESULT: Final = "{ i64, i64 }"
_MISMATCH: Final = "inttoptr (i64 1 to ptr)"
_CONTINUED, _ERROR = 1, 2      # what `enter` returns besides what generators come to; 0: the frame does not match
_ERROR_KIND: Final = 2                # TC_ERROR

# -- branches -------------------------------------------------------------------------------------------------------


def _jump(e: Lowering, node: Node) -> None:
    e.line(f"br label %{e.edge(node.targets[0])}")


def _branch(e: Lowering, node: Node) -> None:
    likely = node.attrs.get("likely")
    weight = "" if likely is None else e.likely if likely else e.unlikely
    condition = e.value(node.args[0])
    yes, no = e.edge(node.targets[0]), e.edge(node.targets[1])
    e.line(f"br i1 {condition}, label %{yes}, label %{no}{weight}")


def _switch(e: Lowering, node: Node) -> None:
    *cases, default = [e.edge(target) for target in node.targets]
    text = " ".join(f"i64 {number}, label %{label}" for number, label in enumerate(cases))
    e.line(f"switch i64 {e.value(node.args[0])}, label %{default} [ {text} ]")


def _leave(e: Lowering, node: Node) -> None:
    e.line(f"br label %{e.exit(node)}")


def _never(e: Lowering, node: Node) -> None:
    e.line("unreachable")


def _return(e: Lowering, node: Node) -> None:
    operand, declared, kind = node.args[0], e.graph.result, 0
    if e.repeated is not None:
        e.repeated.results.append((e.value(operand), e.here))
        e.line(f"br label %{e.repeated.done}")
        return
    rep, value = e.rep(operand), e.value(operand)
    if rep != declared:
        value, rep, kind = e.boxed(rep, value), "o", 0 if declared == "o" else 1
    convert = {"o": "ptrtoint ptr {} to i64", "f": "bitcast double {} to i64", "b": "zext i1 {} to i64"}
    if rep not in "iu":
        value = e.put(convert[rep].format(value))
    if e.quick:      # one return of two values: each is a block that LLVM does not select quickly
        e.line("br label %out")
        e.returning.append((e.here, value, str(kind), e.early))
        return
    pair = e.put(f"insertvalue {_RESULT} {{ i64 undef, i64 {kind} }}, i64 {value}, 0")
    e.line(f"ret {_RESULT} {pair}")


# -- around what may run other code --------------------------------------------------------------------------------


def _instruction(e: Lowering, state: FrameState) -> str:
    """The address of the instruction that the state is about."""
    code = e.symbols.object(state.code)
    return f"getelementptr (i8, ptr {code}, i64 {e.offset['code.code_adaptive'] + 2 * state.at})"


def _mark_instruction(e: Lowering, node: Node, lasting: bool = True) -> None:
    """Tell the innermost linked frame which instruction runs."""
    if not e.linked:
        raise ValueError(f"{node!r} needs a frame, and the graph links none")
    assert node.state is not None
    link_chain(e, lasting)
    state, pointer = e.innermost_linked(node.state)
    e.store("ptr", _instruction(e, state), pointer, e.offset["frame.instr_ptr"], "frame")


def spill(e: Lowering, node: Node, lasting: bool = True) -> int:
    """Before an operation that may raise or run code: put down where the frame stands, its site and its values; the
    number of the site.  `lasting`: every way on leads through here."""
    _mark_instruction(e, node, lasting)
    site = e.put_down(node, lasting)
    e.store("ptr", e.site_address(site), "%extra", 0, "extra")
    return site


def unwinding(e: Lowering, again: bool = False) -> str:
    """The label of the block that unwinds from the site that was put down last, or that leads to the handler.  `again`:
    the innermost frame has its traceback entry."""
    unwind = "unwind.again" if again else "unwind"
    e.unwinds[unwind] = None
    if e.catching is None:
        return unwind
    if not e.caught_at:
        label = e.caught_at = e.fresh("raised")
        saved = e.aside(label)
        marked = _is_marked(e)
        e.line(f"br i1 {marked}, label %{unwind}, label %{e.edge(e.catching)}{e.unlikely}")
        e.back(saved)
    return e.caught_at


def _check(e: Lowering, node: Node) -> None:
    e.caught_at = ""
    e.line(f"br label %{e.edge(node.targets[0])}")


def unwind_if(e: Lowering, condition: str) -> None:
    """Unwind if an exception is set, as the condition says."""
    e.branch_cold(condition, unwinding(e))


def _leaving(e: Lowering, result: str) -> str:
    """The label of the block that leaves after the site that was put down last with a boxed result (or null), coming
    from the present block."""
    e.leaving.append((e.here, result))
    return "leave"


def leave_after(e: Lowering, result: str, kind: str) -> None:
    """End a cold block in which a native call returned something else than declared."""
    go_on = e.fresh("l")
    e.line(f"br i1 {e.put(f'icmp eq i64 {kind}, {_ERROR_KIND}')}, label %{unwinding(e)}, label %{go_on}")
    e.start(go_on)
    e.line(f"br label %{_leaving(e, result)}")


def _is_marked(e: Lowering) -> str:
    """Whether something asked the native code to leave."""
    marker = e.load("i32", "%frame", e.offset["frame.stacktop"], "frame")
    return e.put(f"icmp ne i32 {marker}, {e.offset['marker.loop' if e.loop else 'marker.native']}")


def check_marker(e: Lowering, node: Node) -> None:
    """After an operation that may have run code: leave if asked to, with the operation's result."""
    marked = _is_marked(e)
    if node.rep in ("o", ""):
        label = _leaving(e, e.value(node) if node.rep else "null")
        e.branch_cold(marked, label)
        return
    aside = e.fresh("left")
    e.branch_cold(marked, aside)
    saved = e.aside(aside)
    boxed = e.boxed(node.rep, e.value(node))
    e.line(f"br label %{_leaving(e, boxed)}")
    e.back(saved)


def _poll(e: Lowering, node: Node) -> None:
    if e.polls_at_entry and node is e.graph.entry.nodes[0]:
        return
    done = e.fresh("l")
    if node.attrs.get("asked"):
        _call_poll(e, node, done)
        e.start(done)
        return
    cold = e.fresh("poll")
    e.line(f"br i1 {_is_pending(e)}, label %{cold}, label %{done}{e.unlikely}")
    saved = e.aside(cold)
    _call_poll(e, node, done)
    e.back(saved)
    e.start(done)


def _is_pending(e: Lowering) -> str:
    place = e.field("%ts", e.offset["tstate.eval_breaker"])
    # volatile: other threads and signal handlers set it; its low byte only, the rest is the monitoring version
    pending = e.put(f"icmp ne i8 {e.put(f'load volatile i8, ptr {place}')}, 0")
    return e.put(f"or i1 {pending}, {_is_outgrown(e, e.plan.round)}") if e.plan.round else pending


def _is_outgrown(e: Lowering, work: int) -> str:
    """Count work; whether it is more than quickly made code should do."""
    left = e.put(f"sub i64 {e.load('i64', '@version', e.offset['version.work'], 'thread')}, {work}")
    e.store("i64", left, "@version", e.offset["version.work"], "thread")
    return e.put(f"icmp slt i64 {left}, 0")


def _pending(e: Lowering, node: Node) -> None:
    e.alias(node, _is_pending(e))


def _call_poll(e: Lowering, node: Node, done: str) -> None:
    """Handle what is pending and go on at `done`, unless that raised or asked the code to leave."""
    site = spill(e, node, lasting=False)
    answer = e.call("i32", "tc_poll", ("ptr", "%th"), ("ptr", "%frame"), ("ptr", e.site_address(site)))
    stop = e.fresh("l")
    e.line(f"br i1 {e.put(f'icmp eq i32 {answer}, 0')}, label %{done}, label %{stop}{e.likely}")
    e.start(stop)
    failed = e.put(f"icmp slt i32 {answer}, 0")
    e.line(f"br i1 {failed}, label %{unwinding(e)}, label %{_leaving(e, 'null')}")


def _check_left(e: Lowering, node: Node) -> None:
    e.leave_if(_is_marked(e), node)


def _release(e: Lowering, node: Node) -> None:
    value = e.value(node.args[0])
    if e.quick:
        site = e.site_address(e.put_down(node, lasting=True))
        function = "tc_release_in_chain" if e.unlinked else "tc_release"
        answer = e.call("i32", function, ("ptr", "%frame"), ("ptr", "%extra"), ("ptr", site), ("ptr", value))
        e.branch_cold(e.put(f"icmp ne i32 {answer}, 0"), _leaving(e, "null"))
        return
    done = e.fresh("l")
    if node.attrs.get("maybe"):
        _unless_null(e, value, done)
    last = lower_objects.count_down(e, value, done)
    free = e.fresh("free")
    e.line(f"br i1 {last}, label %{free}, label %{done}{e.unlikely}")
    saved = e.aside(free)
    if e.unlinked:
        noticed = e.fresh("l")
        freed = e.call("i32", "tc_free_quietly", ("ptr", value))
        e.line(f"br i1 {e.put(f'icmp ne i32 {freed}, 0')}, label %{done}, label %{noticed}")
        e.start(noticed)
    spill(e, node, lasting=False)
    e.call("void", "tc_dealloc", ("ptr", value))
    marked = _is_marked(e)
    e.line(f"br i1 {marked}, label %{_leaving(e, 'null')}, label %{done}{e.unlikely}")
    e.back(saved)
    e.start(done)


def _drop(e: Lowering, node: Node) -> None:
    value = e.value(node.args[0])
    if node.attrs.get("maybe"):
        lower_objects.unless_null(e, value, lambda: lower_objects.decref_value(e, value, dropped=True))
    else:
        lower_objects.decref_value(e, value, dropped=True)


def _unless_null(e: Lowering, value: str, done: str) -> None:
    """On to `done` where the value is a null pointer."""
    some = e.fresh("l")
    e.line(f"br i1 {e.put(f'icmp eq ptr {value}, null')}, label %{done}, label %{some}")
    e.start(some)


# -- frames --------------------------------------------------------------------------------------------------------


def _unlink(e: Lowering, node: Node) -> None:
    if not e.linked or e.early:
        return
    offset = e.offset
    _leave_if_held(e, node, "%frame")
    e.store("ptr", e.load("ptr", "%frame", offset["frame.previous"], "frame"), "%ts", offset["tstate.current_frame"],
            "thread")
    e.store("ptr", "%frame", "%ts", offset["tstate.datastack_top"], "thread")
    left = e.load("i32", "%ts", offset["tstate.py_recursion_remaining"], "thread")
    e.store("i32", e.put(f"add i32 {left}, 1"), "%ts", offset["tstate.py_recursion_remaining"], "thread")


def _leave_if_held(e: Lowering, node: Node, frame: str) -> None:
    """Leave if something holds the frame's object; one that nothing holds, as after a handled exception, goes."""
    held = e.load("ptr", frame, e.offset["frame.frame_obj"], "frame")
    done, look = e.fresh("l"), e.fresh("held")
    e.line(f"br i1 {e.put(f'icmp eq ptr {held}, null')}, label %{done}, label %{look}{e.likely}")
    saved = e.aside(look)
    answer = e.call("i32", "tc_frame_is_held", ("ptr", frame))
    e.leave_unless(e.put(f"icmp eq i32 {answer}, 0"), node)
    e.line(f"br label %{done}")
    e.back(saved)
    e.start(done)


def _check_frame(e: Lowering, node: Node) -> None:
    _leave_if_held(e, node, e.load("ptr", "%ts", e.offset["tstate.current_frame"], "thread"))


def _enter_inlined(e: Lowering, node: Node) -> None:
    _mark_instruction(e, node)
    code = e.symbols.object(node.attrs["code"])
    frame = e.call("ptr", "tc_enter_inlined", ("ptr", "%th"), ("ptr", e.value(node.args[0])), ("ptr", code))
    e.leave_unless(e.put(f"icmp ne ptr {frame}, null"), node)


def _leave_inlined(e: Lowering, node: Node) -> None:
    frame = e.load("ptr", "%ts", e.offset["tstate.current_frame"], "thread")
    e.call("void", "tc_leave_inlined", ("ptr", "%th"), ("ptr", frame))


# -- the forms of a version ----------------------------------------------------------------------------------------


def _phi(type_: str, name: str, came: list[tuple[str, ...]]) -> tuple[list[str], str]:
    """A phi of what comes from each label, or the value itself where it is the same from everywhere."""
    values = {value for _, value in came}
    if len(values) == 1:
        return [], values.pop()
    return [f"{name} = phi {type_} {', '.join(f'[ {value}, %{label} ]' for label, value in came)}"], name


def _exit_phi(e: Lowering, label: str, came: list[tuple[str, ...]]) -> str:
    """Begin a block to which several sites lead: the address of the one that did."""
    phi, place = _phi("i64", f"%site.{label}", came)
    e.line(f"{label}:")
    e.lines.extend(phi)
    return place


def _exits(e: Lowering, early: bool) -> None:
    """The cold blocks of what leaves before an instruction.  Where the frame is linked, they put down what is missing in
    the extra area and go on in one; elsewhere the values are arguments."""
    exits = [cold for cold in e.exits.values() if cold.early is early]
    if e.linked and not early:
        _store_and_leave(e, exits)
        return
    for cold in exits:
        site = e.put(f"getelementptr i8, ptr @sites, i64 {_exit_phi(e, cold.label, cold.came)}")
        words = "".join(", " + e.word(value) for value in cold.values)
        function = e.symbols.function("tc_exit", _RESULT, "ptr, ptr, ptr, ptr, ...")
        _end(e, cold.label, e.put(f"call {_RESULT} (ptr, ptr, ptr, ptr, ...) {function}"
                                  f"(ptr %th, ptr null, ptr %func, ptr {site}{words})"), early)


def _store_and_leave(e: Lowering, exits: list[Cold]) -> None:
    end = "leave.before"
    came = {cold.label: cold.came for cold in exits}
    for tail in share([(cold.label, cold.missing) for cold in exits], end, e.fresh):
        place = _exit_phi(e, tail.label, came[tail.label])
        e.put_into(tail.stores)
        e.line(f"br label %{tail.target}")
        came.setdefault(tail.target, []).append((tail.label, place))
    if exits:
        phi = _exit_phi(e, end, came[end])
        if e.graph.resumes:
            e.call("void", "tc_link_chain", ("ptr", "%extra"))
        site = e.put(f"getelementptr i8, ptr @sites, i64 {phi}")
        _end(e, end, e.call(_RESULT, "tc_leave_before", ("ptr", "%th"), ("ptr", "%frame"), ("ptr", "%func"),
                            ("ptr", site)))


def _end(e: Lowering, label: str, result: str, early: bool = False) -> None:
    """End a block with a result of the runtime's, on the common way out."""
    payload, kind = e.put(f"extractvalue {_RESULT} {result}, 0"), e.put(f"extractvalue {_RESULT} {result}, 1")
    e.line("br label %out")
    e.returning.append((label, payload, kind, early))


def _endings(e: Lowering, early: bool = False) -> list[str]:
    """The cold blocks that hand over to the runtime, and what follows them; `early`: those of the early blocks."""
    saved, e.lines = e.lines, []
    _exits(e, early)
    for label, name, used in (
            ("unwind", "tc_unwind", "unwind" in e.unwinds), ("leave", "tc_leave", bool(e.leaving)),
            ("unwind.again", "tc_unwind_again", "unwind.again" in e.unwinds)):
        if not used or early:
            continue
        e.line(f"{label}:")
        args = [("ptr", "%th"), ("ptr", "%frame"), ("ptr", "%func")]
        if name == "tc_leave":
            phi, boxed = _phi("ptr", "%boxed", e.leaving)
            e.lines.extend(phi)
            args += [("ptr", e.load("ptr", "%extra", 0, "extra")), ("ptr", boxed)]
        else:
            args.append(("ptr", e.load("ptr", "%extra", 0, "extra")))
        _end(e, label, e.call(_RESULT, name, *args))
    came = [each for each in e.returning if each[3] is early]
    if came:
        _common_end(e, came)
    lines, e.lines = e.lines, saved
    return lines


def _common_end(e: Lowering, came: list[tuple[str, str, str, bool]]) -> None:
    """Where what the runtime returned goes on."""
    e.line("out:")
    payloads, payload = _phi("i64", "%payload", [(label, value) for label, value, _, _ in came])
    kinds, kind = _phi("i64", "%kind", [(label, value) for label, _, value, _ in came])
    e.lines.extend(payloads + kinds)
    if e.loop:
        failed = e.put(f"icmp eq i64 {kind}, {_ERROR_KIND}")
        e.line(f"ret i64 {e.put(f'select i1 {failed}, i64 {_ERROR}, i64 {_CONTINUED}')}")
        return
    pair = e.put(f"insertvalue {_RESULT} undef, i64 {payload}, 0")
    e.line(f"ret {_RESULT} {e.put(f'insertvalue {_RESULT} {pair}, i64 {kind}, 1')}")


def _allocas(e: Lowering, body: Sequence[str]) -> list[str]:
    lines = []
    if e.array_words and any("%array" in line for line in body):
        lines.append(f"%array = alloca [{e.array_words} x ptr], align 8")
    if e.outs and any("%word" in line for line in body):
        lines.append("%word = alloca i64, align 8")
    return lines


def function(e: Lowering) -> list[str]:
    """The `native` and `bound` forms."""
    e.body([(param, value) for param, (_, value) in zip(e.graph.entry.params, parameters(e), strict=True)])
    parts = []
    if e.lines:
        parts += _part(e, "internal" if e.early_blocks else "dso_local", main_part(e), _endings(e))
    if e.early_blocks:
        e.lines, e.cold = e.early_lines, e.early_cold
        parts = _part(e, "dso_local", "native", _endings(e, early=True), early=True) + parts
    return parts + _bound(e)


def main_part(e: Lowering) -> str:
    """The name of the function that has most of the code."""
    return "late" if e.early_blocks and len(e.early_blocks) < len(reverse_postorder(e.graph)) else "native"


def _part(e: Lowering, linkage: str, name: str, endings: list[str], early: bool = False) -> list[str]:
    """One of the functions that make up the native form, of the lines written so far."""
    body, cold = e.lines, e.cold
    handed = [] if early else e.handed
    given = "".join(f", {type_} {value}" for type_, value in (*parameters(e), *handed))
    e.lines, e.cold = [], []
    if e.linked and not early:
        e.outs = True
    _prologue(e, early)
    lines = [*e.lines, *body, *cold, *endings, "}"]
    allocas = _allocas(e, lines)
    return [f"define {linkage} {_RESULT} @{name}(ptr %th, ptr %func{given}) #0 {{", "entry:", *allocas,
            *lines]


def _prologue(e: Lowering, early: bool) -> None:
    """Compute where the frame goes and link it; where recursion is too deep, the interpreter is called instead."""
    offset = e.offset
    e.line(f"%ts = load ptr, ptr {e.field('%th', offset['thread.ts'])}{e.tbaa['thread']}")
    left = e.load("i32", "%ts", offset["tstate.py_recursion_remaining"], "thread")
    refuse = e.put(f"icmp slt i32 {left}, 1")
    if e.linked and not early:
        words = abi.frame_words(e.graph.code, offset)
        e.line(f"%frame = load ptr, ptr {e.field('%ts', offset['tstate.datastack_top'])}{e.tbaa['thread']}")
        e.line(f"%extra = getelementptr inbounds i8, ptr %frame, i64 {8 * words}")
        e.line(f"%top = getelementptr inbounds i8, ptr %frame, i64 {8 * (words + e.spills.size)}")
        refuse = e.put(f"or i1 {refuse}, {_no_room(e)}")
    if e.plan.call and not early:
        refuse = e.put(f"or i1 {refuse}, {_is_outgrown(e, e.plan.call)}")
    e.line(f"br i1 {refuse}, label %refused, label %start{e.unlikely}")
    e.line("refused:")
    reps = [param.rep for param in e.graph.entry.params]
    words_text = "".join(
        ", i64 " + e.put(f"zext i1 %p{number} to i64") if rep == "b" else f", {TYPES[rep]} %p{number}"
        for number, rep in enumerate(reps))
    interpreted = e.symbols.function("tc_call_interpreted", _RESULT, "ptr, ptr, ptr, ...")
    result = e.put(f"call {_RESULT} (ptr, ptr, ptr, ...) {interpreted}(ptr %th, ptr %func, ptr @version{words_text})")
    e.line(f"ret {_RESULT} {result}")
    e.line("start:")
    if e.linked and not early:
        link(e)
    first = next(block for block in reverse_postorder(e.graph) if early or block not in e.early_blocks)
    e.line(f"br label %b{first.name}")


def _no_room(e: Lowering) -> str:
    """Whether the frame or the C stack has no room, or something is pending: the call begins anew in the runtime."""
    offset = e.offset
    limit = e.load("ptr", "%ts", offset["tstate.datastack_limit"], "thread")
    full = e.put(f"icmp uge ptr %top, {limit}")
    lowest = e.load("ptr", "%th", offset["thread.stack_limit"], "thread")
    refuse = e.put(f"or i1 {full}, {e.put(f'icmp ult ptr %word, {lowest}')}")
    if e.polls_at_entry:
        place = e.field("%ts", offset["tstate.eval_breaker"])
        asked = e.put(f"icmp ne i8 {e.put(f'load volatile i8, ptr {place}')}, 0")
        refuse = e.put(f"or i1 {refuse}, {asked}")
    return refuse


def link(e: Lowering) -> None:
    """Fill the frame at the top of the data stack and make it the current one."""
    offset, code = e.offset, e.graph.code
    left = e.load("i32", "%ts", offset["tstate.py_recursion_remaining"], "thread")
    e.store("i32", e.put(f"sub i32 {left}, 1"), "%ts", offset["tstate.py_recursion_remaining"], "thread")
    e.store("ptr", "%top", "%ts", offset["tstate.datastack_top"], "thread")
    current = e.load("ptr", "%ts", offset["tstate.current_frame"], "thread")
    fields = {
        "executable": e.code, "previous": current, "funcobj": "%func", "locals": "null", "frame_obj": "null",
        "globals": e.load("ptr", "%func", offset["function.globals"], "func"),
        "builtins": e.load("ptr", "%func", offset["function.builtins"], "func"),
    }
    for name, value in fields.items():
        e.store("ptr", value, "%frame", offset["frame." + name], "frame")
    # with return_offset and owner, both 0, which follow it
    marker = offset["marker.native"] % (1 << 32)
    e.store("i64", str(marker), "%frame", offset["frame.stacktop"], "frame")
    count = abi.local_count(code)
    if count:
        fill = e.symbols.intrinsic("llvm.memset.p0.i64", "void", "ptr, i8, i64, i1")
        place = e.field("%frame", offset["frame.localsplus"])
        e.line(f"call void {fill}(ptr align 8 {place}, i8 0, i64 {8 * count}, i1 false)")
    if e.quietly_releases:
        # some objects end where nothing tells the frame where it stands
        start = f"getelementptr (i8, ptr {e.code}, i64 {offset['code.code_adaptive']})"
        e.store("ptr", start, "%frame", offset["frame.instr_ptr"], "frame")
        e.store("ptr", "@sites", "%extra", 0, "extra")
    e.store("ptr", "%frame", "%ts", offset["tstate.current_frame"], "thread")


def _unboxed(e: Lowering, value: str, rep: str, type_: type | None, label: str) -> str:
    """The raw form of an argument or local of the right type, going to `label` where it is not."""
    if type_ is not None:
        _go_on_if(e, lower_objects.type_test(e, value, type_), label)
    if rep == "o":
        return value
    if rep == "f":
        return e.load("double", value, e.offset["float.value"], "float")
    if rep == "b":
        return e.put(f"icmp eq ptr {value}, {e.symbols.object(True)}")
    return lower_objects.unbox_i64(e, value, lambda fits: _go_on_if(e, fits, label))


def _go_on_if(e: Lowering, condition: str, label: str) -> None:
    go_on = e.fresh("l")
    e.line(f"br i1 {condition}, label %{go_on}, label %{label}{e.likely}")
    e.start(go_on)


def _bound(e: Lowering) -> list[str]:
    graph = e.graph
    e.lines, e.cold, e.outs, e.array_words = [], [], False, 0
    args = []
    refusing = False
    e.here = "entry"
    for param, slot, type_ in zip(graph.entry.params, graph.param_slots, graph.param_types, strict=True):
        value = e.load("ptr", "%slots", 8 * slot, "buffer")
        refusing = refusing or type_ is not None or param.rep == "i"
        args.append(f", {TYPES[param.rep]} {_unboxed(e, value, param.rep, type_, 'mismatch')}")
    pair = e.put(f"call {_RESULT} @native(ptr %th, ptr %func{''.join(args)})")
    payload = e.put(f"extractvalue {_RESULT} {pair}, 0")
    kind = e.put(f"extractvalue {_RESULT} {pair}, 1")
    object_ = e.put(f"inttoptr i64 {payload} to ptr")
    if graph.result != "o":
        box, same = e.fresh("l"), e.fresh("l")
        e.line(f"br i1 {e.put(f'icmp eq i64 {kind}, 0')}, label %{box}, label %{same}{e.likely}")
        e.start(box)
        convert = {"f": "bitcast i64 {} to double", "b": "trunc i64 {} to i1"}.get(graph.result)
        raw = e.put(convert.format(payload)) if convert else payload
        e.line(f"ret ptr {e.boxed(graph.result, raw)}")
        e.start(same)
    failed = e.put(f"icmp eq i64 {kind}, {_ERROR_KIND}")
    e.line(f"ret ptr {e.put(f'select i1 {failed}, ptr null, ptr {object_}')}")
    if refusing:
        e.start("mismatch")
        e.line(f"ret ptr {_MISMATCH}")
    head = "define dso_local ptr @bound(ptr %th, ptr %func, ptr %slots) #1 {"
    return [head, "entry:", *_allocas(e, e.lines + e.cold), *e.lines, *e.cold, "}"]


def has_entry(code: CodeType) -> bool:
    """Whether calls with positional arguments only can go straight to the bound form."""
    return not (code.co_kwonlyargcount or code.co_flags & (flags.CO_VARARGS | flags.CO_VARKEYWORDS))


def entry(e: Lowering) -> list[str]:
    """The vectorcall: the right number of positional arguments goes on here, everything else in the runtime."""
    e.lines, e.cold = [], []
    count = e.put(f"and i64 %nargsf, {(1 << 63) - 1}")
    enough = e.put(f"icmp eq i64 {count}, {e.graph.code.co_argcount}")
    unnamed = e.put("icmp eq ptr %kwnames, null")
    code = e.load("ptr", "%callable", e.offset["function.code"], "func")
    same = e.put(f"icmp eq ptr {code}, {e.code}")
    plain = e.put(f"and i1 {e.put(f'and i1 {enough}, {unnamed}')}, {same}")
    e.line(f"br i1 {plain}, label %plain, label %next{e.likely}")
    e.start("plain")
    thread = e.call("ptr", "tc_entry_thread")
    e.line(f"br i1 {e.put(f'icmp eq ptr {thread}, null')}, label %next, label %ours{e.unlikely}")
    e.start("ours")
    result = e.put(f"call ptr @bound(ptr {thread}, ptr %callable, ptr %args)")
    e.line(f"br i1 {e.put(f'icmp eq ptr {result}, {_MISMATCH}')}, label %next, label %done{e.unlikely}")
    e.start("done")
    e.line(f"ret ptr {result}")
    e.start("next")
    go_on = e.symbols.function("tc_entry_next", "ptr", "ptr, ptr, i64, ptr, ptr")
    last = e.put(f"call ptr {go_on}(ptr %callable, ptr %args, i64 %nargsf, ptr %kwnames, ptr @version)")
    e.line(f"ret ptr {last}")
    return ["define ptr @entry(ptr %callable, ptr %args, i64 %nargsf, ptr %kwnames) #1 {", "entry:", *e.lines, "}"]


def running_loop(e: Lowering) -> list[str]:
    """The `enter` form: checks the interpreter's frame, takes its values over, and runs the loop or the generator's body."""
    graph, offset = e.graph, e.offset
    entry_params = graph.entry.params
    params = [(param, f"%p{number}") for number, param in enumerate(entry_params)]
    e.body(params)
    endings = _endings(e)
    body, cold = e.lines, e.cold
    e.lines, e.cold, e.here = [], [], "entry"
    e.line(f"%ts = load ptr, ptr {e.field('%th', offset['thread.ts'])}{e.tbaa['thread']}")
    local_count = abi.local_count(graph.code)
    places = [slot if slot >= 0 else local_count - 1 - slot for slot in graph.param_slots]
    taken = []
    for number, (param, place, type_) in enumerate(zip(entry_params, places, graph.param_types, strict=True)):
        address = e.field("%frame", offset["frame.localsplus"] + 8 * place)
        value = e.put(f"load ptr, ptr {address}{e.tbaa['frame']}")
        _go_on_if(e, e.put(f"icmp ne ptr {value}, null"), "mismatch")
        raw = _unboxed(e, value, param.rep, type_, "mismatch")
        if param in graph.suspended:
            _go_on_if(e, _is_suspended(e, value, graph.suspended[param]), "mismatch")
        taken.append((number, param, address, value, raw))
    for place in (*range(local_count), *[local_count - 1 - slot for slot in graph.empty]):
        if place not in places:
            value = e.load("ptr", "%frame", offset["frame.localsplus"] + 8 * place, "frame")
            _go_on_if(e, e.put(f"icmp eq ptr {value}, null"), "mismatch")
    e.line(f"%func = load ptr, ptr {e.field('%frame', offset['frame.funcobj'])}{e.tbaa['frame']}")
    e.store("i32", str(offset["marker.loop"]), "%frame", offset["frame.stacktop"], "frame")
    if e.sites:
        e.store("ptr", "@sites", "%extra", 0, "extra")
    for _, param, address, value, _ in taken:
        e.line(f"store ptr null, ptr {address}{e.tbaa['frame']}")
        if param.rep != "o":
            lower_objects.decref_value(e, value)
    e.line("br label %start")
    e.line("mismatch:")
    e.line("ret i64 0")
    e.line("start:")
    for number, param, _, _, raw in taken:
        e.line(f"%p{number} = bitcast {TYPES[param.rep]} {raw} to {TYPES[param.rep]}")
    e.line("br label %b0")
    return ["define i64 @enter(ptr %th, ptr %frame, ptr %extra) #0 {", "entry:",
            *_allocas(e, [*e.lines, *body, *cold, *e.cold]), *e.lines, *body, *cold, *e.cold, *endings, "}"]


def _is_suspended(e: Lowering, value: str, there: Suspension) -> str:
    answer = e.call("i32", "tc_generator_at", ("ptr", value), ("ptr", e.symbols.object(there.code)),
                    ("ptr", e.symbols.object(there.globals)), ("i64", str(there.point)), ("i64", str(there.bound)))
    return e.put(f"icmp ne i32 {answer}, 0")


RULES: Final[dict[str, Any]] = {
    "jump": _jump, "branch": _branch, "switch": _switch, "return": _return, "leave": _leave, "never": _never,
    "check": _check, "check_frame": _check_frame,
    "poll": _poll, "pending": _pending, "loop": lambda e, node: None, "rely": lambda e, node: None,
    "check_left": _check_left, "unlink": _unlink, "enter_inlined": _enter_inlined,
    "leave_inlined": _leave_inlined, "release": _release, "drop": _drop,
}
