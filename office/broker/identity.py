"""Identities: the names by which the broker knows its clients (common names of certificates)."""

import re
from typing import NamedTuple

import msgspec

from edge.config.sections.values import Name
from edge.errors import GarduError

LONGEST = 64
"""Longest common name of a certificate, characters (X.520, ub-common-name)."""

_NAME = "lower-case letters, digits and single dashes"


class CheckpointName(NamedTuple):
    """A checkpoint: its site and its id, as in ``[checkpoint]`` of its config."""

    site: str
    id: str

    @property
    def identity(self) -> str:
        """Its identity at the broker; a dot is in neither part, so it is unique over all sites."""
        return f"{self.site}.{self.id}"

    def __str__(self) -> str:
        return f"{self.site}/{self.id}"


def checkpoint_name(text: str) -> CheckpointName:
    """Return the checkpoint that *text* (``site/checkpoint`` or ``site.checkpoint``) names.

    :raises GarduError: if it is no such name, or too long for a certificate
    """
    parts = re.split(r"[/.]", text)
    if len(parts) != 2 or not all(map(_is_name, parts)):
        raise GarduError(
            f"{text!r} is no checkpoint; allowed: SITE/CHECKPOINT, each of {_NAME}, as `site` and "
            "`id` in [checkpoint] of its config"
        )
    found = CheckpointName(*parts)
    if len(found.identity) > LONGEST:
        raise GarduError(
            f"{text!r} is too long: site and checkpoint have at most {LONGEST - 1} characters "
            "together, because a certificate's common name has no room for more"
        )
    return found


def client_name(text: str) -> str:
    """Return *text* if it can be the identity of a desk application or of the office.

    :raises GarduError: if it cannot
    """
    if not _is_name(text) or text in RESERVED:
        raise GarduError(
            f"{text!r} is no name for this; allowed: {_NAME}, at most {LONGEST} characters, and "
            f"none of {', '.join(sorted(RESERVED))}"
        )
    return text


RESERVED = frozenset({"authority", "server"})
"""The names that the kit itself uses for its own two certificates."""


def _is_name(text: str) -> bool:
    try:
        msgspec.convert(text, Name)
    except msgspec.ValidationError:
        return False
    return True
