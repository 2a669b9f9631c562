"""Exports: whole or not at all, safe in a spreadsheet, and as large as they need to be."""

import csv
import io
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from sqlalchemy import Connection, Engine, text

from edge.clock import Clock
from edge.errors import GarduError
from office.config import DatabaseSection
from office.export import export as module
from office.export.columns import TABLES, Table
from office.export.export import export
from office.export.rows import Period, Row
from office.export.spreadsheet import CsvFile, harmless
from office.ingest.writer import Writer
from tests.command_line import invoke
from tests.longer import slow
from tests.office.records import Stream, closed, opened, stepped
from tests.office.test_writer import messages

DAY = Period(datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """Two sites: one with a whole visit, another with an open one."""
    stream, other = Stream(), Stream("annex", "other")
    other.base, other.source = (one.replace("setda", "dinas") for one in (other.base, other.source))
    sent = [
        stream.next(opened("v")), stream.next(stepped("v", "=cmd")), stream.next(closed("v")),
        other.next(opened("w")),
    ]  # fmt: skip
    Writer(engine, Clock(), 3).write(messages(*sent))
    return engine


def read_csv(file: Path, separator: str = ",") -> list[dict[str, str]]:
    """Return the rows of a CSV."""
    with file.open(encoding="utf-8-sig", newline="") as opened_file:
        return list(csv.DictReader(opened_file, delimiter=separator))


def test_csv(filled: Engine, tmp_path: Path) -> None:
    """A visit's row, in the office's time; only the site and period that were asked for."""
    file = tmp_path / "visits.csv"
    with filled.connect() as connection:
        assert export(connection, TABLES["visits"], DAY, file, zone=JAKARTA) == 2
        found = {row["visit"]: row for row in read_csv(file)}
        assert list(found["v"]) == list(TABLES["visits"].columns)
        assert found["v"]["opened"] == "2026-11-21 10:51:37.412"
        assert (found["v"]["duration_s"], found["w"]["duration_s"]) == ("0", "")
        one = DAY._replace(sites=("dinas", "none"))
        assert export(connection, TABLES["visits"], one, file, zone=JAKARTA) == 1
        assert [row["visit"] for row in read_csv(file)] == ["w"]
        before = DAY._replace(end=datetime(2026, 11, 21, 3, tzinfo=UTC))
        assert export(connection, TABLES["visits"], before, file, zone=JAKARTA) == 0
    assert [one.name for one in tmp_path.iterdir() if one.suffix in (".csv", ".part")] == [
        file.name
    ]


def test_semicolons_have_decimal_commas(filled: Engine, tmp_path: Path) -> None:
    """An Indonesian spreadsheet reads 1,5 as a number and 1.5 as a date; a formula is none."""
    file = tmp_path / "steps.csv"
    with filled.connect() as connection:
        connection.execute(text("SELECT 1"))
        export(connection, TABLES["steps"], DAY, file, separator=";", zone=UTC)
    (row,) = read_csv(file, ";")
    assert (row["step"], row["duration_s"], row["clock_trusted"]) == ("'=cmd", "1", "true")
    rows: list[Row] = [["a", 1234567.25, -0.5]]
    table = Table("", "", {"a": "text", "b": "number", "c": "number"})
    with CsvFile(file, table, ";", UTC) as made:
        made.write(rows)
    assert file.read_text(encoding="utf-8-sig").splitlines() == ["a;b;c", "a;1234567,25;-0,5"]


_TEXT = st.text(st.sampled_from(list("=+-@,;\t\r\n\"' a1\uff1d")), max_size=12)


@given(row=st.lists(_TEXT, min_size=1, max_size=4), separator=st.sampled_from([",", ";"]))
def test_no_cell_begins_a_formula(row: list[str], separator: Any) -> None:
    """At any separator, with or without regard to quotes, no cell of a text begins a formula."""
    made = io.StringIO()
    csv.writer(made, delimiter=separator).writerow([harmless(cell) for cell in row])
    written = made.getvalue()
    cells = [cell for line in written.splitlines() for cell in _split(line)]
    for quotes in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        for other in (",", ";", "\t"):
            parsed = csv.reader(io.StringIO(written, newline=""), delimiter=other, quoting=quotes)
            cells += [cell for line in parsed for cell in line]
    for cell in cells:
        assert cell.strip('" ')[:1] not in {*"=+-@\uff1d"}, (cell, written)


def _split(line: str) -> list[str]:
    for separator in ";\t":
        line = line.replace(separator, ",")
    return line.split(",")


def test_parquet(filled: Engine, tmp_path: Path) -> None:
    """Times, numbers and truths have types of their own, and texts are unchanged."""
    file = tmp_path / "steps.parquet"
    with filled.connect() as connection:
        export(connection, TABLES["steps"], DAY, file, zone=JAKARTA)
    found = parquet.read_table(file)
    assert str(found.schema.field("ended").type) == "timestamp[ms, tz=UTC]"
    (row,) = found.to_pylist()
    assert row["ended"] == datetime(2026, 11, 21, 3, 51, 37, 412_000, tzinfo=UTC)
    assert (row["step"], row["duration_s"], row["clock_trusted"]) == ("=cmd", 1.0, True)
    assert (row["number"], row["standard_s"], row["within_standard"]) == (1, None, None)
    with filled.connect() as connection:
        nothing = DAY._replace(sites=("none",))
        assert export(connection, TABLES["records"], nothing, file, zone=JAKARTA) == 0
    assert parquet.read_table(file).num_rows == 0


@pytest.mark.parametrize("name", ["old.csv", "old.parquet"])
def test_an_interrupted_export_leaves_the_old_file(
    filled: Engine, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that fails half way leaves the file that was there, and no part."""

    def failing(connection: Connection, table: Table, period: Period) -> Any:
        yield [["x"] + [None] * (len(table.columns) - 1)]
        raise GarduError("the database is away")

    monkeypatch.setattr(module, "portions", failing)
    file = tmp_path / "out" / name
    file.parent.mkdir()
    file.write_text("old", encoding="utf-8")
    with filled.connect() as connection, pytest.raises(GarduError):
        export(connection, TABLES["visits"], DAY, file, zone=UTC)
    assert file.read_text(encoding="utf-8") == "old"
    assert list(file.parent.iterdir()) == [file]


@pytest.fixture
def config(filled: Engine, database: DatabaseSection, tmp_path: Path) -> Path:
    """The config of the filled database."""
    file = tmp_path / "office.toml"
    file.write_text(f'[database]\nurl = "{database.url}"\n', encoding="utf-8")
    return file


def run(config: Path, *words: str, days: tuple[str, str] = ("2026-11-21", "2026-11-21")) -> Any:
    """Run `gardu office export`."""
    period = ["--from", days[0], "--to", days[1]]
    return invoke(["office", "export", *words, *period, "--config", str(config)])


def test_command(config: Path, tmp_path: Path) -> None:
    """The last day is part of the period, in the zone that is asked for."""
    file = tmp_path / "out.csv"
    done = run(config, "records", "-o", str(file), "--timezone", "Asia/Jakarta")
    assert (done.exit_code, done.stdout) == (0, f"{file}: 4 records\n")
    done = run(config, "records", "-o", str(file), days=("2026-11-22", "2026-11-22"))
    assert done.stdout == f"{file}: 0 records\n"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["steps", "-o", "x.xls"], "allowed: a name that ends with .csv or .parquet"),
        (["steps", "-o", "/no/such/x.csv"], "/no/such/x.csv: no such file or directory"),
        (["steps", "-o", "x.csv", "--timezone", "Mars"], "--timezone Mars: is no zone"),
        (["steps", "-o", "x.parquet", "--separator", ";"], "--separator: is for a CSV"),
        (["steps", "-o", "/no/such/x.parquet"], "/no/such"),
    ],
)
def test_wrong_words(config: Path, words: list[str], answer: str) -> None:
    """What cannot be exported is refused, with what is allowed."""
    done = run(config, *words)
    assert done.exit_code != 0
    assert answer in done.stderr


def test_other_refusals(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days in the wrong order, a database that is not there, and a library that is missing."""
    done = run(config, "steps", "-o", "x.csv", days=("2026-11-22", "2026-11-21"))
    assert "--to 2026-11-21: is before --from 2026-11-22" in done.stderr
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = run(config, "steps", "-o", str(tmp_path / "x.parquet"))
    assert (done.exit_code, "pip install 'gardu[office-parquet]'" in done.stderr) == (1, True)
    config.write_text('[database]\nurl = "sqlite:///none.db"\n', encoding="utf-8")
    done = run(config, "steps", "-o", "x.csv")
    assert (done.exit_code, "none.db: there is none" in done.stderr) == (1, True)
    assert not (tmp_path / "none.db").exists()


_MANY = """
INSERT INTO records (checkpoint, id, stream, sequence, type, visit, happened_ms, recorded_ms,
    arrived_ms, previous, link, payload)
WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
SELECT checkpoint, CAST({id} AS {kind}), stream, i, type, visit, happened_ms, recorded_ms,
    arrived_ms, previous, link, payload
FROM records, n WHERE sequence = 2
"""

# Not ru_maxrss: that begins with the size of the process that started this one.
_MEASURED = """
import sys
from edge.commands.main import main
try:
    main()
finally:
    status = open("/proc/self/status").read()
    print(status.split("VmHWM:")[1].split()[0], file=sys.stderr)
"""


@slow
@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_memory_is_bounded(filled: Engine, config: Path, tmp_path: Path, name: str) -> None:
    """100,000 rows need no more memory than 20,000, but for a part that does not grow with them."""
    peaks = {}
    for count in (20_000, 100_000):
        with filled.begin() as connection:
            connection.execute(text("DELETE FROM records WHERE sequence >= 10"))
            postgresql = connection.dialect.name == "postgresql"
            many = _MANY.format(
                count=count + 9,
                id="'019aa477-0000-7000-8000-' || lpad(CAST(i AS TEXT), 12, '0')" if postgresql
                else "printf('019aa477-0000-7000-8000-%012d', i)",
                kind="UUID" if postgresql else "TEXT",
            )  # fmt: skip
            connection.execute(text(many))
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, "office", "export", "steps", "--config", str(config),
             "--from", "2026-11-21", "--to", "2026-11-22", "-o", str(tmp_path / name)],
            check=True, capture_output=True, env={**os.environ, "TZ": "UTC"},
        )  # fmt: skip
        assert f"{count + 1} steps" in done.stdout.decode()
        peaks[count] = int(done.stderr.split()[-1])
    print(peaks)  # kilobytes
    assert peaks[100_000] - peaks[20_000] < 40_000
