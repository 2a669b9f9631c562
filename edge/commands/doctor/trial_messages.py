"""Messages of the broker's trial: one for each kind of topic, as large as the daemon's.

Each has the topic of a real message, or one that a broker's ACL cannot tell from it, because an ACL
judges topics. No consumer is misled (docs/mqtt.md, *Trial messages*):

- Live topics get an empty message that is not retained: the retained value stays.
- ``meta`` is the true birth message, as the daemon will publish it.
- Records and the still have the CloudEvents type :data:`~edge.mqtt.messages.TRIAL_TYPE`, no stream
  and no sequence.
- ``report/1970-01`` is retained, as reports are, and deleted again.
"""

import uuid
from typing import Any

import msgspec

from edge.clock import Clock
from edge.config.model import Config
from edge.mqtt.messages import (
    LIVE_CONTENT,
    STILL_CONTENT,
    STILL_LIMIT,
    TRIAL_TYPE,
    pack,
    still_attributes,
    topic,
)
from edge.mqtt.packets import Packed
from edge.mqtt.requests import ANSWER_EXPIRY_S
from edge.sop.monthly_summary import LIMIT
from edge.store.cloudevent import RECORD_CONTENT, source

# Size of the padding in a record of a step, bytes: with its envelope about 1 kB.
_STEP = 700
_LIVE = ("status", "health", "ledger", "state/occupancy", "state/day")
_EVENTS = ("event/step", "event/visit", "event/alarm", "event/equipment")
# A month before any report.
_REPORT = "report/1970-01"


class TrialMessage(msgspec.Struct, frozen=True):
    """One message to publish.

    :ivar waited_for: True if the daemon holds records back until a client is subscribed to it
    """

    suffix: str
    topic: str
    payload: bytes
    properties: Packed
    retain: bool = False
    waited_for: bool = False

    @property
    def size(self) -> int:
        """Size of payload, topic and properties, bytes."""
        return len(self.payload) + len(self.topic.encode()) + len(self.properties.pack())


def trial_messages(config: Config, birth: dict[str, Any] | None) -> list[TrialMessage]:
    """Return the messages, in the order in which the daemon sends their kinds.

    :param birth: the document of ``meta``; None: it is left out
    """

    def live(suffix: str, payload: bytes = b"", *, retain: bool = False) -> TrialMessage:
        return TrialMessage(suffix, topic(config, suffix), payload, Packed(LIVE_CONTENT), retain)

    def record(suffix: str, size: int, *, retain: bool = False) -> TrialMessage:
        payload = pack(_event(config, "x" * size))
        properties = Packed(RECORD_CONTENT)
        return TrialMessage(suffix, topic(config, suffix), payload, properties, retain, not retain)

    reply = topic(config, "reply/doctor")
    return [
        *([] if birth is None else [live("meta", pack(birth), retain=True)]),
        *(live(suffix) for suffix in _LIVE),
        live("state/alarm/doctor", retain=True),
        TrialMessage("reply/doctor", reply, b"{}", Packed(LIVE_CONTENT, ANSWER_EXPIRY_S)),
        *(record(suffix, _STEP) for suffix in _EVENTS),
        record(_REPORT, LIMIT, retain=True),
        live(_REPORT, retain=True),
        _still(config),
    ]


def _event(config: Config, padding: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": source(config),
        "type": TRIAL_TYPE,
        "time": Clock.from_environment().now().iso(),
        "datacontenttype": "application/json",
        "data": {"padding": padding},
    }


def _still(config: Config) -> TrialMessage:
    """Return a still of the largest size; its image is empty bytes."""
    attributes = still_attributes(
        id=str(uuid.uuid4()),
        source=source(config),
        time=Clock.from_environment().now().iso(),
        visit="doctor",
        step="doctor",
    )
    properties = Packed(STILL_CONTENT, user={**attributes, "type": TRIAL_TYPE})
    return TrialMessage(
        "still/doctor", topic(config, "still/doctor"), bytes(STILL_LIMIT), properties
    )
