"""One clock of the office, on a machine in another zone."""

import csv
import datetime as dt
import io
import json
import time
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import Result

from edge.clock import Stamp
from edge.config.office_time import BadTime
from edge.guestbook.book import GuestBook
from edge.guestbook.entry import Details, Entry
from edge.store.store import Store
from tests.command_line import invoke
from tests.report.lobby_month import BEGIN_MS, visit_of, visit_records
from tests.store_bench import SOURCE, HandClock

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
# Half past midnight of 1 December in Asia/Jayapura (+9); in UTC it is still 30 November.
BEFORE_DAWN_MS = BEGIN_MS + 32 * DAY_MS + int(15.5 * HOUR_MS)
ZONES = ("UTC", "America/New_York")


def gardu(zone: str, *words: str | Path, entered: str = "") -> Result:
    """Run `gardu` on a machine in *zone*, with *entered* on standard input."""
    with pytest.MonkeyPatch.context() as machine:
        machine.setenv("TZ", zone)
        machine.setenv("COLUMNS", "200")
        time.tzset()
        done = invoke([str(word) for word in words], input=entered)
    time.tzset()
    return done


@pytest.fixture
def office(config: Path, tmp_path: Path) -> Path:
    """Return the config of an office in Asia/Jayapura with one visit and one guest that night."""
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("# timezone = ", 'timezone = "Asia/Jayapura" # '))
    clock = HandClock()
    clock.moment = Stamp(10**12, BEFORE_DAWN_MS, synced=True, boot="b")
    with closing(Store(tmp_path / "data", SOURCE, clock)) as store:
        plan = visit_of(BEFORE_DAWN_MS - BEGIN_MS)
        store.commit(checkpoint=None, visits={}, records=list(visit_records(1, plan)))
    with closing(GuestBook(tmp_path / "data")) as book:
        details = Details(name="Tamu Uji")
        entry = Entry(
            visit="v-1", procedure="pimpinan", at=clock.moment, source="register", details=details
        )
        book.put(entry, "request")
    return config


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("2026-12-01", "2026-12-02", True),
        ("2026-11-30", "2026-12-01", False),
        ("2026-12-01T00:30", "2026-12-01T00:31", True),
        ("2026-11-30T15:30Z", "2026-11-30T15:31Z", True),
        ("2026-12-01T00:30+07:00", "2026-12-02", False),
    ],
)
def test_records_and_guests_are_chosen_by_the_offices_day(
    office: Path, tmp_path: Path, zone: str, since: str, until: str, found: bool
) -> None:
    """`records` and `guestbook export` mean the office's days and hours on every machine."""
    listed = gardu(
        zone, "records", "--json", "--type", "opened", "--since", since, "--until", until,
        "--config", office,
    )  # fmt: skip
    assert len(listed.stdout.splitlines()) == found, listed.stderr
    out = tmp_path / "guests.json"
    gardu(
        zone, "guestbook", "export", "-o", out, "--format", "json", "--from", since, "--to", until,
        "--config", office,
    )  # fmt: skip
    assert len(json.loads(out.read_text(encoding="utf-8"))) == found


@pytest.mark.parametrize("zone", ZONES)
def test_times_are_shown_by_the_offices_clock(office: Path, tmp_path: Path, zone: str) -> None:
    """The table of records, and both forms of the guest list, show the office's time."""
    table = gardu(zone, "records", "--config", office).stdout
    assert "times of Asia/Jayapura" in table
    assert "2026-12-01 00:30:00" in table
    for form in ("csv", "json"):
        out = tmp_path / f"guests.{form}"
        gardu(zone, "guestbook", "export", "-o", out, "--format", form, "--config", office)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "guests.csv").read_text("utf-8-sig"))))
    assert rows[0]["time"] == "2026-12-01T00:30:00+09:00"
    (guest,) = json.loads((tmp_path / "guests.json").read_text(encoding="utf-8"))
    assert guest["time"] == "2026-12-01T00:30:00+09:00"


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("before", "removed"), [("2026-12-01", 0), ("2026-12-02", 1), ("2026-12-01T00:31", 1)]
)
def test_a_purge_ends_at_the_offices_midnight(
    office: Path, zone: str, before: str, removed: int
) -> None:
    """A purge before a day removes no guest of that day, and all guests of the day before."""
    done = gardu(zone, "guestbook", "purge", "--before", before, "--yes", "--config", office)
    assert f"The details of {removed} visits were removed" in done.stdout, done.stderr


def test_a_purge_asks_with_the_offices_zone(office: Path) -> None:
    """The question names the moment and the zone, because what goes is gone for good."""
    done = gardu("UTC", "guestbook", "purge", "--before", "2026-12-01", "--config", office)
    assert "from before 2026-12-01 00:00 Asia/Jayapura for good?" in done.stdout
    assert done.exit_code == 1


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("month", "visits"), [("2026-11", 0), ("2026-12", 1)])
def test_a_report_counts_the_offices_month(
    office: Path, zone: str, month: str, visits: int
) -> None:
    """A visit belongs to the month that the office's calendar showed."""
    done = gardu(zone, "report", "--month", month, "--format", "json", "--config", office)
    summary = json.loads(done.stdout)
    assert (summary["totals"]["visits"], summary["timezone"]) == (visits, "Asia/Jayapura")


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "WIB-7"])
def test_check_notes_that_the_machine_is_elsewhere(office: Path, zone: str) -> None:
    """Another zone of the machine is a note, not a problem: cron and the journal use it."""
    sop = office.parent / "sop"
    sop.symlink_to(Path(__file__).parents[2] / "config" / "sop")
    done = gardu(zone, "check", "--config", office)
    assert done.exit_code == 0
    assert f"note: this machine's time zone is {zone}, the office's is Asia/Jayapura" in done.stdout
    assert "time zone is" not in gardu("Asia/Jayapura", "check", "--config", office).stdout
    assert "time zone is" not in gardu("Asia/Tokyo", "check", "--config", office).stdout


@pytest.mark.parametrize(
    ("zone", "noted"), [("Europe/London", True), ("UTC", True), ("Asia/Jakarta", False)]
)
def test_check_notes_an_office_that_follows_its_machine_abroad(
    config: Path, zone: str, noted: bool
) -> None:
    """Without ``timezone`` a fresh Pi's zone (Europe/London) would decide the office's days."""
    sop = config.parent / "sop"
    sop.symlink_to(Path(__file__).parents[2] / "config" / "sop")
    done = gardu(zone, "check", "--config", config)
    note = f"checkpoint.timezone is empty, so days and hours are those of {zone}"
    assert (note in done.stdout) is noted


@pytest.mark.parametrize("zone", ZONES)
def test_an_invitation_is_valid_by_the_offices_clock(tmp_path: Path, zone: str) -> None:
    """The desk's computer may be in another zone than the office: --timezone names the office's."""
    key = tmp_path / "key"
    gardu(zone, "invitation", "key", "-o", key)
    year = dt.datetime.now(dt.UTC).year
    text = gardu(
        zone, "invitation", "make", "--key", key, "--site", "setda", "--procedure", "pimpinan",
        "--from", f"{year + 1}-03-01T08:00", "--until", f"{year + 1}-03-02", "-o", "-",
        "--timezone", "Asia/Jayapura",
    ).stdout  # fmt: skip
    shown = gardu(zone, "invitation", "read", "--key-file", key, "--timezone", "UTC", entered=text)
    assert f"from          {year + 1}-02-28 23:00 UTC" in shown.stdout
    assert f"until         {year + 1}-03-01 15:00 UTC" in shown.stdout
    assert shown.stderr == "not yet valid\n"


def test_an_invitation_of_no_zone_is_refused(tmp_path: Path) -> None:
    """A zone that does not exist is refused with the one that was meant."""
    done = gardu(
        "UTC", "invitation", "make", "--key", tmp_path, "--site", "a", "--procedure", "b",
        "--until", "2026-12-01", "--timezone", "WIT",
    )  # fmt: skip
    assert done.exit_code == 1
    assert "--timezone is 'WIT', which is no time zone (did you mean Asia/Jayapura?)" in str(
        done.exception
    )


@pytest.mark.parametrize(
    "words",
    [
        ["guestbook", "export", "-o", "x", "--from", "WHEN"],
        ["guestbook", "export", "-o", "x", "--to", "WHEN"],
        ["guestbook", "purge", "--yes", "--before", "WHEN"],
        ["records", "--since", "WHEN"],
        ["records", "--until", "WHEN"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("when", ["yesterday", "2026-13-01", "0001-01-01", "9999-12-31"])
def test_a_time_that_is_none_is_refused(office: Path, words: list[str], when: str) -> None:
    """Every option with a time refuses what is none, in words."""
    asked = [when if word == "WHEN" else word for word in words]
    done = invoke([*asked, "--config", str(office)])
    assert done.exit_code != 0
    assert when in f"{done.stderr}{done.exception}"
    assert isinstance(done.exception, BadTime | SystemExit)
