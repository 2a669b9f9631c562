"""The bare script: a contact's edges to MQTT with gpiozero and paho, without a store.

``python -m bench.peers.bare_contact PORT PIN``
"""

import json
import signal
import sys
import time

from gpiozero import DigitalInputDevice
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

TOPIC = "bare/contact"


def main(port: int, pin: int) -> None:
    """Publish every edge of *pin* until killed."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    contact = DigitalInputDevice(pin, pull_up=True)

    def tell() -> None:
        payload = json.dumps({"active": contact.value, "time": time.time()})
        client.publish(TOPIC, payload, qos=1)

    contact.when_activated = contact.when_deactivated = tell
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
