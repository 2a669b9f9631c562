"""A kit in a folder, a mosquitto that runs with its files, and clients with its bundles."""

import signal
import ssl
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.mqtt.packets import properties
from office.broker import kit
from office.broker.kit import Wish
from tests.brokers import HOST, Mosquitto
from tests.certificates import now

LIMIT_S = 20.0

CHECKPOINTS = ("kantor.lobi", "kantor.belakang", "lain.lobi")
CLIENTS = (
    *(Wish(one, "checkpoint") for one in CHECKPOINTS),
    Wish("meja", "desk", ("kantor.lobi",)),
    Wish("semua", "desk", everywhere=True),
    Wish("pusat", "office"),
    Wish("pusat-2", "office"),
)


class KitBroker(Mosquitto):
    """A mosquitto with the files of the kit in *folder*, as it wrote them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        super().__init__(folder)
        self.kit = folder / "kit"
        kit.init(self.kit, [HOST], now(), port=self.port)
        self.configure((self.kit / "mosquitto/mosquitto.conf").read_text(encoding="utf-8"))

    def configure(self, lines: str) -> None:
        """Write the kit's main config, but for the user."""
        # Started by root, mosquitto would change to a user that may not enter the test's folders.
        self._file.write_text(f"user root\n{lines}\n", encoding="utf-8")

    def reload(self) -> None:
        """Have it read its files again, as `systemctl reload` does."""
        assert self._process is not None
        seen = self.log.count("Reloading config")
        self._process.send_signal(signal.SIGHUP)
        wait(lambda: self.log.count("Reloading config") > seen)


@contextmanager
def kit_broker(folder: Path) -> Iterator[KitBroker]:
    """Return a running broker with all of :data:`CLIENTS`; their bundles are in its kit."""
    broker = KitBroker(folder)
    kit.add(broker.kit, CLIENTS, now())
    broker.start()
    try:
        yield broker
    finally:
        broker.stop(kill=True)


def wait(condition: Callable[[], object]) -> None:
    """Return once *condition* holds."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def unpacked(bundle: Path, folder: Path) -> Path:
    """Return the folder of the files of *bundle*, unpacked into *folder*."""
    with tarfile.open(bundle) as archive:
        archive.extractall(folder / bundle.name, filter="data")
    return folder / bundle.name / "certificate"


class Person:
    """A client that tries things, with the *files* of a bundle; None: without a certificate.

    :ivar refused: the reason code of a refused connection, or why there was none
    :ivar messages: what it received
    """

    def __init__(self, port: int, authority: Path, files: Path | None, client_id: str = "") -> None:
        self.messages: list[MQTTMessage] = []
        self.refused = ""
        self._port = port
        self._client_id = client_id
        self._answer = threading.Event()
        self._codes: dict[int, int] = {}
        self._tls = ssl.create_default_context(cafile=str(authority))
        self._tls.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
        if files is not None:
            self._tls.load_cert_chain(files / "client.pem", files / "client.key")
        self._client = self._new_client()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *_error: object) -> None:
        self.leave()

    @property
    def connected(self) -> bool:
        """True while the broker accepts it."""
        return self._client.is_connected()

    def connect(self) -> None:
        """Connect; returns once the broker has accepted or refused."""
        self._client = self._new_client()
        self._answer.clear()
        self.refused = ""
        try:
            self._client.connect(HOST, self._port)
        except OSError as error:
            self.refused = str(error)
            return
        self._client.loop_start()
        assert self._answer.wait(LIMIT_S), "no answer from the broker"

    def leave(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes = b"x", reply: str = "") -> int:
        """Publish at QoS 1; return the reason code of the broker's answer.

        :param reply: where the answer is wanted, whole topic
        """
        if not self.connected:
            self.connect()
        about = properties(PacketTypes.PUBLISH, ResponseTopic=reply or None)
        sent = self._client.publish(topic, payload, 1, properties=about)
        wait(lambda: sent.mid in self._codes or not self.connected)
        code = self._codes.pop(sent.mid, 0x80)
        if code >= 0x80:
            self.leave()  # mosquitto 2.0.11 closes the connection after each refusal
        return code

    def subscribe(self, *topics: str) -> None:
        """Subscribe to all *topics* in one packet; returns once the broker has answered."""
        self._answer.clear()
        self._client.subscribe([(topic, SubscribeOptions(1)) for topic in topics])
        assert self._answer.wait(LIMIT_S), "no answer to the subscription"

    def _new_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2, self._client_id, protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )  # fmt: skip
        client.tls_set_context(self._tls)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = lambda _client, _data, message: self.messages.append(message)
        client.on_subscribe = lambda *_: self._answer.set()
        return client

    def _on_connect(self, _client: object, _data: object, _flags: object, code: object,
                    _properties: object) -> None:  # fmt: skip
        if getattr(code, "is_failure", False):
            self.refused = str(code)
        self._answer.set()

    def _on_disconnect(self, _client: object, _data: object, _flags: object, code: object,
                       _properties: object) -> None:  # fmt: skip
        self.refused = self.refused or str(code)
        self._answer.set()

    def _on_publish(self, _client: object, _data: object, mid: int, code: object,
                    _properties: object) -> None:  # fmt: skip
        self._codes[mid] = int(getattr(code, "value", 0))
