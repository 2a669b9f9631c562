"""A simulation at a broker of the office: marked by its site, and no retained topic left behind."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes

from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.mqtt.packets import properties
from sim.stage.process import gardu
from sim.stage.retained import RetainedTopics, find
from sim.stage.site import simulated, write_config
from tests.brokers import HOST, Mosquitto, embedded, mosquitto
from tests.longer import slow

__all__ = ["embedded", "mosquitto"]

pytestmark = slow

NAME, OTHER = "sim-kantor/lobi", "kantor/lobi"
BASE = f"gardu/v1/{NAME}/"
CONFIG = default_config_folder() / "gardu.toml"
REAL, SIMULATED = "setda-tanjabbar", "sim-setda-tanjabbar"
RUN = ("sim", "--procedure", "pimpinan", "--speed", "120", "--seed", "1", "--json")


def port_of(url: str) -> int:
    """Return the port of a broker's URL."""
    return int(url.rpartition(":")[2])


@contextmanager
def client(port: int, client_id: str = "", will: str = "") -> Iterator[Client]:
    """Connect a client, with a retained will that comes an hour late."""
    one = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5)
    if will:
        late = properties(PacketTypes.WILLMESSAGE, WillDelayInterval=3600)
        one.will_set(will, b"offline", qos=1, retain=True, properties=late)
    kept = properties(PacketTypes.CONNECT, SessionExpiryInterval=7200)
    one.connect(HOST, port, clean_start=True, properties=kept)
    one.loop_start()
    yield one
    one.loop_stop()


def leave(port: int, *topics: str) -> None:
    """Leave a retained message at each of *topics*."""
    with client(port) as one:
        for topic in topics:
            one.publish(topic, topic.encode(), qos=1, retain=True).wait_for_publish(10)
        one.disconnect()


def tidied(port: int, *, changed_only: bool, run: tuple[str, ...], live: tuple[str, ...]) -> str:
    """Leave the topics *run* between the beginning and the end of a run; return its report."""
    said: list[str] = []

    async def play() -> None:
        topics = RetainedTopics(
            HOST, port, NAME, "gardu-sim-kantor-lobi", changed_only=changed_only,
            live=lambda: live, report=said.append,
        )  # fmt: skip
        async with topics:
            await asyncio.to_thread(leave, port, *run)

    asyncio.run(play())
    return "\n".join(said)


@pytest.mark.parametrize("broker", ["embedded", "mosquitto"])
def test_every_topic_of_the_checkpoint_is_cleared(
    broker: str, request: pytest.FixtureRequest
) -> None:
    """Those of an earlier run too; another subscriber then finds only other checkpoints'."""
    found = request.getfixturevalue(broker)
    port = found.port if isinstance(found, Mosquitto) else port_of(found)
    others = f"gardu/v1/{OTHER}/status"
    leave(port, f"{BASE}state/alarm/old", others)
    run = tuple(BASE + suffix for suffix in ("status", "meta", "report/2026-11"))
    said = tidied(port, changed_only=False, run=run, live=())
    assert said == f"retained topics cleared below {BASE}: 4"
    assert set(find(HOST, port, "gardu/v1/")) == {others}


def test_what_a_real_checkpoint_has_under_the_name_stays(mosquitto: Mosquitto) -> None:
    """With the real site, a topic that the run has not changed is the real checkpoint's."""
    leave(mosquitto.port, f"{BASE}meta", f"{BASE}status")
    with client(mosquitto.port) as one:
        one.publish(f"{BASE}status", b"real", qos=1, retain=True).wait_for_publish(10)
        one.disconnect()
    run = (f"{BASE}status", f"{BASE}ledger")
    said = tidied(mosquitto.port, changed_only=True, run=run, live=())
    assert said == f"retained topics cleared below {BASE}: 2"
    assert set(find(HOST, mosquitto.port, "gardu/v1/")) == {f"{BASE}meta"}


def test_a_late_will_does_not_come_after_the_clearing(mosquitto: Mosquitto) -> None:
    """The session of a daemon that was killed is ended, and with it its will, an hour late."""
    with client(mosquitto.port, "gardu-sim-kantor-lobi", f"{BASE}status") as daemon:
        daemon.publish("x", b"", qos=1).wait_for_publish(10)
        sock = daemon.socket()
        assert sock is not None
        daemon.loop_stop()
        sock.close()
    assert find(HOST, mosquitto.port, BASE) == {}
    tidied(mosquitto.port, changed_only=False, run=(), live=())
    assert find(HOST, mosquitto.port, BASE) == {}
    assert not has_session(mosquitto.port, "gardu-sim-kantor-lobi")


def has_session(port: int, client_id: str) -> bool:
    """Return True if the broker still holds a session of *client_id*."""
    flags: list[bool] = []
    one = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5)
    one.on_connect = lambda _client, _data, flag, *_: flags.append(flag.session_present)
    one.connect(HOST, port, clean_start=False)
    while not flags:
        one.loop()
    one.disconnect()
    return flags[0]


def test_a_broker_that_is_away_is_told_with_the_way_to_clear(mosquitto: Mosquitto) -> None:
    """The topics that remain are named, and the command that clears them."""
    said: list[str] = []

    async def play() -> None:
        topics = RetainedTopics(
            HOST, mosquitto.port, NAME, "x", changed_only=False,
            live=lambda: ("status", "meta"), report=said.append,
        )  # fmt: skip
        async with topics:
            mosquitto.stop()

    asyncio.run(play())
    (words,) = said
    assert f"\n  {BASE}meta\n  {BASE}status\n" in words
    command = f"mosquitto_sub -h {HOST} -p {mosquitto.port} -V 5 -t '{BASE}#' --retained-only"
    assert command in words


def test_a_simulated_site_is_marked_once() -> None:
    """The mark is not doubled, and the longest name stays a name."""
    assert simulated("kantor") == "sim-kantor"
    assert simulated("sim-kantor") == "sim-kantor"
    assert len(simulated("a" * 64)) == 64
    assert simulated("a" * 59 + "-bcde") == "sim-" + "a" * 59


def test_a_config_with_another_site_has_no_client_id_of_the_real_one(tmp_path: Path) -> None:
    """The simulated daemon must not throw the real one off the broker; all else is the same."""
    text = CONFIG.read_text(encoding="utf-8")
    source = tmp_path / "gardu.toml"
    source.write_text(text.replace("[broker]\n", '[broker]\nclient_id = "sungguhan"\n'), "utf-8")
    (tmp_path / "sop").symlink_to(CONFIG.parent / "sop")
    run = tmp_path / "run"
    run.mkdir()
    before = load_config(source, elsewhere=True)
    after = load_config(write_config(source, SIMULATED, run), elsewhere=True)
    assert (before.broker.client_id, after.broker.client_id) == ("sungguhan", "")
    assert after.checkpoint.site == SIMULATED
    assert after.checkpoint.sop == str(tmp_path / "sop")
    assert (after.panels, after.lockers) == (before.panels, before.lockers)


def begin(broker: Mosquitto, folder: Path, *options: str) -> subprocess.Popen[str]:
    """Start `gardu sim` at *broker*."""
    command = [*gardu(), *RUN, "--broker", broker.url, "--data", str(folder), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def sites(folder: Path) -> set[str]:
    """Return the sites of all records that the central office has received."""
    lines = (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()
    sources: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return {event["source"].split("/")[2] for event in sources}


@pytest.mark.parametrize(
    ("options", "site"), [((), SIMULATED), (("--site", REAL), REAL), (("--site", "uji"), "uji")]
)
def test_a_run_publishes_under_its_site_and_leaves_nothing(
    mosquitto: Mosquitto, tmp_path: Path, options: tuple[str, ...], site: str
) -> None:
    """Every record has the site that the output names; no retained topic is left."""
    scenario = ("--guests", "1", "--scenario", "host-declines")
    process = begin(mosquitto, tmp_path / "run", *scenario, *options)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["ok"] is True
    assert f"publishes as site {site}\n" in err
    assert sites(tmp_path / "run") == {site}
    assert f"retained topics cleared below gardu/v1/{site}/lobi-utama/: " in err
    assert find(HOST, mosquitto.port, "gardu/v1/") == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_nothing(
    mosquitto: Mosquitto, tmp_path: Path, number: signal.Signals
) -> None:
    """After Ctrl-C and SIGTERM the retained topics are cleared too."""
    process = begin(mosquitto, tmp_path / "run", "--guests", "50")
    assert process.stderr is not None
    for line in process.stderr:
        if "has arrived" in line:
            break
    while not find(HOST, mosquitto.port, "gardu/v1/"):  # the daemon connects meanwhile
        assert process.poll() is None
    process.send_signal(number)
    _, err = process.communicate()
    assert "retained topics cleared" in err
    assert find(HOST, mosquitto.port, "gardu/v1/") == {}


def test_a_run_that_cannot_begin_changes_nothing(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Procedures that cannot be read end it before it connects: the topics stay as they are."""
    topic = f"gardu/v1/{SIMULATED}/lobi-utama/status"
    leave(mosquitto.port, topic)
    folder = tmp_path / "config"
    (folder / "sop").mkdir(parents=True)
    (folder / "gardu.toml").write_bytes(CONFIG.read_bytes())
    for file in (CONFIG.parent / "sop").glob("*.toml"):
        (folder / "sop" / file.name).write_text("nonsense = 1\n", encoding="utf-8")
    process = begin(mosquitto, tmp_path / "run", "--config", str(folder / "gardu.toml"))
    _, err = process.communicate()
    assert process.returncode == 2
    assert "nonsense" in err
    assert list(find(HOST, mosquitto.port, "gardu/v1/")) == [topic]


def test_a_site_that_is_no_name_is_refused(tmp_path: Path) -> None:
    """A wrong site is wrong usage, with the allowed characters."""
    process = subprocess.run(
        [*gardu(), "sim", "--site", "Kantor Pusat"], capture_output=True, text=True, check=False
    )
    assert process.returncode == 2
    assert "--site Kantor Pusat: lower-case letters" in process.stderr
