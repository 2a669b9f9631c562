"""The readers of bytes from outside, each with what holds for any bytes.

A target may raise only what its reader documents. ``make fuzz`` runs them with bytes that atheris
chooses by the branches that they reach; ``make test`` runs them on the corpus.
"""

import asyncio
import base64
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import msgspec

from edge import ed25519
from edge.config import text_files
from edge.config.loading import parse_config
from edge.config.sections.lockers import BccLockers
from edge.config.sections.locks import BccLocker
from edge.daemon import control
from edge.drivers import scanned_text
from edge.drivers.camera import exif, http_answer, http_auth, jpeg, onvif_soap
from edge.drivers.camera.http_reader import NotHttp, ResponseReader
from edge.drivers.modbus import requests as modbus
from edge.drivers.modbus import rtu
from edge.drivers.serial import (
    bcc_frames,
    card_frames,
    em18_frames,
    gm65_frames,
    kerong_frames,
    pn532_frames,
)
from edge.errors import ConfigError, ProtocolError
from edge.guestbook import invitations
from edge.mqtt import decoding, frames, requests
from edge.printable import unfit

Target = Callable[[bytes], None]


class _Framer(Protocol):
    """A parser of frames."""

    def feed(self, data: bytes, /) -> list[Any]:
        """Parse the next bytes."""


def _split_alike(new: Callable[[], _Framer], data: bytes) -> None:
    """Feed *data* whole and byte by byte: the same frames come, and each refusal is an item."""
    at_once, bit_by_bit = new(), new()
    whole = _ends(at_once, at_once.feed(data))
    parts = _ends(bit_by_bit, [item for byte in data for item in bit_by_bit.feed(bytes([byte]))])
    assert _values(whole) == _values(parts)
    assert len(whole) <= 2 * len(data) + 2


def _ends(framer: Any, found: list[Any]) -> list[Any]:
    """Return *found*, and what a silence at the end gives."""
    for name in ("silence", "end"):
        if hasattr(framer, name):
            return [*found, *getattr(framer, name)()]
    return found


def _values(found: list[Any]) -> list[Any]:
    return [item for item in found if not isinstance(item, ProtocolError)]


_BCC = BccLockers(bus="lockers", locker=[BccLocker(number=1, address=1, lock=1)])
_FRAMERS: dict[str, Callable[[], _Framer]] = {
    "bcc-frames": lambda: bcc_frames.BccFramer(_BCC),
    "card-frames": lambda: card_frames.CardFramer(card_frames.RDM6300_END),
    "em18-frames": em18_frames.Em18Framer,
    "gm65-frames": gm65_frames.CodeFramer,
    "kerong-cu16-frames": lambda: kerong_frames.Framer(kerong_frames.Cu16()),
    "kerong-cu48-frames": lambda: kerong_frames.Framer(kerong_frames.Cu48()),
    "pn532-frames": pn532_frames.AnswerFramer,
}


def _pn532(data: bytes) -> None:
    with suppress(ProtocolError):
        numbers = pn532_frames.card_numbers(data)
        assert all(len(number) in (8, 14, 20) for number in numbers)
    with suppress(ProtocolError):
        pn532_frames.answer(b"\x4a", data)


def _rtu(data: bytes) -> None:
    request = modbus.Request(3, bytes(4), b"\x02", 3)
    found = rtu.find(data, 1, request)
    if found is not None:
        at, pdu = found
        assert data[at + 1 :].startswith(pdu)


def _jpeg(data: bytes) -> None:
    with suppress(jpeg.NotJpeg, jpeg.CutShort):
        picture = jpeg.whole(data)
        assert picture in data or len(picture) <= len(data)
        exif.orientation_of(jpeg.exif_of(picture))
        again = jpeg.with_exif(picture, b"MM\0*")
        assert jpeg.whole(again) == again
    with suppress(jpeg.NotJpeg, jpeg.CutShort):
        width, height = jpeg.size(data)
        assert width >= 0 <= height
    assert 1 <= exif.orientation_of(data) <= 8


def _http(data: bytes) -> None:
    answers = []
    for size in (len(data) or 1, 1, 7):
        reader = ResponseReader()
        try:
            for at in range(0, len(data), size):
                reader.feed(data[at : at + size])
        except NotHttp:
            return
        answers.append((reader.head, bytes(reader.body)))
    assert answers[1:] == answers[:-1]
    head = answers[0][0]
    if head is None:
        return
    assert unfit(http_answer.page_words(answers[0][1], ["secret"])) == ""
    offered = http_auth.challenges(head.headers.get("www-authenticate", []))
    chosen = http_auth.best(offered)
    if chosen is not None:
        answer = http_auth.answer(chosen, "user", "secret", "/", "nonce")
        assert "\n" not in answer
        assert "\r" not in answer


def _soap(data: bytes) -> None:
    with suppress(onvif_soap.NotSoap, onvif_soap.SoapFault):
        body = onvif_soap.parse(data)
        onvif_soap.camera_time(body)
        onvif_soap.media_address(body)
        onvif_soap.profiles(body)
        onvif_soap.uri(body)


def _mqtt(data: bytes) -> None:
    """Read packets, and of each its properties and its plain form."""
    reader = frames.FrameReader(largest=4096)
    with suppress(frames.BrokerFault):
        for packet in reader.feed(data):
            decoding.address(packet.first, packet.body)
            with suppress(ProtocolError):
                message = decoding.publish(packet.first, packet.body)
                assert message.topic
            plain = decoding.PLAIN.get(packet.first & 0xF0)
            if plain is not None:
                with suppress(ProtocolError):
                    plain(packet.body)


def _mqtt_request(data: bytes) -> None:
    for read in (requests.register, requests.enter_values, requests.resend_range):
        with suppress(requests.RequestRefused):
            read(data)
    with suppress(requests.RequestRefused):
        requests.availability(data, "pimpinan")


def _control(data: bytes) -> None:
    """Answer *data* as the control socket does: any input gets one line of JSON."""
    answer = asyncio.run(_answered(data))
    assert answer.endswith(b"\n")
    assert isinstance(msgspec.json.decode(answer), dict)


class _Writer:
    """What the socket sends back."""

    def __init__(self) -> None:
        self.sent = b""

    def write(self, data: bytes) -> None:
        self.sent += data

    async def drain(self) -> None:
        """Have sent all."""


async def _answered(data: bytes) -> bytes:
    reader = asyncio.StreamReader(limit=control.LONGEST)
    reader.feed_data(data)
    reader.feed_eof()
    writer = _Writer()
    await control._serve(reader, writer, {}, control.ControlRequest)  # type: ignore[arg-type]
    return writer.sent


_SECRET = bytes(range(32))


def _invitation(data: bytes) -> None:
    """Read *data* as a code, and as the signed content of one."""
    public = ed25519.public_key(_SECRET)
    keys = {invitations.key_id(public): public}
    text = scanned_text.code_in(data.decode("ascii", "replace"))
    with suppress(invitations.BadInvitation):
        invitations.read(text, keys, 1_795_305_600_000, "site", "checkpoint", ["pimpinan"])
    with suppress(invitations.BadInvitation):
        invitations.verified(signed(data), keys)


def signed(content: bytes) -> str:
    """Return the code of *content*, signed with a known key: only then its content is read."""
    import nacl.signing

    key = nacl.signing.SigningKey(_SECRET)
    body = invitations.key_id(bytes(key.verify_key)) + content
    signature = key.sign(invitations.PREFIX.encode() + body).signature
    return invitations.PREFIX + base64.b32encode(body + signature).decode().rstrip("=")


def _config(data: bytes) -> None:
    with suppress(ConfigError):
        parse_config(text_files.decode(data, "gardu.toml"), Path("/nowhere/gardu.toml"))


TARGETS: dict[str, Target] = {
    **{
        name: lambda data, new=new: _split_alike(new, data)  # type: ignore[misc]
        for name, new in _FRAMERS.items()
    },
    "pn532-answers": _pn532,
    "modbus-rtu": _rtu,
    "jpeg": _jpeg,
    "http": _http,
    "onvif": _soap,
    "mqtt": _mqtt,
    "mqtt-request": _mqtt_request,
    "control": _control,
    "invitation": _invitation,
    "config": _config,
}
"""The targets by name, which is that of the folder of their corpus."""
