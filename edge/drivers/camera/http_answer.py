"""The verdict on a camera's HTTP answer: the picture in it, or an error with its remedy. Pure.

Rules
-----
1. A camera that is busy, or hung up in the middle of the picture, is DeviceUnavailable: it is asked
   again. What a person must correct is a DeviceFault.
2. The words of an error page are part of the message: one line, printable, at most MOST_WORDS
   characters, without the password.
"""

import base64
import html
import re
from collections.abc import Iterable
from urllib.parse import quote

from edge.drivers.camera import jpeg
from edge.drivers.camera.base import MAX_SIZE, checked_jpeg
from edge.drivers.camera.http_exchange import HttpResponse
from edge.errors import DeviceError, DeviceFault, DeviceUnavailable
from edge.printable import printable

MOST_WORDS = 120

# Statuses of a camera that has no time or is in trouble: too many requests, errors of its own.
BUSY = (408, 429, 500, 502, 503, 504)

_BUSY_REMEDY = (
    "Too many viewers or requests keep the camera busy, or it is starting: close other viewers; if "
    "it stays, switch it off and on."
)
_ADDRESS = (
    "Correct url: the camera's manual and docs/cameras.md name usual addresses of snapshots. A "
    "camera without one may have RTSP or ONVIF."
)
# Statuses that a person must correct: the fault and the remedy.
_STATUSES = {
    403: (
        "forbids this user the picture",
        "Allow this user the live view or snapshot in the camera's settings.",
    ),
    404: (
        "has no picture at this address",
        _ADDRESS,
    ),
}
_ELSE_REMEDY = (
    "Open url in a browser: it must show one picture. The camera's manual names the address of its "
    "snapshot; its firmware may need an update."
)
_PAGE_REMEDY = (
    "The words are the camera's own. It may want its username and password in the address "
    "({username}, {password}), or another address: see its manual."
)

# What else cameras send in the place of a JPEG, by its first bytes.
_KINDS = (
    (b"\x89PNG", "a PNG"), (b"GIF8", "a GIF"), (b"BM", "a BMP"), (b"RIFF", "a WebP or AVI"),
    (b"\x00\x00\x00\x01", "H.264 video"), (b"\x1f\x8b", "compressed data"),
)  # fmt: skip
_KIND_REMEDY = "Set the format of the snapshot to JPEG in the camera's settings, or correct url."

_CODE = re.compile(r"<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def picture_in(answer: HttpResponse, camera: str, secrets: Iterable[str] = ()) -> bytes:
    """Return the one whole JPEG in *answer*.

    :param secrets: texts that no message may contain
    :raises DeviceUnavailable: if the camera is busy or hung up in the middle
    :raises DeviceFault: if there is no picture in it
    """
    words = page_words(answer.body, secrets)
    if answer.status != 200:
        raise _refusal(answer, camera, words)
    if jpeg.begins(answer.body):
        return _picture(answer, camera)
    if not answer.body:
        raise DeviceUnavailable(f"{camera}: sent an empty answer", _BUSY_REMEDY)
    kind = next((kind for begin, kind in _KINDS if answer.body.startswith(begin)), None)
    if kind is not None:
        raise DeviceFault(f"{camera}: sends {kind}, which is not a JPEG", _KIND_REMEDY)
    if not _is_text(answer):
        return checked_jpeg(answer.body, camera)
    if "busy" in words.lower():
        raise DeviceUnavailable(f"{camera}: is busy: {words}", _BUSY_REMEDY)
    raise DeviceFault(f"{camera}: sends a page, not a JPEG: {words}", _PAGE_REMEDY)


def _picture(answer: HttpResponse, camera: str) -> bytes:
    if not answer.whole and len(answer.body) <= MAX_SIZE:
        try:
            return jpeg.whole(answer.body)
        except jpeg.CutShort:
            why = f"{camera}: hung up in the middle of the picture"
            raise DeviceUnavailable(why, _BUSY_REMEDY) from None
        except jpeg.NotJpeg:
            pass
    return checked_jpeg(answer.body, camera)


def _refusal(answer: HttpResponse, camera: str, words: str) -> DeviceError:
    said = f"{answer.status} {printable(answer.head.reason, 60)}".strip()
    more = f": {words}" if words else ""
    if answer.status in BUSY or "busy" in words.lower():
        return DeviceUnavailable(f"{camera}: is busy, it answers {said}{more}", _BUSY_REMEDY)
    why, remedy = _STATUSES.get(answer.status, (f"answers {said}", _ELSE_REMEDY))
    return DeviceFault(f"{camera}: {why}{more}", remedy)


def _is_text(answer: HttpResponse) -> bool:
    """Return whether the answer is a page: by its type, or by the begin of a readable text."""
    if answer.header("content-type").lower().startswith(("text/", "application/xml")):
        return True
    begin = answer.body.lstrip()[:1]
    return begin in (b"<", b"{", b"[") and _readable(answer.body) is not None


def _readable(body: bytes) -> str | None:
    """Return the begin of *body* as text; None if it is no UTF-8 text."""
    text = body[:4096].decode("utf-8", "replace")
    return None if text.count("\ufffd") > len(text) // 20 else text


def page_words(body: bytes, secrets: Iterable[str] = ()) -> str:
    """Return the words of the error page *body* in one line; empty if it has none."""
    text = _readable(body)
    if text is None:
        return ""
    text = html.unescape(_TAG.sub(" ", _CODE.sub(" ", text)))
    for secret in secrets:
        text = text.replace(secret, "…")
    return printable(" ".join(text.split()), MOST_WORDS)


def secrets_of(username: str, password: str) -> list[str]:
    """Return the forms in which *password* could appear in a camera's answer."""
    if not password:
        return []
    basic = base64.b64encode(f"{username}:{password}".encode()).decode()
    return [basic, quote(password, safe=""), password, html.escape(password)]
