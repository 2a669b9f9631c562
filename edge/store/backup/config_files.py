"""The files that belong to a config: itself, procedures, legal texts, wording, secrets."""

from pathlib import Path

import msgspec

from edge.config.credentials import is_credential
from edge.config.model import Config
from edge.config.sections.cameras import HttpCamera
from edge.sop.procedures.legal_text import LEGAL_TEXTS
from edge.sop.procedures.loading import parts_of, procedure_file


class ConfigFile(msgspec.Struct, frozen=True):
    """A file that a config names.

    :ivar key: the key that names it; empty for the config itself
    :ivar secret: it holds a password or a private key
    """

    key: str
    path: Path
    secret: bool = False


def config_files(file: Path, config: Config) -> list[ConfigFile]:
    """Return the files of *config*, which was read from *file*; they need not exist.

    Each path once. Procedures that the config does not name are not among them, and of their legal
    texts only those that there are: a procedure does not need one.
    """
    checkpoint, broker = config.checkpoint, config.broker
    folder = Path(checkpoint.sop)
    named = [("", str(file.absolute()), False)]
    named += [
        ("checkpoint.sop", str(procedure_file(folder, name)), False)
        for name in checkpoint.procedures
    ]
    # Gardu's own parts come with its package.
    named += [
        ("checkpoint.sop", str(part), False)
        for part in parts_of(folder, checkpoint.procedures)
        if part.is_relative_to(folder)
    ]
    legal = (procedure_file(folder / LEGAL_TEXTS, name) for name in checkpoint.procedures)
    named += [("checkpoint.sop", str(text), False) for text in legal if text.is_file()]
    named += [
        ("checkpoint.wording", checkpoint.wording, False),
        ("broker.ca_file", broker.ca_file, False),
        ("broker.cert_file", broker.cert_file, False),
        ("broker.key_file", broker.key_file, True),
        ("broker.password_file", broker.password_file, True),
    ]
    for name, camera in config.cameras.items():
        if isinstance(camera, HttpCamera):
            named.append((f"cameras.{name}.ca_file", camera.ca_file, False))
            named.append((f"cameras.{name}.password_file", camera.password_file, True))
    # A credential is a file of the unit; its copy for the service has no place to go back to.
    named = [one for one in named if not is_credential(one[1])]
    # Several cameras may share a file; where one key makes it a secret, it is one.
    secrets = {path for _, path, secret in named if secret}
    once = {path: key for key, path, _ in reversed(named) if path}
    return [ConfigFile(key, Path(path), path in secrets) for path, key in reversed(once.items())]
