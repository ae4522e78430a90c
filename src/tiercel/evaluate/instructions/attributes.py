"""Attributes: of modules and classes as constants, of instances by their layout, methods without a bound object."""

from __future__ import annotations

from types import FunctionType, MethodDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from tiercel import _runtime
from tiercel.evaluate.objects import (
    MISSING,
    find_after,
    find_in_type,
    is_data_descriptor,
    is_descriptor,
    peek,
    slot_offset,
    traits,
)
from tiercel.graph.build import NO_WITNESS, NULL, RESULT, Const, Node, Operand
from tiercel.types import ANY, is_class
from tiercel.values import Abstract, MaybeUnbound, Virtual, known

if TYPE_CHECKING:
    from tiercel.bytecode.decode import Instruction
    from tiercel.evaluate.evaluator import Evaluator

_METH_METHOD: Final = 0x200
_METHOD_DESCRIPTORS: Final = (type(list.append), type(object.__init__))
_THEMSELVES: Final = (FunctionType, *_METHOD_DESCRIPTORS)        # what a class has of these is found through the class as it is


def load_attr(e: Evaluator, i: Instruction) -> None:
    name = e.frame.code.code.co_names[i.arg >> 1]
    owner = e.bound(e.frame.stack.pop())
    method = bool(i.arg & 1)
    if isinstance(owner, Virtual) and owner.kind != "instance":
        owner = e.materialise(owner)
    if isinstance(owner, Const):
        found = constant_attribute(e, owner.value, name)
        if found is not NO_WITNESS:
            _push_found(e, found, owner, method)
            return
    if isinstance(owner, Node) and _attribute_of_seen_class(e, owner, name, method):
        return
    type_ = _learn_owner(e, owner)
    if type_ is not None and _instance_attribute(e, owner, type_, name, method):
        return
    _generic(e, owner, name, method)


def _learn_owner(e: Evaluator, owner: Abstract) -> type | None:
    """The type of an attribute's owner.  The inline cache of code that is inlined in several places shows the types of
    all of them: a witness comes first, unless it is None, which has no attributes."""
    witness = e.witness_of(owner)
    return e.learn(owner, e.sight_owner() if witness is NO_WITNESS or witness is None else None)


def _push(e: Evaluator, value: Abstract, method: bool) -> None:
    e.frame.stack += [value, NULL] if method else [value]


def _push_found(e: Evaluator, found: Any, owner: Abstract, method: bool) -> None:
    """Push what a module or class has under a name: of a class method its function, and the class as first argument."""
    if not _is_class_method(found) or type(e.witness_of(owner)) is ModuleType:
        _push(e, known(found), method)
        e.let_go(owner)
        return
    parts = [known(found.__func__), owner]
    e.constants.append(found.__func__)
    e.frame.stack += parts if method else [Virtual("bound_method", parts)]


def _generic(e: Evaluator, owner: Abstract, name: str, method: bool) -> None:
    stack = e.frame.stack
    e.constants.append(name)
    witness = e.witness_of(owner)
    seen = peek(witness, name) if witness is not NO_WITNESS else MISSING
    if method and seen is MISSING and e.fact(owner).rep == "o":
        _get_method(e, e.obj(owner), name)
        return
    behind = [NULL] if method else []
    node = e.emit("get_attr", e.obj(owner), name=name, after=[*stack, RESULT, *behind],
                  witness=NO_WITNESS if seen is MISSING else seen)
    stack += [node, *behind]
    e.let_go(owner)


def _get_method(e: Evaluator, owner: Operand, name: str) -> None:
    """Push what is to be called, and the owner where that is a method that takes it as its first argument, so that no
    bound method is made: elsewhere the owner is let go, as the interpreter does."""
    node = e.emit("get_method", owner, name=name, after=[*e.frame.stack, RESULT, NULL], unchecked=True)
    (state, block), other = e.parted(e.emit("is_method", node))
    state.frame.stack += [node, owner]
    e.stand_after_split(*other)
    e.frame.stack += [node, NULL]
    e.let_go(owner)
    e.join([(state, block), (e.state, e.block)])
    e.check_left(e.resume)


def constant_attribute(e: Evaluator, owner: Any, name: str) -> Any:
    """An attribute of a constant module or class that is assumed not to change, or NO_WITNESS.  A class method that is a
    Python function is not bound yet."""
    if type(owner) is ModuleType and find_in_type(ModuleType, name) is MISSING:
        names = owner.__dict__
        if name in names and not e.history.changed(names, name):
            e.assumptions.add_global(names, name)
            return names[name]
        return NO_WITNESS
    if type(owner) is type and not is_data_descriptor(find_in_type(type, name), e.assumptions):
        found = find_in_type(owner, name)
        if found is MISSING or e.history.changed(type.__dict__["__dict__"].__get__(owner), name):
            return NO_WITNESS
        if type(found) in _THEMSELVES or _is_class_method(found) or not is_descriptor(found, e.assumptions):
            e.assumptions.add_type(owner)
            return found
        if type(found) is staticmethod:
            e.assumptions.add_type(owner)
            return found.__func__
    return NO_WITNESS


def _is_class_method(found: Any) -> bool:
    return type(found) is classmethod and type(found.__func__) is FunctionType


def _attribute_of_seen_class(e: Evaluator, owner: Node, name: str, method: bool) -> bool:
    """The attribute of the very class that was seen, such as one that a local or a cell holds."""
    seen = owner.witness
    if type(seen) is not type or "class" in e.failures():
        return False
    found = constant_attribute(e, seen, name)
    if found is NO_WITNESS:
        return False
    e.emit("guard_is", owner, value=seen, reason="class")
    e.constants.append(seen)
    _push_found(e, found, owner, method)
    return True


def _unshadowed(e: Evaluator, owner: Abstract, type_: type, name: str, facts: dict[str, Any]) -> bool:
    """Make sure that the instance, which was not found to have one, has no attribute of its own under a name of its
    class."""
    if not facts["has_dict"] or isinstance(owner, Virtual):
        return True
    if not facts["managed_dict"] or "shadowed" in e.failures():
        return False
    if isinstance(owner, Const) and peek(owner.value, name) is not MISSING:
        return False
    index = _runtime.attr_index(type_, name)
    if not facts["inline_values"] or "shadow" in e.failures() or index >= 0 or _own_entry(e, owner, type_, name) is not None:
        e.constants.append(name)
        bare = not facts["inline_values"]
        e.guard(e.emit("own_lacks", e.obj(owner), index=index, name=name, bare=bare), "shadowed")
        return True
    names = _runtime.shared_names(type_)
    e.constants.append(type_)
    count = e.emit("keys_count", type=type_)
    e.guard(e.emit("i64_eq", count, Const(len(names), "i")), "shadow")
    e.guard(e.emit("inline_valid", e.obj(owner)), "shadow")
    return True


def _instance_attribute(e: Evaluator, owner: Abstract, type_: type, name: str, method: bool) -> bool:
    facts = traits(type_)
    if not facts["generic_getattr"]:
        return False
    found = find_in_type(type_, name)
    if found is not MISSING and is_data_descriptor(found, e.assumptions):
        return _data_descriptor(e, owner, type_, found, method)
    own = _own_attribute(e, owner, type_, name, facts)
    if own is not None:
        _push(e, own, method)
        e.let_go(owner)
        return True
    if found is MISSING or not _unshadowed(e, owner, type_, name, facts):
        return False
    e.assumptions.add_type(type_)
    if type(found) is FunctionType or type(found) in _METHOD_DESCRIPTORS:
        e.constants.append(found)
        if method:
            e.frame.stack += [known(found), owner]
        else:
            e.frame.stack.append(_bound(e, found, owner, name))
        return True
    if type(found) is staticmethod:
        _push(e, known(found.__func__), method)
        e.let_go(owner)
        return True
    if _is_class_method(found):
        e.constants.append(type_)
        _push_found(e, found, known(type_), method)
        e.let_go(owner)
        return True
    if is_descriptor(found, e.assumptions):
        return False
    _push(e, known(found), method)
    e.let_go(owner)
    return True


def _bound(e: Evaluator, found: Any, owner: Abstract, name: str) -> Abstract:
    """A method with its object, where a variable or the like keeps it."""
    if type(found) is FunctionType:
        return Virtual("bound_method", [known(found), owner])
    info = _runtime.cfunction(found) if type(found) is MethodDescriptorType else None
    if info is not None and not info[0] & _METH_METHOD:      # those with the flag make objects of another type
        return Virtual("builtin_method", [known(found), owner])
    node: Node = e.emit("get_attr", e.obj(owner), name=name)
    return node


def _own_attribute(e: Evaluator, owner: Abstract, type_: type, name: str, facts: dict[str, Any]) -> Abstract | None:
    """The attribute that the instance holds itself, if there is one by its layout."""
    if isinstance(owner, Virtual):
        return None if owner.info.slotted else _part(e, owner, name)
    if not facts["inline_values"]:
        return None
    index = _runtime.attr_index(type_, name)
    seen = _seen_attribute(e, owner, type_, name)
    if seen is MISSING:
        if (owner, name) not in e.stored:
            return None
        seen = NO_WITNESS
    entry = _own_entry(e, owner, type_, name)
    anywhere = index < 0 or "attr" in e.failures() or entry is not None
    if anywhere and ("own" in e.failures() or (seen is NO_WITNESS and find_in_type(type_, name) is not MISSING)):
        return None
    e.constants += [type_, name]
    e.assumptions.add_type(type_)
    if anywhere:
        hint = -1 if entry is None else entry
        return e.emit("own_load", e.obj(owner), index=index, hint=hint, name=name, witness=seen, reason="own")
    if seen is not NO_WITNESS and seen is not None:
        e.history.note_attribute(type_, name, type(seen))
    return e.emit("attr_load", e.obj(owner), index=index, name=name, type=type_, witness=seen, reason="attr")


def _part(e: Evaluator, owner: Virtual, name: str) -> Abstract | None:
    """What a virtual instance holds under a name, if that is set."""
    names = owner.info.names
    value = e.state.heap[owner][names.index(name)] if name in names else NULL
    return None if value is NULL else e.bound(value)


def _seen_attribute(e: Evaluator, owner: Abstract, type_: type, name: str) -> Any:
    """What the instance that was seen holds itself, perhaps MISSING; NO_WITNESS if none was seen."""
    witness = e.witness_of(owner)
    return peek(witness, name) if witness is not NO_WITNESS and type(witness) is type_ else NO_WITNESS


def _own_entry(e: Evaluator, owner: Abstract, type_: type, name: str) -> int | None:
    """Where the instance that was seen, or others of its type if none was, has a name in a dict of its own (-1: it is not
    there); None if it has no such dict."""
    witness = e.witness_of(owner)
    if witness is NO_WITNESS or type(witness) is not type_:
        known = None if _is_made_here(owner) else e.history.own_dict(type_)
        return None if known is None else known.get(name, -1)
    if not _runtime.has_own_dict(witness):
        return None
    entry = _runtime.dict_entry(witness, name)
    e.history.note_own_dict(type_, name, entry)
    return entry


def plain_attribute(e: Evaluator, owner: Abstract, type_: type, name: str) -> Abstract | None:
    """What an instance of a type has under a name, where no code runs to read it; None where that is not known."""
    facts = traits(type_)
    if not facts["generic_getattr"] or (isinstance(owner, Virtual) and owner.kind != "instance"):
        return None
    found = find_in_type(type_, name)
    if found is not MISSING and is_data_descriptor(found, e.assumptions):
        return _slot_value(e, owner, type_, found)
    own = _own_attribute(e, owner, type_, name, facts)
    if own is not None:
        return own
    if found is MISSING or is_descriptor(found, e.assumptions) or not _unshadowed(e, owner, type_, name, facts):
        return None
    e.assumptions.add_type(type_)
    return known(found)


def _data_descriptor(e: Evaluator, owner: Abstract, type_: type, found: Any, method: bool) -> bool:
    if type(found) is property and type(found.fget) is FunctionType and not method:
        e.assumptions.add_type(type_)
        if not e.call_python(found.fget, [owner]):
            return False
        e.let_go(owner)
        return True
    value = _slot_value(e, owner, type_, found)
    if value is None:
        return False
    _push(e, value, method)
    e.let_go(owner)
    return True


def _slot_value(e: Evaluator, owner: Abstract, type_: type, member: Any) -> Abstract | None:
    """What a slot of an instance holds; None if that cannot be known or it was seen to be empty."""
    offset = slot_offset(type_, member)
    if offset < 0 or "attr" in e.failures():
        return None
    e.assumptions.add_type(type_)
    name = member.__name__
    if isinstance(owner, Virtual):
        return _part(e, owner, name)
    seen = _seen_in_slot(e, owner, type_, member)
    if seen is MISSING:
        if (owner, name) not in e.stored:
            return None
        seen = NO_WITNESS
    e.constants.append(name)
    node: Node = e.emit("slot_load", e.obj(owner), offset=offset, name=name, witness=seen, reason="attr")
    return node


def _seen_in_slot(e: Evaluator, owner: Abstract, type_: type, member: Any) -> Any:
    """What the slot of the instance that was seen holds, perhaps MISSING; NO_WITNESS if none was seen."""
    witness = e.witness_of(owner)
    if witness is NO_WITNESS or type(witness) is not type_:
        return NO_WITNESS
    try:
        return member.__get__(witness)
    except AttributeError:
        return MISSING


def load_super_attr(e: Evaluator, i: Instruction) -> None:
    """`super().name`: found while evaluating where the class and the type of self are known."""
    name = e.frame.code.code.co_names[i.arg >> 2]
    stack = e.frame.stack
    owner, cls, function = e.bound(stack[-1]), e.bound(stack[-2]), stack[-3]
    if not (isinstance(function, Const) and function.value is super):
        e.leave("super() of an unknown class")
    type_ = e.learn(owner)
    seen = e.witness_of(cls)
    found = MISSING
    if type_ is not None and is_class(seen) and "class" not in e.failures():
        if isinstance(cls, Node):
            e.emit("guard_is", cls, value=seen, reason="class")
            e.constants.append(seen)
        found = find_after(type_, seen, name)
    is_method = bool(i.arg & 1)
    if type_ is not None and (type(found) is FunctionType or (is_method and type(found) in _METHOD_DESCRIPTORS)):
        e.assumptions.add_type(type_)
        e.constants.append(found)
        del stack[-3:]
        stack += [known(found), owner] if is_method else [Virtual("bound_method", [known(found), owner])]
        return
    e.constants.append(name)
    del stack[-3:]
    node = e.emit("super_attr", e.obj(cls), e.obj(owner), name=name, after=[*stack, RESULT, *[NULL] * is_method])
    stack += [node, *[NULL] * is_method]
    e.let_go(owner)


def store_attr(e: Evaluator, i: Instruction) -> None:
    name = e.frame.code.code.co_names[i.arg]
    owner, value = e.bound(e.frame.stack.pop()), e.bound(e.frame.stack.pop())
    if isinstance(owner, Virtual) and owner.kind != "instance":
        owner = e.materialise(owner)
    if isinstance(owner, Virtual) and e.reaches(value, owner):
        owner, value = _built(e, owner, value)
    type_ = _learn_owner(e, owner)
    if type_ is not None and traits(type_)["generic_setattr"] and store_instance(e, owner, type_, name, value):
        e.let_go(value, owner)
        return
    e.constants.append(name)
    e.emit("set_attr", e.obj(owner), e.obj(value), name=name)
    e.let_go(value, owner)


def _built(e: Evaluator, owner: Virtual, value: Abstract) -> tuple[Node, Abstract]:
    """An instance and what is stored into it, both real: a cycle of objects is for the collector to find."""
    stack = e.frame.stack
    stack += [value, owner]
    for place in (-2, -1):
        if isinstance(stack[place], Virtual):
            e.materialise(stack[place])
    owner_node, value = stack.pop(), stack.pop()
    return owner_node, value


def store_instance(e: Evaluator, owner: Abstract, type_: type, name: str, value: Abstract) -> bool:
    """Evaluate what `object.__setattr__` does to an instance of a type; False if the ordinary call must."""
    found = find_in_type(type_, name)
    if found is not MISSING and is_data_descriptor(found, e.assumptions):
        if slot_offset(type_, found) >= 0:
            _store_slot(e, owner, type_, found, value)
            return True
        if type(found) is property and type(found.fset) is FunctionType:
            e.assumptions.add_type(type_)
            return e.call_python(found.fset, [owner, value], (), None)
        return False
    facts = traits(type_)
    if isinstance(owner, Virtual):
        if _store_virtual(e, owner, name, value):
            return True
        owner = e.materialise(owner)
    if _is_first_store(e, owner, name, _seen_attribute(e, owner, type_, name)):
        index = _runtime.attr_index(type_, name)
        if _set_in_dict(e, owner, type_, name, value):
            return True
        if index < 0 or _own_entry(e, owner, type_, name) is not None:
            return False
        e.assumptions.add_type(type_)
        e.constants += [type_, name]
        e.emit("attr_init", e.obj(owner), e.obj(value), index=index, name=name, type=type_, reason="set")
        e.stored.add((owner, name))
        return True
    there = _own_attribute(e, owner, type_, name, facts)
    if not isinstance(there, Node) or there.op is None:
        return _set_in_dict(e, owner, type_, name, value)
    e.learn_replaced(there)
    where = {key: there.attrs[key] for key in ("index", "hint", "name", "type", "reason") if key in there.attrs}
    e.store(there.op.name.replace("load", "store"), [e.obj(owner)], value, e.fact(there), **where)
    return True


def _set_in_dict(e: Evaluator, owner: Abstract, type_: type, name: str, value: Abstract) -> bool:
    """Store into the dict of an instance that is taken to have one of its own, whether it has the name or not."""
    if not traits(type_)["inline_values"] or "dict" in e.failures() or _own_entry(e, owner, type_, name) is None:
        return False
    e.constants.append(name)
    e.assumptions.add_type(type_)
    e.store("own_set", [e.obj(owner)], value, ANY, name=name, reason="dict")
    e.stored.add((owner, name))
    return True


def _store_virtual(e: Evaluator, owner: Virtual, name: str, value: Abstract) -> bool:
    """Store into an instance that does not exist yet; False if it must: attributes are in the order of their first
    stores, which for a virtual one is that of the class's shared names."""
    names = owner.info.names
    if name not in names:
        return False
    parts, place = e.state.heap[owner], names.index(name)
    old = parts[place]
    if not owner.info.slotted and (
            isinstance(old, MaybeUnbound) or (old is NULL and any(part is not NULL for part in parts[place + 1:]))):
        return False
    parts[place] = value
    e.note_replaced(old)
    return True


def _store_slot(e: Evaluator, owner: Abstract, type_: type, member: Any, value: Abstract) -> None:
    name = member.__name__
    e.assumptions.add_type(type_)
    if isinstance(owner, Virtual):
        _store_virtual(e, owner, name, value)
        return
    where = {"offset": slot_offset(type_, member), "name": name}
    e.constants.append(name)
    seen = _seen_in_slot(e, owner, type_, member)
    if _is_first_store(e, owner, name, seen):
        e.emit("slot_init", e.obj(owner), e.obj(value), **where, reason="set")
    else:
        held = None if seen is NO_WITNESS else _slot_value(e, owner, type_, member)
        if isinstance(held, Node):
            e.learn_replaced(held)
        e.store("slot_store", [e.obj(owner)], value, ANY if held is None else e.fact(held), **where)
    e.stored.add((owner, name))


def _is_first_store(e: Evaluator, owner: Abstract, name: str, seen: Any) -> bool:
    """Whether an attribute is taken not to be set yet."""
    failures = e.failures()
    if "set" in failures or ((owner, name) in e.stored and "attr" not in failures):
        return False
    return seen is MISSING or (_is_made_here(owner) and name not in owner.attrs["names"])  # type: ignore[union-attr]


def _is_made_here(owner: Abstract) -> bool:
    return isinstance(owner, Node) and owner.op is not None and owner.op.name == "instance_new"


def delete_attr(e: Evaluator, i: Instruction) -> None:
    name = e.frame.code.code.co_names[i.arg]
    owner = e.bound(e.frame.stack.pop())
    e.constants.append(name)
    e.emit("del_attr", e.obj(owner), name=name)
    e.let_go(owner)


HANDLERS: Final = {
    "LOAD_ATTR": load_attr, "LOAD_SUPER_ATTR": load_super_attr, "STORE_ATTR": store_attr, "DELETE_ATTR": delete_attr}
