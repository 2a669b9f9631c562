"""Every form of a report shows every figure of its summary; every code has words."""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from html import unescape
from typing import Any, get_args

import msgspec
import openpyxl
import pytest

from edge.config.alarm_names import ALARMS_OF_ONE
from edge.config.places import default_config_folder
from edge.config.zone import month_named, zone_of
from edge.paper.words import Language
from edge.report import codes
from edge.report.captions import WORDS, ReportWords
from edge.report.document import About, html
from edge.report.plain import as_csv, shown
from edge.report.tables import Table, figures, tables, written
from edge.report.tally import _Tally, summarise
from edge.report.workbook import xlsx
from edge.sop import evacuation, events
from edge.sop.detectors import METAL_DETECTOR
from edge.sop.inputs import cards, outstanding
from edge.sop.monthly_summary import Summary, Totals
from edge.sop.procedures.loading import load_procedures
from edge.sop.procedures.model import Outcome, Procedure, Text
from edge.sop.records import KINDS, DayClosed, DayOpened, VisitCorrected
from edge.sop.state import Rules
from edge.sop.wording import load_wording
from edge.store.register import Fact
from tests.report.lobby_month import (
    desk_records,
    trouble_records,
    visit_of,
    visit_records,
)

FOLDER = default_config_folder()
SHIPPED = ["pimpinan", "eselon-2-3", "eselon-4-asn", "jatim"]
MONTH = month_named("2026-11", zone_of("Asia/Jakarta"))
DAY_MS = 86_400_000
BOTH = pytest.mark.parametrize("language", Language)


@pytest.fixture(scope="module")
def summary() -> Summary:
    """Return the summary of a month with events of every kind."""
    steps = ((90_000, 5_000, 180.0, 0.0), (240_000, 7_000, 180.0, 0.0))
    plans = [
        visit_of((5 + n) * DAY_MS + n * 4_000_000, outcome, steps, persons=n + 1)
        for n, outcome in enumerate(["completed", "declined", "refused", "completed", None])
    ]
    owing = {"card_out": True, "locker_out": 3, "lost": "after", "back_ms": 1000}
    plans[0] = msgspec.structs.replace(plans[0], **owing)
    plans[1] = msgspec.structs.replace(plans[1], reason="host-absent", skips=True)
    records = [r for n, plan in enumerate(plans) for r in visit_records(n, plan)]
    troubles: list[tuple[str, int, int | None, bool]] = [
        ("locker-forced-3", 9 * DAY_MS, 60_000, True), ("camera/lobby", 9 * DAY_MS, None, False),
    ]  # fmt: skip
    desk = [
        (what, (6 + which) * DAY_MS + 1, "reception", which)
        for what in ("correction", "opening", "unseen", "still", "restart", "day")
        for which in range(3)
    ]
    records += [*trouble_records(troubles), *desk_records(desk)]
    facts = [Fact(r.type, r.at.iso(), msgspec.to_builtins(r.data)) for r in records]
    return summarise(facts, MONTH)


def words_in(language: Language) -> ReportWords:
    """Return the words of a report, with the shipped procedures and wording."""
    procedures = load_procedures(FOLDER / "sop", SHIPPED)
    return ReportWords(language, procedures, load_wording(FOLDER / "wording.toml").reasons)


def test_every_kind_of_record_is_counted() -> None:
    """A new kind of record must be counted in the report, or be named here."""
    elsewhere = {
        "gardu.database.restored.v1", "gardu.guestbook.purged.v1", "gardu.report.monthly.v1",
    }  # fmt: skip
    assert set(KINDS) - elsewhere == set(_Tally(MONTH)._counters)


def test_every_total_is_a_figure(summary: Summary) -> None:
    """Every counted total is shown; two of them only as parts of other figures."""
    keys = {key for key, *_ in figures(summary, words_in(Language.ID))}
    parts = {"steps_within", "records"}  # of share_within; of the method
    assert keys == set(Totals.__struct_fields__) - parts | {"share_within"}


def test_every_list_is_a_table(summary: Summary) -> None:
    """Every published list is printed too, so that people can check it."""
    lists = {name for name, value in msgspec.to_builtins(summary).items() if value and
             isinstance(value, list | tuple)}  # fmt: skip
    made = {table.key: table for table in tables(summary, words_in(Language.ID))}
    assert set(made) == lists - {"week"}
    for key, table in made.items():
        assert table.rows, key


@BOTH
def test_every_word_is_there(summary: Summary, language: Language) -> None:
    """Every key and column has words, and no code is shown, in either language."""
    words = words_in(language)
    for table in tables(summary, words):
        assert table.key in WORDS
        assert all(column.key in WORDS for column in table.columns)
    assert all(key in WORDS for key, *_ in figures(summary, words))
    text = str(shown(summary, words))
    for code in ("host-absent", "carried-over", "locker-forced-3", "'arrival"):
        assert code not in text


@BOTH
def test_csv_has_every_figure(summary: Summary, language: Language) -> None:
    """One figure per line: for each table as many lines as it has figures, with their values."""
    words = words_in(language)
    lines = list(csv.DictReader(io.StringIO(as_csv(summary, words))))
    totals = {line["measure"]: line["value"] for line in lines if line["table"] == "totals"}
    for key, _, _, value in figures(summary, words):
        assert float(totals[key] or "nan") == pytest.approx(
            float("nan") if value is None else float(value), abs=1e-5, nan_ok=True
        )
    for table in tables(summary, words):
        found = [float(line["value"]) for line in lines if line["table"] == table.key]
        assert found == pytest.approx([float(cell) for cell in _figures_of(table)], abs=1e-5)


@BOTH
def test_xlsx_has_every_figure(summary: Summary, language: Language) -> None:
    """Each table is a real one on a sheet of its own, each number a number with its format."""
    words = words_in(language)
    book = openpyxl.load_workbook(io.BytesIO(xlsx(summary, words)))
    sheets = {name: sheet for sheet in book.worksheets for name in sheet.tables}
    made = tables(summary, words)
    assert set(sheets) == {table.key for table in made} | {"totals", "week"}
    for table in made:
        assert table.title.split()[: len(sheets[table.key].title.split())] == (
            sheets[table.key].title.split()
        ), "cut within a word"
        rows = list(sheets[table.key].iter_rows(min_row=2, max_col=len(table.columns)))
        body = table.rows[:-1] if table.total else table.rows
        for cells, row in zip(rows, body, strict=False):
            for cell, value, column in zip(cells, row, table.columns, strict=True):
                _same(cell, value, column.kind)
        if table.total:
            assert "SUBTOTAL" in str([cell.value for cell in rows[len(body)]])
            _same_sums(rows[len(body)], table)
    values = [row[1].value for row in sheets["totals"].iter_rows(min_row=5)]
    for value, (_, _, kind, wanted) in zip(values, figures(summary, words), strict=True):
        _same_value(value, wanted, kind)


def _same_sums(cells: Sequence[Any], table: Table) -> None:
    """Require formulas by address over all rows of the table: they work in every spreadsheet."""
    last = len(table.rows)
    for cell, column in zip(cells[1:], table.columns[1:], strict=True):
        if column.kind == "count":
            where = cell.column_letter
            assert cell.value == f"=SUBTOTAL(109,{where}2:{where}{last})"


def test_no_formula_names_a_column_of_a_table(summary: Summary) -> None:
    """LibreOffice shows Err:508 for `[Visits]`; the sums are stored beside the formulas too."""
    content = xlsx(summary, words_in(Language.ID))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        parts = {name: book.read(name).decode() for name in book.namelist() if "xml" in name}
    formulas = [f for part in parts.values() for f in re.findall(r"Formula>(.*?)<|<f>(.*?)<", part)]
    assert formulas
    assert not [one for one in formulas if "[" in "".join(one)]
    stored = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    sheets = {name: sheet for sheet in stored.worksheets for name in sheet.tables}
    for table in tables(summary, words_in(Language.ID)):
        if table.total:
            row = [cell.value for cell in sheets[table.key][len(table.rows) + 1]]
            assert row[: len(table.columns)] == list(table.rows[-1])


@BOTH
def test_html_has_every_figure(summary: Summary, language: Language) -> None:
    """Every cell of a table is on the page in words; those of the hours are in the chart."""
    words = words_in(language)
    about = About(office="Kantor", place="Lobi", zone="WIB", made="1 Desember 2026 07:00")
    page = unescape(html(summary, words, about))
    boxes = re.findall(r"<div><b>(.*?)</b><span>(.*?)</span></div>", page)
    for _, name, kind, value in figures(summary, words):
        assert (written(value, kind, language.value) or "\u2013", name) in boxes
    for table in tables(summary, words):
        part = page.partition(f'<section class="{table.key}">')[2].partition("</section>")[0]
        cells = re.findall(r"<td[^>]*>(.*?)</td>", part) + re.findall(r"<text[^>]*>(.*?)</t", part)
        for row in table.rows:
            for cell, column in zip(row, table.columns, strict=True):
                text = written(cell, column.kind, language.value)
                assert text in [*cells, ""] or f"<h3>{text}</h3>" in part


@BOTH
def test_terminal_has_every_figure(summary: Summary, language: Language) -> None:
    """The same tables, as people read them."""
    words = words_in(language)
    seen = {title: rows for title, _, rows in shown(summary, words)}
    for table in tables(summary, words):
        wanted = [
            [
                written(cell, column.kind, language.value)
                for cell, column in zip(row, table.columns, strict=True)
            ]
            for row in table.rows
        ]
        assert seen[table.title] == wanted


@BOTH
def test_every_code_that_can_be_recorded_has_words(language: Language) -> None:
    """Reasons of the shipped procedures and of the core, outcomes, corrections, alarms."""
    words = words_in(language)
    # The report must have short words of its own also for codes with words in wording.toml.
    words = msgspec.structs.replace(words, told={})
    assert isinstance(words, ReportWords)
    rules = Rules.__struct_defaults__[Rules.__struct_fields__.index("opening_reasons")
                                      - len(Rules.__struct_fields__)]  # fmt: skip
    recorded: dict[codes.CodeKind, set[str]] = {
        "outcome": {*get_args(Outcome)},
        "reason": {
            *(r for procedure in words.procedures.values() for r in _reasons(procedure)),
            *load_wording(FOLDER / "wording.toml").reasons,
            outstanding.DAY_CLOSED,
        },
        "correction": {*get_args(msgspec.structs.fields(VisitCorrected)[3].type)},
        "opening": set(rules),
        "day": {*get_args(_type_of(DayClosed, "how"))},
        "by": {*get_args(_type_of(DayOpened, "by"))},
        "alarm": {
            *get_args(events.InputKind), METAL_DETECTOR, cards.LOST, evacuation.FIRE,
            *(begin + "3" for begin in ALARMS_OF_ONE), *_alarms_of_the_checkpoint(),
        },
    }  # fmt: skip
    assert set(recorded) == set(codes.CODES)
    for kind, found in recorded.items():
        for code in found:
            known = code in codes.CODES[kind] or words.code(kind, code) != code
            assert known, f"{kind} {code}"
            assert words.code(kind, code).strip()


@BOTH
def test_a_reason_of_the_offices_own_has_the_words_of_its_guests(language: Language) -> None:
    """The report uses the words of wording.toml where it has none; an unknown code stays a code."""
    words = words_in(language)
    told = {"host-on-leave": words.told["host-absent"]}
    own = msgspec.structs.replace(words, told=told)
    assert isinstance(own, ReportWords)
    assert own.code("reason", "host-on-leave") == getattr(told["host-on-leave"], language.value)
    assert own.code("reason", "nobody-knows") == "nobody-knows"
    assert own.code("alarm", "new-alarm") == "new-alarm"


def _reasons(procedure: Procedure) -> set[str]:
    phases = [phase for step in procedure.steps for phase in step.phases]
    ways = [way for phase in phases for way in phase.on] + list(procedure.anywhere)
    return {way.reason for way in ways if way.reason} | set(procedure.reasons)


def _alarms_of_the_checkpoint() -> set[str]:
    from edge.daemon import reload, run
    from edge.mqtt import request_handler
    from edge.store import disk_space

    return {request_handler.ALARM, reload.PROCEDURES_REFUSED, run.CRASH_LOOP, run.DATABASE_DAMAGED,
            disk_space.ALARM}  # fmt: skip


def _type_of(kind: type[msgspec.Struct], name: str) -> Any:
    return next(field.type for field in msgspec.structs.fields(kind) if field.name == name)


def _figures_of(table: Table) -> list[float]:
    rows = table.rows[:-1] if table.total else table.rows
    return [
        float(cell)
        for row in rows
        for cell, column in zip(row, table.columns, strict=True)
        if column.kind in ("count", "seconds", "share") and cell is not None
    ]


def _same(cell: Any, value: Any, kind: str) -> None:
    formats = {"count": "#,##0", "seconds": "[h]:mm:ss", "share": "0.0%", "date": "yyyy-mm-dd"}
    _same_value(cell.value, value, kind)
    if (
        kind in formats
        and value is not None
        and not (kind == "date" and isinstance(cell.value, str))
    ):
        assert cell.number_format == formats[kind]


def _same_value(found: Any, wanted: Any, kind: str) -> None:
    if wanted is None or wanted == "":
        assert found in (None, "")
    elif kind == "seconds":
        seconds = found.total_seconds() if hasattr(found, "total_seconds") else _day_part(found)
        assert seconds == pytest.approx(wanted, abs=0.01)
    elif kind == "date":
        assert str(found)[: len(wanted)] == wanted
    else:
        assert found == pytest.approx(wanted) if kind == "share" else found == wanted


def _day_part(value: Any) -> float:
    if hasattr(value, "hour"):
        return float(value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6)
    return float(value) * 86_400


def test_titles_of_files_begin_no_formula_and_break_no_workbook(summary: Summary) -> None:
    """A procedure's title that a spreadsheet would calculate is text, in XML that can be read."""
    procedures = {
        key: msgspec.structs.replace(one, title=Text(id="=1+1\ufffe\x1b", en="=1+1"))
        for key, one in load_procedures(FOLDER / "sop", SHIPPED).items()
    }
    words = ReportWords(Language.ID, procedures)
    lines = list(csv.DictReader(io.StringIO(as_csv(summary, words))))
    rows = [line["row"] for line in lines]
    assert any(row.startswith("'=1+1") for row in rows)
    assert not any(row.startswith("=") for row in rows)
    book = openpyxl.load_workbook(io.BytesIO(xlsx(summary, words)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(cell.value == "=1+1\\ufffe\\x1b" and cell.data_type == "s" for cell in cells)
