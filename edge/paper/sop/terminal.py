"""The forms of an SOP on a terminal."""

from rich.table import Table
from rich.text import Text

from edge.paper.sop.approval import TITLE, approval
from edge.paper.sop.forms import Form, chosen
from edge.paper.sop.sop_table import table
from edge.paper.sop.sop_text import prose
from edge.paper.words import NUMBER, TIME, Language, in_language
from edge.printable import printable_lines
from edge.sop.procedures.model import Procedure
from edge.terminal import Terminal

# Width of an output that has none of its own (a file, a pipe), characters.
_WIDTH = 120


def console() -> Terminal:
    """Return the terminal; if there is none, an output of ``_WIDTH`` characters."""
    here = Terminal()
    return here if here.is_terminal else Terminal(width=_WIDTH)


def show_forms(procedure: Procedure, form: Form, lang: Language) -> None:
    """Print *form*; the flow chart is omitted, because it is a drawing."""
    page = console()
    for one in chosen(form):
        if one is Form.TABLE:
            page.print(_table(procedure, lang))
        elif one is Form.TEXT:
            words = prose(procedure, lang)
            if words.remark:
                page.print(_text(words.remark))
            for number, sentence in words.sentences:
                page.print(_text(f"{number}. {sentence}"))
        elif one is Form.APPROVAL:
            _print_approval(page, procedure, lang)


def _table(procedure: Procedure, lang: Language) -> Table:
    sheet = table(procedure, lang)
    caption = f"{procedure.source}\n{procedure.id} {procedure.version}"
    shown = Table(
        title=_text(in_language(procedure.title, lang)), caption=_text(caption),
        title_justify="left", caption_justify="left", show_lines=True,
    )  # fmt: skip
    narrow = (in_language(NUMBER, lang), in_language(TIME, lang))
    for header in sheet.headers:
        shown.add_column(header, no_wrap=header in narrow, overflow="fold")
    for row in sheet.rows:
        shown.add_row(*(_text("\n".join(cell)) for cell in row))
    return shown


def _print_approval(page: Terminal, procedure: Procedure, lang: Language) -> None:
    sheet = approval(procedure, lang)
    if sheet.remark:
        page.print(_text(sheet.remark))
        return
    shown = Table(title=in_language(TITLE, lang), title_justify="left", show_header=False)
    for field in [*sheet.head, *sheet.body]:
        shown.add_row(field.label, _text("\n".join(field.lines)))
    page.print(shown)


def _text(words: str) -> Text:
    """Return *words* as text without markup: square brackets and control characters are shown."""
    return Text(printable_lines(words))
