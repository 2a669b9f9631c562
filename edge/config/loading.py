"""Loads a config file: reads, converts and checks it, and reports every problem at once."""

from pathlib import Path
from typing import TypeVar

import msgspec

from edge.config.credentials import located
from edge.config.crosscheck.rules import check_files, crosscheck
from edge.config.expansion import expanded
from edge.config.model import Config
from edge.config.sections.values import Section
from edge.config.text_files import read_text
from edge.config.toml_text import parse_toml
from edge.config.validation import Problems, convert

S = TypeVar("S", bound=Section)

# The files of cameras; not every kind has them.
_FILES = frozenset({"password_file", "ca_file"})


def load_config(path: Path, *, elsewhere: bool = False) -> Config:
    """Read the config file *path*.

    Relative paths in it (``data``, ``sop``, ``wording``, certificate and password files) are
    relative to its folder; ``credential:NAME`` is one of systemd (credentials.py).

    :param elsewhere: this is not the machine that the config is for (a simulation of it), so its
        certificate and password files need not be here
    :raises ConfigUnavailable: if it, or a file or library that it needs, cannot be read now
    :raises ConfigError: with every problem found
    """
    return parse_config(read_text(path), path, elsewhere=elsewhere)


def parse_config(text: str, path: Path, *, elsewhere: bool = False) -> Config:
    """Return the config in *text*, which is or will be the file *path*.

    :param elsewhere: as for :func:`load_config`
    :raises ConfigUnavailable: as :func:`load_config`
    :raises ConfigError: with every problem found
    """
    raw, problems = parse_toml(text, str(path)), Problems(str(path), text)
    config: Config | None = convert(Config, raw, "", problems)
    if config is not None:
        config = expanded(_resolved(config, path.absolute().parent), problems)
        crosscheck(config, problems)
    sound = problems.count == 0
    if config is not None and not elsewhere:
        check_files(config, problems)
    problems.raise_any(unavailable=sound)
    assert config is not None
    return config


def _resolved(config: Config, folder: Path) -> Config:
    """Return *config* with absolute file names; relative ones are relative to *folder*."""
    return msgspec.structs.replace(
        config,
        checkpoint=_absolute(config.checkpoint, folder, "data", "sop", "wording"),
        broker=_absolute(
            config.broker, folder, "password_file", "ca_file", "cert_file", "key_file"
        ),
        desk=None
        if config.desk is None
        else _absolute(config.desk, folder, "cert_file", "key_file", "pin_file", "socket_folder"),
        cameras={
            name: _absolute(camera, folder, *_FILES.intersection(camera.__struct_fields__))
            for name, camera in config.cameras.items()
        },
    )


def _absolute(section: S, folder: Path, *keys: str) -> S:
    names = {key: getattr(section, key) for key in keys}
    changed = {key: located(name, folder) for key, name in names.items() if name}
    return msgspec.structs.replace(section, **changed)
