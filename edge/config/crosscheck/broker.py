"""Checks of the broker's config: its secrets go over an encrypted connection only."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from edge.config.model import Broker
from edge.config.validation import Problems

FILES = ("password_file", "ca_file", "cert_file", "key_file")


def check_broker(broker: Broker, problems: Problems) -> None:
    """Add to *problems* all that is wrong with the section [broker], except for missing files."""
    credentials(broker, problems)
    if _url(problems, "broker.url", broker.url, ("mqtt", "mqtts")):
        for key, why in unencrypted(broker):
            problems.add(f"broker.{key}", why)


def credentials(broker: Broker, problems: Problems) -> None:
    """Add to *problems* credentials that are incomplete."""
    if broker.password_file and not broker.username:
        problems.add("broker.username", "is missing; allowed: a name to go with password_file")
    if bool(broker.cert_file) != bool(broker.key_file):
        missing = "key_file" if broker.cert_file else "cert_file"
        problems.add(f"broker.{missing}", "is missing; allowed: cert_file and key_file, or neither")


def unencrypted(broker: Broker) -> Iterator[tuple[str, str]]:
    """Yield (key, problem) of each file of *broker* that is not for a connection in plain text.

    Its url must be one that can be understood. A password may go in plain text to a broker on
    this machine, where no network is between. A config with certificates means encryption: with
    mqtt:// they would protect no message.
    """
    if broker.tls:
        return
    if broker.password_file and not on_this_machine(broker.host):
        yield (
            "password_file",
            "would be in plain text; allowed: an mqtts:// url, or 127.0.0.1",
        )
    for key in FILES[1:]:
        if getattr(broker, key):
            yield key, "needs encryption; allowed: with an mqtts:// url"


def on_this_machine(host: str) -> bool:
    """Return True if *host* is an address of the loopback, or its name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _url(problems: Problems, where: str, url: str, schemes: tuple[str, ...]) -> bool:
    """Report a *url* that cannot be used; return True if it can be understood."""
    allowed = f"allowed: {' or '.join(f'{scheme}://' for scheme in schemes)} host, or host:port"
    try:
        parts = urlsplit(url)
        sound = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        secret = parts.username is not None or parts.password is not None
    except ValueError:
        sound, secret = False, False
    if not sound:
        problems.add(where, f"is {url!r}; {allowed}")
    elif secret:
        problems.add(where, "holds a user name; allowed: username and password_file for that")
    return sound
