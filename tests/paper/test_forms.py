"""The forms on paper: one file, complete, with fonts embedded."""

import builtins
import sys
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from pypdfium2 import raw

from edge.config.places import default_config_folder
from edge.errors import GarduError
from edge.paper.page import PrintMissing, html, pdf
from edge.paper.sop.approval import approval
from edge.paper.sop.change_sheet import change_page
from edge.paper.sop.forms import Form, forms_page
from edge.paper.sop.sop_table import table
from edge.paper.sop.sop_text import prose
from edge.paper.words import Language, wording
from edge.sop.procedures.difference import difference
from edge.sop.procedures.loading import load_procedure
from tests.command_line import invoke
from tests.printing import needs_pango

SOP = default_config_folder() / "sop"
NAMES = ["pimpinan", "eselon-2-3", "eselon-4-asn", "jatim"]


def run(*words: str) -> Any:
    """Run `gardu sop show`."""
    return invoke(["sop", "show", *words, "--folder", str(SOP)])


# The pages of all forms: text, approval sheet, flow chart, table; width and height in points.
_SIZES = {"a4": (595, 842), "f4": (595, 935)}
_CHARTS = {"pimpinan": 1, "eselon-2-3": 1, "eselon-4-asn": 1, "jatim": 2}


@needs_pango
@pytest.mark.parametrize("paper", _SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_pdf_has_every_word_of_every_form_and_embeds_its_fonts(
    name: str, paper: str, tmp_path: Path
) -> None:
    """It prints the same everywhere: one paper, all fonts inside, the activities complete.

    Text, approval sheet and table have a page each.
    """
    out = tmp_path / "forms.pdf"
    assert run(name, "--format", "pdf", "--paper", paper, "-o", str(out)).exit_code == 0
    document = pypdfium2.PdfDocument(out)
    try:
        sizes = {tuple(sorted((round(p.get_width()), round(p.get_height())))) for p in document}
        words = "".join(page.get_textpage().get_text_bounded() for page in document)
        assert sizes == {_SIZES[paper]}
        assert len(document) == _CHARTS[name] + 3
        assert all(_embedded(page) for page in document)
    finally:
        document.close()
    seen = "".join(words.split())
    procedure = load_procedure(SOP / f"{name}.toml")
    for step in procedure.steps:
        words = wording(procedure, step, Language.ID)
        assert words in step.activity
        assert seen.count("".join(words.split())) >= 1


def _embedded(page: Any) -> bool:
    texts = [o for o in page.get_objects() if o.type == raw.FPDF_PAGEOBJ_TEXT]
    fonts = [raw.FPDFTextObj_GetFont(text.raw) for text in texts]
    return bool(fonts) and all(raw.FPDFFont_GetIsEmbedded(font) == 1 for font in fonts)


def test_html_is_one_file_with_all_forms(tmp_path: Path) -> None:
    """The page fetches no other file; table, text, flow chart and approval sheet are there."""
    out = tmp_path / "forms.html"
    assert run("pimpinan", "--format", "html", "-o", str(out)).exit_code == 0
    page = out.read_text(encoding="utf-8")
    assert all(f'<section class="{form}">' in page for form in Form if form != "all")
    assert page.count("<svg") == 1
    for outside in ("src=", "href=", "@import", "url("):
        assert outside not in page


def test_blanks_of_the_approval_sheet_stay_blank() -> None:
    """Number and dates are empty fields to be filled in by hand, not left out."""
    sheet = approval(load_procedure(SOP / "pimpinan.toml"), Language.ID)
    blank = [field.label for field in [*sheet.head, *sheet.body] if not field.lines]
    assert blank == [
        "Nomor SOP", "Tgl Pembuatan", "Tgl Revisi", "Tgl Pengesahan", "Pencatatan dan pendataan",
    ]  # fmt: skip


def test_a_procedure_without_prose_gets_it_from_its_table_and_says_so() -> None:
    """Pasal 4(2) requires a text form; a remark states that the source does not print it."""
    words = prose(load_procedure(SOP / "jatim.toml"), Language.ID)
    assert words.remark.startswith("Sumber tidak memuat")
    numbers = [sentence.number for sentence in words.sentences]
    assert numbers == ["1", "2", "3", "4", "5a", "5b", "6", "7", "8"], "the law's own"
    assert "petugas keamanan berhak menolak tamu" in words.sentences[1].words


def test_there_is_room_to_sign_and_to_fill_in_by_hand() -> None:
    """Above the approver's name, and in each field that the law left blank."""
    page = forms_page(load_procedure(SOP / "pimpinan.toml"), Form.APPROVAL, Language.ID)
    before, gap, after = page.partition('<div class="signature"></div>')
    assert gap
    assert "Sekretaris Daerah," in before
    assert '<div class="signer">Drs.H. AMBOK TUO,MM</div>' in after
    assert page.count('class="signer"') == 1
    assert ".signer { text-decoration: underline; }" in page
    blank = forms_page(load_procedure(SOP / "jatim.toml"), Form.APPROVAL, Language.ID)
    assert '<td class="value signed"></td>' in blank


def test_remarks_have_a_column_where_the_law_has_one() -> None:
    """Jawa Timur prints "ket"; its lists are printed as lists."""
    page = forms_page(load_procedure(SOP / "jatim.toml"), Form.TABLE, Language.ID)
    assert "<th>ket</th>" in page
    assert "<th>Uraian Kegiatan</th>" in page
    assert '<span class="mark">-</span>Kartu Mahasiswa/ pelajar' in page
    assert "<th>Aktivitas</th>" in forms_page(
        load_procedure(SOP / "pimpinan.toml"), Form.TABLE, Language.ID
    )


def test_the_approval_sheet_has_a_place_for_the_coat_of_arms_and_the_name_of_the_sop() -> None:
    """The name is the title of the procedure where the source prints no approval sheet."""
    procedure = load_procedure(SOP / "jatim.toml")
    page = forms_page(procedure, Form.APPROVAL, Language.ID)
    assert page.count('<div class="arms">lambang daerah</div>') == 1
    names = [field for field in approval(procedure, Language.ID).head if field.label == "Nama SOP"]
    assert [field.lines for field in names] == [["Pelayanan Penerimaan Tamu"]]


def test_a_letter_that_the_number_has_is_not_repeated() -> None:
    """5a is "Memberikan …", not "a. Memberikan …"; other wordings stay the law's."""
    procedure = load_procedure(SOP / "jatim.toml")
    rows = {row[0][0]: row[1][0] for row in table(procedure, Language.ID).rows}
    assert rows["5a"].startswith("Memberikan ID tamu")
    assert rows["5b"].startswith("Menginformasikan untuk")
    assert rows["6"] == procedure.step("pengantaran").activity


def test_each_form_says_what_it_is() -> None:
    """Each page names the office, the form and the procedure."""
    page = forms_page(load_procedure(SOP / "pimpinan.toml"), Form.ALL, Language.ID)
    headings = ("Prosedur", "Lembar pengesahan SOP", "Tabel SOP")
    assert all(f"<h1>{words} Pelayanan Tamu Pimpinan</h1>" in page for words in headings)
    assert page.count("Kantor Bupati Tanjung Jabung Barat</p>") == len(headings)


def test_forms_and_formats_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    """The message lists the allowed values; exit code 2, and no file."""
    out = tmp_path / "x"
    for words, allowed in (
        (("--form", "table", "--format", "svg", "-o", str(out)), "--form flowchart"),
        (("--form", "flowchart"), "--format html, pdf or svg"),
        (("--form", "text", "-o", str(out)), "with --format html, pdf or svg"),
    ):
        done = run("pimpinan", *words)
        assert done.exit_code == 2
        assert allowed in done.output
        assert not out.exists()


def test_words_of_a_procedure_cannot_become_markup() -> None:
    """A title with angle brackets is a title with angle brackets."""
    import msgspec

    procedure = load_procedure(SOP / "pimpinan.toml")
    steps = (msgspec.structs.replace(procedure.steps[0], activity="<b>x</b> & y"),)
    hostile = msgspec.structs.replace(procedure, steps=steps + procedure.steps[1:])
    page = forms_page(hostile, Form.ALL, Language.ID)
    assert "<b>x" not in page
    assert "&lt;b&gt;x" in page


@needs_pango
def test_a_page_that_refers_elsewhere_is_refused() -> None:
    """A form must not print differently on another day."""
    with pytest.raises(GarduError, match="must be one file"):
        pdf(html("x", '<img src="file:///etc/hostname">'))


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the command that installs it."""
    real = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name == "weasyprint":
            raise ModuleNotFoundError("No module named 'weasyprint'", name="weasyprint")
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(PrintMissing, match=r"pip install 'gardu\[print\]'"):
        pdf(html("x", "y"))


@pytest.mark.parametrize("lang", Language)
def test_the_approver_gets_a_page_to_sign(lang: Language) -> None:
    """The page names both versions and every change, in words of that language."""
    old = load_procedure(SOP / "pimpinan.toml")
    new = load_procedure(SOP / "eselon-4-asn.toml")
    changes = difference(old, new)
    page = change_page(old, new, changes, lang)
    assert f"<b>{old.version}</b>" in page
    assert f"<b>{new.version}</b>" in page
    assert ("Disetujui oleh" in page) == (lang is Language.ID)
    cells = page.count('<td class="kind">')
    assert cells == len(changes) > 10
    for name in {change.about for change in changes}:
        if lang is Language.ID:
            assert f"<td>{name}</td>" not in page, "named in English"
