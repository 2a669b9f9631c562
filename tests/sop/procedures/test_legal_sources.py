"""The four legal texts, letter by letter beside the printed sources (public law, in sources/)."""

import re
from pathlib import Path

import pytest

from edge.config.places import default_config_folder
from edge.sop.procedures.legal_text import ADJUSTS, LegalRow, LegalText, load_legal_text

SOURCES = Path(__file__).parent / "sources"
LAMPIRAN = ["pimpinan", "eselon-2-3", "eselon-4-asn"]

# The only cells of Jawa Timur's table that are not where its headings are: rows 6 to 8 are printed
# one column too far left, and of row 4 the chart's answer "menolak", of row 5 "menerima" was read
# into the column of the equipment. (number: equipment, time, output, note)
SHIFTED = {
    "6": ("ID Tamu", "2 menit", "ID Tamu", ""),
    "7": ("ID Tamu, Buku Tamu", "menyesuaikan", "Buku Tamu", ""),
    "8": (
        "Buku Tamu",
        "1 hari",
        "Laporan",
        "Laporan database kunjungan tamu ke Biro Umum dilaporkan per bulan",
    ),
}
ANSWERS = {"4": "menolak", "5": "menerima"}


def legal(name: str) -> LegalText:
    """Return the legal text of a shipped procedure."""
    return load_legal_text(default_config_folder() / "sop" / "legal" / f"{name}.toml")


def lines(name: str) -> list[str]:
    """Return the lines of a printed source."""
    return (SOURCES / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def plain(cell: str) -> str:
    """Return a cell without the conversion's marks and the numbers and dashes of a list."""
    cell = re.sub(r"<[^>]*>", " ", cell)
    return " ".join(re.sub(r"(^|\s)(-|\d\.)(?=\s|$)", " ", cell).split())


def seconds(time: str) -> float | str:
    """Return the printed standard time as the files have it."""
    number, _, unit = time.partition(" ")
    return {"menit": 60, "hari": 86400}[unit.lower()] * int(number) if unit else time


def table(name: str) -> list[list[str]]:
    """Return the cells of each row of the table."""
    found = [line.split("\t") for line in lines(name)]
    return [cells for cells in found if len(cells) > 6 and re.fullmatch(r"\d\.?", cells[0])]


@pytest.mark.parametrize("name", LAMPIRAN)
def test_each_row_of_the_annexes_is_the_printed_row(name: str) -> None:
    """Number, wording, equipment, standard time and output of every row, nothing more."""
    printed = [
        (
            int(cells[0].rstrip(".")),
            cells[1],
            plain(cells[-3]),
            seconds(cells[-2]),
            plain(cells[-1]),
            "",
        )
        for cells in table(name)
    ]
    rows = legal(name).rows
    assert len(printed) == (5 if name == "eselon-4-asn" else 6)
    assert [
        (row.number, row.activity, row.equipment, row.standard_s, row.output, row.note)
        for row in rows
    ] == printed


@pytest.mark.parametrize("name", LAMPIRAN)
def test_the_prose_is_the_printed_prose(name: str) -> None:
    """The numbered sentences of huruf A, in order, nothing more."""
    whole = lines(name)
    end = next(number for number, line in enumerate(whole) if line.startswith("B. "))
    printed = [re.match(r"\s*\d\. (.*)", line) for line in whole[1:end]]
    assert [found[1] for found in printed if found] == list(legal(name).prose)
    assert len(legal(name).prose) == 6


@pytest.mark.parametrize("name", LAMPIRAN)
def test_the_approval_sheet_is_the_printed_sheet(name: str) -> None:
    """Each field of huruf B; what the law leaves blank is blank."""
    found: dict[str, str] = {}
    above: list[str] = []
    for cells in (line.split("\t") for line in lines(name)):
        texts = [plain(cell) for cell in cells]
        if texts[0].startswith("PEMKAB"):
            found["office"], texts = texts[0], texts[1:]
        filled = [text for text in texts if text]
        if filled and filled[0] in ONE_LINE:
            found[ONE_LINE[filled[0]]] = filled[1] if len(filled) > 1 else ""
        elif filled and filled[0] in HEADINGS:
            above = filled
        elif above:
            filled += [""] * (len(above) - len(filled))
            found |= {HEADINGS[one]: text for one, text in zip(above, filled, strict=True)}
            above = []
    sheet = legal(name).approval
    assert sheet is not None
    assert {field: getattr(sheet, field) for field in sheet.__struct_fields__} == found


ONE_LINE = {
    "Nomor SOP": "number",
    "Tgl Pembuatan": "made",
    "Tgl Revisi": "revised",
    "Tgl Pengesahan": "approved",
    "Disahkan Oleh": "approved_by",
    "Nama SOP": "name",
}
HEADINGS = {
    "Dasar Hukum": "legal_basis",
    "Kualifikasi Pelaksana": "qualifications",
    "Keterkaitan": "related",
    "Peralatan/ Perlengkapan": "equipment",
    "Peringatan": "warnings",
    "Pencatatan dan pendataan": "records",
}


@pytest.mark.parametrize("name", LAMPIRAN)
def test_the_actors_are_those_of_the_chart(name: str) -> None:
    """Each actor is a column of the printed chart, or is named in the words of its row."""
    heading = next(line for line in lines(name) if line.startswith("NO\t"))
    columns = heading.split("\t")[2:-3]
    for row in legal(name).rows:
        (actor,) = row.actors
        in_words = actor in row.activity
        in_chart = any(column.partition(" (")[0] == actor for column in columns)
        assert in_words or in_chart, row.name


def test_each_row_of_jawa_timur_is_the_printed_row() -> None:
    """The whole table; row 5 has two halves, and rows 6 to 8 are put back into their columns."""
    by_number: dict[str, list[LegalRow]] = {}
    for row in legal("jatim").rows:
        by_number.setdefault(str(row.number), []).append(row)
    printed = {cells[0]: [cell.strip() for cell in cells] for cells in table("jatim")}
    assert list(printed) == list(by_number) == [str(number) for number in range(1, 9)]
    for number, cells in printed.items():
        rows = by_number[number]
        equipment, time, output, note = SHIFTED.get(number, tuple((cells + [""] * 4)[9:13]))
        if number in SHIFTED:  # the same words in the same order, one column further right
            assert [cell for cell in cells[9:] if cell] == [
                text for text in (time, *_shifted(number)) if text
            ]
        equipment = "" if equipment == ANSWERS.get(number) else equipment
        assert " ".join(row.activity for row in rows) == cells[1]
        for row in rows:
            assert row.equipment == equipment, number
            assert row.standard_s == (ADJUSTS if time == ADJUSTS else seconds(time)), number
            assert row.output == output, number
        assert " ".join(row.note for row in rows).strip() == note, number


def _shifted(number: str) -> tuple[str, str, str]:
    equipment, _, output, note = SHIFTED[number]
    return equipment, output, note


def test_jawa_timur_prints_neither_prose_nor_approval_sheet() -> None:
    """The source is a table alone."""
    text = legal("jatim")
    assert (text.prose, text.approval) == ((), None)
    assert not any(line.startswith(("A.", "B.")) for line in lines("jatim"))
