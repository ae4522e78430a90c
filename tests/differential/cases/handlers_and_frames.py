"""What handlers see of frames, and when objects end around them."""

import sys

from case import case, log


class Noisy:
    """Says when it ends and what is being handled then."""

    def __init__(self, name):
        self.name = name

    def __del__(self):
        log("end of", self.name, type(sys.exception()).__name__)

    def __truediv__(self, other):
        raise ZeroDivisionError(self.name)


class Ends:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return False

    def __del__(self):
        log("end of", self.name, type(sys.exception()).__name__)


@case((6,))
def finalisers_around_handlers(n):
    for i in range(n):
        try:
            held = Noisy(f"held {i}")
            [Noisy(f"list {i}"), Noisy(f"operand {i}") / i, held]
        except ZeroDivisionError as error:
            log("handler", i, error.args)
            del error
        log("after", i)
    del held
    log("done")


@case((6,))
def kept_exceptions(n):
    kept = []
    for i in range(n):
        local = i * 2
        try:
            raise LookupError(i)
        except LookupError as error:
            kept.append(error)
    frames = {id(error.__traceback__.tb_frame) for error in kept}
    return local, len(frames), [error.__traceback__.tb_frame.f_locals["n"] for error in kept]


@case((6,))
def locals_in_handlers(n):
    seen = []
    for i in range(n):
        x = i
        try:
            x = i + 1
            x = [][x]
        except IndexError:
            seen.append((x, sorted(locals()), sys._getframe().f_lineno))
    return seen


@case((6,))
def managers_end_in_order(n):
    for i in range(n):
        try:
            with Ends(f"manager {i}") as manager:
                del manager
                if i % 2:
                    raise ValueError(i)
                log("inside", i)
        except ValueError:
            log("handler", i)
        log("after", i)
