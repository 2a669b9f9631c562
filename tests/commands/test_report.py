"""`gardu report`: each format shows the summary's figures, and guests' names only on request."""

import csv
import io
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest

from edge.clock import Stamp
from edge.config.places import default_config_folder
from edge.errors import GarduError
from edge.guestbook.book import GuestBook
from edge.guestbook.entry import Details, Entry
from edge.store.store import Store
from tests.command_line import invoke
from tests.printing import needs_pango
from tests.report.lobby_month import BEGIN_MS, visit_of, visit_records
from tests.store_bench import SOURCE, HandClock

DAY_MS = 86_400_000
GUEST = "Nama Tamu Rahasia"
# Eleven visits of November: eight completed, two declined, one still open.
OUTCOMES = ["completed"] * 8 + ["declined"] * 2 + [None]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the config of a checkpoint with a month of records, and one guest in its book."""
    shipped = default_config_folder()
    data = tmp_path / "data"
    text = (shipped / "gardu.toml").read_text(encoding="utf-8")
    text = text.replace('# data = "/var/lib/gardu"', f'data = "{data}"')
    text = text.replace('# sop = "sop"', f'sop = "{shipped / "sop"}"')
    path = tmp_path / "gardu.toml"
    path.write_text(text, encoding="utf-8")
    clock = HandClock()
    clock.moment = Stamp(10**12, BEGIN_MS, synced=True, boot="b")
    with closing(Store(data, SOURCE, clock)) as store:
        for number, outcome in enumerate(OUTCOMES):
            steps = ((90_000, 5_000, 180.0, 0.0), (240_000, 0, 180.0, 0.0))
            plan = visit_of((5 + number) * DAY_MS + 3_600_000, outcome, steps)
            store.commit(checkpoint=None, visits={}, records=list(visit_records(number, plan)))
    with closing(GuestBook(data)) as book:
        at = Stamp(10**12, BEGIN_MS + 5 * DAY_MS, synced=True, boot="b")
        details = Details(name=GUEST)
        entry = Entry(visit="v-0", procedure="pimpinan", at=at, source="register", details=details)
        book.put(entry)
    return path


def run(config: Path, *options: str) -> Any:
    """Run `gardu report` for November."""
    words = ["report", "--month", "2026-11", "--config", str(config), *options]
    return invoke(words, catch_exceptions=False)


def test_json_counts_the_month(config: Path) -> None:
    """--format json prints the monthly summary that the checkpoint publishes."""
    summary = json.loads(run(config, "--format", "json").output)
    totals = summary["totals"]
    assert (summary["month"], totals["visits"], totals["closed"]) == ("2026-11", 11, 10)
    assert {(one["outcome"], one["visits"]) for one in summary["outcomes"]} == {
        ("completed", 8), ("declined", 2),
    }  # fmt: skip


@pytest.mark.parametrize("language", ["id", "en"])
def test_terminal_and_html_say_the_figures(config: Path, language: str, tmp_path: Path) -> None:
    """Both languages; the HTML page is one file with its charts inside, and loads no other."""
    assert "11" in run(config, "--lang", language).output
    page = tmp_path / "november.html"
    assert run(config, "--lang", language, "-o", str(page)).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "<svg" in text
    assert "src=" not in text
    assert "href=" not in text
    assert f'lang="{language}"' in text


def test_csv_has_one_figure_a_line(config: Path, tmp_path: Path) -> None:
    """CSV has a header and rows of one width, the count of visits among them."""
    out = tmp_path / "november.csv"
    assert run(config, "--lang", "en", "-o", str(out)).exit_code == 0
    rows = list(csv.reader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
    assert len({len(row) for row in rows}) == 1
    assert any("11" in row for row in rows)


def test_xlsx_has_tables_formats_and_charts(config: Path, tmp_path: Path) -> None:
    """A spreadsheet has numbers as numbers, in tables that can be filtered, with charts."""
    out = tmp_path / "november.xlsx"
    assert run(config, "-o", str(out)).exit_code == 0
    book = openpyxl.load_workbook(out)
    sheets = list(book.worksheets)
    tables = [table for sheet in sheets for table in sheet.tables.values()]
    charts = [chart for sheet in sheets for chart in sheet._charts]
    numbers = [
        cell for sheet in sheets for row in sheet.iter_rows() for cell in row
        if isinstance(cell.value, int | float) and not isinstance(cell.value, bool)
    ]  # fmt: skip
    assert len(tables) >= 5
    assert len(charts) >= 2
    assert any(cell.value == 11 for cell in numbers)
    assert any("%" in cell.number_format for cell in numbers)


@needs_pango
def test_pdf_prints_on_a4(config: Path, tmp_path: Path) -> None:
    """Every page is A4 and the figures are text."""
    out = tmp_path / "november.pdf"
    assert run(config, "-o", str(out)).exit_code == 0
    with closing(pypdfium2.PdfDocument(out)) as document:
        sizes = {tuple(sorted((round(p.get_width()), round(p.get_height())))) for p in document}
        words = "".join(page.get_textpage().get_text_bounded() for page in document)
    assert sizes == {(595, 842)}
    assert "11" in words


@pytest.mark.parametrize("form", ["xlsx", "csv", "html"])
def test_names_only_when_asked_and_only_into_a_file(
    config: Path, form: str, tmp_path: Path
) -> None:
    """Guests are named only with the option, and then in a file with mode 600."""
    out, named = tmp_path / f"a.{form}", tmp_path / f"b.{form}"
    assert run(config, "-o", str(out)).exit_code == 0
    assert run(config, "--with-guestbook", "-o", str(named)).exit_code == 0
    assert GUEST not in _text_of(out)
    assert GUEST in _text_of(named)
    assert named.stat().st_mode & 0o077 == 0


def test_a_report_replaces_its_file_but_never_one_with_names(config: Path, tmp_path: Path) -> None:
    """A report replaces its file, but a file with names must first be deleted on purpose."""
    out = tmp_path / "november.csv"
    out.write_text("old", encoding="utf-8")
    words = ["report", "--month", "2026-11", "--config", str(config), "-o", str(out)]
    refused = invoke([*words, "--with-guestbook"])
    assert isinstance(refused.exception, GarduError)
    assert "delete it" in str(refused.exception)
    assert out.read_text(encoding="utf-8") == "old"
    assert run(config, "-o", str(out)).exit_code == 0
    assert out.read_text(encoding="utf-8-sig").startswith("month,")


def test_a_purge_leaves_every_count_as_it_was(config: Path, tmp_path: Path) -> None:
    """A purge removes names and changes no figure; only its own record is new."""

    def figures() -> Any:
        found = json.loads(run(config, "--format", "json").output)
        for name in ("records", "untrusted"):  # the purge is recorded, too
            found["totals"].pop(name)
        return found

    before = figures()
    purge = ["guestbook", "purge", "--before", "2099-01-01", "--yes", "--config", str(config)]
    assert invoke(purge).exit_code == 0
    assert figures() == before
    named = tmp_path / "named.csv"
    assert run(config, "--with-guestbook", "-o", str(named)).exit_code == 0
    assert GUEST not in named.read_text(encoding="utf-8-sig")


def test_names_never_go_to_the_terminal(config: Path) -> None:
    """Guests' names without a file are refused, in words."""
    result = run(config, "--with-guestbook")
    assert result.exit_code == 2
    assert "-o" in result.output
    assert GUEST not in result.output


def test_a_wrong_month_is_named(config: Path) -> None:
    """A wrong month is refused, with the name of the option."""
    words = ["report", "--month", "november", "--config", str(config)]
    result = invoke(words)
    assert result.exit_code == 2
    assert "--month" in result.output


def _text_of(path: Path) -> str:
    if path.suffix != ".xlsx":
        return path.read_text(encoding="utf-8-sig")
    book = openpyxl.load_workbook(path)
    return "\n".join(
        str(cell.value) for sheet in book.worksheets for row in sheet.iter_rows() for cell in row
    )
