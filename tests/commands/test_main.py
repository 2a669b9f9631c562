"""The command line: the daemon's short way in says the same as typer's long one."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.commands import app
from edge.commands.main import RunOptions, run_options
from edge.config.places import DEFAULT_CONFIG
from edge.daemon import run

PLAIN: list[list[str]] = [
    [],
    ["--config", "a.toml"],
    ["--config=a.toml"],
    ["-c", "a.toml"],
    ["-c", "a.toml", "--verbose"],
    ["--verbose", "--no-verbose", "--config", "b=c.toml"],
    ["--config", "a.toml", "-c", "b.toml"],
]


@pytest.mark.parametrize("variable", ["", "from-environment.toml"])
@pytest.mark.parametrize("arguments", PLAIN, ids=" ".join)
def test_plain_options_mean_what_typer_says(
    arguments: list[str], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Config file, environment variable and verbosity are those that typer would have found."""
    monkeypatch.setenv("GARDU_CONFIG", variable)
    seen: list[RunOptions] = []

    def daemon(config: Path, *, verbose: bool) -> None:
        seen.append(RunOptions(config, verbose))

    monkeypatch.setattr(run, "daemon", daemon)
    result = CliRunner().invoke(app.app, ["run", *arguments])
    assert result.exit_code == 0
    assert seen == [run_options(arguments)]


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["-h"], ["--config"], ["-c", "--verbose"], ["--konfig", "x"], ["x"], ["-cx"]],
    ids=" ".join,
)
def test_whatever_needs_words_goes_to_typer(arguments: list[str]) -> None:
    """Help and mistakes are not guessed at."""
    assert run_options(arguments) is None


def test_help_of_the_daemon_is_there() -> None:
    """`gardu run --help` explains both options."""
    script = "from edge.commands.main import main; main()"
    told = subprocess.run(
        [sys.executable, "-c", script, "run", "-h"], capture_output=True, text=True, check=True
    ).stdout
    assert "--config" in told
    assert "--verbose" in told
    assert str(DEFAULT_CONFIG) in told


def test_the_daemon_does_not_carry_the_other_commands_along() -> None:
    """Nothing that `gardu run` imports is there for people at a terminal."""
    script = (
        "import sys, edge.commands.main, edge.daemon.run, edge.drivers.gpio.panel;"
        "sys.exit(bool({'typer', 'rich', 'click', 'edge.commands.app'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
