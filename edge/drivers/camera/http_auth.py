"""HTTP authentication for cameras: Basic (RFC 7617) and Digest (RFC 7616, RFC 2069).

Pure: challenges in, the header's value out. Digest with MD5, SHA-256 or SHA-512-256, each also as
``-sess``, with qop ``auth`` or with none at all (old cameras); not ``auth-int``, which no camera
needs. RTSP uses the same two.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from edge.config.sections.cameras import Auth

# A scheme begins a header or follows a comma, and is followed by a blank and a first parameter (or
# NTLM's and Negotiate's base64).
_SCHEME = re.compile(
    r"(?:^|,)\s*([A-Za-z][\w-]*)(?=\s+[\w-]+\s*=|\s+[\w+/-]+=*\s*(?:,|$)|\s*(?:,|$))"
)
_PARAMETER = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')

_SESSION = "-SESS"
# The hashes of Digest, the safest first; SHA-512-256 only where the system's OpenSSL has it.
_HASHES: dict[str, Callable[[bytes], str]] = {
    **(
        {"SHA-512-256": lambda data: hashlib.new("sha512_256", data).hexdigest()}
        if "sha512_256" in hashlib.algorithms_available
        else {}
    ),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}
_BASIC_RANK = 1
# The count of requests with one nonce: each is used once.
_FIRST = "00000001"


class Challenge(msgspec.Struct, frozen=True):
    """One challenge of a camera.

    :ivar scheme: authentication scheme, in small letters
    :ivar parameters: the challenge's parameters, with names in small letters
    """

    scheme: str
    parameters: Mapping[str, str]

    @property
    def stale(self) -> bool:
        """True if only the nonce was old; the password may be right."""
        return self.parameters.get("stale", "").lower() == "true"

    @property
    def rank(self) -> int:
        """The safety of this challenge, a higher number is safer; 0 if it cannot be answered."""
        if self.scheme == "basic":
            return _BASIC_RANK
        usable = self.scheme == "digest" and self.hash in _HASHES and "nonce" in self.parameters
        if not usable or not (self._qops & {"", "auth"}):
            return 0
        return _BASIC_RANK + len(_HASHES) - list(_HASHES).index(self.hash)

    @property
    def words(self) -> str:
        """The challenge in a few words, for messages: ``Digest MD5-sess``, ``NTLM``."""
        if self.scheme == "basic":
            return "Basic"
        if self.scheme != "digest":
            return self.scheme.upper() if self.scheme == "ntlm" else self.scheme.capitalize()
        qop = "" if self._qops & {"", "auth"} else f" with qop {' '.join(sorted(self._qops))} alone"
        return f"Digest {self._algorithm}{qop}"

    @property
    def _algorithm(self) -> str:
        return self.parameters.get("algorithm", "") or "MD5"

    @property
    def hash(self) -> str:
        """The name of the hash of Digest, in capital letters."""
        return self._algorithm.upper().removesuffix(_SESSION)

    @property
    def session(self) -> bool:
        """True if the password's hash is made again for each session (``-sess``)."""
        return self._algorithm.upper().endswith(_SESSION)

    @property
    def _qops(self) -> set[str]:
        return set(re.split(r"[\s,]+", self.parameters.get("qop", "").strip().lower()))


def challenges(headers: Iterable[str]) -> list[Challenge]:
    """Return the challenges in the values of all ``WWW-Authenticate`` headers of an answer."""
    found = []
    for header in headers:
        starts = [match for match in _SCHEME.finditer(header) if _outside_quotes(header, match)]
        ends = [match.start() for match in starts] + [len(header)]
        for start, end in zip(starts, ends[1:], strict=True):
            parameters = {
                match[1].lower(): re.sub(r"\\(.)", r"\1", match[2] or "") or match[3] or ""
                for match in _PARAMETER.finditer(header, start.end(), end)
            }
            found.append(Challenge(start[1].lower(), parameters))
    return found


def _outside_quotes(header: str, match: re.Match[str]) -> bool:
    return header.count('"', 0, match.start()) % 2 == 0


def best(offered: Iterable[Challenge], auth: Auth = "any") -> Challenge | None:
    """Return the safest of *offered* that can be answered and is allowed by *auth*; None: no such.

    The order is Digest with SHA-512-256, SHA-256, MD5, then Basic.
    """
    usable = [one for one in offered if one.rank and auth in ("any", one.scheme)]
    return max(usable, key=lambda challenge: challenge.rank, default=None)


def answer(
    challenge: Challenge, username: str, password: str, uri: str, cnonce: str, method: str = "GET"
) -> str:
    """Return the value of ``Authorization`` that answers *challenge* for the first time.

    :param uri: path and query of the request
    :param cnonce: fresh random text
    """
    if challenge.scheme == "basic":
        return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    return "Digest " + _digest_answer(challenge, username, password, uri, cnonce, method)


def _digest_answer(
    challenge: Challenge, username: str, password: str, uri: str, cnonce: str, method: str
) -> str:
    said = challenge.parameters
    digest = _HASHES[challenge.hash]
    with_qop = bool(said.get("qop"))
    quoted = {
        "username": _user(said, username, digest),
        "realm": said.get("realm", ""),
        "nonce": said["nonce"],
        "uri": uri,
    }
    plain = {key: said[key] for key in ("algorithm", "userhash") if said.get(key)}
    if with_qop:
        plain |= {"qop": "auth", "nc": _FIRST}
    if with_qop or challenge.session:
        quoted["cnonce"] = cnonce
    if "opaque" in said:
        quoted["opaque"] = said["opaque"]
    secret = digest(_bytes(f"{username}:{quoted['realm']}:{password}"))
    if challenge.session:
        secret = digest(_bytes(f"{secret}:{said['nonce']}:{cnonce}"))
    middle = [said["nonce"], _FIRST, cnonce, "auth"] if with_qop else [said["nonce"]]
    request = digest(_bytes(f"{method}:{uri}"))
    quoted["response"] = digest(_bytes(":".join([secret, *middle, request])))
    parts = [f'{key}="{_escaped(value)}"' for key, value in quoted.items()]
    return ", ".join([*parts, *(f"{key}={value}" for key, value in plain.items())])


def _user(said: Mapping[str, str], username: str, digest: Callable[[bytes], str]) -> str:
    """Return the username as it is sent: hashed where the camera asks for that."""
    if said.get("userhash", "").lower() != "true":
        return username
    return digest(_bytes(f"{username}:{said.get('realm', '')}"))


def _bytes(text: str) -> bytes:
    """Return the bytes of *text*; those that a camera sent are the same again."""
    return text.encode("utf-8", "surrogateescape")


def _escaped(text: str) -> str:
    return re.sub(r'(["\\])', r"\\\1", text)
