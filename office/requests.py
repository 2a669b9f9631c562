"""Requests of the office to checkpoints: made, signed, sent, and their answers.

``await ask(sender_of(config), "site/checkpoint", "cmd/availability/HOST", completed(…, now_ms))``.
The office's ingest, which asks all the time, has a way of its own (office/ingest/asker.py).
"""

from edge.mqtt.request_sender import NoAnswer, Sender, ask, completed
from office.config import OfficeConfig

__all__ = ["NoAnswer", "Sender", "ask", "completed", "sender_of"]

PROCESS = "requests"
"""The name of this client, in its client id and in the names of files (``{process}``)."""


def sender_of(config: OfficeConfig) -> Sender:
    """Return the office as a sender of requests.

    :raises GarduError: if the file of its key cannot be read, or holds none
    """
    broker = config.broker
    return Sender(
        broker.connection_of(PROCESS),
        f"{broker.client_id}-{PROCESS}",
        "office-requests",
        config.requests.key,
    )
