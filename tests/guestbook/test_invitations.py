"""Invitations: which codes are accepted, and that all others are refused."""

import base64
import hashlib
import string
from pathlib import Path
from typing import Any

import msgspec
import nacl.signing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import Clock, Stamp
from edge.config.model import Config
from edge.daemon.build import build_scanner
from edge.errors import GarduError
from edge.guestbook import invitations
from edge.guestbook.invitations import (
    LONGEST_S,
    PREFIX,
    BadInvitation,
    Guest,
    Invitation,
    key_ring,
    read,
    write,
)

SECRET = bytes(range(32))
OTHER_SECRET = bytes(32)
GUEST = Guest("Siti Aminah", "Dinas Pendidikan", "Audiensi", 3)
FROM_MS, UNTIL_MS = 1_795_305_600_000, 1_795_320_000_000
INVITATION = Invitation(
    id="0f8fad5b-d9cb-469f-a165-70867728950e",
    site="setda-tanjabbar",
    checkpoint="lobi-utama",
    procedure="pimpinan",
    not_before_ms=FROM_MS,
    not_after_ms=UNTIL_MS,
)
# As printed in docs/invitations.md: later versions must read the codes that guests have.
KEPT = (
    "GARDU1:"
    "KZDVVJ4XYQIA7D5NLPM4WRU7UFSXBBTXFCKQ5L3TMV2GIYJNORQW42TBMJRGC4VKNRXWE2JNOV2GC3LBVBYGS3LQNFXGC3WO"
    "NMBDBAGONMBGRQGAUHOLF7VUWRKNYUTZ2IRPYA35DDSIFDVMU3UX2QEHHX2I6GTUJQUKWXFD4JIFQ2L2QVPJJ67WL5B2X7MH"
    "KEZOBUWQTVVOM7QF6OTN6CY"
)


def public(secret: bytes = SECRET) -> str:
    """Return a public key as in a config, made without the code under test."""
    return base64.b64encode(bytes(nacl.signing.SigningKey(secret).verify_key)).decode()


KEYS = key_ring([public()])
TEXT = write(INVITATION, SECRET)


def here(text: str, keys: dict[bytes, bytes] | None = None, **changes: Any) -> Invitation:
    """Read *text* as its checkpoint does."""
    place: dict[str, Any] = {
        "now_ms": FROM_MS,
        "site": "setda-tanjabbar",
        "checkpoint": "lobi-utama",
        "procedures": ["eselon-2-3", "pimpinan"],
    }
    return read(text, KEYS if keys is None else keys, **(place | changes))


def why(text: str, keys: dict[bytes, bytes] | None = None, **changes: Any) -> str:
    """Return the reason why *text* is refused."""
    with pytest.raises(BadInvitation) as caught:
        here(text, keys, **changes)
    return caught.value.why


def signed(body: bytes, secret: bytes = SECRET) -> str:
    """Return any *body* as a code with a right signature, made without the code under test."""
    key = nacl.signing.SigningKey(secret)
    data = hashlib.sha256(bytes(key.verify_key)).digest()[:4] + body
    whole = data + key.sign(b"GARDU1:" + data).signature
    return "GARDU1:" + base64.b32encode(whole).decode().rstrip("=")


def body(**changes: Any) -> bytes:
    """Return the body of INVITATION with *changes*, made without the code under test."""
    fields: dict[str, Any] = {
        "id": bytes.fromhex("0f8fad5bd9cb469fa16570867728950e"),
        "site": "setda-tanjabbar",
        "checkpoint": "lobi-utama",
        "procedure": "pimpinan",
        "not_before": FROM_MS // 1000,
        "not_after": UNTIL_MS // 1000,
        "guest": None,
    }
    return msgspec.msgpack.encode(list((fields | changes).values()))


def test_the_format_byte_for_byte() -> None:
    """The format is the one in docs/invitations.md, which other programs write."""
    assert signed(body()) == TEXT
    assert here(TEXT) == INVITATION
    assert TEXT == KEPT


def test_a_code_names_a_host_or_none() -> None:
    """The host comes back; a code without one has the same bytes as before there were hosts."""
    named = write(msgspec.structs.replace(INVITATION, host="wakil-bupati"), SECRET)
    assert here(named).host == "wakil-bupati"
    assert here(TEXT).host is None
    assert here(KEPT).host is None


def test_a_code_fits_the_compact_mode_of_qr_codes() -> None:
    """Only letters, digits and the colon: 5.5 bits each, and safe to type."""
    assert set(TEXT) <= set(string.ascii_uppercase + string.digits + ":")
    assert len(TEXT) < 250


def test_what_was_said_of_the_guest_comes_back_and_is_not_shown() -> None:
    """A guest's details are read and checked, and are in no ``repr``, so in no log."""
    found = here(write(msgspec.structs.replace(INVITATION, guest=GUEST), SECRET))
    assert found.guest == GUEST
    assert "Siti" not in repr(found)
    assert "Siti" not in f"{found.guest}"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"keys": {}}, "unknown key"),
        ({"keys": key_ring([public(OTHER_SECRET)])}, "unknown key"),
        ({"site": "setda-jatim"}, "for another checkpoint"),
        ({"checkpoint": "lobi-dua"}, "for another checkpoint"),
        ({"procedures": ["eselon-2-3"]}, "unknown procedure"),
        ({"now_ms": None}, "clock not trusted"),
        ({"now_ms": FROM_MS - 1}, "not yet valid"),
        ({"now_ms": 0}, "not yet valid"),
        ({"now_ms": UNTIL_MS}, "expired"),
        ({"now_ms": UNTIL_MS + 1}, "expired"),
        ({"now_ms": 2**53}, "expired"),
    ],
)
def test_each_refusal_has_its_word(changes: dict[str, Any], expected: str) -> None:
    """Each refusal has its word of a closed list, which reception is shown."""
    assert why(TEXT, **changes) == expected


def test_it_is_good_from_its_first_to_its_last_moment() -> None:
    """An invitation is valid from its first millisecond until before its last."""
    assert here(TEXT, now_ms=FROM_MS) == here(TEXT, now_ms=UNTIL_MS - 1) == INVITATION


def test_one_for_any_checkpoint_of_the_site_is_taken_at_each() -> None:
    """An invitation without a checkpoint is valid at each one of its site, and at no other site."""
    text = write(msgspec.structs.replace(INVITATION, checkpoint=""), SECRET)
    assert here(text, checkpoint="lobi-dua").checkpoint == ""
    assert why(text, site="setda-jatim") == "for another checkpoint"


def test_a_key_that_pretends_to_be_another_is_a_wrong_signature() -> None:
    """A key's id is no secret: the signature decides."""
    forged = {invitations.key_id(base64.b64decode(public())): base64.b64decode(public())}
    text = signed(body(), OTHER_SECRET)
    digits = base64.b32decode(text[7:] + "=" * (-len(text[7:]) % 8))
    swapped = next(iter(forged)) + digits[4:]
    code = PREFIX + base64.b32encode(swapped).decode().rstrip("=")
    assert why(code, forged) == "wrong signature"


@given(st.integers(0, len(TEXT) * 8 - 1))
def test_every_flipped_bit_is_refused(place: int) -> None:
    """With any bit of the text flipped, a code is refused."""
    flipped = bytearray(TEXT.encode("ascii"))
    flipped[place // 8] ^= 1 << place % 8
    assert why(flipped.decode("latin-1")) in ("not an invitation", "unknown key", "wrong signature")


def test_every_flipped_bit_of_the_signed_bytes_is_refused() -> None:
    """With any bit of header, body or signature flipped, a code is refused; all are tried."""
    data = base64.b32decode(TEXT[7:] + "=" * (-len(TEXT[7:]) % 8))
    for place in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << place % 8
        code = PREFIX + base64.b32encode(flipped).decode().rstrip("=")
        assert why(code) == ("unknown key" if place < 32 else "wrong signature")


@given(st.one_of(st.text(max_size=60), st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", max_size=300)))
def test_whatever_else_is_shown_is_refused_in_a_word(text: str) -> None:
    """Other QR codes, parts of ours and any text are refused with a word, never an error."""
    for code in (text, PREFIX + text, TEXT + text[:5] if text else text, TEXT[: -len(text) - 1]):
        assert why(code) in ("not an invitation", "unknown key", "wrong signature")


@pytest.mark.parametrize(
    "code",
    [
        "",
        PREFIX,
        TEXT.lower(),
        TEXT + " ",
        TEXT + "=",
        TEXT + "======",
        TEXT.removeprefix(PREFIX),
        TEXT.replace("GARDU1", "GARDU2"),
        PREFIX + "A" * 1_000_000,
        "https://example.com/",
    ],
)
def test_no_other_spelling(code: str) -> None:
    """There is exactly one text for an invitation."""
    assert why(code) == "not an invitation"


@pytest.mark.parametrize("before", [" ", "]Q1", "\\000026", "QR:", "x" * 10])
def test_text_before_a_code_has_its_own_words(before: str) -> None:
    """A technician sees that the scanner adds something, and that it must be switched off."""
    assert why(before + TEXT) == "text before the code"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xc1",
        body() + b"\x00",
        msgspec.msgpack.encode({}),
        body(id=b"short"),
        body(site="Setda"),
        body(site=""),
        body(checkpoint="../x"),
        body(procedure=7),
        body(not_after=FROM_MS // 1000),
        body(not_after=FROM_MS // 1000 - 1),
        body(not_after=FROM_MS // 1000 + LONGEST_S + 1),
        body(not_before=-1),
        body(not_before=1.5),
        body(guest=[]),
        body(guest=["x" * 81]),
        body(guest=["a\nb"]),
        body(guest=["a", "b", "c", 0]),
        body(guest=["a", "b", "c", 100]),
        body(guest=["a", "b", "c", 1, "more"]),
        body(more=1),
    ],
)
def test_a_signed_body_that_breaks_the_format_is_no_invitation(content: bytes) -> None:
    """A signed body that breaks the format, as of a faulty program, is refused."""
    assert why(signed(content)) == "not an invitation"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"site": "Setda"}, "site"),
        ({"procedure": ""}, "procedure"),
        ({"not_after_ms": FROM_MS}, "31 days"),
        ({"not_after_ms": FROM_MS + (LONGEST_S + 1) * 1000}, "31 days"),
        ({"guest": Guest("x" * 81)}, "guest"),
        ({"guest": Guest("x", head_count=100)}, "guest"),
        ({"guest": Guest("ä" * 80, "ä" * 80, "ä" * 80)}, "shorten"),
    ],
)
def test_what_cannot_be_read_is_not_written(changes: dict[str, Any], words: str) -> None:
    """An invitation that could not be read is refused when it is written."""
    with pytest.raises(GarduError, match=words):
        write(msgspec.structs.replace(INVITATION, **changes), SECRET)


names = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=80)


@given(
    st.builds(
        Invitation,
        id=st.uuids().map(str),
        site=st.from_regex(r"\A[a-z0-9]{1,20}\Z"),
        checkpoint=st.sampled_from(["", "lobi", "lobi-2"]),
        procedure=st.from_regex(r"\A[a-z0-9]{1,20}\Z"),
        not_before_ms=st.integers(0, 4_000_000_000).map(lambda second: second * 1000),
        not_after_ms=st.just(0),
        guest=st.none() | st.builds(Guest, names),
    ),
    st.integers(1, LONGEST_S),
)
def test_what_is_written_is_read(invitation: Invitation, length_s: int) -> None:
    """Any written invitation is read unchanged, at its place and time."""
    until = invitation.not_before_ms + length_s * 1000
    invitation = msgspec.structs.replace(invitation, not_after_ms=until)
    text = write(invitation, SECRET)
    found = read(
        text, KEYS, until - 1, invitation.site, invitation.checkpoint or "any",
        [invitation.procedure],
    )  # fmt: skip
    assert found == invitation


class Synced(Clock):
    """A clock that stands, synchronised or not."""

    def __init__(self, wall_ms: int, *, synced: bool) -> None:
        super().__init__()
        self._stamp = Stamp(1, wall_ms, synced, "boot")

    def now(self) -> Stamp:
        """Return the one moment."""
        return self._stamp


@pytest.mark.parametrize(
    ("synced", "need", "taken"),
    [(True, True, True), (False, True, False), (False, False, True), (True, False, True)],
)
def test_a_checkpoint_trusts_its_clock_or_not(
    tmp_path: Path, synced: bool, need: bool, taken: bool
) -> None:
    """Without a trusted clock a code is accepted only if the config allows it."""
    config = msgspec.convert(
        {
            "checkpoint": {
                "site": "setda-tanjabbar",
                "id": "lobi-utama",
                "procedures": ["pimpinan"],
            },
            "cards": {"visitor": ["010063E9AE"]},
            "scanners": {"desk": {"driver": "gm65", "port": "/dev/x", "stations": ["reception"]}},
            "invitations": {"keys": {"protokol": public()}, "need_synced_clock": need},
        },
        Config,
    )
    posted: list[Any] = []
    expected: list[Invitation] = []
    scanner: Any = build_scanner(
        "desk",
        config,
        Synced(FROM_MS, synced=synced),
        lambda make: posted.append(make(Stamp(1, 2))),
        expected.append,
    )
    scanner._shown(TEXT)
    (event,) = posted
    assert expected == ([INVITATION] if taken else [])  # the guest book, by a call
    assert event.reader == "desk"
    if taken:
        assert (event.invitation, event.expires_ms) == (INVITATION.id, UNTIL_MS)
    else:
        assert event.why == "clock not trusted"


@given(
    st.sampled_from([FROM_MS, UNTIL_MS]),
    st.integers(-300_000, 300_000),
    st.integers(500, 60_000),
    st.floats(-1, 1),
)
def test_the_clocks_error_moves_the_edges_of_a_validity_by_no_more(
    edge_ms: int, from_edge_ms: int, bound_ms: int, part: float
) -> None:
    """With a clock that is off within its bound: no code is accepted further outside than that."""
    true_ms = edge_ms + from_edge_ms
    try:
        read(TEXT, KEYS, true_ms + round(part * bound_ms), "setda-tanjabbar", "lobi-utama",
             ["pimpinan"])  # fmt: skip
    except BadInvitation:
        assert not FROM_MS + bound_ms <= true_ms < UNTIL_MS - bound_ms
    else:
        assert FROM_MS - bound_ms <= true_ms < UNTIL_MS + bound_ms


NUMBER = Guest("Siti", purpose="NIK 1571 0203 0405 0607")


def test_an_invitation_with_an_identity_number_is_not_written() -> None:
    """Who invites learns at once that the number must be left out."""
    with pytest.raises(GarduError, match="purpose holds what looks like an identity number"):
        write(msgspec.structs.replace(INVITATION, guest=NUMBER), SECRET)


def test_an_invitation_with_an_identity_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkpoint stores no number of a code that another program has signed."""
    with monkeypatch.context() as other_program:
        other_program.setattr(invitations, "text_with_identity_number", lambda _texts: None)
        text = write(msgspec.structs.replace(INVITATION, guest=NUMBER), SECRET)
    with pytest.raises(BadInvitation, match="identity number"):
        read(text, KEYS, FROM_MS, "setda-tanjabbar", "lobi-utama", ["pimpinan"])
