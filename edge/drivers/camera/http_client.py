"""The HTTP dialogue with one camera: authentication and redirects.

Rules
-----
1. Basic or Digest, the safest that the camera offers and ``auth`` allows (``http_auth.py``). A
   password is sent once for an address: trying again with a wrong one locks the account on many
   cameras. Only a camera that reports its own nonce as stale is answered a second time.
2. The password is read from its file for every still (it may be changed meanwhile), and is in no
   message.
3. A redirect is followed within the same host, and from http to https, at most MOST_REDIRECTS
   times. The password is for this host alone and is not sent in clear where https was asked.
"""

import secrets
import ssl
import time
from collections.abc import Callable
from urllib.parse import SplitResult

import msgspec

from edge.config.sections.cameras import NetworkCamera, WebCamera
from edge.drivers.camera import http_auth
from edge.drivers.camera.base import Deadline, Late, Unanswered, password_of, unreachable
from edge.drivers.camera.cut import Cut
from edge.drivers.camera.http_answer import secrets_of
from edge.drivers.camera.http_auth import Challenge
from edge.drivers.camera.http_exchange import BodyEnd, HttpRequest, HttpResponse, exchange
from edge.drivers.camera.http_reader import NotHttp
from edge.drivers.camera.http_url import PASSWORD, Refused, filled, redirected, shown, target
from edge.drivers.camera.tls import tls_context, tls_trouble
from edge.errors import DeviceError, DeviceFault, GarduError
from edge.printable import printable

MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)

_ACCOUNT = (
    "Correct username and password_file. After several wrong attempts cameras lock the account: "
    "wait then."
)
_SETTINGS = (
    "Choose Digest or Basic in the camera's settings (often under Security, Authentication), or "
    "use its RTSP or ONVIF."
)


class Exchange(msgspec.Struct, frozen=True):
    """One request and its answer, for people: without secrets.

    :ivar proof: the words of the challenge that the request answered; empty: no password was sent
    :ivar offered: the ways of authentication that the camera named
    """

    method: str
    url: str
    proof: str
    response: HttpResponse
    offered: tuple[str, ...]
    took_s: float


class HttpClient:
    """Asks one camera; every error names it.

    :param name: the device's name in records, for example ``camera/lobby``
    :param timeout_s: the time-out of a whole still, for messages
    :param notify: is called after every exchange
    """

    def __init__(
        self,
        name: str,
        config: WebCamera,
        timeout_s: float,
        notify: Callable[[Exchange], None] | None = None,
    ) -> None:
        self._name = name
        self._config = config
        self._timeout_s = timeout_s
        self._notify = notify
        self.secrets: list[str] = []
        """The texts that no message may contain, once a password was read."""

    def ask(
        self,
        url: SplitResult,
        end: Callable[[], BodyEnd],
        deadline: Deadline,
        request: HttpRequest | None = None,
    ) -> HttpResponse:
        """Return the last answer of the dialogue about *url*: neither a 401 nor a redirect.

        :param end: makes what decides when a body is whole
        :param request: method, headers and body; None: a plain GET
        :raises DeviceUnavailable: if the camera cannot be reached or does not answer in time
        :raises DeviceFault: if a person must correct something
        """
        with Cut(deadline.left()) as cut:
            dialogue = _Dialogue(self, end, deadline, cut, request or HttpRequest())
            try:
                answer = dialogue.follow(url)
            except GarduError:
                raise
            except (OSError, ValueError) as error:
                raise self._explain(error, cut) from error
            if cut.made:
                raise Late(self._name, self._timeout_s)
            return answer

    def password(self) -> str:
        """Return the camera's password.

        :raises DeviceFault: if its file cannot be read
        """
        password = password_of(self._name, self._config.password_file)
        self.secrets = secrets_of(self._config.username, password)
        return password

    def _explain(self, error: Exception, cut: Cut) -> DeviceError:
        """Return *error* with the camera's name and a remedy."""
        if isinstance(error, Unanswered):
            return unreachable(self._name, error)
        if cut.made or isinstance(error, TimeoutError):
            return Late(self._name, self._timeout_s)
        if isinstance(error, ssl.SSLError):
            return tls_trouble(self._name, error, self._config)
        if isinstance(error, OSError):
            return unreachable(self._name, error)
        said = f": {printable(str(error))}" if isinstance(error, NotHttp) else ""
        tls = "\\x15\\x03" in said
        return DeviceFault(
            f"{self._name}: does not answer as a camera{said}",
            "It speaks TLS on this port: write https:// in url."
            if tls
            else "Another service answers: correct the port in url.",
        )


class _Dialogue:
    """The exchanges of one still within one deadline."""

    def __init__(
        self,
        client: HttpClient,
        end: Callable[[], BodyEnd],
        deadline: Deadline,
        cut: Cut,
        request: HttpRequest,
    ) -> None:
        self._client = client
        self._name = client._name  # noqa: SLF001 - this module's own
        self._config = client._config  # noqa: SLF001
        self._end = end
        self._deadline = deadline
        self._cut = cut
        self._request = request

    def follow(self, url: SplitResult) -> HttpResponse:
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._authorised(url)
            if answer.status not in _REDIRECTS:
                return answer
            try:
                url = redirected(url, answer.header("location"))
            except Refused as refused:
                raise DeviceFault(
                    f"{self._name}: redirects ({answer.status}) {printable(str(refused), 120)}",
                    "If that is the camera, write the final address into url.",
                ) from None
        raise DeviceFault(
            f"{self._name}: redirects more than {MOST_REDIRECTS} times",
            "Open url in a browser and write the address at which it ends into url.",
        )

    def _authorised(self, url: SplitResult) -> HttpResponse:
        """Return the answer at *url*; a challenge is answered once, or twice if stale.

        :raises DeviceFault: if the camera does not admit this user
        """
        answer = self._exchange(url, None)
        proofs = 0
        while answer.status == 401:
            offered = http_auth.challenges(answer.head.headers.get("www-authenticate", []))
            if not offered and self._request.body:  # SOAP says itself what is wrong
                return answer
            challenge = self._chosen(offered)
            if challenge is None or proofs == 2 or (proofs == 1 and not challenge.stale):
                raise not_admitted(self._name, self._config, offered, proofs)
            answer = self._exchange(url, challenge)
            proofs += 1
        return answer

    def _chosen(self, offered: list[Challenge]) -> Challenge | None:
        """Return the challenge to answer; with ``auth = "basic"`` Basic needs no invitation."""
        if not self._config.username:
            return None
        if not offered and self._config.auth == "basic":
            return Challenge("basic", {})
        return http_auth.best(offered, self._config.auth)

    def _exchange(self, url: SplitResult, challenge: Challenge | None) -> HttpResponse:
        config, began = self._config, time.monotonic()
        needed = challenge is not None or PASSWORD in url.query
        password = self._client.password() if needed else ""
        path = filled(target(url), config.username, password)
        request = msgspec.structs.replace(self._request, target=path)
        if challenge is not None:
            proof = http_auth.answer(
                challenge, config.username, password, path, secrets.token_hex(8), request.method
            )
            headers = {**request.headers, "Authorization": proof}
            request = msgspec.structs.replace(request, headers=headers)
        tls = tls_context(self._name, config) if url.scheme == "https" else None
        # A time-out of 0 would mean not to wait at all; the cut has been made by then.
        timeout_s = max(self._deadline.left(), 0.001)
        answer = exchange(url, request, self._end(), self._cut, timeout_s, tls, config.fingerprint)
        self._tell(url, challenge, answer, time.monotonic() - began)
        return answer

    def _tell(
        self, url: SplitResult, challenge: Challenge | None, answer: HttpResponse, took_s: float
    ) -> None:
        notify = self._client._notify  # noqa: SLF001 - this module's own
        if notify is None:
            return
        offered = http_auth.challenges(answer.head.headers.get("www-authenticate", []))
        words = tuple(dict.fromkeys(one.words for one in offered))
        proof = challenge.words if challenge is not None else ""
        notify(Exchange(self._request.method, shown(url), proof, answer, words, took_s))


def not_admitted(
    camera: str, config: NetworkCamera, offered: list[Challenge], proofs: int
) -> DeviceFault:
    """Return the error of a camera that does not admit this user, with its remedy.

    :param offered: the ways of authentication that the camera named
    :param proofs: how many times the password was sent
    """
    ways = printable(" or ".join(dict.fromkeys(one.words for one in offered)), 80)
    if proofs:
        return DeviceFault(f"{camera}: refuses the username or password", _ACCOUNT)
    if not offered:
        return DeviceFault(
            f"{camera}: asks for an account (401) and names no way of authentication",
            'Try auth = "basic". If that is refused: the camera wants its account in the '
            "address ({username}, {password}), or has another url: see its manual.",
        )
    if not config.username:
        return DeviceFault(
            f"{camera}: asks for a username and password ({ways})",
            "Set username and password_file.",
        )
    if any(one.rank for one in offered):
        return DeviceFault(
            f'{camera}: offers only {ways}, and auth is "{config.auth}"',
            'Switch Digest on in the camera\'s settings, use https, or set auth = "any".',
        )
    return DeviceFault(
        f"{camera}: asks for a way of authentication that Gardu does not know ({ways})",
        _SETTINGS,
    )
