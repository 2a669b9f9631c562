"""Keys of requests in the kit: one for each desk and office, for the checkpoints that they ask."""

import base64
import json
import tomllib
from pathlib import Path

import msgspec
import pytest

from edge.config.sections.requests import Requests
from edge.errors import GarduError
from edge.mqtt.signatures import opened, public_keys, sign
from edge.mqtt.signing_keys import read_key_file
from office.broker import kit
from office.broker.kit import Wish
from office.broker.request_keys import section
from office.broker.state import read_kit
from tests.certificates import DAY, now
from tests.command_line import invoke
from tests.office.broker.kits import unpacked

WISHES = (
    Wish("kantor.lobi", "checkpoint"),
    Wish("lain.lobi", "checkpoint"),
    Wish("meja", "desk", ("kantor.lobi",)),
    Wish("semua", "desk", everywhere=True),
    Wish("pusat", "office"),
)
TOPIC = "gardu/v1/kantor/lobi/cmd/availability/pimpinan"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A kit with two checkpoints, two desks and an office."""
    place = tmp_path / "kit"
    kit.init(place, ["127.0.0.1"], now())
    kit.add(place, WISHES, now())
    return place


def keys_of(folder: Path, checkpoint: str, within: int = 0) -> Requests:
    """Return the section that the kit writes for *checkpoint*, *within* days from now."""
    text = section(read_kit(folder), checkpoint, now() + within * DAY)
    return msgspec.convert(tomllib.loads(text)["requests"], Requests)


def test_each_checkpoint_knows_those_who_may_ask_it(folder: Path, tmp_path: Path) -> None:
    """With the kinds that the broker's list lets them write; the bundle has the same lines."""
    here, there = keys_of(folder, "kantor.lobi"), keys_of(folder, "lain.lobi")
    assert {name: key.may for name, key in here.keys.items()} == {
        "meja-1": ["register", "values", "availability"],
        "semua-1": ["register", "values", "availability"],
        "pusat-1": ["availability", "resend"],
    }
    assert set(there.keys) == {"semua-1", "pusat-1"}
    files = unpacked(folder / "bundles/kantor.lobi-1.tar.gz", tmp_path)
    written = tomllib.loads((files / "requests.toml").read_text(encoding="utf-8"))["requests"]
    assert msgspec.convert(written, Requests) == here
    assert not (files / "request-key.json").exists()


def test_the_key_of_a_bundle_signs_what_the_checkpoint_accepts(
    folder: Path, tmp_path: Path
) -> None:
    """The secret key is in the bundle alone, and belongs to the public one of the kit."""
    files = unpacked(folder / "bundles/meja-1.tar.gz", tmp_path)
    key = read_key_file(files / "request-key.json")
    assert (files / "request-key.json").stat().st_mode & 0o777 == 0o600
    text = sign(TOPIC, b"{}", key)
    keys = public_keys(keys_of(folder, "kantor.lobi"))
    assert opened(text, TOPIC, "availability", keys).key_id == "meja-1"
    secret = json.loads((files / "request-key.json").read_bytes())["d"].encode()
    for file in folder.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert secret not in data
            assert base64.b64encode(key.secret) not in data


def test_a_revoked_certificate_takes_its_key_along(folder: Path) -> None:
    """After a renewal both are there; then the old one, and then none."""
    kit.renew(folder, ["meja"], now())
    assert {"meja-1", "meja-2"} <= set(keys_of(folder, "kantor.lobi").keys)
    kit.revoke(folder, ["meja"], now(), older=True)
    assert "meja-1" not in keys_of(folder, "kantor.lobi").keys
    assert "meja-2" in keys_of(folder, "kantor.lobi").keys
    kit.revoke(folder, ["meja"], now())
    assert set(keys_of(folder, "kantor.lobi").keys) == {"semua-1", "pusat-1"}
    assert keys_of(folder, "kantor.lobi", within=4000).keys == {}


def test_the_commands_name_what_is_to_be_done(folder: Path) -> None:
    """`keys` prints the section; `add` and `revoke` name the checkpoints that must learn of it."""
    place = ["--folder", str(folder)]
    printed = invoke(["office", "broker", "keys", "kantor/lobi", *place])
    assert printed.exit_code == 0, printed.output
    assert "[requests.keys.meja-1]" in printed.output
    added = invoke(["office", "broker", "add", "--desk", "baru", "--at", "lain/lobi", *place])
    assert "key baru-1, for requests to: lain/lobi" in added.output
    revoked = invoke(["office", "broker", "revoke", "baru", *place])
    assert "key baru-1 may still sign requests to: lain/lobi" in revoked.output
    assert "gardu office broker keys" in revoked.output
    unknown = invoke(["office", "broker", "keys", "kantor/loby", *place])
    assert unknown.exit_code != 0
    assert "kantor.lobi" in str(unknown.exception or unknown.output)


def test_a_kit_of_an_earlier_version(folder: Path) -> None:
    """Its desks have no keys until renewed, as `keys` says; the next change makes it format 2."""
    file = folder / "kit.json"
    state = json.loads(file.read_bytes())
    state["format"] = 1
    for client in state["clients"]:
        del client["request_key"]
    file.write_text(json.dumps(state), encoding="utf-8")
    assert keys_of(folder, "kantor.lobi").keys == {}
    printed = invoke(["office", "broker", "keys", "kantor/lobi", "--folder", str(folder)])
    assert "meja has no key: gardu office broker renew meja" in printed.output
    kit.renew(folder, ["meja"], now())
    assert set(keys_of(folder, "kantor.lobi").keys) == {"meja-2"}
    assert json.loads(file.read_bytes())["format"] == 2


def test_a_kit_of_a_later_version_is_left_alone(folder: Path) -> None:
    """It may have what this version would lose."""
    file = folder / "kit.json"
    state = json.loads(file.read_bytes())
    state["format"] = 3
    file.write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(GarduError, match="format 3; this version of Gardu knows 2"):
        read_kit(folder)
