"""The printed texts of the SOPs that Gardu knows, to compare procedure files with."""

from pathlib import Path

import msgspec

from edge.config.text_files import read_text

_FOLDER = Path(__file__).parent / "legal"


class LegalRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of the printed table; a list is one text, without its numbers.

    :ivar standard_s: seconds; None where the law prints *menyesuaikan*
    """

    number: int
    activity: str
    equipment: str = ""
    standard_s: float | None = None
    output: str = ""
    note: str = ""


class LegalApproval(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The printed approval sheet: each field is one text, empty if the law left it blank."""

    number: str = ""
    made: str = ""
    revised: str = ""
    approved: str = ""
    approved_by: str = ""
    name: str = ""
    office: str = ""
    legal_basis: str = ""
    qualifications: str = ""
    related: str = ""
    equipment: str = ""
    warnings: str = ""
    records: str = ""


class LegalText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A printed SOP: its numbered prose, its table, and its approval sheet if it has one."""

    prose: tuple[str, ...]
    approval: LegalApproval | None = None
    rows: tuple[LegalRow, ...]


def legal_text(procedure_id: str) -> LegalText | None:
    """Return the printed text of the SOP *procedure_id*; None if Gardu does not know one."""
    file = _FOLDER / f"{procedure_id}.toml"
    return msgspec.toml.decode(read_text(file), type=LegalText) if file.is_file() else None
