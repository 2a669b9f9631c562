"""The flow chart: the regulation's lanes, every branch drawn, no overlaps."""

from collections import Counter
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from edge.config.places import default_config_folder
from edge.paper.flowchart.connectors import Connector
from edge.paper.flowchart.flow import flow
from edge.paper.flowchart.flow_svg import flow_pages, flow_picture
from edge.paper.flowchart.flowchart import layout
from edge.paper.flowchart.measures import SIZE
from edge.paper.lettering import CellLine, cell_lines, width, wrap
from edge.paper.sheets import Paper, across, upright
from edge.paper.words import Language, in_language
from edge.sop.procedures.loading import load_procedure
from edge.sop.procedures.model import Procedure, Transition
from edge.sop.procedures.verify import verify
from tests.longer import LONG, longer
from tests.paper.odd_procedures import (
    LONG_TEXTS,
    LOOP,
    ODD,
    ON,
    ONE_ROLE,
    REFUSALS,
    TWELVE,
    step,
    ways,
)
from tests.paper.overlaps import overlaps
from tests.sop.procedures.generated import procedures

SOP = default_config_folder() / "sop"
NAMES = ["pimpinan", "eselon-2-3", "eselon-4-asn", "jatim"]
EXAMPLES = sorted(path.stem for path in (SOP / "examples").glob("*.toml"))
EACH = pytest.mark.parametrize(("name", "lang"), [(n, la) for n in NAMES for la in Language])
LANES = {
    "pimpinan": ["Penerima tamu", "Petugas 1 (Satpo, PP)", "Petugas 2 (Satpol, PP)",
                 "Petugas 3 (Satpol, PP)", "ADC Pimpinan"],
    "jatim": ["KaBag", "Kasubbag", "Pejabat/ Pihak yang Ditemui", "Pengantar Tamu",
              "Penerima Tamu", "Pelayanan Keamanan", "Tamu"],
}  # fmt: skip


def procedure(name: str) -> Procedure:
    """Return one of the shipped procedures."""
    return load_procedure(SOP / f"{name}.toml")


@pytest.mark.parametrize("name", LANES)
def test_lanes_are_the_printed_columns(name: str) -> None:
    """One lane for each role, from left to right as the law prints them, misprints included."""
    chart = layout(procedure(name), Language.ID)
    assert [column.heading for column in chart.columns if column.role] == LANES[name]


@EACH
def test_every_step_stands_in_the_lane_of_its_role(name: str, lang: Language) -> None:
    """A lane shows the steps of its role, and of no other."""
    chart = layout(procedure(name), lang, "none")
    for one in procedure(name).steps:
        symbol = chart.pages[0].symbols[one.id]
        lane = next(c for c in chart.columns if c.role and c.x < symbol.x < c.x + c.width)
        assert lane.role == one.role


def test_the_question_to_another_person_stands_in_that_persons_lane() -> None:
    """The host's aide does not seem to decide what the head of security decides."""
    one = load_procedure(SOP / "examples" / "pusat-data.toml")
    asked = {node.key: node.role for node in flow(one).nodes if node.kind == "decision"}
    assert asked["persetujuan-pemilik-data?hubungi"] == "Pemilik Data"
    assert asked["persetujuan-keamanan?hubungi"] == "Kepala Keamanan"
    without = replace(one, lanes=tuple(replace(lane, aiphone=None) for lane in one.lanes))
    asked = {node.key: node.role for node in flow(without).nodes if node.kind == "decision"}
    assert asked["persetujuan-keamanan?hubungi"] == "Penerima Tamu"


def _branches(one: Procedure) -> set[tuple[str, str, str]]:
    """Return the labelled links of the chart of *one*: from, to, answer."""
    links = flow(one).links
    return {(link.start, link.end, link.label.id) for link in links if link.label is not None}


def test_the_decisions_of_the_pimpinan_procedure_and_where_they_lead() -> None:
    """The questions of the file, each answer with its way; a second walk leads back to the box."""
    assert _branches(procedure("pimpinan")) == {
        ("penerimaan?hubungi", "penerimaan?kartu", "menerima"),
        ("penerimaan?hubungi", "penerimaan?hubungi!declined+rescheduled", "menolak"),
        ("penerimaan?kartu", "menunggu", "ya"),
        ("penerimaan?kartu", "penerimaan?kartu!declined", "tidak"),
        ("penitipan?tanya", "penitipan", "ya"),
        ("penitipan?tanya", "pemeriksaan?menunggu-panggilan", "tidak"),
        ("pemeriksaan?menunggu-panggilan", "pemeriksaan", "ya"),
        ("pemeriksaan?menunggu-panggilan", "pengembalian", "tidak"),
        ("pemeriksaan?lewat", "pemeriksaan", "ya"),
        ("pemeriksaan?lewat", "pengembalian", "ditolak"),
        ("pemeriksaan?lewat", "menghadap?panggil", "tidak"),
        ("menghadap?panggil", "menghadap", "menerima"),
        ("menghadap?panggil", "pengembalian", "menolak"),
    }


def test_the_aide_of_lower_officials_is_asked_once() -> None:
    """The waiting room's question is the only one, before the meeting."""
    assert {b for b in _branches(procedure("eselon-4-asn")) if b[0].startswith("menghadap")} == {
        ("menghadap?menunggu-panggilan", "menghadap", "ya"),
        ("menghadap?menunggu-panggilan", "pengembalian", "tidak"),
    }


def test_accepted_and_declined_guests_part_in_jawa_timur() -> None:
    """Step 4's host decides between 5a and 5b; 5b ends the visit, either way."""
    assert _branches(procedure("jatim")) == {
        ("pemeriksaan?periksa", "buku-tamu", "ya"),
        ("pemeriksaan?periksa", "pemeriksaan?periksa!refused", "tidak"),
        ("konfirmasi?hubungi", "kartu-tamu", "menerima"),
        ("konfirmasi?hubungi", "penjadwalan-ulang", "menolak"),
        ("kartu-tamu?kartu", "pengantaran", "ya"),
        ("kartu-tamu?kartu", "kartu-tamu?kartu!declined", "tidak"),
        ("penjadwalan-ulang?tawarkan", "penjadwalan-ulang?tawarkan!rescheduled", "ya"),
        ("penjadwalan-ulang?tawarkan", "penjadwalan-ulang?tawarkan!declined", "tidak"),
        ("pengantaran?antar", "pengembalian-kartu", "ya"),
        ("pengantaran?antar", "pengembalian-kartu", "tidak"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_chart_asks_the_questions_of_the_file_and_no_others(name: str) -> None:
    """Without ``ask`` there is no diamond, for no event that phases wait for."""
    asked = {p.ask.id for s in procedure(name).steps for p in s.phases if p.ask is not None}
    drawn = {node.words.id for node in flow(procedure(name)).nodes if node.kind == "decision"}
    assert drawn == asked != set()
    silent = _without_questions(procedure(name))
    assert not [node for node in flow(silent).nodes if node.kind == "decision"]
    assert overlaps(layout(silent, Language.ID)) == []


def _without_questions(one: Procedure) -> Procedure:
    steps = [
        replace(own, phases=tuple(
            replace(phase, ask=None, on=tuple(replace(way, answer=None) for way in phase.on))
            for phase in own.phases
        ))
        for own in one.steps
    ]  # fmt: skip
    return replace(one, steps=tuple(steps))


def _unconnected(one: Procedure) -> list[str]:
    """Return the symbols without a way in, and those without a way out that are no ends."""
    chart = flow(one)
    duties = {node.key for node in chart.nodes if "/" in node.key}
    starts, ends = {link.start for link in chart.links}, {link.end for link in chart.links}
    return [
        node.key
        for node in chart.nodes
        if node.key not in duties
        and ((node.key in ends) != (node.kind != "start")
             or (node.key in starts) != (node.kind != "end"))
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_symbol_is_reached_and_goes_on_unless_it_is_an_end(name: str) -> None:
    """Every symbol but the start has a way in, and every symbol but an end has a way out."""
    assert _unconnected(procedure(name)) == []


@EACH
def test_nothing_overlaps_in_the_charts_of_the_law(name: str, lang: Language) -> None:
    """A line through a box would be read as leading there; a word under a line not at all."""
    for paper in Paper:
        assert overlaps(layout(procedure(name), lang, paper=paper)) == []
    assert overlaps(layout(procedure(name), lang, "none"), pages=False) == []


@pytest.mark.parametrize("paper", Paper)
@pytest.mark.parametrize("lang", Language)
@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_overlaps_in_the_charts_of_the_examples(
    name: str, lang: Language, paper: Paper
) -> None:
    """They have more questions and lanes than the law's four."""
    one = load_procedure(SOP / "examples" / f"{name}.toml")
    assert overlaps(layout(one, lang, paper=paper)) == []
    assert overlaps(layout(one, lang, "none", paper), pages=False) == []


@pytest.mark.parametrize("one", ODD, ids=lambda one: one.id)
def test_nothing_overlaps_in_odd_charts(one: Procedure) -> None:
    """Loops, joins, many lanes, many answers and long texts have room too."""
    assert verify(one) == []
    for lang in Language:
        assert overlaps(layout(one, lang)) == []


# The same examples each time, but in the soak: an overlap that is seldom found must not stop a
# change that has nothing to do with it.
@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not LONG,
)
@longer
@given(procedures())
def test_any_procedure_draws_without_overlaps(one: Procedure) -> None:
    """A procedure of an office that is not known here: each page can be read."""
    assert verify(one) == []
    assert _unconnected(one) == []
    chart = layout(one, Language.ID)
    assert overlaps(chart) == []
    assert overlaps(layout(one, Language.ID, "none"), pages=False) == []


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(procedures())
def test_each_link_is_drawn_once_on_one_page_or_through_a_pentagon(one: Procedure) -> None:
    """What is cut at the edge of a page goes on at the pentagon of the symbol it leads to."""
    chart = layout(one, Language.ID)
    inside = Counter(link for page in chart.pages for link in _drawn(page.connectors, "", ""))
    across = Counter(link for page in chart.pages for link in _drawn(page.connectors, "", "to "))
    entered = {link[1] for page in chart.pages for link in _drawn(page.connectors, "from ", "")}
    links = Counter((link.start, link.end) for link in chart.flow.links)
    assert inside + across == links
    assert {end for _, end in across} == entered


def _drawn(connectors: list[Connector], start: str, end: str) -> list[tuple[str, str]]:
    """Return the connectors whose start and end have these marks of pentagons, without them."""
    return [
        (one.start.removeprefix("from "), one.end.removeprefix("to "))
        for one in connectors
        if one.start.startswith("from ") == bool(start) and one.end.startswith("to ") == bool(end)
    ]


def test_a_loop_leads_up_and_joins() -> None:
    """The loop's connector ends above step 2, where that of step 1 ends too."""
    page = layout(LOOP, Language.ID).pages[0]
    back = next(c for c in page.connectors if (c.start, c.end) == ("langkah-4?fase", "langkah-2"))
    ahead = next(c for c in page.connectors if (c.start, c.end) == ("langkah-1", "langkah-2"))
    assert back.points[-1] == ahead.points[-1]
    assert back.points[-1][1] < back.points[0][1]


def test_refusals_end_and_answers_join() -> None:
    """Two refusals have ends of their own; two answers of one question lead to one box."""
    assert _branches(REFUSALS) == {
        ("langkah-1?fase", "langkah-2", "ya"),
        ("langkah-1?fase", "langkah-1?fase!refused", "tidak"),
        ("langkah-2?fase", "langkah-3", "normal"),
        ("langkah-2?fase", "langkah-3", "perlu masker"),
        ("langkah-2?fase", "langkah-2?fase!refused", "demam"),
        ("langkah-4?fase", "langkah-5", "ya"),
        ("langkah-4?fase", "langkah-5", "tidak"),
    }


def test_a_step_that_only_ways_anywhere_lead_to_has_a_capsule() -> None:
    """Guests who leave give their cards back: at any step, so no connector shows from where."""
    leave = Transition(event="button.leave", to="@abandoned", via="langkah-2")
    steps = (step(1, "Penerima", ways("#langkah-3")), step(2, "Penerima", ON), LOOP.steps[2])
    one = replace(LOOP, steps=steps, anywhere=(leave,))
    assert verify(one) == []
    links = [(link.start, link.end) for link in flow(one).links]
    assert (">langkah-2", "langkah-2") in links
    assert _unconnected(one) == []
    assert overlaps(layout(one, Language.ID)) == []


def test_each_of_many_answers_has_a_connector() -> None:
    """A question may have more answers than a diamond has corners."""
    page = layout(ONE_ROLE, Language.ID).pages[0]
    labels = {" ".join(c.label) for c in page.connectors if c.start == "langkah-1?fase"}
    assert labels == {"tamu", "kurir", "tutup", "dilarang", "besok"}


def test_as_many_pages_as_are_needed() -> None:
    """Twelve steps take three pages; a text longer than a page goes on on the next one."""
    assert len(layout(TWELVE, Language.ID).pages) == 3
    first, second = layout(LONG_TEXTS, Language.ID).pages
    assert first.rows[-1].cells[0] == [CellLine("1.")]
    assert second.rows[0].cells[0] == [CellLine("(1.)")]
    lines = first.rows[0].cells[1] + second.rows[0].cells[1]
    text = " ".join(line.words for line in lines)
    assert text.replace(" ", "") == LONG_TEXTS.steps[0].activity.replace(" ", "")


# The number of pages of each chart on A4 and on F4: one where one page is enough.
PAGES = {
    "pimpinan": (1, 1), "eselon-2-3": (1, 1), "eselon-4-asn": (1, 1), "jatim": (2, 2),
}  # fmt: skip


@pytest.mark.parametrize("paper", Paper)
@EACH
def test_every_page_is_of_its_paper_and_holds_what_is_on_it(
    name: str, lang: Language, paper: Paper
) -> None:
    """No word is within 5 mm of the paper's edge; the number of each row is there once."""
    drawings, sheet = flow_pages(procedure(name), lang, paper)
    assert len(drawings) == PAGES[name][list(Paper).index(paper)]
    assert sheet in (across(paper), upright(paper))
    numbers = []
    for page in drawings:
        root = ET.fromstring(page)
        assert root.get("viewBox") == f"0 0 {sheet.width:g} {sheet.height:g}"
        for word in root.iter("{http://www.w3.org/2000/svg}text"):
            x, y, size = (float(word.get(key, "")) for key in ("x", "y", "font-size"))
            bold = word.get("font-weight") == "bold"
            wide = width(word.text or "", size, bold=bold)
            left = {"start": x, "middle": x - wide / 2, "end": x - wide}[
                word.get("text-anchor", "")
            ]
            assert left >= 5
            assert left + wide <= sheet.width - 5
            assert 5 <= y <= sheet.height - 5
            numbers += [word.text] if x < 12 and (word.text or "").endswith(".") else []
    rows = len(procedure(name).steps) + len(procedure(name).duties)
    assert len([n for n in numbers if n and n[0].isdigit()]) == rows


@EACH
def test_ends_stand_in_lanes_of_persons_who_act_in_their_row(name: str, lang: Language) -> None:
    """A capsule in another lane would say that its person turned the guest away."""
    one = procedure(name)
    chart = layout(one, lang, "none")
    acting = {row: {step.role} for row, step in enumerate(one.steps)}
    for node in chart.flow.nodes:
        if node.kind != "end":
            continue
        symbol = chart.pages[0].symbols[node.key]
        lane = next(c for c in chart.columns if c.role and c.x < symbol.x < c.x + c.width)
        assert lane.role in acting[node.row], node.key


def test_lines_of_a_list_are_aligned_behind_their_number() -> None:
    """The second line of an item begins where the first one's words begin."""
    first, *others = cell_lines("3. Buku tamu/lembar registrasi tamu", SIZE, 25.0)
    assert first.words.startswith("3. Buku")
    assert first.indent == 0
    assert [line.indent for line in others] == [width("3. ", SIZE)] * len(others)
    assert all(line.indent + width(line.words, SIZE) <= 25.0 for line in (first, *others))
    assert [line.indent for line in cell_lines("Kartu tamu untuk tamu", SIZE, 15.0)] == [0, 0]


def test_the_table_of_jawa_timur_has_its_own_headings_and_each_letter_once() -> None:
    """Its "Uraian Kegiatan" and "ket" are printed; the letter "a." is in the number 5a only."""
    chart = layout(procedure("jatim"), Language.ID, "none")
    headings = [column.heading for column in chart.columns if column.role is None]
    assert headings == ["No", "Uraian Kegiatan", "Kelengkapan", "Waktu", "Output", "ket"]
    cells = {row.cells[0][0].words: row.cells[1][0].words for row in chart.pages[0].rows}
    assert cells["5a."].startswith("Memberikan ID tamu")
    assert cells["5b."].startswith("Menginformasikan")


@pytest.mark.parametrize("one", [procedure("jatim"), TWELVE])
def test_connectors_that_go_on_end_and_begin_in_the_same_pentagon(one: Procedure) -> None:
    """The pentagon at a symbol has the letter of those that lead there, and their page numbers."""
    chart = layout(one, Language.ID)
    letters = {}
    for number, page in enumerate(chart.pages, 1):
        for key, symbol in page.symbols.items():
            if key.startswith("from "):
                letters[key.removeprefix("from ")] = (symbol.lines[0], f"hal. {number}")
    assert len({letter for letter, _ in letters.values()}) == len(letters) != 0
    for page in chart.pages:
        for key, symbol in page.symbols.items():
            if key.startswith("to "):
                letter, words = letters[key.removeprefix("to ")]
                assert symbol.lines == [letter]
                assert words in [r.words for r in page.references if r.x == symbol.x]


@EACH
def test_no_word_of_a_heading_or_symbol_is_cut(name: str, lang: Language) -> None:
    """Narrow lanes break their headings between words; diamonds their questions."""
    chart = layout(procedure(name), lang, "none")
    drawn = ET.fromstring(flow_picture(procedure(name), lang))
    seen = {
        piece
        for word in drawn.iter("{http://www.w3.org/2000/svg}text")
        for piece in (word.text or "").split()
    }
    symbols = chart.pages[0].symbols.values()
    wanted = [column.heading for column in chart.columns]
    wanted += [in_language(symbol.node.words, lang) for symbol in symbols]
    wanted += [in_language(link.label, lang) for link in chart.flow.links if link.label is not None]
    for words in wanted:
        for word in words.replace("/", "/ ").split():
            assert word in seen, words


@EACH
def test_letters_are_large_enough_to_be_read_on_paper(name: str, lang: Language) -> None:
    """No letter is smaller than 5.5 points, and the table's are larger than 7."""
    for page in flow_pages(procedure(name), lang).drawings:
        texts = list(ET.fromstring(page).iter("{http://www.w3.org/2000/svg}text"))
        assert min(float(text.get("font-size", "")) for text in texts) * 72 / 25.4 > 5.5
    assert SIZE * 72 / 25.4 > 7


def test_one_picture_has_no_page_breaks() -> None:
    """As SVG for a screen the chart is one drawing, without pentagons."""
    root = ET.fromstring(flow_picture(procedure("jatim"), Language.ID))
    words = [word.text for word in root.iter("{http://www.w3.org/2000/svg}text")]
    assert not [w for w in words if w and len(w) == 1 and w.isupper()]
    assert {"5a", "5b", "7", "8"} <= set(words)


def test_lines_are_no_wider_than_their_room() -> None:
    """Words break at spaces and slashes; a word that is too long is broken, and none is lost."""
    words = "mengisi buku tamu/lembar register tamu (KTP/SIM/atau tanda pengenal lainnya)"
    for room in (8.0, 15.0, 40.0):
        lines = wrap(words, 2.3, room)
        assert all(width(line, 2.3) <= room for line in lines)
        assert "".join(lines).replace(" ", "") == words.replace(" ", "")
