"""The words of the forms beside the procedure's own, in both languages."""

import re
from enum import StrEnum
from typing import Literal, get_args

from edge.sop.procedures.model import Duty, Procedure, Step, Text


class Language(StrEnum):
    """The languages in which a procedure is shown."""

    ID = "id"
    EN = "en"


NUMBER = Text(id="No", en="No")
ACTIVITY = Text(id="Aktivitas", en="Activity")
ROLE = Text(id="Pelaksana", en="Role")
EQUIPMENT = Text(id="Kelengkapan", en="Equipment")
TIME = Text(id="Waktu", en="Time")
OUTPUT = Text(id="Output", en="Output")
NOTE = Text(id="Keterangan", en="Remarks")
STANDARD = Text(id="Mutu Baku", en="Standard")


TextName = Literal["number", "activity", "equipment", "time", "output", "note"]
"""The columns of text of the table, and of the flow chart."""

TEXT_NAMES: tuple[TextName, ...] = get_args(TextName)
_HEADINGS: dict[TextName, Text] = {
    "number": NUMBER, "activity": ACTIVITY, "equipment": EQUIPMENT, "time": TIME,
    "output": OUTPUT, "note": NOTE,
}  # fmt: skip


def headings(procedure: Procedure) -> dict[TextName, Text]:
    """Return the headings of the columns of text: those of the law's own table, else the usual."""
    own = {name: getattr(procedure.headings, name, None) for name in TEXT_NAMES}
    return {name: own[name] or usual for name, usual in _HEADINGS.items()}


def in_language(text: Text, lang: Language) -> str:
    """Return *text* in the language *lang*."""
    return text.id if lang is Language.ID else text.en


def standard_time(step: Step | Duty, lang: Language) -> str:
    """Return the standard time as the law prints it: ``3 menit``, ``1 hari``, ``menyesuaikan``."""
    if step.standard_s is None:
        return "menyesuaikan" if lang is Language.ID else "as needed"
    unit, one = (86400, ("hari", "day")) if step.standard_s >= 86400 else (60, ("menit", "minute"))
    number = f"{step.standard_s / unit:g}"
    if lang is Language.ID:
        return f"{number} {one[0]}"
    return f"{number} {one[1]}{'' if number == '1' else 's'}"


def row_number(procedure: Procedure, row: Step | Duty) -> str:
    """Return the number of *row*; alternatives that share one get a letter: ``5a``, ``5b``."""
    return f"{row.number}{_letter(procedure, row)}"


def wording(procedure: Procedure, row: Step | Duty, lang: Language) -> str:
    """Return the legal wording, or the English title.

    A letter before the wording that the number of the row has too (``5a``) is not repeated.
    """
    if lang is Language.EN:
        return row.title
    letter = _letter(procedure, row)
    return re.sub(rf"^{letter}[.)]\s+", "", row.activity) if letter else row.activity


def _letter(procedure: Procedure, row: Step | Duty) -> str:
    """Return the letter of *row* among the steps that have its number; empty if it is alone."""
    alike = [step.id for step in procedure.steps if step.number == row.number]
    if isinstance(row, Duty) or len(alike) < 2:
        return ""
    place = alike.index(row.id)
    return "abcdefghijklmnopqrstuvwxyz"[place % 26] * (place // 26 + 1)


def acting(procedure: Procedure, row: Step | Duty, lang: Language) -> list[str]:
    """Return the roles that carry *row* out: the law's words, or the lanes' English ones."""
    headings = {lane.role: lane.heading.en for lane in procedure.lanes}
    roles = [row.role] if isinstance(row, Step) else row.roles
    return [role if lang is Language.ID else headings.get(role, role) for role in roles]


def listed(items: tuple[str, ...]) -> list[str]:
    """Return *items* as the law prints them: numbered, if there are several, a line each."""
    lines = [f"{n}. {item}" for n, item in enumerate(items, 1)] if len(items) > 1 else items
    return [line for item in lines for line in item.splitlines()]
