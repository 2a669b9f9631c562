"""The approval sheet of an SOP (*lembar pengesahan*); blanks of the law stay blank. Pure."""

from typing import NamedTuple

import msgspec

from edge.paper.words import Language, in_language
from edge.sop.procedures.model import Approval, Procedure, Text

# Fields of the sheet's head, then those of its body, which stand in two columns.
_HEAD = {
    "number": Text(id="Nomor SOP", en="SOP number"),
    "made": Text(id="Tgl Pembuatan", en="Made"),
    "revised": Text(id="Tgl Revisi", en="Revised"),
    "approved": Text(id="Tgl Pengesahan", en="Approved"),
    "approved_by": Text(id="Disahkan Oleh", en="Approved by"),
    "name": Text(id="Nama SOP", en="Name"),
}
_BODY = {
    "legal_basis": Text(id="Dasar Hukum", en="Legal basis"),
    "qualifications": Text(id="Kualifikasi Pelaksana", en="Qualifications"),
    "related": Text(id="Keterkaitan", en="Related units"),
    "equipment": Text(id="Peralatan/ Perlengkapan", en="Equipment"),
    "warnings": Text(id="Peringatan", en="Warnings"),
    "records": Text(id="Pencatatan dan pendataan", en="Records"),
}
ARMS = Text(id="lambang daerah", en="coat of arms")
TITLE = Text(id="Lembar pengesahan", en="Approval sheet")
NONE = Text(
    id="Sumber tidak memuat lembar pengesahan: diisi oleh instansi.",
    en="No approval sheet (lembar pengesahan) is printed in the source; the office fills it in.",
)


class Field(NamedTuple):
    """A field: its label, and its lines, numbered or with dashes as the law prints them.

    :ivar signed: the approver signs there; an empty line is the place
    """

    label: str
    lines: list[str]
    signed: bool = False


class ApprovalSheet(NamedTuple):
    """A sheet: the office, the fields of its head, and those of its body."""

    office: str
    head: list[Field]
    body: list[Field]
    remark: str


def approval(procedure: Procedure, lang: Language) -> ApprovalSheet:
    """Return the approval sheet of *procedure*, with every field that the form has."""
    sheet = procedure.approval
    remark = in_language(NONE, lang) if sheet == Approval() else ""
    sheet = msgspec.structs.replace(sheet, name=sheet.name or in_language(procedure.title, lang))
    head = [
        Field(in_language(label, lang), _lines(sheet, name), signed=name == "approved_by")
        for name, label in _HEAD.items()
    ]
    body = [Field(in_language(label, lang), _lines(sheet, name)) for name, label in _BODY.items()]
    return ApprovalSheet(sheet.office or procedure.office, head, body, remark)


def _lines(sheet: Approval, name: str) -> list[str]:
    value = getattr(sheet, name)
    if isinstance(value, str):
        return [value] if value else []
    if name in ("legal_basis", "warnings"):
        return [f"{number}. {line}" for number, line in enumerate(value, 1)]
    return [f"- {line}" for line in value] if name in ("qualifications", "equipment") else [*value]
