"""Lookups that often miss, in `try`: whether the handler may look at the exception or not, and who else could."""

import sys

from case import case


@case(({"a": 1}, "a", "b"), ({1: "x", 2: "y"}, 1, 3), ({(1, 2): 3, None: 4}, (1, 2), (2, 1)))
def missing_keys(names, there, absent):
    found = []
    for i in range(1000):
        try:
            value = names[there if i % 3 else absent]
        except KeyError:
            value = None
        found.append(value)
    return found[:5], found.count(None)


@case(([1, 2, 3],), ((1, 2, 3),), ("abc",))
def items_up_to_the_end(items):
    total, seen = 0, []
    for _ in range(300):
        at = 0
        while True:
            try:
                item = items[at]
            except (KeyError, IndexError):
                break
            seen.append(item)
            at += 1
        total += at
    return total, seen[-4:]


@case(([1, 2, 3],), ("abc",))
def negative_indices(items):
    seen = []
    for i in range(600):
        try:
            seen.append(items[i % 9 - 4])
        except LookupError:
            pass
    return seen[:8], len(seen)


def returned(names, key):
    try:
        return names[key]
    except KeyError:
        return -1


@case(({"a": 1}, "a", "b"))
def returned_from_the_handler(names, there, absent):
    return [returned(names, absent if i % 2 else there) for i in range(1000)][-3:]


@case(({"a": 1},))
def which_clause(names):
    seen = []
    for i in range(750):
        try:
            seen.append(names["ab"[i % 2]])
        except (TypeError, IndexError):
            place = "no"
        except ValueError:
            continue
        except LookupError:
            place = "lookup"
        except KeyError:
            place = "key"
        else:
            continue
        seen.append(place)
    return seen[:6], len(seen)


@case(({"a": 1},))
def seen_by_the_handler(names):
    seen = []
    for i in range(750):
        try:
            seen.append(names["ab"[i % 2]])
        except KeyError as error:
            seen.append((error.args, error.__traceback__.tb_lineno, sys.exc_info()[1] is error))
    return seen[:4]


@case(({"a": 1},))
def called_by_the_handler(names):
    seen = []
    for i in range(750):
        try:
            seen.append(names["ab"[i % 2]])
        except KeyError:
            seen.append(type(sys.exc_info()[1]).__name__)
    return seen[:4]


@case(({"a": 1},))
def raised_by_the_handler(names):
    seen = []
    for i in range(450):
        try:
            try:
                seen.append(names["ab"[i % 2]])
            except KeyError:
                seen.append(1 // (i - i))
        except ZeroDivisionError as error:
            seen.append(repr(error.__context__))
    return seen[:4]


@case(({"a": 1},))
def between_other_operands(names):
    seen = []
    for i in range(500):
        try:
            seen.append(i + (i * 2 - names["ab"[i % 2]]))
        except KeyError:
            pass
    return seen[-3:], len(seen)


@case(({"a": 1, "c": 2},))
def in_inner_loops_and_handlers(names):
    total = 0
    for i in range(200):
        for key in "abcd":
            try:
                total += names[key]
            except KeyError:
                try:
                    total += names[key * 2]
                except KeyError:
                    continue
            total += 100
        else:
            total += i
    return total


def caught_by_the_caller(names, key):
    return names[key]


@case(({"a": 1},))
def raised_by_the_callee(names):
    seen = 0
    for i in range(600):
        try:
            seen += caught_by_the_caller(names, "ab"[i % 2])
        except KeyError:
            pass
    return seen


@case(({"a": 1},))
def with_finally(names):
    seen = []
    for i in range(500):
        try:
            try:
                value = names["ab"[i % 2]]
            except KeyError:
                value = 0
            finally:
                seen.append(i)
        except ValueError:
            pass
        seen.append(value)
    return seen[-4:]


@case(({"a": 1},))
def locals_unbound_before(names):
    seen = []
    for i in range(600):
        try:
            if i % 5 == 0:
                del value
        except NameError:
            seen.append("unbound")
        try:
            value = names["ab"[i % 2]]
        except KeyError:
            value = i
        seen.append(value)
    return seen[:7], len(seen)
