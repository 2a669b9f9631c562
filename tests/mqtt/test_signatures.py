"""Signatures of requests: the example of docs/mqtt.md, and every attack on a signed request."""

import base64
import json
import re
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.sections.requests import RequestKind
from edge.mqtt.requests import LONGEST, LONGEST_SIGNED, RequestRefused
from edge.mqtt.signatures import SigningKey, is_signed, opened, public_keys, sign
from tests.signed import KEY_ID, SECRET, b64, header, public, section, signed, signed_texts

PAGE = (Path(__file__).parents[2] / "docs/mqtt.md").read_text(encoding="utf-8")
CHAPTER = PAGE[PAGE.index("### Signatures") :].partition("\n### ")[0]
BASE = "gardu/v1/setda-tanjabbar/lobi-utama/"
TOPIC = f"{BASE}cmd/availability/pimpinan"
PAYLOAD = b'{"id":"0f8fad5b-d9cb-469f-a165-70867728950e","time":"2026-11-22T07:30:00+07:00"}'
KEYS = public_keys(section())
OTHER = bytes(range(1, 33))
# RFC 8032, 5.1.7: S of a signature is below this; S + L would be a second form of the same one.
ORDER = 2**252 + 27742317777372353535851937790883648493


def refused(
    data: bytes, topic: str = TOPIC, kind: RequestKind = "availability", keys: Any = KEYS
) -> str:
    """Return the word with which *data* is refused; empty if it is accepted."""
    try:
        opened(data, topic, kind, keys)
    except RequestRefused as error:
        return error.word
    return ""


def example() -> tuple[str, bytes, bytes]:
    """Return the example of docs/mqtt.md: topic, payload, and the text that is sent."""
    _code, payload, text = re.findall(r"```(?:python|json)?\n(.*?)```", CHAPTER, re.DOTALL)
    topic = re.search(r"`(gardu/v1/[^`]*)`", CHAPTER)
    assert topic is not None
    return topic[1], payload.strip().encode(), re.sub(r"\s", "", text).encode()


def test_the_example_of_the_page() -> None:
    """Other programs are tested with it: it must be what this one makes and accepts."""
    topic, payload, text = example()
    assert sign(topic, payload, SigningKey(KEY_ID, SECRET)) == text
    assert opened(text, topic, "availability", KEYS) == (payload, KEY_ID)
    assert public() in CHAPTER
    assert b64(SECRET) in CHAPTER


def test_the_ten_lines_of_the_page() -> None:
    """The Python code of the page, run as it stands, signs what a checkpoint accepts."""
    code = re.findall(r"```python\n(.*?)```", CHAPTER, re.DOTALL)[0]
    names: dict[str, Any] = {}
    exec(compile(code, "docs/mqtt.md", "exec"), names)
    text = names["sign"](TOPIC, {"id": "x"}, {"kid": KEY_ID, "d": b64(SECRET)})
    assert opened(text, TOPIC, "availability", KEYS).payload == b'{"id": "x"}'
    assert len([line for line in code.splitlines() if line]) <= 10


def test_a_signed_request_is_opened() -> None:
    """Built by another hand, with either name of the algorithm and its keys in any order."""
    assert opened(signed(TOPIC, PAYLOAD), TOPIC, "availability", KEYS) == (PAYLOAD, KEY_ID)
    turned = dict(reversed(header(TOPIC, alg="Ed25519").items()))
    text = signed_texts(json.dumps(turned).encode(), PAYLOAD)
    assert opened(text, TOPIC, "availability", KEYS).payload == PAYLOAD


def test_the_longest_request_has_room() -> None:
    """The longest JSON with the longest topic and key id is below the bound."""
    topic = f"gardu/v1/{'s' * 64}/{'c' * 64}/cmd/availability/{'h' * 64}"
    name = "k" * 80
    text = sign(topic, b"x" * LONGEST, SigningKey(name, SECRET))
    assert len(text) <= LONGEST_SIGNED
    keys = public_keys(section(key_id=name))
    assert len(opened(text, topic, "availability", keys).payload) == LONGEST


def test_json_is_never_taken_for_a_signed_request() -> None:
    """What begins as JSON does has another form, so an unsigned request stays one."""
    assert is_signed(signed(TOPIC, PAYLOAD))
    for data in (PAYLOAD, b"", b"a.b", b"a.b.c.d", b" a.b.c", b"a.b.c\n", b"a..c", b"\xff.b.c"):
        assert not is_signed(data)
        assert refused(data) == "not signed"


SAME = signed(TOPIC, PAYLOAD)
HEAD, BODY, SIGNATURE = SAME.split(b".")
RAW = base64.urlsafe_b64decode(SIGNATURE + b"==")
AGAIN = (int.from_bytes(RAW[32:], "little") + ORDER).to_bytes(32, "little")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        pytest.param(signed(TOPIC, PAYLOAD, secret=OTHER), "wrong signature", id="another's key"),
        pytest.param(signed(TOPIC, PAYLOAD, kid="pusat-1"), "unknown key", id="unknown key"),
        pytest.param(
            signed(f"{BASE}cmd/availability/wakil", PAYLOAD), "for another topic", id="host"
        ),
        pytest.param(
            signed(TOPIC.replace("lobi-utama", "lobi-belakang"), PAYLOAD),
            "for another topic",
            id="another checkpoint",
        ),
        pytest.param(signed(f"{TOPIC}\0", PAYLOAD), "for another topic", id="NUL behind topic"),
        pytest.param(signed("", PAYLOAD), "for another topic", id="no topic"),
        pytest.param(signed(TOPIC, PAYLOAD, alg="none"), "malformed", id="alg none"),
        pytest.param(signed(TOPIC, PAYLOAD, alg="HS256"), "malformed", id="alg HS256"),
        pytest.param(signed(TOPIC, PAYLOAD, alg="ES256"), "malformed", id="alg ES256"),
        pytest.param(signed(TOPIC, PAYLOAD, typ="JWT"), "malformed", id="signed as a JWT"),
        pytest.param(signed(TOPIC, PAYLOAD, jwk={"kty": "OKP"}), "malformed", id="own key"),
        pytest.param(signed(TOPIC, PAYLOAD, crit=["b64"], b64=False), "malformed", id="b64"),
        pytest.param(signed(TOPIC, PAYLOAD, kid="meja\n\x1b[2J"), "malformed", id="control"),
        pytest.param(signed(TOPIC, PAYLOAD, kid="Meja-Lobi-1"), "malformed", id="upper case"),
        pytest.param(signed(TOPIC, PAYLOAD, kid=f"{KEY_ID} "), "malformed", id="blank"),
        pytest.param(signed(TOPIC, PAYLOAD, kid=["meja-lobi-1"]), "malformed", id="kid a list"),
        pytest.param(signed(TOPIC, PAYLOAD, kid="k" * 65536), "too long", id="64 KiB key id"),
        pytest.param(signed(TOPIC, PAYLOAD, kid="k" * 600), "malformed", id="long key id"),
        pytest.param(signed(TOPIC, b"x" * 60_000), "too long", id="long payload"),
        pytest.param(signed_texts(b"[" * 400, PAYLOAD), "malformed", id="deep header"),
        pytest.param(signed_texts(b"\xff\xfe", PAYLOAD), "malformed", id="header not UTF-8"),
        pytest.param(signed_texts(b"{}", PAYLOAD), "malformed", id="empty header"),
        pytest.param(HEAD + b"." + BODY + b".", "not signed", id="no signature"),
        pytest.param(HEAD + b"." + BODY, "not signed", id="two parts"),
        pytest.param(SAME[:-1], "wrong signature", id="one digit less"),
        pytest.param(SAME + b"A", "wrong signature", id="one digit more"),
        pytest.param(SAME[:-43], "wrong signature", id="half a signature"),
        pytest.param(SAME + b"A" * 4, "wrong signature", id="67 bytes"),
        pytest.param(SAME + b"==", "not signed", id="padding"),
        pytest.param(SAME + b"\n", "not signed", id="line end"),
        pytest.param(
            HEAD + b"." + BODY + b"." + base64.b64encode(RAW).rstrip(b"="),
            "not signed",
            id="the other alphabet",
        ),
        pytest.param(
            HEAD + b"." + BODY + b"." + base64.b32encode(RAW).rstrip(b"="),
            "wrong signature",
            id="base32",
        ),
        pytest.param(
            HEAD + b"." + BODY + b"." + RAW.hex().encode(), "wrong signature", id="hexadecimal"
        ),
        pytest.param(
            HEAD + b"." + BODY + b"." + b64(RAW[:32] + AGAIN).encode(),
            "wrong signature",
            id="S + L: the second form of the same signature",
        ),
        pytest.param(
            HEAD + b"." + BODY + b"." + b64(b"\1" + bytes(63)).encode(),
            "wrong signature",
            id="the neutral element",
        ),
    ],
)
def test_attacks_are_refused(data: bytes, word: str) -> None:
    """Each attack meets its word, and none is accepted."""
    assert refused(data) == word


def test_the_other_alphabet_is_in_the_table() -> None:
    """The example's signature has a character in which the two alphabets of base64 differ."""
    assert b"+" in base64.b64encode(RAW) or b"/" in base64.b64encode(RAW)


def test_unused_bits_of_the_last_digit() -> None:
    """A signature of 64 bytes leaves four bits of its last digit unused: they must be 0."""
    digits = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    last = digits.index(SAME[-1:].decode())
    for bits in range(1, 16):
        other = SAME[:-1] + digits[last + bits].encode()
        assert base64.urlsafe_b64decode(other.split(b".")[2] + b"==") == RAW
        assert refused(other) == "wrong signature"


def test_a_header_with_a_key_twice() -> None:
    """Another reader could take the first topic where this one takes the last."""
    head = json.dumps(header("elsewhere"))[:-1] + f', "topic": "{TOPIC}"}}'
    assert refused(signed_texts(head.encode(), PAYLOAD)) == "malformed"


@pytest.mark.parametrize("kind", ["register", "values", "resend"])
def test_a_key_of_another_role(kind: RequestKind) -> None:
    """A key signs the kinds that the config gives it, and no other."""
    topic = f"{BASE}cmd/{kind}"
    keys = public_keys(section("availability"))
    assert refused(signed(topic, PAYLOAD), topic, kind, keys) == "key may not"
    assert refused(signed(topic, PAYLOAD), topic, kind) == ""


def test_a_public_key_of_small_order() -> None:
    """A key with which anything is signed, if a config ever had it, signs nothing."""
    neutral = base64.b64encode(b"\1" + bytes(31)).decode()
    key = section().keys[KEY_ID]
    weak = section().__class__(keys={KEY_ID: key.__class__(public=neutral, may=key.may)})
    forged = HEAD + b"." + BODY + b"." + b64(b"\1" + bytes(63)).encode()
    assert refused(forged, keys=public_keys(weak)) == "wrong signature"


@given(place=st.integers(0, len(SAME) - 1), byte=st.integers(0, 255))
def test_any_other_byte_is_refused(place: int, byte: int) -> None:
    """No byte of a signed request can be another one."""
    other = SAME[:place] + bytes([byte]) + SAME[place + 1 :]
    assert bool(refused(other)) == (other != SAME)


@given(start=st.integers(0, len(SAME)), length=st.integers(0, 40), inserted=st.binary(max_size=40))
def test_any_mutation_is_refused(start: int, length: int, inserted: bytes) -> None:
    """Bytes cut out or put in at any place: the request is refused."""
    other = SAME[:start] + inserted + SAME[start + length :]
    assert bool(refused(other)) == (other != SAME)


@given(st.binary(max_size=200) | st.from_regex(rb"[\w-]*\.[\w-]*\.[\w-]*", fullmatch=True))
def test_garbage_is_refused(data: bytes) -> None:
    """No bytes raise anything but a refusal."""
    assert refused(data)


@given(
    kid=st.text(max_size=100), topic=st.text(max_size=100), payload=st.binary(max_size=100),
    secret=st.binary(min_size=32, max_size=32),
)  # fmt: skip
def test_a_signature_of_any_other_key_is_refused(
    kid: str, topic: str, payload: bytes, secret: bytes
) -> None:
    """Only the keys of the config are accepted, under their own ids, for the topic they name."""
    for name, place in ((kid, TOPIC), (KEY_ID, topic), (KEY_ID, TOPIC)):
        text = signed(place, payload, secret=secret, kid=name)
        assert bool(refused(text)) == ((name, place, secret) != (KEY_ID, TOPIC, SECRET))


def test_a_key_is_not_shown() -> None:
    """A log line with a signing key has no secret."""
    assert "0" not in repr(SigningKey("meja", SECRET))
