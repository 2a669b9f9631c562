"""The parts of a camera's URL: request target, what people may see of it, redirects. Pure.

Some cameras want the account in the address (``?user={username}&password={password}``). The config
has the two placeholders; the real values are filled in here, for the request alone.
"""

import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit

USERNAME, PASSWORD = "{username}", "{password}"

# Names of query parameters that carry a secret.
_NAMES = "pass(?:word|wd)?|pwd|psw|token|loginpas"
# Some cameras write their query into the path (``/user=a_password=b_channel=1.sdp``).
_SECRET = re.compile(rf"(?i)([?&](?:{_NAMES})=)[^&]*|([/_](?:{_NAMES})=)[^_&/?]*")


class Refused(ValueError):
    """A redirect that is not followed, in words."""


def target(url: SplitResult) -> str:
    """Return the request target: path and query of *url*."""
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


def filled(text: str, username: str, password: str) -> str:
    """Return *text* with the account in the place of its placeholders."""
    return text.replace(USERNAME, quote(username, safe="")).replace(
        PASSWORD, quote(password, safe="")
    )


def shown(url: SplitResult) -> str:
    """Return *url* for people: without passwords that are written into it."""
    place = url.netloc.rpartition("@")[2]
    return _SECRET.sub(
        lambda found: f"{found[1] or found[2]}…", f"{url.scheme}://{place}{target(url)}"
    )


def redirected(url: SplitResult, location: str) -> SplitResult:
    """Return the address to which *url* redirects by *location*.

    :raises Refused: if that is another host, not encrypted while *url* is, or no address at all
    """
    try:
        to = urlsplit(urljoin(url.geturl(), "".join(location.split())))
        _ = to.port
    except ValueError:
        raise Refused("to no address") from None
    if to.scheme not in ("http", "https"):
        raise Refused(f"to {to.scheme or 'no'}://")
    if to.hostname != url.hostname:
        raise Refused(f"to another host, {to.hostname}")
    if (url.scheme, to.scheme) == ("https", "http"):
        raise Refused("from https to http, where the password could be read")
    return to._replace(netloc=to.netloc.rpartition("@")[2], fragment="")
