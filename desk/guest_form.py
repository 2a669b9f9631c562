"""The form of the guest book: its fields, as the daemon's state allows them. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from desk.board import host_title
from desk.forms import Refused
from desk.words import ID_KINDS, WORDS, Words
from edge.daemon.desk_messages import DeskNames, DeskNow, VisitNow
from edge.sop.procedures.values import LONGEST_TEXT, Value


class Field(NamedTuple):
    """A field of a form.

    :ivar kind: text, tel, number, select or checkbox
    :ivar options: of a select: (value, text)
    :ivar refused: why the entry was refused
    """

    name: str
    words: Words
    kind: str = "text"
    value: str = ""
    options: tuple[tuple[str, str], ...] = ()
    longest: int = 80
    required: bool = False
    unit: str = ""
    refused: Refused | None = None

    def __repr__(self) -> str:
        return f"Field({self.name}, …)"


def chosen_visit(now: DeskNow, entered: Mapping[str, str]) -> VisitNow | None:
    """Return the visit that *entered* names, or else the newest that waits for details."""
    named = entered.get("visit", "")
    found = next((visit for visit in now.visits if visit.id == named), None)
    if found is not None or named:
        return found
    waiting = [visit for visit in now.visits if visit.waits]
    return max(waiting, key=lambda visit: visit.number, default=None)


def open_to_entry(now: DeskNow) -> list[VisitNow]:
    """Return the visits that lack details or values, the newest first."""
    lacking = [visit for visit in now.visits if visit.waits or visit.lacking]
    return sorted(lacking, key=lambda visit: -visit.number)


def guest_fields(
    visit: VisitNow, names: DeskNames, entered: Mapping[str, str], refused: Refused | None
) -> list[Field]:
    """Return the fields for the details of the guest of *visit*; those it has are filled in."""
    known = _known(visit)
    fields = [
        Field("guest.name", WORDS["name"], required=True),
        Field("guest.organisation", WORDS["organisation"]),
        Field("guest.purpose", WORDS["purpose"]),
        Field("guest.persons", WORDS["number-of-persons"], "number", longest=2),
        Field("guest.phone", WORDS["phone"], "tel", longest=24),
        Field("guest.id_kind", WORDS["id-kind"], "select", options=_kinds()),
        Field("identity", WORDS["id-taken"], "checkbox"),
    ]
    if len(visit.hosts) > 1:
        options = ((one, host_title(one, names)) for one in visit.hosts)
        fields.append(Field("host", WORDS["host"], "select", options=_select(options)))
    if visit.guest_kinds:
        kinds = ((one, names.guest_kinds.get(one, one)) for one in visit.guest_kinds)
        fields.append(Field("guest_kind", WORDS["guest-kind"], "select", options=_select(kinds)))
    return [_filled(field, entered, known, refused) for field in fields]


def value_fields(
    declared: Iterable[Value], entered: Mapping[str, str], refused: Refused | None
) -> list[Field]:
    """Return the fields for the values of a visit's procedure."""
    return [_filled(_value(value), entered, {}, refused) for value in declared]


def _known(visit: VisitNow) -> dict[str, str]:
    details = visit.details
    persons = str(visit.persons)
    if details is None:
        return {"guest.persons": persons, "host": visit.host or ""}
    return {
        "guest.name": details.name,
        "guest.organisation": details.organisation,
        "guest.purpose": details.purpose,
        "guest.persons": persons,
        "guest.phone": details.phone,
        "guest.id_kind": details.id_kind or "",
        "host": visit.host or "",
        "guest_kind": visit.guest_kind or "",
    }


def _kinds() -> tuple[tuple[str, str], ...]:
    return _select((kind, f"{words.id} · {words.en}") for kind, words in ID_KINDS.items())


def _select(options: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return (("", f"({WORDS['unchanged'].id})"), *options)


def _value(value: Value) -> Field:
    words = Words(value.title.id, value.title.en)
    name = f"values.{value.id}"
    if value.kind == "choice":
        return Field(
            name, words, "select", options=_select((str(c), str(c)) for c in value.choices)
        )
    kind = "text"  # of a number too: a comma is understood
    return Field(name, words, kind, longest=LONGEST_TEXT, unit=value.unit)


def _filled(
    field: Field, entered: Mapping[str, str], known: Mapping[str, str], refused: Refused | None
) -> Field:
    # A form that was sent lacks a box that was not ticked.
    sent = entered.get("id") is not None
    value = entered.get(field.name, "" if sent else known.get(field.name, ""))
    own = refused if refused is not None and refused.field == field.name else None
    return field._replace(value=value, refused=own)
