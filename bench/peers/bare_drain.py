"""The bare loop: publish the lines of a file at QoS 1 with a window, without a store.

``python -m bench.peers.bare_drain PORT FILE WINDOW``; prints ``done`` once all are acknowledged.
"""

import sys
import threading
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

TOPIC = "bare/drain"


def main(port: int, file: Path, window: int) -> None:
    """Publish every line, at most *window* unacknowledged at a time."""
    lines = file.read_bytes().splitlines()
    room = threading.Semaphore(window)
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.max_inflight_messages_set(window)
    client.on_publish = lambda *_: room.release()
    client.connect("127.0.0.1", port)
    client.loop_start()
    for line in lines:
        room.acquire()
        client.publish(TOPIC, line, qos=1)
    for _ in range(window):
        room.acquire()
    sys.stdout.write("done\n")
    sys.stdout.flush()
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
