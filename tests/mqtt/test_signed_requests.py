"""Signed requests at the request handler: who may ask, replays, wrong clocks, revoked keys."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from edge.config.sections.guests import GuestBookSection
from edge.config.sections.requests import Requests
from edge.mqtt import request_handler
from edge.mqtt.open_visits import OpenVisit
from edge.mqtt.request_handler import Request
from edge.mqtt.requests import Answer
from edge.mqtt.signed_requests import SignedRequests
from edge.sop.events import AvailabilitySet, InputRefused, ValueEntered
from tests.guests import BASE, NOW_MS, STREAM, VISITS, Office, available, register
from tests.mqtt.test_value_request import visit
from tests.signed import KEY_ID, SECRET, section, signed

SUFFIX = "cmd/register"
AVAILABILITY = "cmd/availability/pimpinan"
MINUTE_MS = 60_000


class Gate(Office):
    """A request handler that asks for signatures."""

    def __init__(
        self, folder: Path, requests: Requests, book: GuestBookSection | None = None
    ) -> None:
        super().__init__(folder, book or GuestBookSection())
        self.gate = SignedRequests(requests, BASE, self.desk, clock=self.clock)  # type: ignore[arg-type]  # it has all that is used here

    async def ask(self, payload: bytes, suffix: str = SUFFIX, *, retained: bool = False) -> Answer:
        """Have *payload* carried out as a message on the topic *suffix*; return its answer."""
        answer = await self.gate.answer(Request(suffix, payload, retained))
        assert answer is not None
        return answer

    async def word(self, what: dict[str, Any] | bytes, suffix: str = SUFFIX, **more: Any) -> str:
        """Sign *what* and have it carried out; return the word of a refusal, or ``ok``."""
        answer = await self.ask(signed(f"{BASE}{suffix}", what, **more), suffix)
        return answer.word or "ok"

    @property
    def counted(self) -> list[str]:
        """The words that were counted among the refusals."""
        return [event.why for event in self.of(InputRefused)]


def at_gate(
    folder: Path,
    scenario: Callable[[Gate], Awaitable[None]],
    requests: Requests | None = None,
    book: GuestBookSection | None = None,
) -> None:
    """Run *scenario* with a request handler that asks for signatures."""

    async def run() -> None:
        office = Gate(folder, section() if requests is None else requests, book)
        try:
            await scenario(office)
        finally:
            office.close()

    asyncio.run(run())


def test_a_signed_request_is_carried_out(tmp_path: Path) -> None:
    """Details, availability and records: each by its own topic, with nothing counted."""

    async def scenario(office: Gate) -> None:
        assert await office.word(register()) == "ok"
        assert office.book.entry(VISITS[0]) is not None
        assert await office.word(available(), AVAILABILITY) == "ok"
        resend = {**register(), "stream": STREAM, "first": 1, "last": 5}
        del resend["guest"]
        assert await office.word(resend, "cmd/resend") == "ok"
        assert office.sent_again == [(1, 5)]
        assert office.counted == []

    at_gate(tmp_path, scenario)


@pytest.mark.parametrize("suffix", [SUFFIX, "cmd/values", "cmd/availability", "cmd/resend"])
def test_what_is_not_signed_is_refused_counted_and_answered(tmp_path: Path, suffix: str) -> None:
    """Without a key in the config too; nothing of it is read: not even its id is answered."""

    async def scenario(office: Gate) -> None:
        for payload in (json.dumps(register()).encode(), b"{}", b"\xff", b"x" * 100_000):
            answer = await office.ask(payload, suffix)
            assert (answer.ok, answer.id) == (False, None)
            assert answer.word in {"not signed", "too long"}
        assert office.counted == ["not signed"] * 3 + ["too long"]
        assert office.book.entry(VISITS[0]) is None

    at_gate(tmp_path, scenario, Requests())


def test_a_retained_message_is_deleted_without_a_signature(tmp_path: Path) -> None:
    """An empty availability only says that the broker stores none any more."""

    async def scenario(office: Gate) -> None:
        assert await office.gate.answer(Request(AVAILABILITY, b"")) is None
        assert (await office.ask(b"", SUFFIX)).word == "not signed"
        assert office.counted == ["not signed"]

    at_gate(tmp_path, scenario)


def test_unsigned_only_where_the_config_says_so(tmp_path: Path) -> None:
    """Of the kinds it lists; and a signature that is there is checked even so."""

    async def scenario(office: Gate) -> None:
        told = json.dumps(available()).encode()
        assert (await office.ask(told, AVAILABILITY)).ok
        assert (await office.ask(json.dumps(register()).encode())).word == "not signed"
        wrong = signed(f"{BASE}{AVAILABILITY}", available(), secret=bytes(32))
        assert (await office.ask(wrong, AVAILABILITY)).word == "wrong signature"
        stranger = signed(f"{BASE}{AVAILABILITY}", available(), kid="meja-9")
        assert (await office.ask(stranger, AVAILABILITY)).word == "unknown key"

    at_gate(tmp_path, scenario, section(unsigned=["availability"]))


@pytest.mark.parametrize("suffix", ["cmd/availabilitypimpinan", "cmd/else", "cmd/", "status"])
def test_a_topic_that_was_not_subscribed_to(tmp_path: Path, suffix: str) -> None:
    """A broker that sends it gets round no check."""

    async def scenario(office: Gate) -> None:
        for payload in (json.dumps(available()).encode(), b""):
            assert (await office.ask(payload, suffix)).word == "malformed"
        assert await office.word(available(), suffix) == "malformed"
        assert office.of(AvailabilitySet) == []

    at_gate(tmp_path, scenario, section(unsigned=["register", "availability"]))


def test_another_topic_or_checkpoint(tmp_path: Path) -> None:
    """A request that was recorded elsewhere, or for another host, is not for this topic."""

    async def scenario(office: Gate) -> None:
        for topic in (
            f"gardu/v1/kantor/belakang/{SUFFIX}",
            f"gardu/v1/cabang/lobi/{SUFFIX}",
            f"{BASE}cmd/values",
        ):
            assert (await office.ask(signed(topic, register()))).word == "for another topic"
        other = signed(f"{BASE}cmd/availability/adc", available())
        assert (await office.ask(other, AVAILABILITY)).word == "for another topic"
        assert await office.word(available(host="adc"), AVAILABILITY) == "malformed"

    at_gate(tmp_path, scenario)


def test_a_revoked_key_is_refused_at_once(tmp_path: Path) -> None:
    """Also for a request that was made before; the new key is accepted, and old ids go on."""

    async def scenario(office: Gate) -> None:
        before = register()
        assert await office.word(before) == "ok"
        office.gate.adopt(section(secret=bytes(32), key_id="meja-lobi-2"))
        assert await office.word(before) == "unknown key"
        assert await office.word(register()) == "unknown key"
        assert await office.word(before, secret=bytes(32), kid="meja-lobi-2") == "ok"
        office.gate.adopt(Requests())
        assert await office.word(before, secret=bytes(32), kid="meja-lobi-2") == "unknown key"

    at_gate(tmp_path, scenario)


def test_a_replay_gets_the_same_answer_and_does_nothing(tmp_path: Path) -> None:
    """The same bytes again; and the same id with other content, signed by the same key."""

    async def scenario(office: Gate) -> None:
        asked = register()
        data = signed(f"{BASE}{SUFFIX}", asked)
        first = await office.ask(data)
        office.open_visits.append(OpenVisit(VISITS[1], 2, "pimpinan", "reception"))
        office.clock.ms += 4 * MINUTE_MS
        assert await office.ask(data) == first
        changed = {**asked, "visit": VISITS[1], "guest": {"name": "Orang Lain"}}
        assert await office.ask(signed(f"{BASE}{SUFFIX}", changed)) == first
        assert office.book.entry(VISITS[1]) is None

    at_gate(tmp_path, scenario)


def test_a_recorded_request_is_too_old_after_its_time(tmp_path: Path) -> None:
    """A refused request, forgotten by a restart, can be carried out within its 300 s only."""

    async def scenario(office: Gate) -> None:
        visits, office.open_visits = office.open_visits, []
        data = signed(f"{BASE}{SUFFIX}", register())
        assert (await office.ask(data)).word == "no visit waits"
        office.open_visits = visits
        assert (await office.ask(data)).word == "no visit waits"
        later = SignedRequests(section(), BASE, office.desk_for(office._post), clock=office.clock)  # type: ignore[arg-type]  # likewise
        office.clock.ms += 6 * MINUTE_MS
        answer = await later.answer(Request(SUFFIX, data))
        assert answer is not None
        assert answer.word == "too old"

    at_gate(tmp_path, scenario)


def test_values_are_not_done_twice_after_many_others(tmp_path: Path) -> None:
    """As long as a request's time is good its id is known: others do not push it out."""

    async def scenario(office: Gate) -> None:
        office.open_visits = [visit()]
        asked = [values() for _ in range(300)]
        for one in asked:
            assert await office.word(one, "cmd/values") == "ok"
        for _ in range(300):
            assert await office.word(values(VISITS[4]), "cmd/values") == "no such visit"
        done = len(office.of(ValueEntered))
        assert await office.word(asked[0], "cmd/values") == "ok"
        assert len(office.of(ValueEntered)) == done == 300

    at_gate(tmp_path, scenario)


def values(visit: str = VISITS[1]) -> dict[str, Any]:
    """Return a request that enters a value that is not personal: the guest book has no part."""
    asked = {**register(), "visit": visit, "values": {"items": 2}}
    del asked["guest"]
    return asked


def test_a_clock_that_is_not_trusted_refuses_details_and_values(tmp_path: Path) -> None:
    """Its time proves nothing: a recorded request would be carried out."""

    async def scenario(office: Gate) -> None:
        office.clock.synced = False
        office.open_visits = [visit()]
        assert await office.word(register(NOW_MS)) == "clock not trusted"
        assert await office.word(values(), "cmd/values") == "clock not trusted"

    at_gate(tmp_path, scenario)


def test_without_a_trusted_clock_a_key_counts_its_own_time(tmp_path: Path) -> None:
    """Where the config allows it: nothing 300 s older than the key's newest, and all is counted."""

    async def scenario(office: Gate) -> None:
        recorded = signed(f"{BASE}{SUFFIX}", register(NOW_MS))
        office.clock.synced = False
        office.clock.ms = 0
        assert await office.word(register(NOW_MS + 4 * MINUTE_MS, visit=VISITS[0])) == "ok"
        assert office.counted == ["time not checked"]
        office.open_visits.append(OpenVisit(VISITS[1], 2, "pimpinan", "reception"))
        assert await office.word(register(NOW_MS + 10 * MINUTE_MS)) == "ok"
        office.open_visits.append(OpenVisit(VISITS[2], 3, "pimpinan", "reception"))
        assert (await office.ask(recorded)).word == "too old"
        told = signed(f"{BASE}cmd/availability", available(NOW_MS))
        assert (await office.ask(told, "cmd/availability")).word == "too old"
        assert office.counted == ["time not checked"] * 2 + ["too old"] * 2
        # Of a key's own time another key knows nothing; a trusted clock knows better.
        other = section().keys | section(secret=bytes(32), key_id="meja-2").keys
        office.gate.adopt(Requests(keys=other))
        again = register(NOW_MS)
        assert await office.word(again, secret=bytes(32), kid="meja-2") == "ok"
        office.clock.synced, office.clock.ms = True, NOW_MS
        office.open_visits.append(OpenVisit(VISITS[3], 4, "pimpinan", "reception"))
        assert await office.word(register(NOW_MS)) == "ok"
        assert office.counted[4:] == ["time not checked"]

    at_gate(tmp_path, scenario, book=GuestBookSection(need_synced_clock=False))


def test_a_retained_availability_is_read_after_a_restart(tmp_path: Path) -> None:
    """Signed months ago, for the topic of its host; without a host in the topic it is too old."""

    async def scenario(office: Gate) -> None:
        told = available(NOW_MS - 100 * 86_400_000)
        data = signed(f"{BASE}{AVAILABILITY}", told)
        assert (await office.ask(data, AVAILABILITY, retained=True)).ok
        other = available(NOW_MS - 100 * 86_400_000, host="adc")
        data = signed(f"{BASE}cmd/availability", other)
        assert (await office.ask(data, "cmd/availability", retained=True)).word == "too old"

    at_gate(tmp_path, scenario)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"id":"0f8fad5b-d9cb-469f-a165-70867728950e","id":"x"}',
        b"[" * 3000,
        b"\xff",
        b'{"time":"9999-12-31T23:59:59-23:59"}',
        b'{"time":1e400}',
    ],
)
def test_odd_content_of_a_right_signature(tmp_path: Path, payload: bytes) -> None:
    """Who has a key can still send nonsense: it is refused as any other."""

    async def scenario(office: Gate) -> None:
        assert await office.word(payload) == "malformed"
        assert office.counted == ["malformed"]

    at_gate(tmp_path, scenario)


def test_a_key_twice_in_the_content(tmp_path: Path) -> None:
    """Of two guests in one request neither is entered, at any depth."""

    async def scenario(office: Gate) -> None:
        good = json.dumps(register())
        for bad in (
            good[:-1] + ', "guest": {"name": "Orang Lain"}}',
            good.replace('"name":', '"name": "Orang Lain", "name":'),
        ):
            answer = await office.ask(signed(f"{BASE}{SUFFIX}", bad.encode()))
            assert answer.word == "malformed"
            assert "twice" in (answer.why or "")
        assert office.book.entry(VISITS[0]) is None

    at_gate(tmp_path, scenario)


def test_no_word_of_a_stranger_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Key id and content are the sender's; and a flood writes ten lines, and then one a minute."""

    async def scenario(office: Gate) -> None:
        for _ in range(500):
            assert await office.word(register(), kid="rahasia-tamu") == "unknown key"
        assert office.counted == ["unknown key"] * 500

    with caplog.at_level(logging.DEBUG):
        at_gate(tmp_path, scenario)
    assert "rahasia" not in caplog.text
    lines = [one for one in caplog.messages if "refused" in one]
    assert request_handler.LOG_BURST <= len(lines) <= request_handler.LOG_BURST + 1


def test_the_key_ids_in_use(tmp_path: Path) -> None:
    """They are shown after a reload."""
    assert SECRET
    office = Gate(tmp_path, section())
    assert office.gate.key_ids == [KEY_ID]
    office.close()
