"""`gardu unit-network`: the addresses that the service may reach, from its config."""

import re
import socket
from pathlib import Path
from typing import Any

import pytest

from edge.commands import unit_network
from edge.config.loading import load_config
from edge.config.places import default_config_folder
from tests.command_line import invoke

_ALLOWED = re.compile(r"^IPAddressAllow=(.*)$", re.MULTILINE)


def _lookup(host: str, *_: Any, **__: Any) -> list[Any]:
    if host == "mqtt.example.go.id":
        return [(0, 0, 0, "", ("192.0.2.9", 0)), (0, 0, 0, "", ("2001:db8::9", 0, 0, 0))]
    raise socket.gaierror(-2, "Name or service not known")


def _config(config: Path, broker: str, more: str = "") -> Path:
    text = config.read_text(encoding="utf-8")
    text = text.replace('url = "mqtt://127.0.0.1:1883"', f'url = "{broker}"', 1)
    config.write_text(f"{text}\n{more}", encoding="utf-8")
    return config


def test_addresses_of_broker_and_modules_are_allowed_and_no_others(config: Path) -> None:
    """An address is taken as it is; no resolver is needed then."""
    file = _config(config, "mqtt://192.0.2.7:1883", '[buses.relays]\nhost = "192.0.2.20:502"\n')
    shown = invoke(["unit-network", "--config", str(file)]).stdout
    cameras = [host for key, host in unit_network.hosts(load_config(file)) if "cameras" in key]
    assert set(_ALLOWED.findall(shown)) == {"localhost", "192.0.2.7", "192.0.2.20", *cameras}
    assert "\n[Service]\nIPAddressDeny=any\n" in shown
    assert "resolvers" not in shown


def test_a_name_is_looked_up_and_needs_the_resolvers(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All addresses of a name are allowed, and the resolvers; a comment says they may change."""
    resolvers = tmp_path / "resolv.conf"
    resolvers.write_text(
        "# x\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\nnameserver\nsearch a\n"
    )
    monkeypatch.setattr(unit_network, "_RESOLVERS", resolvers)
    monkeypatch.setattr(socket, "getaddrinfo", _lookup)
    shown = invoke(
        ["unit-network", "-c", str(_config(config, "mqtts://mqtt.example.go.id"))]
    ).stdout
    assert {"192.0.2.9", "2001:db8::9", "192.0.2.53", "fe80::1"} <= set(_ALLOWED.findall(shown))
    assert "# broker.url: mqtt.example.go.id" in shown
    assert "A name in the config may get another address" in shown


def test_a_name_without_an_address_writes_nothing(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A half-written list would cut the checkpoint off: the command ends with 1."""
    monkeypatch.setattr(socket, "getaddrinfo", _lookup)
    done = invoke(["unit-network", "-c", str(_config(config, "mqtts://none.example"))])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "broker.url: none.example has no address now" in done.stderr


def test_every_config_of_gardu_has_its_list() -> None:
    """Each shipped config gives a list, with each of its cameras."""
    for file in default_config_folder().glob("gardu*.toml"):
        loaded = load_config(file, elsewhere=True)
        keys = {key for key, _ in unit_network.hosts(loaded)}
        networked = {f"cameras.{n}.url" for n, c in loaded.cameras.items() if hasattr(c, "url")}
        assert keys >= {"broker.url", *networked}
