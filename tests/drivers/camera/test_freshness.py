"""Stale pictures, and headers that only claim it."""

from typing import Any

import pytest

from edge.drivers.camera.base import Undecided
from edge.drivers.camera.freshness import Freshness
from edge.drivers.camera.http_reader import Head
from edge.errors import DeviceFault

NOW = "Mon, 30 Nov 2026 03:00:00 GMT"
OLD, OLD_TOO = "Tue, 12 Jun 2012 01:56:34 GMT", "Wed, 13 Jun 2012 01:56:34 GMT"
S = 10**9


def head(modified: str = "", **headers: str) -> Head:
    """Return a head with Date and Last-Modified."""
    named = {"date": [NOW], **({"last-modified": [modified]} if modified else {})}
    return Head(200, "OK", named | {name: [value] for name, value in headers.items()})


def judge(**settings: Any) -> Freshness:
    """Return a judge of one camera, with 5 s as the greatest age."""
    return Freshness("camera/lobby", 5.0, **({"dated": True} | settings))


def test_a_date_that_never_changes_is_ignored_once_the_picture_does(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The first picture is undecided, the second decides; one line in the journal names the key."""
    fresh = judge()
    with pytest.raises(Undecided, match="Last-Modified") as caught:
        fresh.check(b"a", 0, head(OLD))
    assert "dated = false" in caught.value.remedy
    for number in range(1, 5):
        fresh.check(b"%d" % number, number * S, head(OLD))
    assert fresh.ignored == OLD
    assert [record.message for record in caplog.records if "dated = false" in record.message]
    assert len(caplog.records) == 1


def test_a_camera_that_ignores_its_date_can_still_freeze() -> None:
    """The same picture, bit for bit, is frozen, also if its headers are new."""
    fresh = judge()
    with pytest.raises(Undecided):
        fresh.check(b"a", 0, head(OLD))
    fresh.check(b"b", 1 * S, head(OLD))
    fresh.check(b"b", 5 * S, head(OLD))
    with pytest.raises(DeviceFault, match="the same for 6 s"):
        fresh.check(b"b", 7 * S, head(OLD))
    fresh.check(b"c", 8 * S, head(OLD))


def test_a_frozen_picture_with_an_old_date_stays_stale() -> None:
    """Where picture and date agree, the camera is frozen."""
    fresh = judge()
    for second in range(4):
        with pytest.raises(Undecided):
            fresh.check(b"a", second * S, head(OLD))
    with pytest.raises(DeviceFault, match="the same for"):
        fresh.check(b"a", 9 * S, head(OLD))


def test_a_date_that_moves_with_the_picture_is_believed() -> None:
    """An old date that changes is that of each picture: it is old."""
    fresh = judge()
    for picture, date in ((b"a", OLD), (b"b", OLD_TOO), (b"c", OLD)):
        with pytest.raises(Undecided):
            fresh.check(picture, 0, head(date))


def test_a_recent_date_proves_nothing_against_itself() -> None:
    """Two pictures of one second share their date, as it has only seconds: later it counts."""
    fresh = judge()
    fresh.check(b"a", 0, head(NOW))
    fresh.check(b"b", 1, head(NOW))
    assert fresh.ignored == ""


def test_the_age_of_a_cache_and_a_config_without_dates() -> None:
    """Age is believed; ``dated = false`` ignores both headers."""
    with pytest.raises(DeviceFault, match="Age header") as caught:
        judge().check(b"a", 0, head(age="600"))
    assert "dated = false" in caught.value.remedy
    judge().check(b"a", 0, head(age="-3"))
    judge(dated=False).check(b"a", 0, head(OLD, age="600"))
    judge().check(b"a", 0, head("never", date="soon"))
