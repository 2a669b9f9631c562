"""Requests: which are accepted, and that all others are refused with a fixed word."""

import contextlib
import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import Stamp
from edge.mqtt import requests
from edge.mqtt.requests import LONGEST, RequestRefused, Word, in_time, may_answer
from tests.guests import BASE, NOW_MS, VISITS, available, details, register

NOW = Stamp(0, NOW_MS, synced=True, boot="test")


def refusal(payload: bytes | dict[str, Any]) -> RequestRefused:
    """Return the refusal of a registration."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    with pytest.raises(RequestRefused) as caught:
        requests.register(raw)
    return caught.value


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"guest": details(id_number="1571020304050607")}, "malformed"),
        ({"guest": details(name="")}, "malformed"),
        ({"guest": details(name=" \u3000 ")}, "malformed"),
        ({"guest": details(name="x" * 81)}, "malformed"),
        ({"guest": details(name="a\nb")}, "malformed"),
        ({"guest": details(name="a\u0000b")}, "malformed"),
        ({"guest": details(persons=0)}, "malformed"),
        ({"guest": details(persons=100)}, "malformed"),
        ({"guest": details(persons=2.5)}, "malformed"),
        ({"guest": details(id_kind="passport of the moon")}, "malformed"),
        ({"guest": details(phone="call me")}, "malformed"),
        ({"guest": details(purpose="NIK 1571 0203 0405 0607")}, "identity number"),
        ({"guest": details(name="Siti 15710203", purpose="04050607")}, "identity number"),
        ({"guest": details(phone="1571020304050607")}, "identity number"),
        ({"guest": details(name="Siti\x85")}, "malformed"),
        ({"guest": details(name="Siti\u202e")}, "malformed"),
        (
            {"guest": details(name="".join(chr(0xFF10 + n) for n in [1, 5, 7] * 5))},
            "identity number",
        ),
        ({"guest": []}, "malformed"),
        ({"time": "2026-11-22T10:00:00"}, "malformed"),
        ({"time": 5}, "malformed"),
        ({"id": "1"}, "malformed"),
        ({"visit": "newest"}, "malformed"),
        ({"visit": "../../etc"}, "malformed"),
        ({"procedure": "A B"}, "malformed"),
        ({"replace": True}, "malformed"),
        ({"card": "0000000001"}, "malformed"),
    ],
)
def test_what_a_registration_may_not_say(change: dict[str, Any], word: str) -> None:
    """Unknown keys, missing zones, identity numbers and long texts are refused, with a word."""
    assert refusal(register(**change)).word == word


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (b"", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"id":"\xff"}', "malformed"),
        (b"null", "malformed"),
        (b"[" * 4000, "malformed"),
        (b'{"guest":' * 400, "malformed"),
        (b" " * (LONGEST + 1), "too long"),
        (json.dumps(register()).encode() + b"x", "malformed"),
    ],
    ids=["empty", "no utf-8", "utf-8 within", "null", "nested", "objects", "long", "behind"],
)
def test_what_is_no_registration(payload: bytes, word: str) -> None:
    """Bytes of any kind are refused with a word."""
    assert refusal(payload).word == word


def test_the_word_quotes_nothing() -> None:
    """The counted and logged word is a fixed one, and quotes no part of the request."""
    refused = refusal({**register(), "Siti Aminah": 1})
    assert refused.word in get_args(Word)
    assert str(refused) == refused.word
    assert "Siti" in refused.why


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: json.dumps(text).encode()))
def test_no_bytes_do_anything_but_be_refused(payload: bytes) -> None:
    """Any bytes raise RequestRefused, and no other exception."""
    for read in (requests.register, lambda raw: requests.availability(raw, "")):
        with contextlib.suppress(RequestRefused):
            read(payload)
            raise AssertionError("it was taken")


def test_a_message_is_for_the_host_of_its_topic() -> None:
    """A message on a host's topic is accepted for that host only."""
    raw = json.dumps(available()).encode()
    assert requests.availability(raw, "pimpinan").host == "pimpinan"
    assert requests.availability(raw, "").host == "pimpinan"
    with pytest.raises(RequestRefused):
        requests.availability(raw, "eselon-2-3")


@pytest.mark.parametrize(
    ("until", "allowed"),
    [
        ("2026-11-22T00:00:01+00:00", True),
        ("2027-11-23T00:00:00+00:00", True),
        ("2027-11-23T00:00:01+00:00", False),
        ("2026-11-22T00:00:00+00:00", False),
        ("2026-11-21T23:59:59+00:00", False),
        ("2026-11-22T06:00:00+07:00", False),
        ("0001-01-01T00:00:00+14:00", False),
        ("9999-12-31T23:59:59-12:00", False),
    ],
)
def test_until_when(until: str, *, allowed: bool) -> None:
    """An availability ends after it begins, and within a year."""
    message = {**available(), "time": "2026-11-22T00:00:00+00:00", "until": until}
    if allowed:
        assert requests.availability(json.dumps(message).encode(), "").until is not None
    else:
        with pytest.raises(RequestRefused) as caught:
            requests.availability(json.dumps(message).encode(), "")
        assert caught.value.word == "until not allowed"
        assert "366 days" in caught.value.why


def test_times_that_are_taken() -> None:
    """Five minutes either way; without a trusted clock only if the config allows it."""
    for off_s, word in [
        (-301, "too old"),
        (-300, ""),
        (0, ""),
        (300, ""),
        (301, "from the future"),
    ]:
        time = requests.register(json.dumps(register(NOW_MS + off_s * 1000)).encode()).time
        caught = ""
        try:
            in_time(time, NOW, need_synced=True)
        except RequestRefused as refused:
            caught = refused.word
        assert caught == word
    untrusted = Stamp(0, 0, synced=False)
    in_time(time, untrusted, need_synced=False)
    with pytest.raises(RequestRefused, match="clock not trusted"):
        in_time(time, untrusted, need_synced=True)


@pytest.mark.parametrize(
    ("topic", "may"),
    [
        (f"{BASE}reply/meja", True),
        (f"{BASE}reply/meja/1/{VISITS[0]}", True),
        (f"{BASE}reply/", False),
        (f"{BASE}reply/#", False),
        (f"{BASE}reply/+", False),
        (f"{BASE}reply/a/+/b", False),
        (f"{BASE}reply/a//b", False),
        (f"{BASE}reply/a/b/c/d", False),
        (f"{BASE}reply/" + "a" * 65, False),
        (f"{BASE}reply/a\n", False),
        (f"{BASE}reply/a\x00", False),
        (f"{BASE}event/visit", False),
        (f"{BASE}cmd/register", False),
        (f"{BASE}status", False),
        ("gardu/v1/kantor/belakang/reply/meja", False),
        ("$SYS/broker", False),
        ("$share/a/b", False),
        ("reply/meja", False),
        ("#", False),
    ],
)
def test_where_answers_may_go(topic: str, may: bool) -> None:
    """Answers may go below the checkpoint's own reply/ only."""
    assert may_answer(topic, BASE) is may
