"""The account of a whole process: `tiercel.status()` and `--stats`."""

from __future__ import annotations

from tiercel.control import session
from tiercel.control.records import FUNCTION, all_records


class Status:
    """Whether Tiercel is active (`reason` says why not) and what it has done so far."""

    __slots__ = ("active", "compile_seconds", "errors", "everything", "functions", "generators", "loops", "machine_code",
                 "reason", "retired", "versions")

    def __init__(self) -> None:
        current = session.current
        self.active = current is not None
        self.reason = None if current is not None else session.reason
        self.everything = current is not None and current.everything
        self.compile_seconds = current.hooks.budget.spent if current is not None else 0.0
        self.errors = current.hooks.error_count if current is not None else 0
        self.functions = self.generators = self.loops = self.versions = self.retired = 0
        self.machine_code = 0                                 # bytes
        for _, record in all_records():
            alive = [compiled for compiled in record.compiled if compiled.alive]
            self.functions += any(compiled.at == FUNCTION for compiled in alive)
            self.loops += len({compiled.at for compiled in alive if compiled.at != FUNCTION and not compiled.resumes})
            self.generators += any(compiled.resumes for compiled in alive)
            self.versions += len(alive)
            self.machine_code += sum(compiled.machine_code for compiled in alive)
            self.retired += len(record.compiled) - len(alive)

    def __repr__(self) -> str:
        return f"<tiercel {'active' if self.active else 'inactive'}: {self}>"

    def __str__(self) -> str:
        generators = f", {_count(self.generators, 'generator')}" if self.generators else ""
        done = (f"{_count(self.functions, 'function')}{generators} and {_count(self.loops, 'running loop')} compiled in "
                f"{self.compile_seconds:.2f} s, {_count(self.retired, 'version')} retired, "
                f"{self.machine_code / 2**20:.1f} MB of machine code")
        if self.errors:
            done += f", {_count(self.errors, 'internal error')}"
        if not self.active:
            return f"inactive: {self.reason}"
        return f"active{'' if self.everything else ' for decorated functions'}: {done}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def statistics(limit: int = 20) -> str:
    """The functions that were compiled, those that left most first, and why they left."""
    lines = [f"tiercel {Status()}"]
    versions = list(session.current.hooks.log) if session.current is not None else []
    for compiled in versions:
        compiled.refresh()
    versions.sort(key=lambda compiled: -compiled.exits)
    for compiled in versions[:limit]:
        kind = "" if compiled.at == FUNCTION else ", generator" if compiled.resumes else ", running loop"
        state = f"{compiled.exits} exits" + ("" if compiled.retired is None else f"; retired: {compiled.retired}")
        time = f"{1000 * sum(compiled.seconds.values()):.1f} ms for {compiled.instructions} instructions"
        lines.append(f"  {compiled.name}{kind} ({compiled.where}), {time}; {state}")
        for count, site in sorted(zip(compiled.counts, compiled.sites), key=lambda pair: -pair[0])[:3]:
            if count:
                lines.append(f"      left {count} times in {site.function}, line {site.line}: {site.reason}")
    if len(versions) > limit:
        lines.append(f"  and {len(versions) - limit} more")
    refused: dict[str, int] = {}
    for _, record in all_records():
        for reason in record.refused.values():
            refused[reason] = refused.get(reason, 0) + 1
    for reason, number in sorted(refused.items(), key=lambda item: -item[1])[:limit]:
        lines.append(f"  left to the interpreter, {number} times: {reason}")
    if session.current is not None:
        lines.extend(session.current.hooks.errors)
    return "\n".join(lines)
