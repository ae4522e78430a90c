"""Control: the life of a function, from its first count to the retirement of its last version.

Lives here: the one session of a process (`session`), what the runtime calls (`hooks`), what is known of each code
object (`records`), what earlier versions taught (`history`), the compile budget (`budget`), whether machine code
will pay (`gain`), how much of it is kept (`cache`), the way from a hot function to it (`pipeline`) and whether this
interpreter can run Tiercel at all (`support`).  Policy is here and nowhere else; how code is evaluated, improved and
emitted is not known here.

Importing this package must stay cheap: the compiler proper is imported by `pipeline` at the first compile.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tiercel.control.records import Totals


def statistics() -> Totals:
    """What compiling has cost in this process so far."""
    from tiercel.control.records import totals
    return totals
