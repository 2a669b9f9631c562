"""The office's count of records: holes, repetitions, two records in one place."""

import json

import pytest

from virtual_pi.errors import RowFailed
from virtual_pi.records import Records

TOPIC = "gardu/v1/setda/lobi/event/visit"


def message(sequence: int, identity: str = "", kind: str = "visit.opened") -> bytes:
    """Return a record's payload."""
    return json.dumps(
        {
            "id": identity or f"id-{sequence}",
            "type": f"gardu.{kind}.v1",
            "streamid": "s",
            "sequence": f"{sequence:016}",
        }
    ).encode()


def counted(*payloads: bytes) -> Records:
    """Return the count of messages that came in this order."""
    records = Records()
    for payload in payloads:
        records.receive(TOPIC, payload)
    return records


def test_repetition_with_the_same_bytes_is_sound() -> None:
    """A record that came again after a lost acknowledgement counts once."""
    count = counted(message(1), message(2), message(1)).count()
    assert count.sound
    assert count.records == 2


def test_missing_record_is_a_hole() -> None:
    """A lost record is found."""
    count = counted(message(1), message(3)).count()
    assert count.holes == ("s/2",)
    assert not count.sound


def test_one_number_for_two_records_is_found() -> None:
    """A record that was forgotten and made again under another id is found."""
    count = counted(message(1), message(1, "other")).count()
    assert count.twice == ("s/1",)
    assert not count.sound


def test_wait_finds_a_record_after_the_mark() -> None:
    """A test does not count an earlier record as its own."""
    records = counted(message(1))
    since = records.mark()
    with pytest.raises(RowFailed, match=r"visit\.opened"):
        records.wait("visit.opened", since, 0)
    records.receive(TOPIC, message(2))
    assert records.wait("visit.opened", since, 0)["id"] == "id-2"


def test_live_topics_and_stills_are_no_records() -> None:
    """The present state is remembered, stills are counted."""
    records = Records()
    records.receive("gardu/v1/setda/lobi/status", b'{"status":"online"}')
    records.receive("gardu/v1/setda/lobi/still/desk", b"\xff\xd8")
    assert records.wait_live("status", 0, lambda value: value["status"] == "online")
    assert records.stills == 1
    assert records.count().records == 0
