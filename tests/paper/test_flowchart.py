"""The flow chart: the regulation's lanes, every branch drawn, no overlaps."""

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from edge.config.places import default_config_folder
from edge.paper.flowchart.connectors import Point, connectors
from edge.paper.flowchart.flow import flow
from edge.paper.flowchart.flow_svg import flow_pages, flow_picture
from edge.paper.flowchart.flowchart import HEIGHT, LABEL, SIZE, WIDTH, ChartSheet, Symbol, layout
from edge.paper.lettering import width, wrap
from edge.paper.words import Language, in_language
from edge.sop.procedures.loading import load_procedure
from edge.sop.procedures.model import Procedure

SOP = default_config_folder() / "sop"
NAMES = ["pimpinan", "eselon-2-3", "eselon-4-asn", "jatim"]
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
    sheet = layout(procedure(name), Language.ID)
    assert [column.heading for column in sheet.columns if column.role] == LANES[name]


@EACH
def test_every_step_stands_in_the_lane_of_its_role(name: str, lang: Language) -> None:
    """A lane shows the steps of its role, and of no other."""
    sheet = layout(procedure(name), lang)
    for step in procedure(name).steps:
        symbol = sheet.symbols[step.id]
        lane = next(c for c in sheet.columns if c.role and c.x < symbol.x < c.x + c.width)
        assert lane.role == step.role


def test_the_decisions_of_the_pimpinan_procedure_and_where_they_lead() -> None:
    """Accept or decline, valid ID, belongings, alarm: read from the transitions."""
    chart = flow(procedure("pimpinan"))
    branches = {
        (link.start, link.end, link.label.id) for link in chart.links if link.label is not None
    }
    assert branches == {
        ("penerimaan?host", "penerimaan?identity", "menerima"),
        ("penerimaan?host", "penerimaan?host!declined+rescheduled", "menolak"),
        ("penerimaan?identity", "menunggu", "ya"),
        ("penerimaan?identity", "penerimaan?identity!declined", "tidak"),
        ("penitipan?belongings", "penitipan", "ya"),
        ("penitipan?belongings", "pemeriksaan", "tidak"),
        ("pemeriksaan?screening", "pemeriksaan", "ya"),
        ("pemeriksaan?screening", "pengembalian", "ditolak"),
        ("pemeriksaan?screening", "menghadap?host", "tidak"),
        ("menghadap?host", "menghadap", "menerima"),
        ("menghadap?host", "pengembalian", "menolak"),
    }


def test_accepted_and_declined_guests_part_in_jawa_timur() -> None:
    """Step 4's host decides between 5a and 5b; 5b ends the visit, either way."""
    links = {(link.start, link.end) for link in flow(procedure("jatim")).links}
    assert {
        ("konfirmasi?host", "kartu-tamu"),
        ("konfirmasi?host", "penjadwalan-ulang"),
        ("penjadwalan-ulang?reschedule", "penjadwalan-ulang?reschedule!rescheduled"),
        ("penjadwalan-ulang?reschedule", "penjadwalan-ulang?reschedule!declined"),
        ("kartu-tamu?identity", "pengantaran"),
    } <= links


@pytest.mark.parametrize("name", NAMES)
def test_every_symbol_is_reached_and_goes_on_unless_it_is_an_end(name: str) -> None:
    """Every symbol but the start has a way in, and every symbol but an end has a way out."""
    chart = flow(procedure(name))
    duties = {node.key for node in chart.nodes if "/" in node.key}
    starts, ends = {link.start for link in chart.links}, {link.end for link in chart.links}
    for node in chart.nodes:
        if node.key not in duties:
            assert (node.key in ends) == (node.kind != "start")
            assert (node.key in starts) == (node.kind != "end")


def _inside(a: Point, b: Point, symbol: Symbol, slack: float = 0.05) -> bool:
    """Return True if the straight line from *a* to *b* enters the box around *symbol*."""
    left, right = sorted((a[0], b[0]))
    high, low = sorted((a[1], b[1]))
    half = symbol.width / 2 - slack
    return (
        left < symbol.x + half
        and right > symbol.x - half
        and high < symbol.bottom - slack
        and low > symbol.top + slack
    )


def _labels(sheet: ChartSheet, lang: Language) -> list[tuple[float, float, float, float]]:
    found = []
    for connector in connectors(sheet):
        if connector.label is not None:
            wide = width(in_language(connector.label, lang), LABEL)
            left = {"start": 0.0, "middle": wide / 2, "end": wide}[connector.anchor]
            x, y = connector.at
            found.append((x - left, y - LABEL * 0.7, x - left + wide, y))
    return found


@EACH
def test_no_connector_crosses_a_symbol(name: str, lang: Language) -> None:
    """A line that runs through a box would be read as leading there."""
    sheet = layout(procedure(name), lang)
    for connector in connectors(sheet):
        for a, b in pairwise(connector.points):
            assert a[0] == b[0] or a[1] == b[1]
            assert not [s.node.key for s in sheet.symbols.values() if _inside(a, b, s)]


@EACH
def test_no_connector_crosses_a_label(name: str, lang: Language) -> None:
    """Every "ya" and "tidak" can be read."""
    sheet = layout(procedure(name), lang)
    lines = [pair for connector in connectors(sheet) for pair in pairwise(connector.points)]
    for left, top, right, bottom in _labels(sheet, lang):
        for (ax, ay), (bx, by) in lines:
            apart = max(ax, bx) <= left or min(ax, bx) >= right
            assert apart or max(ay, by) <= top or min(ay, by) >= bottom


def _meet(label: tuple[float, float, float, float], symbol: Symbol) -> bool:
    """Return True if a label lies over a symbol; a diamond leaves its box's corners free."""
    left, top, right, bottom = label
    near_x = max(left - symbol.x, symbol.x - right, 0.0)
    near_y = max(top - symbol.y, symbol.y - bottom, 0.0)
    if symbol.node.kind == "decision":
        return near_x / (symbol.width / 2) + near_y / (symbol.height / 2) < 1
    return near_x < symbol.width / 2 and near_y < symbol.height / 2


@EACH
def test_no_label_lies_over_a_symbol_or_another_label(name: str, lang: Language) -> None:
    """Each label has a place of its own, so that it can be read."""
    sheet = layout(procedure(name), lang)
    labels = _labels(sheet, lang)
    for place, one in enumerate(labels):
        assert not [s.node.key for s in sheet.symbols.values() if _meet(one, s)]
        for other in labels[place + 1 :]:
            apart = one[0] >= other[2] or other[0] >= one[2]
            assert apart or one[1] >= other[3] or other[1] >= one[3]


@EACH
def test_symbols_do_not_overlap_and_stay_in_their_lane(name: str, lang: Language) -> None:
    """Symbols that overlap could not be read."""
    sheet = layout(procedure(name), lang)
    symbols = list(sheet.symbols.values())
    for place, one in enumerate(symbols):
        for other in symbols[place + 1 :]:
            apart = abs(one.x - other.x) >= (one.width + other.width) / 2
            assert apart or one.bottom <= other.top or other.bottom <= one.top


@EACH
def test_every_page_is_a4_and_holds_what_is_on_it(name: str, lang: Language) -> None:
    """No word is within 5 mm of the paper's edge; the number of each row is there once."""
    pages = flow_pages(procedure(name), lang)
    assert len(pages) == 2
    numbers = []
    for page in pages:
        root = ET.fromstring(page)
        assert root.get("viewBox") == f"0 0 {WIDTH:g} {HEIGHT:g}"
        for word in root.iter("{http://www.w3.org/2000/svg}text"):
            x, y, size = (float(word.get(key, "")) for key in ("x", "y", "font-size"))
            bold = word.get("font-weight") == "bold"
            wide = width(word.text or "", size, bold=bold)
            left = {"start": x, "middle": x - wide / 2, "end": x - wide}[
                word.get("text-anchor", "")
            ]
            assert left >= 5
            assert left + wide <= WIDTH - 5
            assert 5 <= y <= HEIGHT - 5
            numbers += [word.text] if x < 12 and (word.text or "").endswith(".") else []
    rows = len(procedure(name).steps) + len(procedure(name).duties)
    assert len([n for n in numbers if n and n[0].isdigit()]) == rows


@EACH
def test_connectors_that_go_on_end_and_begin_in_the_same_pentagon(
    name: str, lang: Language
) -> None:
    """A letter on one page is on the next one, too."""
    letters = []
    for page in flow_pages(procedure(name), lang):
        words = [word.text for word in ET.fromstring(page).iter("{http://www.w3.org/2000/svg}text")]
        letters.append(sorted(w for w in words if w and len(w) == 1 and w.isupper()))
    assert letters[0] == list("ABCDEFGH")[: len(letters[0])] != []
    assert letters[0] == letters[1]


@EACH
def test_no_word_of_a_heading_or_symbol_is_cut(name: str, lang: Language) -> None:
    """Narrow lanes break their headings between words; diamonds their questions."""
    sheet = layout(procedure(name), lang)
    drawn = ET.fromstring(flow_picture(procedure(name), lang))
    seen = {
        piece
        for word in drawn.iter("{http://www.w3.org/2000/svg}text")
        for piece in (word.text or "").split()
    }
    wanted = [column.heading for column in sheet.columns]
    wanted += [in_language(symbol.node.words, lang) for symbol in sheet.symbols.values()]
    for words in wanted:
        for word in words.replace("/", "/ ").split():
            assert word in seen, words


@EACH
def test_letters_are_large_enough_to_be_read_on_paper(name: str, lang: Language) -> None:
    """No letter is smaller than 5.5 points, and the table's are larger than 7."""
    for page in flow_pages(procedure(name), lang):
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
