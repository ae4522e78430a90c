"""`python -m tiercel install`: a .pth file that lets TIERCEL=1 switch Tiercel on in every program."""

from __future__ import annotations

import os
import sys
import sysconfig

NAME = "tiercel-switch.pth"
# One line, run at every start of the interpreter: it must cost nothing where the variable is not set.
LINE = "import os; os.environ.get('TIERCEL') == '1' and __import__('tiercel.install').install.switch_on()\n"


def path() -> str:
    """Where the file is, or would be."""
    return os.path.join(sysconfig.get_path("purelib"), NAME)


def install() -> int:
    """Write the file; the exit status."""
    try:
        with open(path(), "w") as file:
            file.write(LINE)
    except OSError as error:
        print(f"tiercel: cannot write {path()}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"{path()} written: TIERCEL=1 switches Tiercel on, `python -m tiercel uninstall` removes it")
    return 0


def uninstall() -> int:
    """Remove the file; the exit status."""
    try:
        os.unlink(path())
    except FileNotFoundError:
        print(f"{path()} is not there")
    except OSError as error:
        print(f"tiercel: cannot remove {path()}: {error.strerror}", file=sys.stderr)
        return 1
    else:
        print(f"{path()} removed")
    return 0


def switch_on() -> None:
    """What the line in the file calls; the program goes on whatever happens here."""
    if "tiercel" in sys.orig_argv[1:3]:
        return                                  # python -m tiercel: the command line decides
    try:
        import tiercel
        tiercel.enable()
    except Exception as error:
        print(f"tiercel: {error}", file=sys.stderr)
