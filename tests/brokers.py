"""Real brokers on free loopback ports, and a subscriber in the place of the central office.

- ``mosquitto``: Debian's, as a process of its own that can be killed; skipped if not installed.
- ``embedded``: the broker that the simulator brings along.
- :class:`Centre`: a subscriber that stores every message that it receives.
"""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes

from edge.mqtt.packets import properties

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
HOST = "127.0.0.1"
# How long mosquitto may need to end after a signal, real seconds, and how often that is sent.
_STOP_S, _STOPS = 1.0, 20


def free_port() -> int:
    """Return a free TCP port of the loopback."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_listening(port: int, timeout_s: float = 10.0) -> None:
    """Return once *port* accepts connections; AssertionError after *timeout_s* seconds without."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.01)
    raise AssertionError(f"nothing listens on port {port}")


async def until(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    """Return once *condition* holds; AssertionError after *timeout_s* seconds."""
    end = asyncio.get_running_loop().time() + timeout_s
    while not condition():
        assert asyncio.get_running_loop().time() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


class Mosquitto:
    """One mosquitto process with *lines* in its config; the same port at every start."""

    def __init__(self, folder: Path, lines: str = "") -> None:
        self.port = free_port()
        self._folder = folder
        self._file = folder / "mosquitto.conf"
        self._process: subprocess.Popen[bytes] | None = None
        self.configure(lines)

    def configure(self, lines: str) -> None:
        """Write the config; it applies from the next start."""
        access = "" if "allow_anonymous" in lines else "allow_anonymous true\n"
        self._file.write_text(
            # Started by root, mosquitto would change to a user that may not read the test's files.
            f"user root\nlistener {self.port} {HOST}\nmax_queued_messages 0\n{access}{lines}\n",
            encoding="utf-8",
        )

    @property
    def url(self) -> str:
        """The URL of its listener."""
        return f"mqtt://{HOST}:{self.port}"

    def start(self) -> None:
        """Start it; returns once it accepts connections."""
        assert MOSQUITTO is not None
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(
                [MOSQUITTO, "-v", "-c", str(self._file)], stdout=log, stderr=log
            )
        wait_listening(self.port)

    def stop(self, *, kill: bool = False) -> None:
        """Stop it cleanly, or with SIGKILL; does nothing if it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        # It listens before it sets the flag that SIGTERM clears (mosquitto 2.0.11, `main`): a
        # SIGTERM between the two is lost, and so it is repeated.
        for _ in range(_STOPS):
            process.kill() if kill else process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_S)
                return
        raise AssertionError("mosquitto does not end")

    @property
    def log(self) -> str:
        """Its log so far: every packet that it received and sent."""
        return (self._folder / "mosquitto.log").read_text(encoding="utf-8", errors="replace")


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running mosquitto without persistence; every client may do everything."""
    if MOSQUITTO is None:
        pytest.skip("needs mosquitto (sudo apt install mosquitto)")
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    broker = Mosquitto(folder)
    broker.start()
    yield broker
    broker.stop(kill=True)  # faster, and nothing of it is kept


EMBEDDED = """
id = 0
[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10
[v5.1]
name = "v5-1"
listen = "{host}:{port}"
next_connection_delay_ms = 1
    [v5.1.connections]
    connection_timeout_ms = 60000
    max_payload_size = 1048576
    max_inflight_count = 100
    dynamic_filters = true
"""


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[str]:
    """The URL of a running embedded broker."""
    from iotcore import Broker

    port = free_port()
    file = tmp_path / "embedded.toml"
    file.write_text(EMBEDDED.format(host=HOST, port=port), encoding="utf-8")
    broker = Broker(config_path=str(file)).start()
    yield f"mqtt://{HOST}:{port}"
    broker.stop()


class Centre:
    """A subscriber in the place of the central office; stores every message in order.

    :param user: the user name that it logs in with
    :param session: with a name, the broker stores the session while the subscriber is away
    """

    def __init__(
        self, port: int, topic: str = "gardu/v1/#", session: str = "", user: str = ""
    ) -> None:
        self.messages: list[MQTTMessage] = []
        self._topic = topic
        self._ready = False
        self._client = Client(
            CallbackAPIVersion.VERSION2, session or "", protocol=MQTTProtocolVersion.MQTTv5
        )
        if user:
            self._client.username_pw_set(user)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = self._subscribed
        self._client.on_message = lambda _client, _data, message: self.messages.append(message)
        kept = properties(PacketTypes.CONNECT, SessionExpiryInterval=3600 if session else None)
        self._client.connect(HOST, port, clean_start=not session, properties=kept)

    def __enter__(self) -> Self:
        self._client.loop_start()
        end = time.monotonic() + 10
        while not self._ready:
            assert time.monotonic() < end, "the centre could not subscribe"
            time.sleep(0.005)
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def heard(self, part: str) -> list[MQTTMessage]:
        """Return the messages whose topic contains *part*."""
        return [message for message in list(self.messages) if part in message.topic]

    def _subscribe(self, *_arguments: object) -> None:
        self._client.subscribe(self._topic, qos=1)

    def _subscribed(self, *_arguments: object) -> None:
        self._ready = True
