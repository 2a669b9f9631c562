"""A backup beside the running daemon, restored elsewhere, as the central office sees it."""

import json
import re
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

from paho.mqtt.client import MQTTMessage

from edge.store.snapshot import Snapshot
from office.watch.consumer import CheckpointView, Consumer
from sim.stage.process import gardu
from tests.brokers import Centre, Mosquitto
from tests.daemon.test_run import config_file
from tests.daemons import PATIENCE_S, DaemonChild
from tests.longer import slow

NAME = "setda-tanjabbar/lobi-utama"


def config_of(folder: Path, broker: Mosquitto) -> Path:
    """Return the config of a machine with its data in *folder*."""
    folder.mkdir()
    file = config_file(folder)
    text = re.sub("mqtt://127.0.0.1:[0-9]+", broker.url, file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")
    return file


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `gardu` to its end."""
    done = subprocess.run(
        [*gardu(), *words], capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def consumed(messages: list[MQTTMessage]) -> CheckpointView:
    """Return the checkpoint as a consumer of all *messages* sees it."""
    consumer = Consumer()
    for message in messages:
        about = dict(getattr(message.properties, "UserProperty", []))
        content = getattr(message.properties, "ContentType", "")
        consumer.take(message.topic, bytes(message.payload), about, content, 0.0)
    assert consumer.malformed == 0
    return consumer.checkpoints[NAME]


def complete(centre: Centre, folder: Path) -> CheckpointView:
    """Wait until the office has all records of the database in *folder*, without a gap."""
    with Snapshot(folder) as snapshot:
        stream, last = snapshot.stream, snapshot.head.sequence
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        view = consumed(list(centre.messages))
        if stream in view.streams and view.streams[stream].contiguous >= last:
            return view
        time.sleep(0.05)
    raise AssertionError(f"the records up to {last} have not come")


def events(centre: Centre) -> dict[str, dict[str, Any]]:
    """Return the records that came, by id: a repeated one must have the same bytes."""
    found = dict[str, bytes]()
    for message in centre.heard("event/"):
        name = json.loads(message.payload)["id"]
        assert found.setdefault(name, bytes(message.payload)) == message.payload
    return {name: json.loads(payload) for name, payload in found.items()}


@slow
def test_the_office_moves_to_another_pi(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """Records go on during the backup; the restored Pi is a new stream without holes or doubles."""
    old, new = config_of(tmp_path / "old", mosquitto), config_of(tmp_path / "new", mosquitto)
    backup = tmp_path / "b.tar.gz"
    with Centre(mosquitto.port) as centre:
        with DaemonChild(old) as daemon:
            daemon.until("ready;")
            daemon.open_visit()
            making = subprocess.Popen(
                [*gardu(), "backup", str(backup), "--config", str(old)],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            daemon.open_visit()
            said, problems = making.communicate(timeout=60)
            assert making.returncode == 0, problems
            assert "read back and in order" in said
            daemon.open_visit()  # lost for the new Pi, not for the office
            place = tmp_path / "bundle.zip"
            command("support-bundle", str(place), "--no-doctor", "--config", str(old))
            assert daemon.stop() == 0
        before = complete(centre, tmp_path / "old" / "data")
        command("restore", str(backup), "--config", str(new))
        with DaemonChild(new) as daemon:
            assert "this database was restored" in daemon.until("was restored from a backup")
            daemon.until("ready;")
            daemon.open_visit()
            assert daemon.stop() == 0
        after = complete(centre, tmp_path / "new" / "data")
        found = events(centre)
    assert after.gaps(1e9) == []
    assert after.broken == []
    assert len(after.streams) == 2
    assert after.streams[before.stream].last == before.streams[before.stream].last
    (restored,) = [e for e in found.values() if e["type"] == "gardu.database.restored.v1"]
    assert restored["streamid"] == after.stream != before.stream
    assert restored["data"]["stream"] == before.stream
    assert int(restored["sequence"]) == restored["data"]["sequence"] + 1
    assert restored["data"]["sequence"] < before.streams[before.stream].last
    visits = [e["data"]["visit"] for e in found.values() if e["type"] == "gardu.visit.opened.v1"]
    assert len(visits) == len(set(visits)) == 4
    check_bundle(place, before.stream)


def check_bundle(place: Path, stream: str) -> None:
    """Check that the running daemon has answered for its health."""
    with zipfile.ZipFile(place) as opened:
        health = json.loads(opened.read("health.json"))
        states = json.loads(opened.read("states.json"))
    assert health["ledger"]["stream"] == stream
    assert "disk_free_bytes" in health["health"]
    assert "camera/lobby" in states["devices"]
