"""The bare script: a contact's edges to MQTT with gpiozero and paho, without a store.

``python -m bench.peers.bare_contact PORT PIN CA_FILE``; an empty CA_FILE means without TLS.
"""

import json
import signal
import sys
import time
from collections.abc import Callable

from gpiozero import DigitalInputDevice
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

TOPIC = "bare/contact"


def main(port: int, pin: int, ca_file: str = "", store: Callable[[], None] = lambda: None) -> None:
    """Publish every edge of *pin*, after a call of *store*, until killed."""
    client = Client(CallbackAPIVersion.VERSION2)
    if ca_file:
        client.tls_set(ca_file)
    client.connect("127.0.0.1", port)
    client.loop_start()
    contact = DigitalInputDevice(pin, pull_up=True)

    def publish() -> None:
        payload = json.dumps({"active": contact.value, "time": time.time()})
        store()
        client.publish(TOPIC, payload, qos=1)

    contact.when_activated = contact.when_deactivated = publish
    signal.pause()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
