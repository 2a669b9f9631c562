"""HTTP authentication for cameras: Basic (RFC 7617) and Digest (RFC 7616, RFC 2069).

Pure: challenges in, the header's value out. Digest with MD5 or SHA-256, with qop ``auth`` or with
none at all (old cameras); not ``auth-int`` and not the ``-sess`` variants, which no camera needs.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

# A scheme begins a header or follows a comma, and is followed by a blank and a first parameter.
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][\w-]*)(?=\s+[\w-]+\s*=|\s*(?:,|$))")
_PARAMETER = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')

_HASHES: dict[str, Callable[[bytes], str]] = {
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}


class Challenge(msgspec.Struct, frozen=True):
    """One challenge of a camera.

    :ivar scheme: authentication scheme, in small letters
    :ivar said: the challenge's parameters, with names in small letters
    """

    scheme: str
    parameters: Mapping[str, str]

    @property
    def stale(self) -> bool:
        """True if only the nonce was old; the password may be right."""
        return self.parameters.get("stale", "").lower() == "true"

    @property
    def _hash(self) -> str:
        return self.parameters.get("algorithm", "MD5").upper()

    @property
    def _rank(self) -> int:
        """The safety of this challenge, a higher number is safer; 0 if it cannot be answered."""
        if self.scheme == "basic":
            return 1
        qop = re.split(r"[\s,]+", self.parameters.get("qop", "auth"))
        usable = self.scheme == "digest" and self._hash in _HASHES and "auth" in qop
        return (3 if self._hash == "SHA-256" else 2) if usable and "nonce" in self.parameters else 0


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


def best(offered: Iterable[Challenge]) -> Challenge | None:
    """Return the safest of *offered* that can be answered: SHA-256, then MD5, then Basic."""
    usable = [challenge for challenge in offered if challenge._rank]  # noqa: SLF001 - this module's
    return max(usable, key=lambda challenge: challenge._rank, default=None)  # noqa: SLF001


def answer(
    challenge: Challenge, username: str, password: str, uri: str, cnonce: str, method: str = "GET"
) -> str:
    """Return the value of ``Authorization`` that answers *challenge* for the first time.

    :param uri: path and query of the request
    :param cnonce: fresh random text
    """
    if challenge.scheme == "basic":
        return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    parameters = challenge.parameters
    known = {
        "username": username,
        "realm": parameters.get("realm", ""),
        "nonce": parameters["nonce"],
    }
    quoted = {**known, "uri": uri}
    plain = {"algorithm": parameters["algorithm"]} if "algorithm" in parameters else {}
    middle = [parameters["nonce"]]
    if "qop" in parameters:
        plain |= {"qop": "auth", "nc": "00000001"}
        quoted["cnonce"] = cnonce
        middle += ["00000001", cnonce, "auth"]
    if "opaque" in parameters:
        quoted["opaque"] = parameters["opaque"]
    quoted["response"] = _response(challenge, password, f"{method}:{uri}", username, middle)
    parts = [f'{key}="{_escaped(value)}"' for key, value in quoted.items()]
    return "Digest " + ", ".join([*parts, *(f"{key}={value}" for key, value in plain.items())])


def _response(
    challenge: Challenge, password: str, request: str, username: str, middle: list[str]
) -> str:
    digest = _HASHES[challenge._hash]  # noqa: SLF001 - this module's own
    realm = challenge.parameters.get("realm", "")
    secret = digest(f"{username}:{realm}:{password}".encode())
    return digest(":".join([secret, *middle, digest(request.encode())]).encode())


def _escaped(text: str) -> str:
    return re.sub(r'(["\\])', r"\\\1", text)
