"""A screen at the desk: a browser without scripts, with its cookies."""

import html
import re
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import NamedTuple

PATIENCE_S = 20


class Page(NamedTuple):
    """A page as it came: status, text, and the path at which it was found after redirects."""

    status: int
    text: str
    path: str

    def value(self, name: str) -> str:
        """Return the value of the first input *name* of the page."""
        found = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*value="([^"]*)"', self.text)
        assert found, f"no input {name} in:\n{self.text}"
        return html.unescape(found[1])

    @property
    def words(self) -> str:
        """The text without its markup."""
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", self.text)))


class Screen:
    """Asks for the pages below *url*, as one screen does."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str = "/") -> Page:
        """Return the page at *path*."""
        return self._open(urllib.request.Request(self._url + path))

    def post(
        self, path: str, fields: dict[str, str] | bytes, headers: dict[str, str] | None = None
    ) -> Page:
        """Send a form, as a page of this origin does."""
        data = fields if isinstance(fields, bytes) else urllib.parse.urlencode(fields).encode()
        own = {"origin": self._url}
        return self._open(urllib.request.Request(self._url + path, data, own | (headers or {})))

    def login(self, role: str, pin: str) -> Page:
        """Log in."""
        return self.post("/login", {"role": role, "pin": pin})

    def follow(self) -> HTTPResponse:
        """Return the open stream of the lobby's changes; the caller closes it."""
        stream = self._opener.open(self._url + "/events", timeout=PATIENCE_S)
        assert isinstance(stream, HTTPResponse)
        return stream

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=PATIENCE_S) as answer:
                text = answer.read().decode()
                return Page(answer.status, text, urllib.parse.urlsplit(answer.url).path)
        except urllib.error.HTTPError as error:
            with error:
                path = urllib.parse.urlsplit(error.url or "").path
                return Page(error.code, error.read().decode(), path)
