"""`gardu run` as a process: the exit code of each cause, which decides if it is started again."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.config.loading import load_config
from edge.daemon.exit_codes import CONFIG, OTHER, UNAVAILABLE, USAGE
from edge.errors import ConfigUnavailable
from tests.bare_commands import MAIN
from tests.daemon.test_run import config_file
from tests.forks import Forks

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module", name="run")
def run_to_the_end() -> Iterator[Run]:
    """Run `gardu run` with options to its end: ``run(*options, **environment)``."""
    with Forks("import edge.commands.main, edge.daemon.run, gpiozero.pins.mock") as forks:

        def run(*options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
            variables = {"GPIOZERO_PIN_FACTORY": "mock", **environment}
            return forks.run(MAIN, "run", *options, environment=variables)

        yield run


def edit(config: Path, old: str, new: str) -> None:
    """Replace *old* in the config."""
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")


def wrong_value(config: Path) -> None:
    """Write a value that is not allowed."""
    edit(config, 'url = "mqtt://', 'url = "mqt://')


def no_toml(config: Path) -> None:
    """Forget a bracket."""
    edit(config, "[broker]", "[broker")


def empty(config: Path) -> None:
    """Leave an empty file, as a power cut in the middle of saving does."""
    config.write_bytes(b"")


def windows_text(config: Path) -> None:
    """Save it in the encoding of an old Windows."""
    config.write_bytes(config.read_text(encoding="utf-8").encode("utf-16"))


def bad_procedure(config: Path) -> None:
    """Make the only text of a procedure bad."""
    folder = config.parent / "sop"
    folder.mkdir()
    for name in ("pimpinan", "eselon-2-3", "eselon-4-asn"):
        (folder / f"{name}.toml").write_text("nonsense = 1\n", encoding="utf-8")
    lines = [
        f'sop = "{folder}"' if line.startswith("sop = ") else line
        for line in config.read_text(encoding="utf-8").splitlines()
    ]
    config.write_text("\n".join(lines), encoding="utf-8")


def bad_and_missing(config: Path) -> None:
    """Make one file bad; another one is missing."""
    bad_procedure(config)
    (config.parent / "sop" / "pimpinan.toml").unlink()


def missing(config: Path) -> None:
    """Remove the file, as an editor does for a moment, or a folder that is mounted later."""
    config.unlink()


def folder_instead(config: Path) -> None:
    """Put a folder in its place."""
    config.unlink()
    config.mkdir()


def dangling(config: Path) -> None:
    """Let it be a link to a file system that is not mounted yet."""
    config.unlink()
    config.symlink_to(config.parent / "not-mounted" / "gardu.toml")


def no_secret(config: Path) -> None:
    """Name a password file that is not there."""
    edit(config, '# username = "lobi-utama"\n', 'username = "lobi-utama"\n')
    edit(config, '# password_file = "broker-password"', 'password_file = "broker-password"')


def no_procedures(config: Path) -> None:
    """Have no folder of procedures yet."""
    edit(config, 'sop = "', 'sop = "/nowhere')


def no_data_folder(config: Path) -> None:
    """Have no data folder yet."""
    (config.parent / "data").rmdir()


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (wrong_value, CONFIG, "broker.url: is 'mqt://"),
        (no_toml, CONFIG, "is not valid TOML"),
        (empty, CONFIG, "checkpoint: is missing"),
        (windows_text, CONFIG, "is not UTF-8 text"),
        (bad_procedure, CONFIG, "nonsense: is no key here"),
        (bad_and_missing, CONFIG, "no such file"),
        (missing, UNAVAILABLE, "no such file"),
        (folder_instead, UNAVAILABLE, "it is a folder"),
        (dangling, UNAVAILABLE, "no such file"),
        (no_secret, UNAVAILABLE, "password_file"),
        (no_procedures, UNAVAILABLE, "no such file"),
        (no_data_folder, OTHER, "the data folder"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_code_says_if_the_same_start_can_ever_succeed(
    tmp_path: Path, run: Run, spoil: Callable[[Path], None], code: int, words: str
) -> None:
    """Only text that a person must correct ends with 78; all that may pass is tried again."""
    config = config_file(tmp_path)
    spoil(config)
    done = run("--config", str(config))
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert words in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_config_that_may_not_be_read_is_tried_again(tmp_path: Path, run: Run) -> None:
    """Right after an installation the owner may be wrong: no text is known to be bad."""
    config = config_file(tmp_path)
    config.chmod(0)
    assert run("--config", str(config)).returncode == UNAVAILABLE


@pytest.mark.parametrize("options", [["--konfig", "x"], ["--config"], ["extra"]], ids=" ".join)
def test_wrong_options_have_a_code_of_their_own(run: Run, options: list[str]) -> None:
    """Not Python's 2, which a failing card gives too."""
    assert run(*options).returncode == USAGE


def test_help_is_no_mistake(run: Run) -> None:
    """`gardu run --help` ends with 0."""
    assert run("--help").returncode == 0


def test_a_missing_library_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation may be under way: the package that is missing is named."""
    config = config_file(tmp_path)
    text = config.read_text(encoding="utf-8")
    text += '\n[scanners.gate]\ndriver = "gm65"\nport = "/dev/x"\nstations = ["reception"]\n'
    text += f'[invitations.keys]\nprotokol = "{"A" * 43}="\n'
    config.write_text(text, encoding="utf-8")
    load_config(config)
    monkeypatch.setattr("edge.config.crosscheck.serial.find_spec", lambda name: None)
    with pytest.raises(ConfigUnavailable, match=r"pip install 'gardu\[invitations\]'"):
        load_config(config)


def test_systemctl_status_shows_the_first_problem(tmp_path: Path, run: Run) -> None:
    """File, line and key are the status text, and the number of the other problems."""
    config = config_file(tmp_path)
    edit(config, "[cards]", "[card]")
    edit(config, "pin = 26", "pin = 99")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        run("--config", str(config), NOTIFY_SOCKET=str(tmp_path / "notify"))
        manager.settimeout(20)
        status = manager.recv(4096).decode()
    assert status.startswith(f"STATUS=ended: {config}: line ")
    assert status.endswith(" more: journalctl -u gardu)")
