"""The command line itself: help, version, switches and their errors, the .pth file."""

import os
import pathlib
import subprocess
import sys

import pytest

from tiercel import config
from tiercel.__main__ import UsageError, parse
from tiercel.config import ConfigError, from_environment

SOURCE = str(pathlib.Path(__file__).parents[2] / "src")


def run(*arguments, **variables):
    env = {**os.environ, "PYTHONPATH": SOURCE, **variables}
    return subprocess.run([sys.executable, "-m", "tiercel", *arguments], env=env, text=True, capture_output=True,
                          timeout=60)


def test_help_lists_every_switch():
    text = run("--help").stdout
    for switch in config.SWITCHES:
        assert f"{switch.variable}=" in text
    assert max(map(len, text.splitlines())) <= 120


def test_version():
    assert run("--version").stdout.startswith("Tiercel ")


@pytest.mark.parametrize(("variable", "value", "message"), [
    ("TIERCEL_THRESHOLD", "0", "TIERCEL_THRESHOLD: expected a whole number of at least 1, not '0'"),
    ("TIERCEL_THRESHOLD", "many", "TIERCEL_THRESHOLD: expected a whole number of at least 1, not 'many'"),
    ("TIERCEL_SYNC", "yes", "TIERCEL_SYNC: expected 0 or 1, not 'yes'"),
    ("TIERCEL", "on", "TIERCEL: expected 0 or 1, not 'on'"),
    ("TIERCEL_BUDGET", "nan", "TIERCEL_BUDGET: expected a number above 0 and up to 100, not 'nan'"),
    ("TIERCEL_TRESHOLD", "1", "unknown switch TIERCEL_TRESHOLD; there are: TIERCEL, TIERCEL_THRESHOLD, "),
])
def test_wrong_switches(variable, value, message):
    result = run("-c", "print(1)", **{variable: value})
    assert result.returncode == 2 and result.stdout == ""
    assert result.stderr.startswith(f"tiercel: {message}")
    with pytest.raises(ConfigError) as caught:
        from_environment({variable: value})
    assert str(caught.value).startswith(message)


def test_wrong_options():
    assert run("--unknown", "x.py").stderr.startswith("tiercel: unknown option --unknown; there are: -m, -c,")
    assert run("--threshold=x", "-c", "1").returncode == 2
    with pytest.raises(UsageError):
        parse(["-c"])
    with pytest.raises(UsageError):
        parse(["--threshold"])


def test_options_go_before_the_environment():
    target, overrides = parse(["--threshold=7", "--sync", "--budget", "5", "app.py", "--threshold=9"])
    assert (target.kind, target.what, target.args) == ("script", "app.py", ["--threshold=9"])
    found = from_environment({"TIERCEL_THRESHOLD": "3", "TIERCEL_STRICT": "1", "TIERCEL_BUDGET": ""}, **overrides)
    assert (found.threshold, found.sync, found.budget, found.strict) == (7, True, 5.0, True)
    assert from_environment({"TIERCEL_THRESHOLD": "1"}).loop_threshold == 1
    assert from_environment({}).loop_threshold == 10 * from_environment({}).threshold


def test_every_switch_has_an_attribute_and_a_default():
    found = config.Config()
    for switch in config.SWITCHES:
        assert getattr(found, switch.name) == switch.default
    with pytest.raises(ConfigError):
        config.Config(unknown=1)


@pytest.mark.parametrize("threshold", ["429496730", "99999999999999"])
def test_a_huge_threshold_means_never(threshold):
    found = from_environment({"TIERCEL_THRESHOLD": threshold})
    assert min(int(threshold), 2**32 - 1) == found.threshold
    assert found.loop_threshold == 2**32 - 1        # the runtime counts in 32 bits


@pytest.fixture
def environment(tmp_path):
    """A virtual environment that sees this Tiercel and has site-packages of its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True, timeout=120)
    return tmp_path / "venv" / "bin" / "python"


def test_install_and_uninstall(environment):
    env = {**os.environ, "PYTHONPATH": SOURCE}

    def python(*arguments, **variables):
        return subprocess.run([environment, *arguments], env={**env, **variables}, text=True, capture_output=True,
                              timeout=60)

    look = "import sys; print('tiercel' in sys.modules and sys.modules['tiercel'].status().active)"
    assert "is not there" in python("-m", "tiercel", "uninstall").stdout
    assert python("-m", "tiercel", "install").returncode == 0
    assert python("-c", look).stdout == "False\n"
    assert python("-c", look, TIERCEL="0").stdout == "False\n"
    pytest.importorskip("tiercel._runtime")
    assert python("-c", look, TIERCEL="1").stdout == "True\n"
    wrong = python("-c", look, TIERCEL="1", TIERCEL_SYNC="perhaps")
    assert wrong.stdout == "False\n" and "TIERCEL_SYNC: expected 0 or 1" in wrong.stderr
    assert python("-m", "tiercel", "uninstall").returncode == 0
    assert python("-c", look, TIERCEL="1").stdout == "False\n"
