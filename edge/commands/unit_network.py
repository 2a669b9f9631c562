"""`gardu unit-network`: the part of the service's sandbox that only the config knows."""

import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from edge.commands.options import ConfigOption, problems_printed, refuse, say
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import DEFAULT_CONFIG
from edge.printable import printable

_RESOLVERS, _SERVER = Path("/etc/resolv.conf"), "nameserver"
_HEAD = """\
# The addresses that the service gardu may exchange packets with: those of its config, no others.
# Written by `gardu unit-network --config {config}`; run it again after a change there. Then:
#   systemctl daemon-reload && systemctl restart gardu
[Service]
IPAddressDeny=any
# its own machine
IPAddressAllow=localhost
"""
_NAMES = """\
# A name in the config may get another address: the connection then fails until this file is
# written again. Write addresses into the config where they do not change.
"""


def unit_network(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Print a systemd drop-in with the addresses of broker, cameras and modules.

    With it, the kernel drops every packet of the service from or to any other address: a program
    that broke into the daemon reaches nothing else. Names are looked up now; the resolvers of
    /etc/resolv.conf are then allowed too. A name that has no address now ends the command with 1.

    Example: gardu unit-network > /etc/systemd/system/gardu.service.d/network.conf
    """
    with problems_printed():
        loaded = load_config(config, elsewhere=True)
    say(drop_in(loaded, config), nl=False)


def drop_in(config: Config, file: Path) -> str:
    """Return the text of the drop-in for *config*, which is that of *file*."""
    lines = [_HEAD.format(config=printable(str(file.absolute())))]
    named = False
    for key, host in hosts(config):
        addresses, by_name = _addresses(key, host)
        named = named or by_name
        lines.append(f"# {key}{f': {host}' if by_name else ''}\n")
        lines += [f"IPAddressAllow={one}\n" for one in addresses]
    if named:
        lines.append("# resolvers, for the names above\n")
        lines += [f"IPAddressAllow={one}\n" for one in _resolvers(_RESOLVERS)]
        lines.append(_NAMES)
    return "".join(lines)


def hosts(config: Config) -> Iterator[tuple[str, str]]:
    """Yield (key, host name or address) of each peer in the network."""
    yield "broker.url", config.broker.host
    for name, camera in config.cameras.items():
        host = urlsplit(getattr(camera, "url", "")).hostname
        if host:
            yield f"cameras.{name}.url", host
    for name, bus in config.buses.items():
        if bus.host is not None:
            yield f"buses.{name}.host", bus.host.partition(":")[0]


def _addresses(key: str, host: str) -> tuple[list[str], bool]:
    """Return the addresses of *host*, and True if it is a name."""
    try:
        return [str(ip_address(host))], False
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        refuse(f"{key}: {host} has no address now: {error.strerror or error}", code=1)
    return sorted({str(where[0]).partition("%")[0] for *_, where in found}), True


def _resolvers(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    given = [line.split()[1:2] for line in lines if line.startswith(_SERVER)]
    plain = [one.partition("%")[0] for two in given for one in two]
    return [one for one in plain if _is_address(one)]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
