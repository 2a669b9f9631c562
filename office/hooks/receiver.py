"""The receiver of a hook: one try, and what its answer means."""

import asyncio
import ssl
from typing import Literal, NamedTuple, Self

import httpx

from edge import __version__
from edge.errors import ConfigError
from office.hooks.notices import Notice
from office.hooks.settings import HookSection
from office.hooks.signature import signed_headers

# Answers that ask for another try; all other answers from 300 to 499 are final.
_LATER = frozenset({408, 425, 429})
# Longest pause that a receiver can ask for, seconds.
_LONGEST_PAUSE_S = 300.0


class Answer(NamedTuple):
    """The end of one try.

    :ivar outcome: ``again``: it may succeed later
    :ivar why: in words; empty if it was accepted
    :ivar pause_s: the pause that the receiver asks for, seconds
    """

    outcome: Literal["accepted", "refused", "again"]
    why: str = ""
    pause_s: float = 0.0


class Receiver:
    """Posts notices to the address of *section*. Use as ``async with``.

    :raises ConfigError: if the address, or the file of the authority, cannot be used
    """

    def __init__(self, section: HookSection, secret: bytes) -> None:
        try:
            self._url = httpx.URL(section.url)
        except httpx.InvalidURL as error:
            raise ConfigError([f"url: {section.url!r} is no address: {error}"]) from None
        self._section = section
        self._secret = secret
        self._client = httpx.AsyncClient(
            verify=_context(section.ca_file),
            follow_redirects=False,  # another address would get the notices
            timeout=None,  # noqa: S113 - each try has a limit as a whole
            trust_env=False,
            headers={"user-agent": f"gardu/{__version__}", "content-type": "application/json"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._client.aclose()

    async def post(self, notice: Notice, now_ms: int) -> Answer:
        """Send *notice* at *now_ms* (milliseconds since 1970) and wait for the answer's status."""
        headers = signed_headers(self._secret, notice.id, now_ms // 1000, notice.body)
        request = self._client.stream("POST", self._url, content=notice.body, headers=headers)
        try:
            async with asyncio.timeout(self._section.timeout_s), request as response:
                # The body is not read: it could have any length.
                return _answer(response.status_code, response.headers.get("retry-after", ""))
        except TimeoutError:
            return Answer("again", f"no answer within {self._section.timeout_s:g} s")
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            return Answer("again", str(error) or type(error).__name__)


def _answer(status: int, retry_after: str) -> Answer:
    if 200 <= status < 300:
        return Answer("accepted")
    if status in _LATER or status >= 500:
        asked = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
        return Answer("again", f"answered {status}", min(asked, _LONGEST_PAUSE_S))
    return Answer("refused", f"answered {status}")


def _context(ca_file: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError:
        raise ConfigError([f"{ca_file}: holds no certificate in PEM"]) from None
    except OSError as error:
        raise ConfigError([f"{ca_file}: {(error.strerror or str(error)).lower()}"]) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
