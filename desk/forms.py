"""Forms: makes requests of what was entered, and messages at the fields of what was refused. Pure.

The daemon checks the requests, with the checks that it has for those over MQTT; none is checked
here. What cannot be converted is sent as it was entered, so that the daemon refuses it.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from desk.words import FIELDS, REFUSALS, Words
from edge.mqtt.requests import Answer
from edge.sop.procedures.values import Value

# Longest body of a form, bytes: some thirty invitations.
LONGEST = 32 * 1024
_MOST_FIELDS = 40

GUEST_FIELDS = ("name", "organisation", "purpose", "phone")

# Refusals whose reason in the daemon's own words says what is allowed.
_TELLS_MORE = frozenset({"malformed", "value not allowed", "unknown value", "fault of ours"})

Entered = Mapping[str, str]


class FormTooLong(Exception):
    """A form is longer than any page of ours sends."""


class Refused(NamedTuple):
    """Why a form was refused: *words*, the daemon's own *why*, and the field at fault, if one."""

    words: Words
    why: str = ""
    field: str = ""


def parse(body: bytes) -> dict[str, str]:
    """Return the fields of a form's *body*; of a field that stands twice the first.

    :raises FormTooLong: if there is more than a form has
    """
    if len(body) > LONGEST:
        raise FormTooLong
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise FormTooLong from None
    entered: dict[str, str] = {}
    for name, text in pairs:
        entered.setdefault(name, text)
    return entered


def new_id() -> str:
    """Return the id of a new request: the same form sent twice is carried out once."""
    return str(uuid.uuid4())


def register(entered: Entered, time: str) -> dict[str, object]:
    """Return the request to enter a guest, as cmd/register has it (docs/mqtt.md)."""
    guest: dict[str, object] = {
        key: entered.get(f"guest.{key}", "").strip() for key in GUEST_FIELDS
    }
    guest["persons"] = _number(entered.get("guest.persons", "").strip() or "1")
    request: dict[str, object] = {
        "id": entered.get("id", ""),
        "time": time,
        "visit": entered.get("visit", ""),
        "guest": guest,
    }
    kind = entered.get("guest.id_kind", "")
    if kind:
        guest["id_kind"] = kind
        if entered.get("identity"):
            request["identity"] = kind
    request |= {key: entered[key] for key in ("host", "guest_kind") if entered.get(key)}
    if entered.get("replace"):
        request["replace"] = True
    return request


def values(entered: Entered, declared: Mapping[str, Value], time: str) -> dict[str, object]:
    """Return the request to enter values, as cmd/values has it; fields left empty are left out."""
    given = {
        name.removeprefix("values."): text.strip()
        for name, text in entered.items()
        if name.startswith("values.") and text.strip()
    }
    return {
        "id": entered.get("id", ""),
        "time": time,
        "visit": entered.get("visit", ""),
        "values": {name: _value(text, declared.get(name)) for name, text in given.items()},
    }


def availability(entered: Entered, time: str, zone: tzinfo) -> dict[str, object]:
    """Return the message about a host, as cmd/availability has it."""
    receiving = entered.get("receiving") == "yes"
    request: dict[str, object] = {
        "id": entered.get("id", ""),
        "time": time,
        "host": entered.get("host", ""),
        "receiving": receiving,
    }
    if not receiving:
        if entered.get("reason"):
            request["reason"] = entered["reason"]
        if entered.get("until"):
            request["until"] = _moment(entered["until"], zone)
    return request


def refused(answer: Answer) -> Refused:
    """Return the message for the refusal *answer*."""
    field, word = answer.field or "", answer.word or ""
    if word == "malformed" and field in FIELDS:
        return Refused(FIELDS[field], field=field)
    words = REFUSALS.get(word, Words("Ditolak.", "Refused."))
    return Refused(words, (answer.why or "") if word in _TELLS_MORE else "", field)


def invitation_lines(text: str) -> list[str]:
    """Return the lines of *text* that hold something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text.replace(",", "."))
        except ValueError:
            continue
    return text


def _value(text: str, declared: Value | None) -> Any:
    numeric = declared is not None and (
        declared.kind == "number"
        or any(not isinstance(choice, str) and f"{choice:g}" == text for choice in declared.choices)
    )
    return _number(text) if numeric else text


def _moment(text: str, zone: tzinfo) -> str:
    """Return the local time *text* (2026-11-22T13:00) with its offset; as it is if it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).isoformat()
    except ValueError:
        return text
