"""Hosts' availability, set on the page: who may, what is refused, what becomes of it."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from httpx import Client, Response
from sqlalchemy import Engine, text

from edge.clock import Clock
from edge.mqtt import requests
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.packets import Answer, BrokerAnswer
from edge.mqtt.signatures import SigningKey, opened, public_keys
from office.board.roles import RIGHTS, Role
from office.board.views.hosts import fate_of
from office.database.availability import SENT_FOR_S, HostRequest
from office.ingest.availability import AvailabilitySender
from office.ingest.replies import reply_in
from tests.office.board.lobbies import LOBBY, META, NOW_MS, HandClock, store
from tests.office.board.test_pages import words
from tests.office.records import Stream
from tests.signed import KEY_ID, SECRET, section

LogIn = Callable[..., Client]

_ABOUT_A_HOST = {"id": "sedang rapat", "en": "in a meeting", "hosts": {"bupati": {"id": "x"}}}
_STORED = text("SELECT host, receiving, until_ms, reason, user FROM availability ORDER BY asked_ms")


@pytest.fixture
def lobby(office: Engine) -> Stream:
    """A lobby whose hosts are known, with a reason about a host and one about a guest."""
    stream = Stream()
    reasons = {"host-in-meeting": _ABOUT_A_HOST, "no-identity": {"id": "a", "en": "b"}}
    store(office, stream.live("meta", META | {"reasons": reasons}))
    store(office, stream.live("state/occupancy", {"hosts_away": []}))
    return stream


def form(client: Client, **entered: str) -> Response:
    """Send the form of the host ``bupati``, as the page that shows it has it."""
    found = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/hosts").text)
    assert found is not None
    fields = {"token": found[1], "checkpoint": LOBBY, "host": "bupati", "receiving": "no"}
    return client.post("/hosts", data=fields | entered)


def stored(engine: Engine) -> list[tuple[Any, ...]]:
    """Return the requests of the database."""
    with engine.begin() as connection:
        return [tuple(row) for row in connection.execute(_STORED)]


def sent(engine: Engine, clock: Clock, key: SigningKey | None = None) -> AvailabilitySender:
    """Return a sender of the ingest."""
    return AvailabilitySender(engine, clock, key)


@pytest.mark.parametrize("role", list(Role))
def test_who_may_set_it(lobby: Stream, office: Engine, logged_in: LogIn, role: Role) -> None:
    """Only roles with that right have the forms, and only their forms are carried out."""
    client = logged_in(role)
    may = "set-hosts" in RIGHTS[role]
    assert ('name="receiving"' in client.get("/hosts").text) == may
    assert form(client).status_code == (303 if may else 403)
    assert len(stored(office)) == may


@pytest.mark.parametrize("token", ["", "x", "\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_a_form_of_another_page_is_refused(
    lobby: Stream, office: Engine, logged_in: LogIn, token: str
) -> None:
    """Without the token of the session, and from another origin, nothing is set."""
    client = logged_in()
    assert form(client, token=token).status_code == 403
    fields = {"checkpoint": LOBBY, "host": "bupati", "receiving": "no"}
    foreign = client.post("/hosts", data=fields, headers={"origin": "http://evil.example"})
    assert foreign.status_code == 403
    assert stored(office) == []


def test_without_a_session_it_leads_to_the_log_in(lobby: Stream, visitor: Client) -> None:
    """A form whose session has ended sets nothing."""
    answer = visitor.post("/hosts", data={"receiving": "no"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_what_is_entered_is_stored(lobby: Stream, office: Engine, logged_in: LogIn) -> None:
    """The end is in the office's zone; who has set it is stored; reason and end are of absences."""
    client = logged_in(Role.DESK)
    answer = form(client, until="2026-11-21T13:00", reason="host-in-meeting")
    assert answer.headers["location"] == "/hosts?#setda.lobi.bupati"
    form(client, until="2026-11-21T13:00", reason="host-in-meeting", receiving="yes")
    one_o_clock_ms = NOW_MS // 3_600_000 * 3_600_000 + 2 * 3_600_000
    assert stored(office) == [
        ("bupati", False, one_o_clock_ms, "host-in-meeting", "desk"),
        ("bupati", True, None, None, "desk"),
    ]


@pytest.mark.parametrize(
    ("entered", "words_of_it"),
    [
        ({"until": "tomorrow"}, "This is no day and time."),
        ({"until": "2026-11-21T10:00"}, "later than now, by a year at most"),
        ({"until": "2027-12-21T10:00"}, "later than now, by a year at most"),
        ({"reason": "no-identity"}, "has no such reason"),
        ({"reason": "<b>"}, "has no such reason"),
        ({"host": "wakil"}, "This entry cannot be read."),
        ({"host": "a/#", "receiving": "yes"}, "This entry cannot be read."),
        ({"host": "", "receiving": "yes"}, "This entry cannot be read."),
        ({"receiving": "perhaps"}, "This entry cannot be read."),
        ({"checkpoint": "setda/none"}, "This entry cannot be read."),
    ],
)
def test_what_is_refused(
    lobby: Stream, office: Engine, logged_in: LogIn, entered: dict[str, str], words_of_it: str
) -> None:
    """Each wrong entry is answered in words, at its form, and nothing is set."""
    answer = form(logged_in(), **entered)
    assert answer.status_code == 422
    assert words_of_it in html.unescape(answer.text)
    assert stored(office) == []


def test_an_unknown_checkpoint(lobby: Stream, logged_in: LogIn) -> None:
    """A checkpoint that has never reported cannot be asked for anything."""
    assert form(logged_in(), checkpoint="setda/none", receiving="yes").status_code == 404


def test_it_is_sent_until_it_is_answered(
    lobby: Stream, office: Engine, logged_in: LogIn, clock: HandClock
) -> None:
    """The retained message is the contract's; the page says what has become of it."""
    client, sender = logged_in(Role.DESK), sent(office, clock)
    form(client, reason="host-in-meeting")
    assert "host in a meeting · desk 11:01 · being sent" in words(client, "/hosts")
    (one,) = sender.round()
    request = requests.availability(one.payload, "bupati")
    assert (one.topic, one.retain) == ("gardu/v1/setda/lobi/cmd/availability/bupati", True)
    assert (request.receiving, request.reason, request.until) == (False, "host-in-meeting", None)
    assert round(request.time.timestamp() * 1000) == NOW_MS
    assert sender.round() == [], "not twice at once"
    clock.at_ms += 11_000
    assert [two.payload for two in sender.round()] == [one.payload], "again, with the same id"
    puback(sender, one.id, 0)
    sender.round()
    assert "no answer from the checkpoint; the message waits" in words(client, "/hosts")
    reply(sender, lobby, ok=True, id=one.id)
    assert sender.round() == []
    assert "accepted by the checkpoint" in words(client, "/hosts")
    reply(sender, lobby, ok=False, id=one.id, word="older than what is known")
    sender.round()
    assert "accepted by the checkpoint" in words(client, "/hosts"), "the first answer counts"


def puback(sender: AvailabilitySender, identifier: str, code: int, why: str = "") -> None:
    """Have the broker answer the message of a request."""
    link: Any = object()
    message: Any = type("Sent", (), {"id": identifier})
    sender.note_published(link, 7, message)
    sender.note_puback(link, Answer(7, BrokerAnswer(code, why)))


def reply(sender: AvailabilitySender, stream: Stream, **answer: Any) -> None:
    """Have the checkpoint of *stream* answer."""
    found = reply_in(stream.live("reply/office", answer))
    assert found is not None
    sender.take(found)


def test_refusals_are_shown(
    lobby: Stream, office: Engine, logged_in: LogIn, clock: HandClock
) -> None:
    """What checkpoint or broker refuse is shown in words, and is not sent again."""
    client, sender = logged_in(), sent(office, clock)
    form(client)
    (one,) = sender.round()
    reply(sender, Stream("annex", "another"), ok=True, id=one.id)
    reply(sender, lobby, ok=False, id=one.id, word="unknown host", why="no host bupati here")
    sender.round()
    assert "refused: the host is not known there" in words(client, "/hosts")
    clock.at_ms += 60_000
    assert sender.round() == []
    form(client)
    (two,) = sender.round()
    puback(sender, two.id, 0x87, "not authorized")
    sender.round()
    assert "refused: by the broker (not authorized)" in words(client, "/hosts")


def test_it_is_signed_with_the_key_of_the_office(
    lobby: Stream, office: Engine, logged_in: LogIn, clock: HandClock
) -> None:
    """A checkpoint that asks for signatures believes the page only so."""
    sender = sent(office, clock, SigningKey(KEY_ID, SECRET))
    form(logged_in(Role.DESK))
    (one,) = sender.round()
    found = opened(one.payload, one.topic, "availability", public_keys(section()))
    assert not requests.availability(found.payload, "bupati").receiving


def test_only_the_newest_is_sent(
    lobby: Stream, office: Engine, logged_in: LogIn, clock: HandClock
) -> None:
    """An older request can no longer replace a newer one at the broker."""
    client, sender = logged_in(), sent(office, clock)
    form(client)
    clock.at_ms += 1
    form(client, receiving="yes")
    (one,) = sender.round()
    assert requests.availability(one.payload, "bupati").receiving


def test_what_was_not_sent_in_time_is_said(
    lobby: Stream, office: Engine, logged_in: LogIn, clock: HandClock
) -> None:
    """A request of which the broker never heard is not sent late: a person decides again."""
    client, sender = logged_in(), sent(office, clock)
    form(client)
    clock.at_ms += round(SENT_FOR_S * 1000)
    assert sender.round() == []
    assert "NOT sent" in words(client, "/hosts")


def test_an_offline_checkpoint_is_not_asked_again_and_again(
    lobby: Stream, office: Engine, logged_in: LogIn, clock: HandClock
) -> None:
    """Once the broker has the retained message it waits there until the checkpoint is back."""
    store(office, lobby.status("offline", 2))
    client, sender = logged_in(), sent(office, clock)
    form(client)
    (one,) = sender.round()
    puback(sender, one.id, 0x10)
    clock.at_ms += 11_000
    assert sender.round() == []
    reply(sender, lobby, ok=True, id=one.id)
    sender.round()
    assert "accepted by the checkpoint" in words(client, "/hosts")


@pytest.mark.parametrize(
    ("changed", "fate"),
    [
        ({}, "sending"),
        ({"asked_ms": NOW_MS - 280_000}, "unsent"),
        ({"sent_ms": NOW_MS, "asked_ms": NOW_MS - 280_000}, "waits"),
        ({"sent_ms": NOW_MS, "word": "ok"}, "ok"),
        ({"word": "unknown host"}, "refused"),
    ],
)
def test_fates(changed: dict[str, Any], fate: str) -> None:
    """Each state of a request has its word."""
    plain = HostRequest("id", LOBBY, "bupati", True, None, None, "desk", NOW_MS)
    assert fate_of(plain._replace(**changed), NOW_MS) == fate
    assert fate_of(None, NOW_MS) == ""


def test_hosts_announced_together(lobby: Stream, office: Engine, logged_in: LogIn) -> None:
    """A host is away by its procedure too; what is about a called station can be withdrawn."""
    away = [
        {"host": "pimpinan", "until": None, "reason": "host-in-meeting"},
        {"host": "adc", "until": None, "reason": None},
    ]
    store(office, lobby.live("state/occupancy", {"hosts_away": away}))
    client = logged_in()
    text_ = words(client, "/hosts")
    assert re.search("Bupati ● Receives no guests Tamu Pimpinan: host in a meeting", text_)
    assert "adc ● Receives no guests" in text_
    assert form(client, host="adc", receiving="yes").status_code == 303
    assert stored(office)[0][:2] == ("adc", True)


def test_a_reply_that_is_none(lobby: Stream, office: Engine, clock: HandClock) -> None:
    """What is no answer, or has no id, changes nothing."""
    sender = sent(office, clock)
    for payload in (b"\xff{", b'{"ok":true}', b'{"ok":true,"id":"none"}'):
        found = reply_in(IncomingMessage("gardu/v1/setda/lobi/reply/office", payload))
        assert found is not None
        sender.take(found)
    assert sender.round() == []
