"""Classes declared by their attributes."""

from __future__ import annotations

import sys

import pytest

from tiercel.structures import field, structure


@structure()
class Plain:
    """Some attributes."""

    first: int
    second: str = "two"
    items: list[int] = field(default_factory=list)

    def doubled(self) -> int:
        return 2 * self.first


@structure(frozen=True)
class Frozen:
    name: str
    note: object = field(default=None, compare=False)


@structure(eq=False)
class Derived:
    number: int
    half: int = field(init=False)

    def __post_init__(self) -> None:
        self.half = self.number // 2


def test_the_constructor_takes_the_attributes_in_order() -> None:
    made = Plain(1, "b", [3])
    assert (made.first, made.second, made.items, made.doubled()) == (1, "b", [3], 2)
    assert (Plain(first=4).second, Plain(4).items) == ("two", [])
    for wrong in ((), (1, "b", [], 4)):
        with pytest.raises(TypeError):
            Plain(*wrong)
    with pytest.raises(TypeError):
        Plain(1, third=3)  # type: ignore[call-arg]


def test_each_instance_has_its_own_default() -> None:
    one, other = Plain(1), Plain(1)
    one.items.append(5)
    assert other.items == []


def test_there_is_room_for_nothing_else() -> None:
    assert not hasattr(Plain(1), "__dict__")
    with pytest.raises(AttributeError):
        Plain(1).third = 3  # type: ignore[attr-defined]
    assert (Plain.__name__, Plain.__doc__, Plain.__module__) == ("Plain", "Some attributes.", __name__)


def test_equality_and_hashes() -> None:
    assert Plain(1) == Plain(1) != Plain(2)
    assert Plain(1) != (1, "two", [])
    with pytest.raises(TypeError):
        hash(Plain(1))
    assert Frozen("a", 1) == Frozen("a", 2)
    assert len({Frozen("a", 1), Frozen("a", []), Frozen("b")}) == 2
    assert Derived(1) != Derived(1)
    assert len({Derived(1), Derived(1)}) == 2


def test_attributes_that_are_worked_out() -> None:
    assert Derived(9).half == 4
    with pytest.raises(TypeError):
        Derived(9, 4)  # type: ignore[call-arg]


def test_patterns_take_them_in_order() -> None:
    match Plain(1, "b"):
        case Plain(1, second):
            assert second == "b"
        case _:
            raise AssertionError


def test_nothing_large_is_imported_for_them() -> None:
    import subprocess
    done = subprocess.run([sys.executable, "-c", "import tiercel.structures, sys; print('inspect' in sys.modules)"],
                          capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
