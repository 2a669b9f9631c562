"""office.toml: every problem at once, in the words of a checkpoint's config."""

import re
from pathlib import Path

import pytest

from edge.errors import ConfigError
from office.config import load_office_config
from office.hooks.settings import HookSection
from tests.command_line import invoke


def load(folder: Path, text: str) -> object:
    """Return the config *text*."""
    file = folder / "office.toml"
    file.write_text(text, encoding="utf-8")
    return load_office_config(file)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[ingest]\nbatc = 3\n", "line 2: ingest.batc: is no key here (did you mean batch?)"),
        ("[ingest]\nbatch = 0\n", "ingest.batch: is 0; allowed: a whole number from 1 to 2000"),
        ("[other]\n", "other: is no key here"),
        ('[database]\nurl = "mysql://a/b"\n', "allowed: sqlite:///FILE, or postgresql://USER@HOST"),
        ('[database]\nurl = "sqlite://x/y"\n', "database.url: is 'sqlite://x/y'"),
        ('[database]\nurl = "postgresql://a:b@c/d"\n', "holds a password; allowed: password_file"),
        ('[database]\npassword_file = "x"\n', "is for PostgreSQL"),
        ("[ingest]\nprocesses = 2\n", "SQLite has one writer; allowed: 1, or a postgresql://"),
        ('[broker]\nurl = "http://x"\n', "broker.url: is 'http://x'; allowed: mqtt:// or mqtts://"),
        ('[broker]\nca_file = "ca.pem"\n', "needs encryption; allowed: with an mqtts:// url"),
        ('[broker]\nclient_id = "a b"\n', "allowed: letters, digits, dots and dashes"),
        ('[[hooks]]\nurl = "http://x/"\nsecret_file = "s"\n', "hooks[0].url: would be in plain"),
        ('[[hooks]]\nurl = "https://x/"\nsecret_file = "s"\n', "secret_file: is '"),
        ('[[hooks]]\nurl = "https://x/"\n', "hooks[0].secret_file: is missing"),
        (
            '[[hooks]]\nurl = "https://x/"\nsecret_file = "office.toml"\n',
            "is not base64; allowed: whsec_",
        ),
        ('[metrics]\naddress = ":::::"\n', "allowed: an IP address such as 127.0.0.1"),
        ('[metrics]\nbroker_kit = "kit"\n', "which is no folder; allowed: that of a kit"),
        ('[home_assistant]\nprefix = "a/b"\n', "allowed: letters, digits and dashes"),
        ('[broker]\nurl = "mqtts://x"\nca_file = "ca.pem"\n', "which is no file"),
    ],
)
def test_problems(tmp_path: Path, text: str, words: str) -> None:
    """What is wrong is named with its line, its key and what is allowed."""
    with pytest.raises(ConfigError) as error:
        load(tmp_path, text)
    assert words in str(error.value)


def test_files_are_relative_to_the_config(tmp_path: Path) -> None:
    """The database lies beside its config, wherever the command is started."""
    config = load(tmp_path, '[database]\nurl = "sqlite:///data/office.db"\n')
    assert config.database.file == f"{tmp_path}/data/office.db"  # type: ignore[attr-defined]


def test_the_example_shows_every_key(tmp_path: Path) -> None:
    """config/office.toml is loaded as it stands, and has every key, some of them as comments."""
    import tomllib

    import msgspec

    from edge.config.places import default_config_folder

    example = (default_config_folder() / "office.toml").read_text(encoding="utf-8")
    assert load(tmp_path, example).hooks == ()  # type: ignore[attr-defined]
    # The neighbours are off: their keys are comments.
    example = re.sub(r"^# (\[|[a-z_]+ = )", r"\1", example, flags=re.MULTILINE)
    (tmp_path / "hook.secret").write_text(f"whsec_{'A' * 32}\n", encoding="utf-8")
    config, shown = load(tmp_path, example), tomllib.loads(example)
    (hook,) = shown.pop("hooks")
    assert set(hook) == {one.name for one in msgspec.structs.fields(HookSection)}
    for field in msgspec.structs.fields(config):  # type: ignore[arg-type]
        if field.name == "hooks":
            continue
        keys = {one.name for one in msgspec.structs.fields(type(getattr(config, field.name)))}
        assert set(shown[field.name]) == keys


def test_check_command(tmp_path: Path) -> None:
    """`gardu office check` prints the problems and ends with 2, or says that there are none."""
    file = tmp_path / "office.toml"
    file.write_text("[ingest]\nbatch = 0\nprocesses = 0\n", encoding="utf-8")
    bad = invoke(["office", "check", "--config", str(file)])
    assert bad.exit_code == 2
    assert bad.stderr.count("\n") == 2
    file.write_text("", encoding="utf-8")
    good = invoke(["office", "check", "--config", str(file)])
    assert (good.exit_code, good.stdout.splitlines()[-1]) == (0, f"{file}: no problems")


def test_each_process_has_its_certificate(tmp_path: Path) -> None:
    """A missing file of the second process is found before it is started."""
    for name in ("1.pem", "1.key", "2.pem"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    text = (
        '[broker]\nurl = "mqtts://broker.example"\n'
        'cert_file = "{process}.pem"\nkey_file = "{process}.key"\n'
        '[database]\nurl = "postgresql://gardu@localhost/gardu"\n[ingest]\nprocesses = 2\n'
    )
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    (problem,) = caught.value.problems
    assert "broker.key_file" in problem
    assert str(tmp_path / "2.key") in problem
    (tmp_path / "2.key").write_text("x", encoding="utf-8")
    load(tmp_path, text)
