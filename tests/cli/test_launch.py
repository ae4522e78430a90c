"""`python -m tiercel` against plain `python`: the same output, errors, exit status and view of the world."""

import os
import pathlib
import signal
import subprocess
import sys
import time
import zipfile

import pytest

pytest.importorskip("tiercel._runtime")

LOOK = """\
import sys
print(sorted(name for name in globals()), __name__, sys.argv, sys.path[0], sys._getframe().f_back is None)
for name, value in list(globals().items()):
    if name.startswith('__'):
        print(name, ' '.join(part for part in str(value).split() if '0x' not in part))
print(sys.modules['__main__'].__dict__ is globals())
"""


def run(arguments, cwd, stdin="", options=(), interpreter=()):
    env = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parents[2] / "src"), **dict(options)}
    return subprocess.run([sys.executable, *interpreter, *arguments], cwd=cwd, env=env, input=stdin, text=True,
                          capture_output=True, timeout=60)


def both(arguments, cwd, stdin="", interpreter=()):
    plain = run(arguments, cwd, stdin, interpreter=interpreter)
    ours = run(["-m", "tiercel", *arguments], cwd, stdin, interpreter=interpreter)
    assert (ours.stdout, ours.stderr, ours.returncode) == (plain.stdout, plain.stderr, plain.returncode)
    return ours


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "look.py").write_text(LOOK)
    (tmp_path / "fails.py").write_text("def f():\n    raise ValueError('x')\n\nf()\n")
    (tmp_path / "leaves.py").write_text("import sys, atexit\natexit.register(print, 'bye')\n"
                                        "sys.exit(int(sys.argv[1]))\n")
    (tmp_path / "syntax.py").write_text("x = 1\nif x\n    pass\n")
    (tmp_path / "latin.py").write_bytes(b"# -*- coding: latin-1 -*-\nprint('\xe9')\n")
    (tmp_path / "undecodable.py").write_bytes(b"print('\xe9')\n")
    (tmp_path / "nested.py").write_text("import look\n")
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(LOOK + "from . import other\n1 / 0\n")
    (package / "other.py").write_text("print('other')\n")
    application = tmp_path / "application"
    application.mkdir()
    (application / "__main__.py").write_text(LOOK + "import helper\n")
    (application / "helper.py").write_text("print('helper', __file__[-9:])\n")
    (tmp_path / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "application.zip", "w") as archive:
        archive.writestr("__main__.py", LOOK)
    return tmp_path


@pytest.mark.parametrize("arguments", [
    ["look.py"], ["look.py", "-x", "--threshold", "é"], ["./look.py"], ["package/../look.py"], ["nested.py"],
    ["-m", "look", "a", "b"], ["-m", "package"], ["-m", "package.other"], ["application"], ["application.zip", "a"],
    ["-c", LOOK, "a"], ["-c" + LOOK], ["latin.py"],
])
def test_sees_what_plain_python_shows(folder, arguments):
    both(arguments, folder)


@pytest.mark.parametrize("arguments", [
    ["fails.py"], ["-m", "fails"], ["-c", "import fails"], ["-c", "def f():\n  1/0\nf()"], ["syntax.py"],
    ["-c", "if x"], ["-m", "syntax"], ["undecodable.py"], ["missing.py"], ["missing/missing.py"], ["-m", "missing"],
    ["-m", "package.missing"], ["empty"], ["package.py"],
])
def test_fails_as_plain_python_does(folder, arguments):
    assert both(arguments, folder).returncode != 0


@pytest.mark.parametrize("status", [0, 1, 3, 255])
def test_exit_status(folder, status):
    assert both(["leaves.py", str(status)], folder).returncode == status
    both(["-m", "leaves", str(status)], folder)
    both(["-c", f"raise SystemExit({status})"], folder)


@pytest.mark.parametrize("command", ["import sys; sys.exit('message')", "raise SystemExit", "exit(4)",
                                     "raise KeyboardInterrupt", "import os; os._exit(5)", "import os; os.abort()"])
def test_other_ends(folder, command):
    both(["-c", command], folder)
    (folder / "end.py").write_text(command)
    both(["end.py"], folder)
    both(["-m", "end"], folder)


def test_standard_input(folder):
    both(["-", "a", "b"], folder, LOOK)
    both([], folder, LOOK + "1 / 0\n")
    both(["-c", "print(input(), input())"], folder, "one\ntwo\n")


@pytest.mark.parametrize("flags", [["-I"], ["-P"], ["-s"], ["-O"], ["-B"], ["-X", "utf8"]])
def test_interpreter_options(folder, flags):
    if flags == ["-I"]:
        pytest.skip("-I hides PYTHONPATH")
    for arguments in (["look.py"], ["-c", LOOK], ["application"]):
        both(arguments, folder, interpreter=flags)
    if "-P" not in flags:
        both(["-m", "look"], folder, interpreter=flags)


def test_interrupt(folder):
    (folder / "sleeps.py").write_text("import time\nprint('ready', flush=True)\ntime.sleep(30)\n")
    env = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parents[2] / "src")}
    results = []
    for prefix in ([], ["-m", "tiercel"]):
        process = subprocess.Popen([sys.executable, *prefix, "sleeps.py"], cwd=folder, env=env, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        results.append((process.communicate(timeout=30), process.returncode))
    assert results[0] == results[1]
    assert results[0][1] == -signal.SIGINT


def test_recursion_depth_is_that_of_plain_python(folder):
    (folder / "deep.py").write_text("import sys\nsys.setrecursionlimit(200)\ndepth = 0\ndef f():\n"
                                    "    global depth\n    depth += 1\n    f()\n"
                                    "try:\n    f()\nexcept RecursionError:\n    print(depth)\n")
    both(["deep.py"], folder)
    both(["-m", "deep"], folder)


def test_pickles_and_other_users_of_main(folder):
    (folder / "pickles.py").write_text("import pickle, __main__\nclass A: pass\n"
                                       "print(type(pickle.loads(pickle.dumps(A()))) is A is __main__.A)\n"
                                       "print(pickle.dumps(A)[:40])\n")
    assert both(["pickles.py"], folder).stdout.startswith("True")


def test_multiprocessing_finds_the_script(folder):
    (folder / "pool.py").write_text("import multiprocessing\ndef f(x):\n    return 2 * x\nif __name__ == '__main__':\n"
                                    "    context = multiprocessing.get_context('spawn')\n"
                                    "    with context.Pool(1) as pool:\n        print(pool.map(f, [1, 2]))\n")
    assert both(["pool.py"], folder).stdout == "[2, 4]\n"


def test_switched_off(folder):
    ours = run(["-m", "tiercel", "look.py"], folder, options={"TIERCEL": "0"}.items())
    plain = run(["look.py"], folder)
    assert ours.stdout == plain.stdout
    assert ours.stderr == "tiercel: inactive: switched off by TIERCEL=0\n"
