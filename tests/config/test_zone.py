"""The office's time zone: the machine's as libc reads it, and advice about wrong names."""

import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import zone_advice
from edge.config.model import CheckpointSection
from edge.config.office_time import BadTime, in_words, moment_ms
from edge.config.zone import zone_of
from edge.config.zone_advice import zone_problem

SUMMER_S, WINTER_S = 1_783_233_217, 1_795_233_217
JAYAPURA = ZoneInfo("Asia/Jayapura")


@pytest.mark.parametrize(
    "value",
    [
        "Asia/Jayapura", ":Asia/Jakarta", "UTC", "Europe/London", "", "WIB-7", "<+08>-8",
        "NPT-5:45", "CET-1CEST,M3.5.0,M10.5.0/3", "/usr/share/zoneinfo/Asia/Makassar", "nonsense",
        "/nowhere", "Asia",
    ],
)  # fmt: skip
def test_the_machines_zone_is_that_of_libc(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``TZ`` may be a name, a rule or a file; Gardu and the rest of the machine read it alike."""
    monkeypatch.setenv("TZ", value)
    time.tzset()
    zone = zone_of("")
    moments = [datetime.fromtimestamp(seconds, UTC) for seconds in (SUMMER_S, WINTER_S)]
    expected = [moment.astimezone().utcoffset() for moment in moments]
    monkeypatch.undo()
    time.tzset()
    assert [moment.astimezone(zone).utcoffset() for moment in moments] == expected


def test_an_office_has_its_own_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The config's zone is used, not that of the machine."""
    monkeypatch.setenv("TZ", "Europe/London")
    here = CheckpointSection(site="a", id="b", procedures=["c"], timezone="Asia/Jayapura")
    assert here.zone == JAYAPURA
    assert str(CheckpointSection(site="a", id="b", procedures=["c"]).zone) == "Europe/London"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("WIB", "Asia/Jakarta"), ("WIB-7", "Asia/Jakarta"), ("wita", "Asia/Makassar"),
        ("WIT-9", "Asia/Jayapura"), ("UTC+7", "Asia/Jakarta"), ("GMT+08:00", "Asia/Makassar"),
        ("+09:00", "Asia/Jayapura"), ("UTC-7", "Asia/Jakarta"), ("7", "Asia/Jakarta"),
        ("Jakarta", "Asia/Jakarta"), ("asia/jakarta", "Asia/Jakarta"),
        ("Asia/Jakata", "Asia/Jakarta"),
        ("Indonesia/Makassar", "Asia/Makassar"), (" Asia/Jayapura", "Asia/Jayapura"),
    ],
)  # fmt: skip
def test_a_rule_or_a_slip_is_answered_with_the_zone(name: str, meant: str) -> None:
    """A rule is refused, because its sign is easily wrong; the zone that was meant is named."""
    with pytest.raises(ZoneInfoNotFoundError):
        zone_of(name)
    assert f"is {name!r}, which is no time zone (did you mean {meant}?); allowed" in zone_problem(
        name
    )


@pytest.mark.parametrize("name", ["UTC+11", "../../etc/passwd", "x" * 150, "東京"])
def test_a_name_like_none_is_only_refused(name: str) -> None:
    """No zone is proposed where none is meant."""
    with pytest.raises(ZoneInfoNotFoundError):
        zone_of(name)
    assert "which is no time zone; allowed: Asia/Jakarta (WIB), " in zone_problem(name)


def test_a_machine_without_zones_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing tzdata is named as the cause: the name in the config is right."""
    monkeypatch.setattr(zone_advice, "available_timezones", set)
    assert "sudo apt install tzdata" in zone_problem("Asia/Jakarta")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-21", "2026-11-20T15:00:00+00:00"),
        ("2026-11-21T08:00", "2026-11-20T23:00:00+00:00"),
        ("2026-11-21 08:00:00.412", "2026-11-20T23:00:00.412000+00:00"),
        ("2026-11-21T08:00+07:00", "2026-11-21T01:00:00+00:00"),
        ("2026-11-21T08:00Z", "2026-11-21T08:00:00+00:00"),
        ("1970-01-01", "1970-01-01T00:00:00+00:00"),  # nothing was recorded before
    ],
)
def test_a_time_that_people_type_is_the_offices(text: str, utc: str) -> None:
    """A day begins at the office's midnight; an offset in the text is respected."""
    assert moment_ms(text, JAYAPURA) == round(datetime.fromisoformat(utc).timestamp() * 1000)


@given(st.text(max_size=30) | st.datetimes().map(str) | st.dates().map(str))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    """No text raises another exception, and each time can be shown in words."""
    try:
        moment = moment_ms(text, JAYAPURA)
    except BadTime:
        return
    assert moment >= 0
    assert in_words(moment, JAYAPURA).endswith(" Asia/Jayapura")


def test_one_source_of_local_time() -> None:
    """No module asks for the machine's local time: that is another clock than the office's."""
    asks = (".astimezone()", "datetime.now()", "date.today()", "localtime(", "mktime(", "ctime(")
    root = Path(__file__).parents[2]
    found = {
        str(file.relative_to(root))
        for folder in ("edge", "sim")
        for file in (root / folder).rglob("*.py")
        if any(word in file.read_text(encoding="utf-8") for word in asks)
    }
    assert found == set()
