"""`gardu doctor broker`: tries every act of the daemon, and disturbs no consumer and no daemon."""

import asyncio
import contextlib
import http.server
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from paho.mqtt import publish
from paho.mqtt.client import MQTTMessage

from edge.commands.ask import ask_link
from edge.commands.doctor.broker import broker
from edge.commands.doctor.finding import Finding
from edge.commands.doctor.port_probe import surer
from edge.config.loading import load_config
from edge.config.model import Broker, Config
from edge.mqtt.messages import TRIAL_TYPE
from edge.mqtt.reasons import Word, reason
from office.watch.consumer import Consumer
from tests.brokers import HOST, Centre, Mosquitto, free_port, mosquitto
from tests.certificates import DAY, Authority, now
from tests.commands.doctor.office import SOURCE, Office, in_office

__all__ = ["mosquitto"]

BASE = "gardu/v1/kantor/lobi/"
KINDS = (
    "meta", "status", "health", "ledger", "state/occupancy", "state/day", "state/alarm/doctor",
    "reply/doctor", "event/step", "event/visit", "event/alarm", "event/equipment",
    "report/1970-01", "still/doctor",
)  # fmt: skip


def office_config(folder: Path, url: str, **settings: Any) -> Config:
    """Return the config of a checkpoint whose daemon is stopped; its procedures can be read."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    shipped = load_config(SOURCE, elsewhere=True)
    return replace(
        shipped,
        checkpoint=replace(shipped.checkpoint, site="kantor", id="lobi", data=str(data)),
        broker=Broker(url=url, **settings),
    )


def findings(config: Config, state: str = "") -> list[Finding]:
    """Return the doctor's findings, or those of one *state*."""
    return [one for one in broker(config) if state in ("", one.state)]


def arrived(centre: Centre) -> list[MQTTMessage]:
    """Return the messages of a whole trial: the still is the last one."""
    end = time.monotonic() + 30
    while not centre.heard("still/"):
        assert time.monotonic() < end, "the trial did not arrive"
        time.sleep(0.005)
    return list(centre.messages)


def told(finding: Finding) -> str:
    """Return the finding and its remedy."""
    return f"{finding.saw} {finding.try_}"


def test_every_kind_of_message_is_tried(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """All topics of the daemon arrive, as large as real ones; nothing stays retained but meta."""
    with Centre(mosquitto.port) as centre:
        found = findings(office_config(tmp_path, mosquitto.url))
        assert {one.state for one in found} == {"ok"}
        assert not any("Note" in one.saw for one in found)
        seen = {message.topic.removeprefix(BASE): message for message in arrived(centre)}
        assert set(seen) == set(KINDS)
        assert len(seen["still/doctor"].payload) == 256 * 1024
        assert len(seen["meta"].payload) > 2000
        assert all(any(kind in one.saw for one in found) for kind in KINDS)
    with Centre(mosquitto.port) as centre:
        # The retained messages come before this one.
        publish.single(f"{BASE}still/last", b"", 1, hostname=HOST, port=mosquitto.port)
        topics = [message.topic for message in arrived(centre)]
        assert topics == [f"{BASE}meta", f"{BASE}still/last"]


def test_a_consumer_counts_nothing(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """The trial is no record, no still, no gap and no alarm; none of it breaks the contract."""
    consumer = Consumer()
    with Centre(mosquitto.port) as centre:
        findings(office_config(tmp_path, mosquitto.url))
        for message in arrived(centre):
            attributes = dict(getattr(message.properties, "UserProperty", []))
            content = getattr(message.properties, "ContentType", "")
            payload = bytes(message.payload)
            if TRIAL_TYPE.encode() in payload or attributes.get("type") == TRIAL_TYPE:
                assert consumer.take(message.topic, payload, attributes, content, 0.0).event is None
            else:
                consumer.take(message.topic, payload, attributes, content, 0.0)
    view = consumer.checkpoints["kantor/lobi"]
    assert consumer.malformed == 0
    assert (view.counts["records"], view.counts["stills"], view.stream) == (0, 0, "")
    assert (view.status, view.alarms, consumer.gaps(1000.0)) == ("unknown", {}, {})


def test_an_acl_that_is_too_narrow(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Each topic that the ACL refuses is wrong, the others are tried all the same."""
    acl = tmp_path / "acl"
    acl.write_text(f"topic write {BASE}event/#\ntopic write {BASE}meta\n", encoding="utf-8")
    mosquitto.stop()
    mosquitto.configure(f"acl_file {acl}")
    mosquitto.start()
    found = findings(office_config(tmp_path, mosquitto.url))
    allowed = {"meta", *(kind for kind in KINDS if kind.startswith("event/"))}
    for kind in KINDS:
        states = {one.state for one in found if f"ublish {kind} (" in one.saw}
        states |= {one.state for one in found if f"ublishing {kind} (" in one.saw}
        assert states == ({"ok"} if kind in allowed else {"wrong"}), kind
    wrong = [told(one) for one in found if one.state == "wrong"]
    assert all("not authorized to publish" in one or "hung up" in one for one in wrong)


def test_a_broker_for_small_packets_only(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A still that the broker will not take is named before the first guest comes."""
    mosquitto.stop()
    mosquitto.configure("max_packet_size 100000")
    mosquitto.start()
    (wrong,) = findings(office_config(tmp_path, mosquitto.url), "wrong")
    assert "still/doctor (262144 bytes)" in wrong.saw
    assert "100000 bytes" in wrong.saw
    assert "message_size_limit" in wrong.try_


def test_no_subscriber_is_a_note(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Without the office's consumer the records wait: that is said, and it is not the broker."""
    found = findings(office_config(tmp_path, mosquitto.url))
    assert {one.state for one in found} == {"ok"}
    assert "no client is subscribed to event/step" in found[-1].saw
    assert "gardu watch" in found[-1].try_


def test_files_are_examined_first(tmp_path: Path) -> None:
    """An expired certificate is found without a broker, beside the reason why there is none."""
    authority = Authority(tmp_path)
    cert, key = authority.issue("lobi", begins=now() - 2 * DAY, ends=now() - DAY)
    config = office_config(
        tmp_path, f"mqtts://{HOST}:{free_port()}", cert_file=str(cert), key_file=str(key)
    )
    wrong = [told(one) for one in findings(config, "wrong")]
    assert "expired on" in wrong[0]
    assert "connection refused" in wrong[1]


@contextlib.contextmanager
def web_server() -> Iterator[int]:
    """Serve HTTP on a port of the loopback; yield the port."""
    with http.server.ThreadingHTTPServer((HOST, 0), http.server.BaseHTTPRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("word", ["closed-early", "no-answer", "plain-port-spoken-tls"])
def test_a_web_server_is_recognised(word: Word) -> None:
    """A web server that waits for the end of a line never answers MQTT: the probe speaks HTTP."""
    scheme = "mqtts" if word == "plain-port-spoken-tls" else "mqtt"
    with web_server() as port:
        found = surer(reason(word), Broker(url=f"{scheme}://{HOST}:{port}"))
    assert found.word == "web-server"


def test_mixed_up_ports_are_proved(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Mosquitto closes without an answer: the probe tries the other protocol."""
    found = findings(office_config(tmp_path, mosquitto.url.replace("mqtt:", "mqtts:")), "wrong")
    assert reason("plain-port-spoken-tls").sentence in found[0].saw
    authority = Authority(tmp_path)
    cert, key = authority.issue("broker")
    mosquitto.stop()
    mosquitto.configure(f"certfile {cert}\nkeyfile {key}")
    mosquitto.start()
    found = findings(office_config(tmp_path, mosquitto.url), "wrong")
    assert reason("tls-port-spoken-plain").sentence in found[0].saw
    assert "mqtts://" in found[0].try_


def test_what_is_sure_is_not_probed() -> None:
    """A reason that is certain makes no further connection."""
    why = reason("wrong-password")
    assert surer(why, Broker(url=f"mqtt://{HOST}:{free_port()}")) is why


async def told_at_last(office: Office, words: str) -> tuple[int, dict[str, str]]:
    """Return exit code and finding of the doctor once the daemon's state has *words*."""
    async with asyncio.timeout(60):
        while words not in await asyncio.to_thread(_state, office):
            await asyncio.sleep(0.05)
    code, by_name = await office.doctor("broker")
    (found,) = by_name["broker"]
    assert words in found["saw"]
    return code, found


def _state(office: Office) -> str:
    state = ask_link(office.run.data)
    if state is None:  # it starts
        return ""
    return "it is connected" if state.connected else state.why


def test_a_running_daemon_is_asked_not_disturbed(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """While the daemon runs no second client connects; its own reason and remedy are shown."""

    async def act(office: Office) -> None:
        daemon = await office.start("run")
        try:
            await office.lobby.wait_awake()
            code, found = await told_at_last(office, "it is connected")
            assert code == 0
            assert "systemctl stop gardu" in found["try"]
            assert "-doctor" not in mosquitto.log
            mosquitto.stop()
            code, found = await told_at_last(office, "connection refused")
            assert code == 1
            assert "Is the broker running" in found["try"]
        finally:
            daemon.terminate()
            await daemon.communicate()

    in_office(tmp_path, act, broker_port=mosquitto.port)
