"""A camera that names the addresses of its pictures by ONVIF (profile S and T).

Rules of this driver
--------------------
1. The addresses are asked for once: the camera's time, its media service, its profiles, and the
   addresses of snapshot and stream. After an error they are asked for again.
2. Of an address, only scheme, port and path are used: the host is always the one in the config.
   Cameras name hosts of another network, and the password is for this host alone.
3. The still is the HTTP snapshot where the camera has one that works, else a key frame of its RTSP
   stream.
4. What may pass is tried again within the deadline, as with an HTTP camera.
5. A wrong account is tried at most twice for a still: as UsernameToken, and as the HTTP
   authentication that the camera asks for in the same answer.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from typing import Literal
from urllib.parse import SplitResult, urlsplit
from xml.etree.ElementTree import Element

import msgspec

from edge.clock import Clock
from edge.config.sections.cameras import OnvifCamera
from edge.drivers.camera import onvif_soap as soap
from edge.drivers.camera.base import Deadline, reach, retried
from edge.drivers.camera.freshness import Freshness
from edge.drivers.camera.http_answer import picture_in
from edge.drivers.camera.http_client import Exchange, HttpClient
from edge.drivers.camera.http_exchange import HttpRequest, PictureEnd, TextEnd, address
from edge.drivers.camera.rtsp_camera import Stream
from edge.errors import DeviceError, DeviceFault, DeviceUnavailable
from edge.printable import printable

_ACCOUNT = (
    "Correct username and password_file. Many cameras have separate users for ONVIF: make one in "
    "the camera's settings, with the right to view. Set the camera's clock."
)
_SERVICE = (
    "Switch ONVIF on in the camera's settings. Its port differs between makers: 80, 8000, 8080, "
    "8899 or 2020; write it into url."
)


class Source(msgspec.Struct, frozen=True):
    """Where the pictures of the camera come from."""

    kind: Literal["snapshot", "stream"]
    url: str


class OnvifStillCamera:
    """One camera; every error names it.

    :param name: the device's name in records, for example ``camera/lobby``
    :param notify: is called after every exchange of the driver's own with the camera
    :param command: the command of the video's child process; None: the real one
    """

    def __init__(
        self,
        name: str,
        config: OnvifCamera,
        clock: Clock,
        notify: Callable[[Exchange], None] | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self.name = name
        self._config = config
        self._clock = clock
        url = urlsplit(config.url)
        self._url = url if url.path.strip("/") else url._replace(path=soap.DEVICE_PATH)
        self._client = HttpClient(name, config, config.timeout_s, notify)
        self._stream = Stream(name, config, notify, command)
        self.freshness = Freshness(name, config.oldest_s, dated=config.dated)
        self.source: Source | None = None
        """The place of the pictures, once it has given one."""

    def open(self) -> None:
        """Check that the camera accepts a connection; the password is not tried.

        :raises DeviceUnavailable: if it does not
        """
        reach(self.name, address(self._url), self._deadline())

    def close(self) -> None:
        """No connection and no child is held between stills."""

    def capture(self) -> bytes:
        """Return one JPEG that was requested after this call.

        :raises DeviceUnavailable: if the camera cannot be reached, is busy or does not finish in
            time
        :raises DeviceFault: if it refuses, or has no picture
        """
        deadline = self._deadline()
        return retried(lambda: self._still(deadline), deadline, self._clock)

    def _still(self, deadline: Deadline) -> bytes:
        sources = [self.source] if self.source is not None else self._find(deadline)
        self.source = None  # rule 1: known again when it has given a picture
        for source in sources:
            try:
                picture = self._picture(source, deadline)
            except DeviceFault:
                if source is sources[-1]:
                    raise
            else:
                self.source = source
                return picture
        raise DeviceFault(
            f"{self.name}: names no address of a picture",
            'Set still = "any", choose another profile, or use driver = "rtsp" with the address of '
            "its stream.",
        )

    def _picture(self, source: Source, deadline: Deadline) -> bytes:
        if source.kind == "stream":
            picture = self._stream.key_frame(source.url, deadline)
            self.freshness.check(picture, self._clock.boot_ns())
            return picture
        answer = self._client.ask(urlsplit(source.url), PictureEnd, deadline)
        picture = picture_in(answer, self.name, self._client.secrets)
        self.freshness.check(picture, self._clock.boot_ns(), answer.head)
        return picture

    def _find(self, deadline: Deadline) -> list[Source]:
        """Return the places of the pictures, as the camera names them; the best first."""
        now = soap.camera_time(self._call(self._url, soap.DATE_REQUEST, None, deadline))
        capabilities = self._call(self._url, soap.CAPABILITIES_REQUEST, now, deadline)
        media = self._here(soap.media_address(capabilities)) or self._url
        found = soap.profiles(self._call(media, soap.PROFILES_REQUEST, now, deadline))
        profile = self._chosen(found)
        sources = list[Source]()
        if self._config.still != "stream":
            url = self._uri(media, soap.snapshot_request(profile), now, deadline)
            sources += [] if url is None else [Source("snapshot", self._allowed(url).geturl())]
        if self._config.still != "snapshot":
            url = self._uri(media, soap.stream_request(profile), now, deadline)
            sources += [] if url is None else [Source("stream", url.geturl())]
        return sources

    def _chosen(self, found: list[soap.Profile]) -> str:
        wanted = self._config.profile
        names = printable(", ".join(one.name or one.token for one in found), 200)
        for one in found:
            if wanted in ("", one.token, one.name):
                return one.token
        raise DeviceFault(
            f"{self.name}: has no profile {wanted!r}" if wanted else f"{self.name}: has no profile",
            f"Correct profile; the camera has: {names or 'none'}.",
        )

    def _uri(
        self, media: SplitResult, body: str, now: dt.datetime | None, deadline: Deadline
    ) -> SplitResult | None:
        """Return the address that the camera names; None if it has no such service."""
        try:
            return self._here(soap.uri(self._call(media, body, now, deadline, optional=True)))
        except _NotOffered:
            return None

    def _here(self, named: str) -> SplitResult | None:
        """Return the address *named* by the camera, on the host in the config (rule 2)."""
        try:
            parts = urlsplit(named)
            port = parts.port
        except ValueError:
            return None
        if parts.scheme not in ("http", "https", "rtsp") or not parts.hostname:
            return None
        host = self._url.hostname or ""
        place = f"[{host}]" if ":" in host else host
        return parts._replace(netloc=f"{place}:{port}" if port else place, fragment="")

    def _allowed(self, url: SplitResult) -> SplitResult:
        """Return the snapshot's *url* unless it would send in clear what url encrypts."""
        if (self._url.scheme, url.scheme) == ("https", "http"):
            raise DeviceFault(
                f"{self.name}: has its snapshot on http:// only, and url is https://",
                "Switch https on for snapshots in the camera's settings, or write http:// in url.",
            )
        return url

    def _call(
        self,
        url: SplitResult,
        body: str,
        now: dt.datetime | None,
        deadline: Deadline,
        *,
        optional: bool = False,
    ) -> Element:
        """Return the body of the camera's answer to the request *body*."""
        token = None
        if self._config.username and body != soap.DATE_REQUEST:
            created = now or dt.datetime.fromtimestamp(self._clock.wall_ms() / 1000, dt.UTC)
            password = self._client.password()
            token = soap.Token(self._config.username, password, secrets.token_bytes(16), created)
        request = HttpRequest(
            method="POST",
            headers={"Content-Type": soap.CONTENT_TYPE},
            body=soap.envelope(body, token),
        )
        answer = self._client.ask(url, TextEnd, deadline, request)
        try:
            return soap.parse(answer.body)
        except soap.SoapFault as fault:
            raise self._refused(fault, optional=optional) from None
        except soap.NotSoap as error:
            if answer.status in (500, 502, 503, 504):
                why = f"{self.name}: is busy, it answers {answer.status}"
                raise DeviceUnavailable(why, "Switch the camera off and on if it stays.") from None
            why = f"{self.name}: has no ONVIF service at this address ({answer.status}, {error})"
            raise DeviceFault(why, _SERVICE) from None

    def _refused(self, fault: soap.SoapFault, *, optional: bool) -> "DeviceError | _NotOffered":
        if fault.account and not self._config.username:
            return DeviceFault(
                f"{self.name}: asks for a username and password (ONVIF)",
                "Set username and password_file.",
            )
        if fault.account:
            return DeviceFault(f"{self.name}: refuses the username or password: {fault}", _ACCOUNT)
        if optional:
            return _NotOffered()
        return DeviceFault(f"{self.name}: refuses an ONVIF request: {fault}", _SERVICE)

    def _deadline(self) -> Deadline:
        return Deadline(self._clock, self._config.timeout_s)


class _NotOffered(Exception):
    """The camera does not have the service that was asked for."""
