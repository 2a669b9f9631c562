"""Bundles: what a client needs to connect, in one archive to carry to its machine."""

import datetime as dt
import io
import tarfile
from typing import NamedTuple

from edge.mqtt.signatures import SigningKey
from edge.mqtt.signing_keys import key_file
from office.broker.authority import Pair
from office.broker.request_keys import section
from office.broker.state import Issued, Kit

FOLDER = "certificate"
"""The folder in the archive; unpacked in /etc/gardu it lies beside the config."""

CONFIG = "broker.toml"

_CONFIG = """\
# {client}, until {ends:%Y-%m-%d}.
[broker]
url = "{url}"
ca_file = "{folder}/ca.pem"
cert_file = "{folder}/client.pem"
key_file = "{folder}/client.key"
"""

_GROUP = """\
# Secret: who knows this name could take a share of the records away.
group = "{group}"

[requests]
key_file = "{folder}/request-key.json"
"""

_CHECKPOINT = """\
The certificate of the checkpoint {client}. Its key is in this archive alone: carry it on a medium
of your own, and delete it there when the checkpoint is connected.

On the Pi:

    sudo tar -xzpf {bundle} -C /etc/gardu

Put the lines of certificate/broker.toml in the place of [broker] in /etc/gardu/gardu.toml (leave
username, password_file and client_id out: the broker takes both names from the certificate).
The lines of certificate/requests.toml are the keys of those who may send requests to this
checkpoint: put them there too, as [requests]. [checkpoint] must have site = "{site}" and
id = "{id}". Then:

    sudo -u gardu gardu check
    sudo systemctl restart gardu
"""

_OTHER = """\
The certificate of {client} ({role}). Its key is in this archive alone: carry it on a medium of your
own, and delete it there when the program is connected.

    broker.toml     the broker's address, and where these files are
    ca.pem          the authority: verify the broker with it
    client.pem      the certificate
    client.key      its key: only the program may read it
    request-key.json  the key that signs its requests: only the program may read it

The broker takes the user name and the client id from the certificate ({client}), so one program
at a time can use it. docs/mqtt.md of Gardu is the contract.
"""


class _File(NamedTuple):
    name: str
    data: bytes
    mode: int


def bundle(
    kit: Kit,
    authority: bytes,
    client: Issued,
    pair: Pair,
    key: SigningKey | None,
    now: dt.datetime,
) -> bytes:
    """Return the archive (tar.gz) of *client*, whose certificate is *pair*.

    :param authority: the authority's certificate in PEM
    :param key: the key that signs its requests; None: it sends none
    """
    secret = 0o640 if client.role == "checkpoint" else 0o600
    requests = (
        _File("requests.toml", section(kit, client.identity, now).encode(), secret)
        if key is None
        else _File("request-key.json", key_file(key), secret)
    )
    files = (
        _File(CONFIG, _config(kit, client).encode(), secret),
        _File("README.txt", _readme(client).encode(), 0o644),
        _File("ca.pem", authority, 0o644),
        _File("client.pem", pair.certificate, 0o644),
        _File("client.key", pair.key, secret),
        requests,
    )
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.addfile(_entry(client, FOLDER, 0o755, now, tarfile.DIRTYPE))
        for file in files:
            entry = _entry(client, f"{FOLDER}/{file.name}", file.mode, now)
            entry.size = len(file.data)
            archive.addfile(entry, io.BytesIO(file.data))
    return packed.getvalue()


def url(kit: Kit) -> str:
    """Return the broker's URL, with the first of its names."""
    host = f"[{kit.names[0]}]" if ":" in kit.names[0] else kit.names[0]
    return f"mqtts://{host}:{kit.port}"


def _config(kit: Kit, client: Issued) -> str:
    lines = _CONFIG.format(client=client.identity, ends=client.ends, url=url(kit), folder=FOLDER)
    return lines + _GROUP.format(group=kit.group, folder=FOLDER) * (client.role == "office")


def _readme(client: Issued) -> str:
    if client.role == "checkpoint":
        site, _, identifier = client.identity.partition(".")
        return _CHECKPOINT.format(
            client=client.identity,
            bundle=client.bundle,
            site=site,
            id=identifier,
        )
    return _OTHER.format(client=client.identity, role=client.role)


def _entry(
    client: Issued, name: str, mode: int, now: dt.datetime, kind: bytes = tarfile.REGTYPE
) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.mtime = kind, mode, int(now.timestamp())
    # tar of root gives the files to these, by name: the checkpoint's daemon is of that group.
    entry.uname, entry.gname = "root", "gardu" if client.role == "checkpoint" else "root"
    return entry
