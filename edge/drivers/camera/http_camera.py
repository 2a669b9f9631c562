"""An IP camera's HTTP snapshot.

Rules of this driver
--------------------
1. One deadline for a whole still, and a limit on its size (``http_get.py``).
2. Basic or Digest, the safest that the camera offers (``http_auth.py``). A password is sent once:
   trying again with a wrong one locks the account on many cameras. Only a camera that reports its
   own nonce as stale is answered a second time.
3. Redirects are refused: the password is only for the host in the config.
4. The password is read from its file for every still (it may be changed meanwhile) and is in no
   message.
5. A stale picture is no still: it would later be mistaken for the moment it is stamped with. Stale
   is the same picture, bit for bit, as more than ``oldest_s`` ago (a sensor's noise never repeats),
   and one that by the camera's own headers is older than that.
"""

import hashlib
import secrets
import socket
import ssl
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.parse import urlsplit

from edge.clock import Clock
from edge.config.password_file import read_password
from edge.config.sections.cameras import HttpCamera
from edge.drivers.camera import http_auth
from edge.drivers.camera.base import Deadline, checked_jpeg
from edge.drivers.camera.http_get import Cut, HttpResponse, WrongCertificate, address, get, target
from edge.errors import DeviceFault, DeviceUnavailable, GarduError

# HTTP statuses that a person must correct, and where. Others may pass by themselves.
_FAULTS = {
    401: "refuses the username or password: correct username and password_file in the config",
    403: "forbids this user the picture: allow it in the camera's settings",
    404: "has no picture at this address: correct url in the config",
}


class HttpSnapshotCamera:
    """One IP camera; every error names it.

    :param name: the device's name in records, for example ``camera/lobby``
    """

    def __init__(self, name: str, config: HttpCamera, clock: Clock) -> None:
        self.name = name
        self._config = config
        self._clock = clock
        self._url = urlsplit(config.url)
        # The last picture: its digest, and when it first came (ns since boot).
        self._last = ("", 0)

    def open(self) -> None:
        """Check that the camera accepts a connection; the password is not tried.

        :raises DeviceUnavailable: if it does not
        """
        try:
            socket.create_connection(address(self._url), self._deadline().left()).close()
        except OSError as error:
            raise DeviceUnavailable(f"{self.name}: cannot be reached: {error}") from error

    def close(self) -> None:
        """No connection is held between stills."""

    def capture(self) -> bytes:
        """Return one JPEG that was requested after this call.

        :raises DeviceUnavailable: if the camera cannot be reached or does not finish in time
        :raises DeviceFault: if it refuses, or the picture is not a JPEG or is stale
        """
        deadline = self._deadline()
        with Cut(deadline.left()) as cut:
            try:
                answer = self._authorised(cut, deadline)
            except GarduError:
                raise
            except (OSError, HTTPException, ValueError) as error:
                raise self._explain(error, cut) from error
            if cut.made:
                raise self._late()
        self._check(answer)
        picture = self._picture(answer)
        self._check_age(answer, picture)
        return picture

    def _authorised(self, cut: Cut, deadline: Deadline) -> HttpResponse:
        """Return the camera's last answer; a challenge is answered once, or twice if stale."""
        answer = self._get({}, cut, deadline)
        proofs = 0
        while answer.status == 401 and self._config.username:
            offered = http_auth.challenges(answer.headers.get("www-authenticate", []))
            challenge = http_auth.best(offered)
            if challenge is None or proofs == 2 or (proofs == 1 and not challenge.stale):
                break
            proof = http_auth.answer(
                challenge,
                self._config.username,
                self._password(),
                target(self._url),
                secrets.token_hex(8),
            )
            answer = self._get({"Authorization": proof}, cut, deadline)
            proofs += 1
        return answer

    def _get(self, headers: dict[str, str], cut: Cut, deadline: Deadline) -> HttpResponse:
        # A time-out of 0 would mean not to wait at all; the cut has been made by then.
        timeout_s = max(deadline.left(), 0.001)
        config = self._config
        return get(self._url, headers, cut, timeout_s, self._tls(), config.fingerprint)

    def _tls(self) -> ssl.SSLContext | None:
        if self._url.scheme != "https":
            return None
        context = ssl.create_default_context(cafile=self._config.ca_file or None)
        if self._config.fingerprint:  # the certificate itself is known: its signature adds no trust
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _check(self, answer: HttpResponse) -> None:
        """Raise a DeviceUnavailable or DeviceFault unless *answer* is a single picture."""
        if 300 <= answer.status < 400:
            raise DeviceFault(
                f"{self.name}: redirects ({answer.status}): correct url in the config"
            )
        if answer.status != 200:
            why = _FAULTS.get(answer.status, f"answers {answer.status} {answer.reason}")
            kind = DeviceUnavailable if answer.status >= 500 else DeviceFault
            raise kind(f"{self.name}: {why}")
        if answer.header("content-type").lower().startswith("multipart/"):
            raise DeviceFault(f"{self.name}: sends a film: correct url to that of its snapshot")

    def _picture(self, answer: HttpResponse) -> bytes:
        try:
            return checked_jpeg(answer.body, self.name)
        except DeviceFault:
            if answer.whole:
                raise
            raise DeviceUnavailable(f"{self.name}: hung up in the middle of the picture") from None

    def _check_age(self, answer: HttpResponse, picture: bytes) -> None:
        now_ns, digest = self._clock.boot_ns(), hashlib.sha256(picture).hexdigest()
        if digest != self._last[0]:
            self._last = (digest, now_ns)
        age_s = (now_ns - self._last[1]) / 1e9
        if self._config.dated:
            age_s = max(age_s, _age_s(answer))
        if age_s > self._config.oldest_s:
            raise DeviceFault(
                f"{self.name}: sends a stale picture, {age_s:.0f} s old: "
                "the camera is frozen, switch it off and on"
            )

    def _explain(self, error: Exception, cut: Cut) -> GarduError:
        """Return *error* as DeviceUnavailable or DeviceFault, with the camera's name."""
        if cut.made or isinstance(error, TimeoutError):
            return self._late()
        if isinstance(error, WrongCertificate):
            return DeviceFault(f"{self.name}: {error}: put it into fingerprint if that is right")
        if isinstance(error, ssl.SSLCertVerificationError):
            why = f"its certificate is not trusted ({error.verify_message})"
            return DeviceFault(f"{self.name}: {why}: set ca_file or fingerprint in the config")
        if isinstance(error, OSError):
            return DeviceUnavailable(f"{self.name}: cannot be reached: {error}")
        return DeviceFault(f"{self.name}: does not answer as a camera: {error!r}")

    def _late(self) -> DeviceUnavailable:
        return DeviceUnavailable(f"{self.name}: no picture within {self._config.timeout_s:g} s")

    def _deadline(self) -> Deadline:
        return Deadline(self._clock, self._config.timeout_s)

    def _password(self) -> str:
        file = self._config.password_file
        if not file:
            return ""
        try:
            return read_password(file)
        except OSError as error:
            raise DeviceFault(f"{self.name}: the password file cannot be read: {error}") from error
        except ValueError as error:
            raise DeviceFault(f"{self.name}: the password file {file} {error}") from error


def _age_s(answer: HttpResponse) -> float:
    """Return the age of the picture by the camera's own headers, seconds; 0 if they give none.

    Age is added by a cache in between (RFC 9111). Last-Modified and Date are both by the camera's
    own clock, so their difference is right even if that clock is wrong.
    """
    ages = [0.0]
    if answer.header("age").isdigit():
        ages.append(float(answer.header("age")))
    try:
        date, changed = (
            parsedate_to_datetime(answer.header(name)) for name in ("date", "last-modified")
        )
        ages.append((date - changed).total_seconds())
    except (ValueError, TypeError):  # one is missing, malformed, or without its zone
        pass
    return max(ages)
