"""Instances that keep their attributes in a dict of their own."""

from case import case, log


class Wide:
    """Instances that got their attributes late, or too many, or under names that only they have: in a dict."""

    kind = "class"

    def __init__(self, n):
        self.n = n

    def bump(self, by=1):
        self.n += by
        self.late += by
        return self.late


def wides(count, *, shadow=False):
    made = [Wide(i) for i in range(count)]
    for number, each in enumerate(made):
        setattr(each, f"only_{number}", number)
        each.__dict__["late"] = number
        if shadow and number % 5 == 0:
            each.kind = "own"
            each.bump = lambda by=1: -by
    return made


@case((wides(40),), (wides(40, shadow=True),), ([Wide(1)] + wides(3),))
def attributes_in_dicts(made):
    total, kinds = 0, []
    for _ in range(3):
        for each in made:
            try:
                total += each.bump() + each.n
                each.n = each.late * 2
                kinds.append(each.kind)
            except AttributeError as error:
                log(str(error))
    return total, kinds[-6:], [vars(each).get("n") for each in made[:5]]


@case((wides(10),), (wides(1),))
def dicts_of_instances_change(made):
    total = 0
    for number in range(30):
        each = made[number % len(made)]
        each.n += 1
        total += each.n
        if number == 12:
            each.__dict__ = {"n": 100, "late": 1}
        if number == 15:
            each.__dict__["n"] = 50
            del made[0].late
        if number == 20:
            made[-1].__dict__ = {7: 1, "n": 1.5}
    return total, [sorted(map(str, vars(each))) for each in made]


@case((wides(5), "text"), (wides(2), [1]))
def references_in_dicts(made, value):
    for _ in range(4):
        for each in made:
            each.n = value
            each.late, each.n = each.n, each.late
    return made[0].n, made[0].late


def reset(each, number):
    each.first = number
    each.second = each
    each.n = number + 1
    each.third = str(number)
    return each.first + each.n + len(each.third)


@case((40,), (3,))
def set_late_for_the_first_time(count):
    """Each instance is new, and has a dict of its own before most of its names are set."""
    total, seen = 0, []
    for number in range(count):
        each = Wide(number)
        each.__dict__ = {"n": number, f"only_{number}": each.bump, "late": number}
        total += reset(each, number) + reset(each, number * 2) + each.late
        if number % 7 == 3:
            del each.first
            total += reset(each, number)
        if number % 7 == 5:
            vars(each)[number] = number
            total += reset(each, number)
        if number > count - 4:
            seen.append([name for name in vars(each) if name != "second"])
    return total, seen


@case((30,))
def dicts_that_share_what_is_inline(count):
    """Somebody took the dict of an instance, which goes on holding its values itself."""
    total, taken = 0, []
    for number in range(count):
        each = Wide(number)
        if number % 3:
            taken.append(vars(each))
        each.late = number
        each.n += each.bump() + each.late
        total += each.n
        if number % 5 == 0:
            each.kind = "own"
        total += len(each.kind)
        if number % 11 == 10:
            each.__dict__ = {"n": number}
        total += each.n
    return total, [sorted(each.items()) for each in taken[-3:]]
