"""Iterators that exist only at compile time: over lists, tuples, ranges, and enumerate and zip of those."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from tiercel.evaluate.api import Api
from tiercel.graph.build import NO_WITNESS, Const, Node, Operand
from tiercel.types import I64_MAX, I64_MIN, INDEX, LIST, STR, TUPLE, Fact
from tiercel.values import (
    LIST_ITERATOR,
    RANGE_ITERATOR,
    TUPLE_ITERATOR,
    Abstract,
    Virtual,
    known,
)

Finish = Callable[[], Abstract]
_ITERATORS: Final[dict[type, str]] = {
    list: "list_iterator", tuple: "tuple_iterator", str: "str_iterator", bytes: "bytes_iterator"}


class Iteration(Api):
    """Making, advancing and opening virtual iterators."""

    def virtual_iterator(self, iterable: Abstract) -> Virtual | None:
        """An iterator over a list, tuple, range or string, if it can be virtual."""
        if isinstance(iterable, Virtual):
            if iterable.kind in ("enumerate", "zip", "reversed_list"):
                return iterable
            if iterable.kind not in ("tuple", "range"):
                return None
        if self.type_of(iterable) is range:
            virtual = self.as_range(iterable)
            return None if virtual is None else self.range_iterator(virtual)
        kind = _ITERATORS.get(self.inherited(iter, self.type_of(iterable) or object))
        if kind is None:
            return None
        return self.new_virtual(kind, [iterable if kind == "tuple_iterator" else self.obj(iterable), known(0)])

    def new_virtual(self, kind: str, parts: list[Any], info: Any = None) -> Virtual:
        virtual = Virtual(kind, [], info)
        if virtual.mutable:
            self.state.heap[virtual] = parts
        else:
            virtual.parts = parts
        return virtual

    def range_iterator(self, virtual: Virtual) -> Virtual | None:
        start, _, step = virtual.parts
        length = self.range_length(virtual)
        if isinstance(length, Const):
            length = known(length.value)
        return self.new_virtual("range_iterator", [start, step, length])

    def open_iterator(self, iterator: Abstract, places: Sequence[Abstract]) -> Abstract:
        """Take apart the iterator object of a loop that was running in the interpreter, if only `places` hold it."""
        if not isinstance(iterator, Node):
            return iterator
        type_ = self.learn(iterator)
        if type_ not in (LIST_ITERATOR, TUPLE_ITERATOR, RANGE_ITERATOR) or "shared" in self.failures():
            return iterator
        # that an iterator has come to the end of a list, which may grow, is not kept of one that is still held then
        self.own(iterator, places if type_ is not LIST_ITERATOR else ())
        witness = iterator.witness
        if type_ is RANGE_ITERATOR:
            parts: list[Any] = [
                self.emit("range_iter_start", iterator),
                self.emit("range_iter_step", iterator),
                self.emit("range_iter_length", iterator, fact=INDEX),
            ]
            seen_step = _range_step(witness)
            if seen_step is not None and "step" not in self.failures():
                same = self.emit("i64_eq", parts[1], Const(seen_step, "i"))
                self.guard(same, "step")
                parts[1] = known(seen_step)
            virtual = self.new_virtual("range_iterator", parts)
        else:
            name = "list" if type_ is LIST_ITERATOR else "tuple"
            items = self.emit(f"{name}_iter_seq", iterator, fact=LIST if name == "list" else TUPLE,
                              witness=_iterated(witness))
            index = self.emit(f"{name}_iter_index", iterator, fact=INDEX)
            virtual = self.new_virtual(f"{name}_iterator", [items, index])
        self.state.replace(iterator, virtual)
        self.refresh_before()
        return virtual

    def own(self, value: Node, places: Sequence[Abstract]) -> None:
        """Make sure that nothing but `places` holds an object; where several do, they have the same node from here on."""
        seen = value.witness
        others = [] if seen is NO_WITNESS else [
            v for v in dict.fromkeys(places) if isinstance(v, Node) and v is not value and v.witness is seen]
        for other in others:
            self.guard(self.emit("is", value, other), "shared")
        self.guard(self.emit("refcount_is", value, count=1 + len(others)), "shared")
        for other in others:
            self.state.replace(other, value)

    def iterator_next(self, iterator: Virtual) -> tuple[Operand, Finish]:
        """Whether there is another item (``b``), and what takes it, to be called where there is."""
        parts = self.state.parts(iterator)
        match iterator.kind:
            case "range_iterator":
                return self._range_next(iterator)
            case "list_iterator" | "tuple_iterator" | "str_iterator" | "bytes_iterator":
                return self._sequence_next(iterator)
            case "enumerate":
                more, inner = self.iterator_next(parts[0])  # type: ignore[arg-type]

                def numbered() -> Abstract:
                    item = inner()
                    here = self.state.parts(iterator)
                    count = here[1]
                    here[1] = self.emit("i64_add", self.i64(count), Const(1, "i"), fact=INDEX)
                    return Virtual("tuple", [count, item])
                return more, numbered
            case "zip":
                steps = [self.iterator_next(part) for part in parts]  # type: ignore[arg-type]
                all_more = steps[0][0]
                for more, _ in steps[1:]:
                    all_more = self.both(all_more, more)
                return all_more, lambda: Virtual("tuple", [finish() for _, finish in steps])
            case "reversed_list":
                items, index = self.obj(parts[0]), self.i64(parts[1])
                # the list may have shrunk: the interpreter stops then
                more = self.emit("i64_ult", index, self.emit("list_length", items))

                def taken() -> Abstract:
                    item = self.list_item(self.state.parts(iterator)[0], index)
                    self.state.parts(iterator)[1] = self.emit("i64_sub", index, Const(1, "i"))
                    return item
                return more, taken
        raise AssertionError(iterator.kind)

    def _range_next(self, iterator: Virtual) -> tuple[Operand, Finish]:
        start, step, length = self.state.parts(iterator)
        left = self.i64(length)
        lo, _ = self.interval(left)
        more: Operand
        if lo > 0:
            self.rely_on(left)
            more = Const(True, "b")
        elif isinstance(left, Const) and left.value <= 0:
            more = Const(False, "b")
        else:
            more = self.emit("i64_gt", left, Const(0, "i"))

        def taken() -> Abstract:
            first, stride = self.i64(start), self.i64(step)
            lo, hi = self.interval(first)
            least, greatest = self.interval(stride)
            forward, backward = greatest > 0, least < 0
            if isinstance(first, Node):
                # an item is short of the end of the range, which itself fits
                if not backward:
                    hi = min(hi, I64_MAX - 1)
                elif not forward:
                    lo = max(lo, I64_MIN + 1)
                self.state.facts[first] = Fact(int, lo, hi)
            here = self.state.parts(iterator)
            here[0] = self.emit("i64_add", first, stride,
                                fact=Fact(int, I64_MIN if backward else lo, I64_MAX if forward else hi))
            here[2] = self.emit("i64_sub", left, Const(1, "i"), fact=INDEX)
            return known(first.value) if isinstance(first, Const) else first
        return more, taken

    def _sequence_next(self, iterator: Virtual) -> tuple[Operand, Finish]:
        items, position = self.state.parts(iterator)
        index = self.i64(position)
        if isinstance(items, Virtual):
            if not isinstance(index, Const):
                items = self.obj(items)
            else:
                more = index.value < len(items.parts)
                return Const(more, "b"), lambda: self._take_known(iterator, items, index.value)
        name = iterator.kind.removesuffix("_iterator")
        length = self.emit(f"{name}_length", self.obj(items), fact=INDEX)

        def taken() -> Abstract:
            item = self._item(name, items, index)
            self.state.parts(iterator)[1] = self.emit("i64_add", index, Const(1, "i"), fact=INDEX)
            return item
        return self.emit("i64_lt", index, length), taken

    def _item(self, name: str, items: Abstract, index: Operand) -> Abstract:
        if name == "list":
            return self.list_item(items, index)
        if name == "tuple":
            return self.tuple_item(items, index)
        if name == "bytes":
            return self.emit("bytes_item", self.obj(items), index, fact=Fact(int, 0, 255))
        code = self.emit("str_item", self.obj(items), index, fact=Fact(int, 0, 0x10FFFF))
        return self.emit("str_from_code", code, fact=STR)

    def _take_known(self, iterator: Virtual, items: Virtual, index: int) -> Abstract:
        self.state.parts(iterator)[1] = known(index + 1)
        return items.parts[index]


def _iterated(witness: Any) -> Any:
    if witness is NO_WITNESS:
        return NO_WITNESS
    items = witness.__reduce__()[1][0]
    return items if type(items) in (list, tuple) else NO_WITNESS


def _range_step(witness: Any) -> int | None:
    if witness is NO_WITNESS:
        return None
    inner = witness.__reduce__()[1][0]
    return inner.step if type(inner) is range else None


