"""Reading: what the contract has is understood, and everything else is refused with a reason."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ProtocolError
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.messages import ROOT, SEALED_STILL_TYPE, TRIAL_TYPE
from edge.sealing.boxes import seal
from edge.store.chain import link
from office.ingest.reading import AlarmSeen, LedgerSeen, LiveSeen, Record, StatusSeen, Still, read
from tests.office.records import AT_MS, Stream
from tests.sealing.keys import KEY

BASE = f"{ROOT}/setda/lobi"
ID = "01938f7e-1c3a-7c44-8000-0123456789ab"


def changed(**values: Any) -> IncomingMessage:
    """Return a record with changed attributes; None: without it."""
    message = Stream().next()
    event = msgspec.json.decode(message.payload) | values
    event = {key: value for key, value in event.items() if value is not None}
    return message._replace(payload=msgspec.json.encode(event))


def test_a_record() -> None:
    """A record is read with its place in the chain, and its bytes as they came."""
    stream = Stream()
    _first, second = stream.some(2)
    seen = read(second)
    assert isinstance(seen, Record)
    assert (seen.checkpoint, seen.sequence, seen.visit) == ("setda/lobi", 2, "visit-2")
    assert (seen.happened_ms, seen.recorded_ms) == (AT_MS + 2000, AT_MS + 2005)
    assert seen.payload == second.payload
    assert seen.link.hex() == link(seen.previous.hex(), seen.payload) == stream.head


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (Stream().status("online", 3), StatusSeen),
        (Stream().ledger(), LedgerSeen),
        (Stream().live("state/alarm/fire", {"alarm": "fire"}), AlarmSeen),
        (Stream().live("state/alarm/fire", None), AlarmSeen),
        (Stream().live("state/occupancy", {}), LiveSeen),
        (Stream().still(ID, b"x"), Still),
        (Stream().still(ID, seal(KEY, b"x"), type=SEALED_STILL_TYPE), Still),
        (Stream().live("state/new", {}), None),
        (Stream().live("status", None), None),
        (Stream().live("report/2026-11", None), None),
        (IncomingMessage(f"{BASE}/event/step", b'{"type":"%s"}' % TRIAL_TYPE.encode()), None),
        (Stream().still(ID, b"x", type=TRIAL_TYPE), None),
    ],
)
def test_other_messages(message: IncomingMessage, kind: type | None) -> None:
    """Each topic of the contract is read as what it is; unknown ones and trials say nothing."""
    seen = read(message)
    assert seen is None if kind is None else isinstance(seen, kind)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (changed(source="/gardu/other/lobi"), "/gardu/other/lobi does not publish here"),
        (changed(sequence="1"), "sequence"),
        (changed(sequence="0" * 16), "sequence 0 is no record"),
        (changed(id="x"), r"\$.id"),
        (changed(id=ID.upper()), r"\$.id"),
        (changed(prevhash=None), "prevhash"),
        (changed(time="yesterday"), r"\$.time"),
        (changed(time="2026-11-21T03:51:37"), r"\$.time"),
        (changed(correlationid="a\0b"), r"\$.correlationid"),
        (changed(streamid=""), r"\$.streamid"),
        (IncomingMessage(f"{BASE}/event/step", b"{"), "truncated"),
        (IncomingMessage(f"{BASE}/event/step", b""), "truncated"),
        (IncomingMessage(f"{BASE}/event/step", b'{"data":' + b"[" * 100_000), "recursion"),
        (IncomingMessage(f"{BASE}/event/step", b'{"type":"\xff"}'), "utf-8|UTF-8"),
        (IncomingMessage("other/topic", b"{}"), "not under gardu/v1"),
        (IncomingMessage(f"{ROOT}/a/b", b"{}"), "names no site, checkpoint and kind"),
        (IncomingMessage(f"{ROOT}/A B/b/status", b"{}"), "lower-case letters, digits and dashes"),
        (Stream().live("ledger", {}), "streamid"),
        (Stream().live("status", {"status": "away"}), "status"),
        (Stream().live("health", [1]), "object"),
        (Stream().live("state/alarm/" + "x" * 201, {}), "too long"),
        (Stream().live("health", {"a": "x" * 300_000}), "more than 262144 bytes"),
        (Stream().still(ID, b""), "an image of 0 bytes"),
        (Stream().still(ID, b"x" * 262_145), "an image of 262145 bytes"),
        (Stream().still("no", b"x"), r"\$.id"),
        (Stream().still(ID, b"x", type=SEALED_STILL_TYPE), "is not sealed"),
        (Stream().still(ID, b"x", source="/gardu/a/b"), "does not publish here"),
        (IncomingMessage(f"{BASE}/still/desk", b"x"), "id"),
    ],
)
def test_refused(message: IncomingMessage, why: str) -> None:
    """A message that breaks the contract is refused, and the reason says where."""
    with pytest.raises(ProtocolError, match=why):
        read(message)


_SUFFIX = st.sampled_from(["event/step", "still/a", "status", "ledger", "health", "state/alarm/x"])


@given(suffix=_SUFFIX, payload=st.binary(max_size=200))
def test_any_bytes(suffix: str, payload: bytes) -> None:
    """No bytes raise anything but ProtocolError."""
    try:
        read(IncomingMessage(f"{BASE}/{suffix}", payload))
    except ProtocolError as error:
        assert str(error)  # noqa: PT017


_KEYS = ["id", "source", "type", "time", "streamid", "sequence", "prevhash", "correlationid",
         "data", "recordedtime"]  # fmt: skip
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(values=st.dictionaries(st.sampled_from(_KEYS), _JSON))
def test_any_attributes(values: dict[str, Any]) -> None:
    """No values of the attributes raise anything but ProtocolError."""
    try:
        read(changed(**values))
    except ProtocolError as error:
        assert str(error)  # noqa: PT017
