"""The forms of an SOP on one page of HTML: table, text, flow chart and approval sheet."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from edge.paper.flowchart.flow_svg import FlowPages, flow_pages
from edge.paper.lettering import list_mark
from edge.paper.page import escaped, html, render
from edge.paper.sheets import Paper, Sheet, across, upright
from edge.paper.sop.approval import ARMS, TITLE, approval
from edge.paper.sop.sop_table import table
from edge.paper.sop.sop_text import prose
from edge.paper.words import Language, in_language
from edge.sop.procedures.model import Procedure, Text

_CSS = """
@page wide { margin: 12mm; }
@page drawn { margin: 0; @bottom-right { content: none; } }
section { break-after: page; } section:last-child { break-after: auto; }
section.table { page: wide; font-size: 7.8pt; line-height: 1.25; }
section.flowchart { page: drawn; }
.sheet { break-after: page; line-height: 0; } .sheet:last-child { break-after: auto; }
.sheet svg { display: block; max-width: 100%; height: auto; }
.sentence { margin: 0 0 2mm 10mm; text-indent: -10mm; }
.sentence b { display: inline-block; width: 10mm; text-indent: 0; font-weight: normal; }
.institution { font-size: 9pt; font-weight: bold; margin: 0 0 1mm; }
td div { white-space: pre-line; }
section.table td:nth-child(5) div { white-space: nowrap; }
.listed { padding-left: 1.5em; text-indent: -1.5em; }
.listed .mark { display: inline-block; width: 1.5em; text-indent: 0; }
.listed.long { padding-left: 2.2em; text-indent: -2.2em; } .listed.long .mark { width: 2.2em; }
.signature { height: 14mm; } .signer { text-decoration: underline; }
.arms { border: 0.2mm dotted #888; width: 22mm; height: 26mm; margin: 0 auto 3mm;
  font: 6.5pt/26mm "DejaVu Sans"; color: #888; }
.approval { margin-bottom: -0.3mm; } .approval th { background: none; width: 24%; }
.approval.body th { width: 50%; background: #e8e8e8; }
.office { width: 34%; text-align: center; vertical-align: middle; font-weight: bold; }
section.approval { font-size: 9pt; line-height: 1.3; }
.approval.body td { height: 14mm; }
.value { height: 7mm; } .value.signed:empty { height: 40mm; }
.source { font-size: 7pt; }
"""


# The words before the procedure's name; the flow chart has its heading in the drawing.
_HEADINGS = {
    "table": Text(id="Tabel SOP", en="Table:"),
    "text": Text(id="Prosedur", en="Procedure:"),
    "approval": Text(id=f"{TITLE.id} SOP", en=f"{TITLE.en}:"),
}


class Form(StrEnum):
    """The forms that the regulation asks for (Pasal 4(2)), and the sheet that approves them."""

    TABLE = "table"
    TEXT = "text"
    FLOWCHART = "flowchart"
    APPROVAL = "approval"
    ALL = "all"


def chosen(form: Form) -> list[Form]:
    """Return the forms that *form* stands for, in the order of the regulation's annexes."""
    if form is Form.ALL:
        return [Form.TEXT, Form.APPROVAL, Form.FLOWCHART, Form.TABLE]
    return [form]


def forms_page(procedure: Procedure, form: Form, lang: Language, paper: Paper = Paper.A4) -> str:
    """Return the page with *form*, in one file, to be printed on *paper*.

    :raises PrintMissing: if the extra `print` is not installed
    """
    drawn = flow_pages(procedure, lang, paper) if Form.FLOWCHART in chosen(form) else None
    parts = [_part(procedure, one, lang, drawn) for one in chosen(form)]
    title = in_language(procedure.title, lang)
    sheets = {"": upright(paper), "wide": across(paper)}
    sheets |= {"drawn": drawn.sheet} if drawn is not None else {}
    body = render("forms.html", forms=parts, list_mark=list_mark)
    return html(title, body, _CSS + _sizes(sheets), lang.value)


def _sizes(sheets: Mapping[str, Sheet]) -> str:
    """Return the rules for the sizes of the kinds of pages."""
    return "".join(
        f"@page {kind} {{ size: {sheet.width:g}mm {sheet.height:g}mm; }}\n"
        for kind, sheet in sheets.items()
    )


def _part(
    procedure: Procedure, form: Form, lang: Language, drawn: FlowPages | None
) -> dict[str, Any]:
    """Return the values of one form for the template."""
    heading = in_language(_HEADINGS[form], lang) if form in _HEADINGS else ""
    part: dict[str, Any] = {
        "kind": form.value,
        "office": procedure.office,
        "title": f"{heading} {in_language(procedure.title, lang)}",
        "source": f"{procedure.source} · {procedure.id} {procedure.version}",
        "remark": "",
        "arms": in_language(ARMS, lang),
    }
    if form is Form.TABLE:
        part["sheet"] = table(procedure, lang)
    elif form is Form.TEXT:
        part["prose"] = words = prose(procedure, lang)
        part["remark"] = words.remark
    elif form is Form.APPROVAL:
        part["sheet"] = sheet = approval(procedure, lang)
        part["remark"] = sheet.remark
    elif drawn is not None:
        # Drawn by ElementTree, which escapes all text.
        part["pages"] = [escaped(page) for page in drawn.drawings]
    return part
