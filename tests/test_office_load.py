"""The office's load: its records are real ones, its rates are those of the day, nothing is lost."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bench.broker import MOSQUITTO
from bench.office_load.day import read_day
from bench.office_load.frozen import Frozen, Source
from bench.office_load.wire import Packet, about
from bench.postgresql import programs
from edge.errors import GarduError
from edge.mqtt.decoding import IncomingMessage, publish
from edge.store.chain import link
from edge.store.cloudevent import RECORD_CONTENT
from office.ingest.reading import Record, read
from tests.longer import slow
from tests.office.records import Stream, closed, opened, stepped

_ID, _TIME = "01938f7e-1c3a-7c44-8000-0123456789ab", "2026-12-01T07:00:00.000Z"
_VISIT = "01a22f07-734d-7e0b-a625-f80a4fb3e749"


def day_folder(folder: Path) -> Path:
    """Write a short day as `gardu watch --json` does; return its folder."""
    stream = Stream()
    made = [
        opened(_VISIT), stepped(_VISIT, "reception"), stepped(_VISIT, "locker"), closed(_VISIT),
    ]  # fmt: skip
    lines = []
    for record in (*made, *made):
        event = msgspec.json.decode(stream.next(record).payload)
        lines.append(msgspec.json.encode({**event, "gardu": {"duplicate": False}}))
    again = {**msgspec.json.decode(lines[0]), "gardu": {"duplicate": True}}
    part = folder / "1-lobby"
    part.mkdir()
    part.joinpath("records.jsonl").write_bytes(b"\n".join([*lines, msgspec.json.encode(again)]))
    return folder


def test_the_rates_are_those_of_the_day(tmp_path: Path) -> None:
    """Records that came twice are counted once; the peak grows with the guests."""
    day = read_day(day_folder(tmp_path))
    assert (len(day.records), day.guests, day.busiest_hour) == (8, 2, 8)
    assert day.peak_rate(200) == pytest.approx(8 / 3600 * 100)


def test_no_day_is_an_error_that_says_how_to_make_one(tmp_path: Path) -> None:
    """An empty folder is named, with the command."""
    with pytest.raises(GarduError, match=f"gardu sim day --data {tmp_path}"):
        read_day(tmp_path)


def test_a_frozen_record_is_a_record_of_another_checkpoint(tmp_path: Path) -> None:
    """The office reads it as one of the new checkpoint's: ids, chain, stream and visit are new."""
    frozen = Frozen(read_day(day_folder(tmp_path)).records[1])
    by = Source(7, "6e8bc430-9c3a-4fbc-93a1-222222222222", 0xABCDEF)
    first = by.head
    payload = frozen.written(by, _ID, _TIME)
    seen = read(IncomingMessage(f"{by.base}/{frozen.suffix}", payload))
    assert isinstance(seen, Record)
    assert (seen.checkpoint, seen.id, seen.stream) == ("beban/lobi-00007", _ID, by.stream)
    assert (seen.sequence, seen.previous.hex()) == (1, first)
    assert seen.link.hex() == link(first, payload)
    assert seen.visit == _VISIT[:24] + f"{int(_VISIT[24:], 16) ^ by.salt:012x}"
    assert msgspec.json.decode(seen.data)["visit"] == seen.visit


def test_a_packet_is_one_of_mqtt() -> None:
    """The broker reads topic, packet id, content type and payload from it."""
    made = Packet("a/b", about(RECORD_CONTENT), b"x" * 300, retain=True, record=True)
    data = made.with_id(258)
    assert data[1:3] == bytes([0x80 | (len(data) - 3) % 128, (len(data) - 3) // 128])
    message = publish(data[0], data[3:])
    assert (message.topic, message.mid, message.qos, message.retain) == ("a/b", 258, 1, True)
    assert (message.content_type, message.payload) == (RECORD_CONTENT, b"x" * 300)


@slow
@pytest.mark.timeout(300)
def test_a_small_load_with_kills(tmp_path: Path) -> None:
    """Ingest and PostgreSQL are killed under load: the table has 0 lost, 0 twice."""
    if MOSQUITTO is None or programs() is None:
        pytest.skip("needs mosquitto and PostgreSQL (sudo apt install mosquitto postgresql)")
    done = subprocess.run(
        [sys.executable, "-m", "bench.office_load", "--day", str(day_folder(tmp_path)),
         "--checkpoints", "20", "--times", "40", "--seconds", "6", "--kills", "2",
         "--processes", "2"],
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert "is killed" in done.stderr, done.stderr
    assert re.search(r"^records lost / twice +0 / 0 .* yes$", done.stdout, re.MULTILINE), (
        done.stdout + done.stderr
    )
    assert re.search(r"^gaps, broken chains, refusals +0 ", done.stdout, re.MULTILINE), done.stdout
