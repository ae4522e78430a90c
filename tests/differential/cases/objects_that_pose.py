"""Objects and classes that are not what they say they are, and such that become descriptors."""

from case import case, log


class Shown:
    pass


class Shows:
    held = Shown()
    shared = Shown()

    def __init__(self):
        self.held = 1


def held(thing):
    return thing.held


def shared(thing):
    return thing.shared


def shared_by_class():
    return Shows.shared


@case(lambda: (Shows(),))
def descriptors_given_later(thing):
    seen = [held(thing), type(shared(thing)), type(shared_by_class())]
    Shown.__get__ = lambda self, instance, owner: "of the class" if instance is None else "of the instance"
    seen += [held(thing), shared(thing), shared_by_class()]
    Shown.__set__ = lambda self, instance, value: None
    seen += [held(thing), shared(thing), shared_by_class()]
    del Shown.__get__, Shown.__set__
    return [*seen, held(thing), type(shared(thing)), type(shared_by_class())]


class Hidden(type):
    """Says of its classes what is not so."""

    __flags__ = 0


class Misleading(metaclass=Hidden):
    def value(self):
        return 1


@case((40,))
def class_that_hides_what_it_is(n):
    value, seen, before = Misleading(), [], Misleading.value
    for i in range(n):
        seen.append(value.value())
        if i == n // 2:
            Misleading.value = lambda self: 2
    Misleading.value = before
    return seen, isinstance(value, Misleading)


class Posing:
    """Is not the class that it says it is."""

    def __init__(self, kind):
        self.kind = kind

    @property
    def __class__(self):
        log("asked")
        return self.kind

    def __call__(self, x):
        return x + 1


AS_CLASS, AS_FUNCTION = Posing(type), Posing(type(lambda: None))


@case((30,))
def calls_of_objects_that_pose(n):
    total = 0
    for i in range(n):
        total += AS_CLASS(i) + AS_FUNCTION(i)
    return total


@case((30,))
def classes_that_only_pose(n):
    failed = 0
    for i in range(n):
        try:
            failed += isinstance(i, (str, AS_CLASS))
        except TypeError:
            failed += 1
        try:
            try:
                [][i]
            except AS_CLASS:
                failed += 100
        except TypeError:
            failed += 1
        try:
            match i:
                case AS_CLASS():
                    failed += 100
        except TypeError:
            failed += 1
    return failed
