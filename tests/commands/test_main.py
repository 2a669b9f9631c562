"""The command line: the daemon's short way in gives the same options as typer's long one."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from edge import __version__
from edge.commands.app import COMMANDS, app_for
from edge.commands.main import PlainOptions, plain_options
from edge.config.places import DEFAULT_CONFIG
from edge.daemon import outputs_off, run
from tests.command_line import invoke

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
    """Config file, environment variable and verbosity are the same as typer finds."""
    monkeypatch.setenv("GARDU_CONFIG", variable)
    seen: list[PlainOptions] = []

    def daemon(config: Path, *, verbose: bool) -> None:
        seen.append(PlainOptions(config, verbose))

    monkeypatch.setattr(run, "daemon", daemon)
    result = invoke(["run", *arguments])
    assert result.exit_code == 0
    assert seen == [plain_options("run", arguments)]


@pytest.mark.parametrize("arguments", PLAIN, ids=" ".join)
def test_plain_options_of_outputs_off_mean_what_typer_says(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the config only: a switch of the daemon is left to typer, which refuses it."""
    monkeypatch.delenv("GARDU_CONFIG", raising=False)
    seen: list[Path] = []
    monkeypatch.setattr(outputs_off, "outputs_off", seen.append)
    result = invoke(["outputs-off", *arguments])
    options = plain_options("outputs-off", arguments)
    assert seen == ([] if options is None else [options.config])
    assert result.exit_code == (2 if options is None else 0)
    assert (options is None) == ("--verbose" in arguments)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["-h"], ["--config"], ["-c", "--verbose"], ["--konfig", "x"], ["x"], ["-cx"]],
    ids=" ".join,
)
def test_whatever_needs_words_goes_to_typer(arguments: list[str]) -> None:
    """Help and mistakes are left to typer."""
    assert plain_options("run", arguments) is None


def test_help_of_the_daemon_is_there() -> None:
    """`gardu run --help` explains both options."""
    script = "from edge.commands.main import main; main()"
    told = subprocess.run(
        [sys.executable, "-c", script, "run", "-h"], capture_output=True, text=True, check=True
    ).stdout
    assert "--config" in told
    assert "--verbose" in told
    assert str(DEFAULT_CONFIG) in told


def modules_after(script: str) -> set[str]:
    """Return the modules that a fresh interpreter has after *script*."""
    told = subprocess.run(
        [sys.executable, "-c", f"import sys\n{script}\nprint(*sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return set(told.splitlines()[-1].split())


def test_the_daemon_loads_no_command() -> None:
    """The daemon's memory holds its own libraries and no module of the command line but main."""
    loaded = modules_after(
        "import edge.commands.main, edge.daemon.run, edge.daemon.build, edge.drivers.wired.panel"
    )
    assert {name for name in loaded if name.startswith("edge.commands")} == {
        "edge.commands", "edge.commands.main",
    }  # fmt: skip
    libraries = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names)
    assert libraries & {"typer", "click", "rich", "jinja2", "PIL", "sim", "office"} == set()
    assert {"msgspec", "paho", "tinydb"} <= libraries


@pytest.mark.parametrize("name", [*COMMANDS, ""])
def test_a_command_loads_its_own_module_only(name: str) -> None:
    """`gardu records` waits for no other command's imports; nor does the overview."""
    loaded = modules_after(f"from edge.commands.app import app_for\napp_for([{name!r}])")
    commands = {one.module for one in COMMANDS.values()}
    assert loaded & commands == ({COMMANDS[name].module} if name else set())
    assert "sim.cli" not in loaded


@pytest.mark.parametrize(
    "group", [[], ["sop"], ["records"], ["guestbook"], ["invitation"], ["office"]]
)
def test_overviews_are_not_cut_off(group: list[str]) -> None:
    """Every line of an overview fits into 80 columns as a whole."""
    told = invoke([*group, "--help"], env={"COLUMNS": "80"}).output
    assert "Commands:" in told
    assert "..." not in told.partition("Commands:")[2]


def test_overview_names_every_command() -> None:
    """`gardu --help` lists Gardu's own commands and those of other packages."""
    told = invoke(["--help"]).output.partition("Commands:")[2]
    assert [line.split()[0] for line in told.splitlines() if line] == [
        "run",
        *COMMANDS,
        "desk",
        "office",
        "sim",
        "watch",
    ]


def test_mistyped_command_is_explained() -> None:
    """An unknown command ends with 2 and is named."""
    result = invoke(["recrds"])
    assert result.exit_code == 2
    assert "recrds" in result.output


def test_missing_extra_is_named_whatever_the_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command of an extra that is not installed names the extra, not the options."""
    monkeypatch.delitem(sys.modules, "sim.cli", raising=False)
    monkeypatch.setitem(sys.modules, "sim.stage.stage", None)  # as if a library of it were missing
    result = invoke(["sim", "--guests", "1"])
    assert result.exit_code == 1
    assert "pip install 'gardu[sim]'" in result.output


def test_version() -> None:
    """`gardu --version` prints the version that the package has."""
    assert invoke(["--version"]).output == f"gardu {__version__}\n"


def test_square_brackets_in_help_are_text() -> None:
    """A config key such as [card_readers.NAME] in a help text is shown as text."""
    app = app_for(["check"])

    @app.command("probe")
    def probe(
        value: Annotated[str, typer.Option(help="A [card_readers.NAME] of the config.")] = "",
    ) -> None:
        """Take a [section] of [brackets]."""

    told = CliRunner().invoke(app, ["probe", "--help"]).output
    assert "[card_readers.NAME]" in told
    assert "a [section] of [brackets]" in told


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_letter_outside_the_output_s_encoding_is_escaped(encoding: str) -> None:
    """Under cron or an old terminal a command prints everything; other letters are escaped."""
    script = "from edge.commands.main import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", script, "panel", "--config", "config/gardu.toml"],
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        capture_output=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert rb"\u25c9" in ran.stdout
