"""A bundle as carried: unpacked beside the config of a real daemon, which connects with it."""

import json
import re
import shutil
import signal
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Clock
from edge.commands.doctor.broker import broker as examine_broker
from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.mqtt.signatures import sign
from edge.mqtt.signing_keys import read_key_file
from tests.command_line import invoke
from tests.daemons import DaemonChild
from tests.office.broker.conftest import Meet
from tests.office.broker.kits import KitBroker, Person, unpacked, wait

REPLY = "gardu/v1/kantor/lobi/reply/meja/a"
TAR = shutil.which("tar")


@pytest.fixture
def config(broker: KitBroker, tmp_path: Path) -> Path:
    """The config of the checkpoint kantor/lobi, into which its bundle was unpacked as it says."""
    assert TAR is not None
    folder = tmp_path / "etc"
    folder.mkdir()
    bundle = broker.kit / "bundles/kantor.lobi-1.tar.gz"
    subprocess.run([TAR, "-xzpf", bundle, "-C", folder, "--no-same-owner"], check=True)
    source = default_config_folder()
    text = (source / "gardu.toml").read_text(encoding="utf-8")
    files = [folder / "certificate" / name for name in ("broker.toml", "requests.toml")]
    lines = "\n".join(file.read_text(encoding="utf-8") for file in files)
    text = re.sub(r"(?ms)^\[broker\]$.*?(?=^\[)", lines + "\n", text, count=1)
    for key, value in {
        "site": "kantor", "id": "lobi", "data": str(tmp_path / "data"), "sop": str(source / "sop"),
    }.items():  # fmt: skip
        text, found = re.subn(rf"(?m)^(# )?{key} = .*$", f'{key} = "{value}"', text, count=1)
        assert found == 1, key
    (tmp_path / "data").mkdir(mode=0o700)
    file = folder / "gardu.toml"
    file.write_text(text, encoding="utf-8")
    return file


def heard(person: Person, suffix: str) -> list[Any]:
    """Return the JSON documents that came on that topic of kantor/lobi."""
    return [
        json.loads(message.payload)
        for message in list(person.messages)
        if message.topic == f"gardu/v1/kantor/lobi/{suffix}"
    ]


def test_check_and_doctor_have_no_complaint(config: Path, meet: Meet) -> None:
    """Every kind of message is allowed by the access list, and the files by `gardu check`."""
    ran = invoke(["check", "--config", str(config)])
    assert ran.exit_code == 0, ran.output
    assert "broker." not in ran.output.replace("kantor.lobi", "")
    with meet("pusat") as office:
        office.subscribe("gardu/v1/#")
        findings = examine_broker(load_config(config))
        assert {one.state for one in findings} == {"ok"}, findings


def test_the_bundle_of_another_checkpoint_is_noted(
    config: Path, broker: KitBroker, tmp_path: Path
) -> None:
    """Two Pis whose bundles were exchanged: `gardu check` names both."""
    other = unpacked(broker.kit / "bundles/lain.lobi-1.tar.gz", tmp_path)
    for name in ("client.pem", "client.key"):
        shutil.copy(other / name, config.parent / "certificate" / name)
    ran = invoke(["check", "--config", str(config)])
    assert ran.exit_code == 0
    assert "certificate of lain.lobi, and this checkpoint is kantor.lobi" in ran.output


def test_the_daemon_reports_and_a_desk_asks(
    config: Path, broker: KitBroker, meet: Meet, tmp_path: Path
) -> None:
    """Records arrive at the office under the checkpoint's name; a desk's request is answered.

    It is signed with the key of the desk's bundle; unsigned, or with a revoked key, it is refused.
    """
    topic = "gardu/v1/kantor/lobi/cmd/register"
    key = read_key_file(
        unpacked(broker.kit / "bundles/meja-1.tar.gz", tmp_path) / "request-key.json"
    )
    with meet("pusat") as office, meet("meja") as desk:
        office.subscribe("gardu/v1/#")
        desk.subscribe("gardu/v1/kantor/lobi/reply/meja/#")
        # The time of this moment: a request that is minutes ahead of it is refused.
        times = ("boot", "60", f"wall {Clock().wall_ms()}", "synced 1")
        with DaemonChild(config, *times) as child:
            child.open_visit()
            opened = "gardu.visit.opened.v1"
            wait(lambda: opened in [record["type"] for record in heard(office, "event/visit")])
            assert heard(office, "status")[-1]["status"] == "online"
            records = heard(office, "event/visit")
            assert {record["source"] for record in records} == {"/gardu/kantor/lobi"}
            desk.publish(topic, sign(topic, request(), key), REPLY)
            wait(lambda: heard(desk, "reply/meja/a"))
            assert heard(desk, "reply/meja/a")[0]["ok"], heard(desk, "reply/meja/a")
            desk.publish(topic, request(), REPLY)
            text = config.read_text(encoding="utf-8")
            without = re.sub(r"(?ms)^\[requests\.keys\.meja-1\]$.*?(?=^\[)", "", text, count=1)
            config.write_text(without, encoding="utf-8")
            child.process.send_signal(signal.SIGHUP)
            child.until("keys of requests revoked: meja-1")
            desk.publish(topic, sign(topic, request(), key), REPLY)
            wait(lambda: len(heard(desk, "reply/meja/a")) == 3)
            words = [answer.get("word") for answer in heard(desk, "reply/meja/a")]
            assert words == [None, "not signed", "unknown key"]
            assert child.stop() == 0
        wait(lambda: heard(office, "status")[-1]["status"] == "offline")
        assert not heard(office, "cmd/register")
        assert heard(office, "status")[-1]["reason"] == "stopped"


def request() -> bytes:
    """Return a request to register a guest."""
    now = Clock().now().iso()
    return json.dumps(
        {"id": str(uuid.uuid4()), "time": now, "guest": {"name": "Tamu Uji"}}
    ).encode()
