"""The least that stores what a broker delivers: a paho loop and psycopg, in batches.

``python -m bench.peers.bare_office PORT DATABASE BATCH``. It does what every consumer must: a
session, manual acknowledgement after the commit, one row a message with its id as the key. It
checks nothing.
"""

import json
import sys
import time

import psycopg
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

SESSION = "bare-office"
# As Gardu's office waits for more before a batch that is not full is written, seconds.
_LINGER_S = 0.01
_TABLE = (
    "CREATE TABLE IF NOT EXISTS records "
    "(source text, id uuid, topic text, payload bytea, PRIMARY KEY (source, id))"
)
_INSERT = "INSERT INTO records VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"


def main() -> None:
    """Store until the process is killed."""
    port, database, batch = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    connection = psycopg.connect(database)
    connection.execute(_TABLE)
    connection.commit()
    waiting: list[MQTTMessage] = []
    client = Client(
        CallbackAPIVersion.VERSION2, SESSION, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
    )
    client.on_connect = _subscribe
    client.on_subscribe = _report_ready
    client.on_message = lambda _client, _data, message: waiting.append(message)
    session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    session.SessionExpiryInterval = 3600
    session.ReceiveMaximum = 2 * batch
    client.connect("127.0.0.1", port, clean_start=False, properties=session)
    since = time.monotonic()
    while True:
        client.loop(timeout=_LINGER_S)
        if len(waiting) >= batch or (waiting and time.monotonic() - since > _LINGER_S):
            _store(connection, waiting)
            for message in waiting:
                client.ack(message.mid, message.qos)
            waiting.clear()
            since = time.monotonic()


def _subscribe(client: Client, *_answer: object) -> None:
    client.subscribe("gardu/v1/+/+/event/+", qos=1)


def _report_ready(*_answer: object) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def _store(connection: "psycopg.Connection[object]", messages: list[MQTTMessage]) -> None:
    rows = []
    for message in messages:
        event = json.loads(message.payload)
        rows.append((event["source"], event["id"], message.topic, message.payload))
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)
    connection.commit()


if __name__ == "__main__":
    main()
