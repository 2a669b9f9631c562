"""The SOAP requests of ONVIF (Core and Media, ver10) that a still needs, and their answers. Pure.

Four requests by hand instead of a library: the known ones load the whole of ONVIF's WSDL files with
a SOAP library (20 MB in memory) for it.

Rules
-----
1. The account is a WS-Security UsernameToken with PasswordDigest, dated by the camera's own clock:
   cameras refuse one that differs by some seconds, and many clocks of cameras are wrong.
2. Names are compared without their namespaces' prefixes, which every maker chooses.
3. A document with a DTD is refused: SOAP has none, and entities could fill the memory.
"""

import base64
import datetime as dt
import hashlib
from collections.abc import Iterator
from xml.etree import ElementTree as ET  # as its documentation does
from xml.sax.saxutils import escape, quoteattr

import msgspec

from edge.printable import printable

_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_UTILITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_TOKEN = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"  # noqa: S105
_BASE64 = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
)
_DEVICE = "http://www.onvif.org/ver10/device/wsdl"
_MEDIA = "http://www.onvif.org/ver10/media/wsdl"
_SCHEMA = "http://www.onvif.org/ver10/schema"

CONTENT_TYPE = "application/soap+xml; charset=utf-8"
DEVICE_PATH = "/onvif/device_service"

DATE_REQUEST = f'<GetSystemDateAndTime xmlns="{_DEVICE}"/>'
CAPABILITIES_REQUEST = (
    f'<GetCapabilities xmlns="{_DEVICE}"><Category>All</Category></GetCapabilities>'
)
PROFILES_REQUEST = f'<GetProfiles xmlns="{_MEDIA}"/>'

_MOST_WORDS = 120


class NotSoap(ValueError):
    """The document is no answer in SOAP; the text says why."""


class SoapFault(ValueError):
    """The camera refused the request, in its own words.

    :ivar account: True: because of the account
    """

    def __init__(self, words: str, *, account: bool) -> None:
        self.account = account
        super().__init__(words)


class Profile(msgspec.Struct, frozen=True):
    """A media profile of the camera: one way in which it encodes its picture."""

    token: str
    name: str


class Token(msgspec.Struct, frozen=True):
    """The account of a request, for the camera's present time."""

    username: str
    password: str
    nonce: bytes
    created: dt.datetime


def snapshot_request(profile: str) -> str:
    """Return the body that asks for the address of the profile's snapshot."""
    token = f"<ProfileToken>{escape(profile)}</ProfileToken>"
    return f'<GetSnapshotUri xmlns="{_MEDIA}">{token}</GetSnapshotUri>'


def stream_request(profile: str) -> str:
    """Return the body that asks for the address of the profile's RTSP stream."""
    return (
        f'<GetStreamUri xmlns="{_MEDIA}"><StreamSetup>'
        f'<Stream xmlns="{_SCHEMA}">RTP-Unicast</Stream>'
        f'<Transport xmlns="{_SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
        f"<ProfileToken>{escape(profile)}</ProfileToken></GetStreamUri>"
    )


def envelope(body: str, token: Token | None = None) -> bytes:
    """Return the document with *body*, and with *token* in its head."""
    head = f"<s:Header>{_security(token)}</s:Header>" if token is not None else ""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{_ENVELOPE}">{head}'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _security(token: Token) -> str:
    created = f"{token.created:%Y-%m-%dT%H:%M:%S}Z"
    secret = token.nonce + created.encode() + token.password.encode()
    digest = base64.b64encode(hashlib.sha1(secret, usedforsecurity=False).digest()).decode()
    nonce = base64.b64encode(token.nonce).decode()
    return (
        f'<Security s:mustUnderstand="1" xmlns="{_SECURITY}"><UsernameToken>'
        f"<Username>{escape(token.username)}</Username>"
        f"<Password Type={quoteattr(_TOKEN + '#PasswordDigest')}>{digest}</Password>"
        f"<Nonce EncodingType={quoteattr(_BASE64)}>{nonce}</Nonce>"
        f'<Created xmlns="{_UTILITY}">{created}</Created></UsernameToken></Security>'
    )


def parse(document: bytes) -> ET.Element:
    """Return the body of the SOAP answer *document*.

    :raises NotSoap: if it is none
    :raises SoapFault: if it is the camera's refusal
    """
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:  # rule 3
        raise NotSoap("a document with a DTD")
    try:
        root = ET.fromstring(document.strip())  # noqa: S314  # without DTD, and bounded in size
    except (ET.ParseError, ValueError) as error:
        raise NotSoap(f"no XML ({error})") from None
    body = _first(root, "Body")
    if body is None:
        raise NotSoap("no SOAP")
    fault = _first(body, "Fault")
    if fault is not None:
        raise _fault(fault)
    return body


def _fault(fault: ET.Element) -> SoapFault:
    words = " ".join(" ".join(fault.itertext()).split())
    # NotAuthorized, FailedAuthentication, "authorized time check failed" and more.
    return SoapFault(printable(words, _MOST_WORDS), account="auth" in words.lower())


def camera_time(body: ET.Element) -> dt.datetime | None:
    """Return the camera's time (UTC) in an answer to DATE_REQUEST; None if it gives none."""
    utc = _first(body, "UTCDateTime")
    if utc is None:
        return None
    names = ("Year", "Month", "Day", "Hour", "Minute", "Second")
    try:
        year, month, day, hour, minute, second = (int(_text(utc, name)) for name in names)
        return dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        return None


def media_address(body: ET.Element) -> str:
    """Return the address of the media service in an answer to CAPABILITIES_REQUEST; or empty."""
    media = _first(body, "Media")
    return "" if media is None else _text(media, "XAddr")


def profiles(body: ET.Element) -> list[Profile]:
    """Return the profiles in an answer to PROFILES_REQUEST."""
    return [
        Profile(one.get("token", ""), _text(one, "Name"))
        for one in _all(body, "Profiles")
        if one.get("token")
    ]


def uri(body: ET.Element) -> str:
    """Return the address in an answer to a request for a snapshot or stream; or empty."""
    return _text(body, "Uri")


def _all(element: ET.Element, name: str) -> Iterator[ET.Element]:
    """Yield the elements *name* within *element* (rule 2)."""
    return (one for one in element.iter() if one.tag.rpartition("}")[2] == name)


def _first(element: ET.Element, name: str) -> ET.Element | None:
    return next(_all(element, name), None)


def _text(element: ET.Element, name: str) -> str:
    found = _first(element, name)
    return "" if found is None else (found.text or "").strip()
