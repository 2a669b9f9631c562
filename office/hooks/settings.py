"""The config of a hook, and its secret."""

import base64
import binascii
from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from edge.config.crosscheck.broker import on_this_machine
from edge.config.password_file import read_password
from edge.config.sections.values import FileName, Line, Name, Section
from edge.errors import ConfigError

Kind = Literal["alarm", "guest", "chain"]

PREFIX = "whsec_"
"""The beginning of a secret, so that people and scanners recognise it."""

# Standard Webhooks: 24 to 64 bytes.
_SHORTEST, _LONGEST = 24, 64
_ALLOWED = (
    f"allowed: {PREFIX} and {_SHORTEST} to {_LONGEST} bytes in base64 "
    f'(echo "{PREFIX}$(openssl rand -base64 32)")'
)


class HookSection(Section, frozen=True, kw_only=True):
    """One receiver of notices.

    :ivar url: its address: https, or http on this machine
    :ivar secret_file: file whose first line is the secret that both sides sign with
    :ivar ca_file: certificate authority of the receiver; empty: the system's own list
    :ivar kinds: ``alarm``: raised, acknowledged, cleared; ``guest``: a guest for a host is here;
        ``chain``: the office found that a record was changed or removed
    :ivar sites: only of these sites; empty: of all
    :ivar hosts: only guests for these hosts; empty: for all
    :ivar timeout_s: longest time of one try, with its answer, seconds
    :ivar give_up_s: age after which a notice is of no use any more, seconds
    :ivar queue: most notices that wait; then the oldest is dropped
    """

    url: Line
    secret_file: FileName
    ca_file: FileName = ""
    kinds: tuple[Kind, ...] = ("alarm", "guest", "chain")
    sites: tuple[Name, ...] = ()
    hosts: tuple[Name, ...] = ()
    timeout_s: Annotated[float, Meta(ge=0.1, le=60, description="seconds from 0.1 to 60")] = 10.0
    give_up_s: Annotated[float, Meta(ge=1, le=86400, description="seconds from 1 to 86400")] = (
        3600.0
    )
    queue: Annotated[int, Meta(ge=1, le=100_000, description="1 to 100000 notices")] = 1000


def problems(section: HookSection) -> Iterator[tuple[str, str]]:
    """Yield (key, problem) of what is wrong with *section*."""
    try:
        url = urlsplit(section.url)
        host, _ = url.hostname, url.port
    except ValueError:
        yield "url", "is no address; allowed: https://HOST[:PORT]/PATH"
        return
    if url.scheme not in {"https", "http"} or not host:
        yield "url", "is no address; allowed: https://HOST[:PORT]/PATH"
    elif url.username is not None or url.password is not None:
        yield "url", "has a user name or a password, which would be in logs; allowed: none"
    elif url.scheme == "http" and not on_this_machine(host):
        yield "url", "would be in plain text; allowed: https://, or http:// to 127.0.0.1"
    if not section.kinds:
        yield "kinds", "is empty; allowed: alarm, guest, chain"


def read_secret(file: str) -> bytes:
    """Return the secret in *file*.

    :raises ConfigError: if it cannot be read, or holds none
    """
    try:
        text = read_password(file)
        secret = base64.b64decode(text.removeprefix(PREFIX).encode(), validate=True)
    except binascii.Error:
        raise ConfigError([f"{file}: is not base64; {_ALLOWED}"]) from None
    except ValueError as error:
        raise ConfigError([f"{file}: {error}"]) from None
    except OSError as error:
        raise ConfigError([f"{file}: {(error.strerror or str(error)).lower()}"]) from None
    if not text.startswith(PREFIX):
        raise ConfigError([f"{file}: does not begin with {PREFIX}; {_ALLOWED}"])
    if not _SHORTEST <= len(secret) <= _LONGEST:
        raise ConfigError([f"{file}: the secret has {len(secret)} bytes; {_ALLOWED}"])
    return secret
