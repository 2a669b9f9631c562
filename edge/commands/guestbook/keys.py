"""`gardu guestbook key`: makes the office's key; and the reading of private keys for commands."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from edge.commands.options import say
from edge.errors import GarduError
from edge.paper.deliver import NEW_ONLY, write_secret
from edge.sealing.boxes import PrivateKeys, new_private_key, public_of
from edge.sealing.private_key_file import PrivateKeyFile, read, secret_of, written

key = typer.Typer(
    no_args_is_help=True,
    help="Make the office's key, or show its public half. The private key opens guests' details "
    "and stills that checkpoints have sealed: it belongs on the computer of the person responsible "
    "for personal data, never on a checkpoint.",
)

KeyOption = Annotated[
    list[Path],
    typer.Option("--key", help="A private key file; several for data sealed to several keys."),
]

# The greatest size of a private key file, bytes.
_LONGEST = 4096


@key.command("new", short_help="Make a key pair; print the public half for the config.")
def new_key(
    out: Annotated[Path, typer.Option("-o", "--out", help=NEW_ONLY)],
    *,
    passphrase: Annotated[
        bool,
        typer.Option(
            "--passphrase", help="Protect the file with a passphrase, which is asked for."
        ),
    ] = False,
) -> None:
    """Make the office's key pair: FILE has the private key, and the public half is printed.

    The printed lines go into the config of each checkpoint. Make a copy of FILE on another disk in
    a safe: without it, what is sealed cannot be opened, by any person.
    """
    secret = new_private_key()
    words = ""
    if passphrase:
        words = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
        if not words.strip():
            raise GarduError("the passphrase is empty: leave --passphrase out, or type one")
    write_secret(out, written(secret, words))
    say(f"private key: {out} (keep it here and copy it into a safe; it opens everything)")
    _show_public(public_of(secret).text)


@key.command("show", short_help="Print the public half of a private key file.")
def show_key(file: Annotated[Path, typer.Argument(help="The private key file.")]) -> None:
    """Print the public half of a private key FILE: its id, and the lines for the config."""
    _show_public(_file(file).public)


def private_keys(files: Sequence[Path]) -> PrivateKeys:
    """Return the private keys in *files*; passphrases are asked for.

    :raises GarduError: if one cannot be read
    """
    return PrivateKeys(_secret(file) for file in files)


def _secret(path: Path) -> bytes:
    found = _file(path)
    words = ""
    if found.locked is not None:
        words = typer.prompt(f"Passphrase of {path}", hide_input=True, err=True)
    try:
        return secret_of(found, words)
    except GarduError as error:
        raise GarduError(f"{path}: {error}") from None


def _file(path: Path) -> PrivateKeyFile:
    try:
        with path.open("rb") as file:
            return read(file.read(_LONGEST))
    except OSError as error:
        raise GarduError(f"{path} cannot be read: {error.strerror}") from None
    except GarduError as error:
        raise GarduError(f"{path}: {error}") from None


def _show_public(text: str) -> None:
    say("public key, for the config of each checkpoint:\n")
    say(f'[sealing]\noffice_key = "{text}"')
