"""The types of single config values, and the base type of every section."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z",
        max_length=64,
        description="lower-case letters, digits and single dashes, at most 64",
    ),
]
Pin = Annotated[int, Meta(ge=2, le=27, description="a BCM GPIO number from 2 to 27")]
Seconds = Annotated[float, Meta(gt=0, le=86400, description="seconds, above 0, at most 86400")]
Days = Annotated[int, Meta(ge=1, le=3650, description="days from 1 to 3650")]
# 125 kHz cards have numbers of 5 bytes; 13.56 MHz cards (ISO 14443-A) of 4, 7 or 10.
CardNumber = Annotated[
    str,
    Meta(
        pattern=r"^([0-9A-F]{8}|[0-9A-F]{10}|[0-9A-F]{14}|[0-9A-F]{20})\Z",
        description="8, 10, 14 or 20 hexadecimal digits, upper case",
    ),
]
NumberForm = Literal["hex", "decimal", "facility-card"]
"""The forms in which readers give a card's number (edge/drivers/card_number.py)."""
LockerNumber = Annotated[int, Meta(ge=1, le=999, description="a locker number from 1 to 999")]
# No file name, and no text of MQTT, can hold a NUL.
_ONE_LINE = r"^[^\x00-\x1f\x7f]*\Z"
# An Ed25519 key in base64: 32 bytes, so that the last character has four bits only.
PUBLIC_KEY = r"^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=\Z"
Line = Annotated[
    str,
    Meta(pattern=_ONE_LINE, max_length=200, description="one line of text, at most 200 characters"),
]
FileName = Annotated[str, Meta(pattern=_ONE_LINE, description="the name of a file, or empty")]
Folder = Annotated[str, Meta(pattern=_ONE_LINE, min_length=1, description="the name of a folder")]
Port = Annotated[
    str,
    Meta(
        pattern=_ONE_LINE,
        min_length=1,
        description="a device under /dev/serial/by-id/ or /dev/input/by-id/",
    ),
]

# The meanings of an officer's button (docs/panel.md): first the words of the procedures, in the
# last line those that are the same in all of them.
Action = Literal[
    "arrive", "done", "accept", "decline", "absent", "again", "reschedule", "locker", "nothing",
    "refuse", "leave", "extend", "lost", "reason-1", "reason-2", "reason-3", "reason-4",
    "identity-ktp", "identity-sim", "identity-other",
    "choice-1", "choice-2", "choice-3", "choice-4",
    "next", "back", "more", "acknowledge", "open-day", "close-day", "day", "reconcile",
    "host", "receiving", "away",
]  # fmt: skip


def fragment(*required: str, properties: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a part of a JSON Schema that says something of a few keys and allows all others.

    :param properties: the schemas of these keys; False: a key is not allowed
    """
    parts = {"required": list(required), "properties": properties or {}}
    return {key: value for key, value in parts.items() if value} | {"additionalProperties": True}


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A section of the config file."""

    @classmethod
    def contradictions(cls, _raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (key, problem) for keys of this section that do not go together.

        :param _raw: the section as it stands in the file
        """
        yield from ()

    @classmethod
    def schema_rules(cls) -> dict[str, Any]:
        """Return :meth:`contradictions` as JSON Schema, as far as it can express them."""
        return {}
